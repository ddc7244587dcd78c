"""The pages: server-rendered, thin. Parse, ask the store, show."""

from __future__ import annotations

from flask import Flask

from adapter.web import (
    calendar,
    connections,
    guarantee,
    health,
    home,
    metrics,
    oauth,
    open_data,
    opportunities,
    runs,
    settings,
    sign_in,
    spotlight,
    webhooks,
    wording,
    write_back,
)
from adapter.web.security import csrf

BLUEPRINTS = (
    home.blueprint,
    sign_in.blueprint,
    calendar.blueprint,
    connections.blueprint,
    write_back.blueprint,
    runs.blueprint,
    settings.blueprint,
    open_data.blueprint,
    opportunities.blueprint,
    spotlight.blueprint,
    guarantee.blueprint,
    oauth.blueprint,
    webhooks.blueprint,
    health.blueprint,
    metrics.blueprint,
)


def install(app: Flask) -> None:
    """Register every page, and the words and filters that the templates use."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(oauth.callback)  # these two prove their caller in their own way
    csrf.exempt(webhooks.blueprint)
    wording.install(app)
