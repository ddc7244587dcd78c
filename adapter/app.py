"""The web application: pages, API, webhooks, health. Composes them; knows nothing of what they do."""

from __future__ import annotations

from flask import Flask

from adapter import api, channel, web
from adapter.context import Context
from adapter.logs import configure_logs
from adapter.web import access, errors, requests, security
from adapter.web.limits import limiter
from adapter.web.translating import Translating
from connectors.building import uncollected


def create_app(ctx: Context) -> Flask:
    """The application that serves one adapter."""
    configure_logs()
    with uncollected():
        return _composed(ctx)


def _composed(ctx: Context) -> Flask:
    app = Flask("adapter.web")
    app.jinja_environment = Translating
    app.extensions["context"] = ctx
    requests.install(app)
    security.install(app, ctx.config)
    limiter.init_app(app)
    access.install(app)
    web.install(app)
    api.install(app)
    channel.install(app)
    errors.install(app)
    return app
