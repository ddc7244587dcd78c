"""The sandbox as one WSGI application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from connectors.building import uncollected
from connectors.sandbox.market.world import World
from connectors.sandbox.server.access import check_access
from connectors.sandbox.server.api_class import class_routes
from connectors.sandbox.server.api_client import client_routes
from connectors.sandbox.server.api_sale import sale_routes
from connectors.sandbox.server.api_site import site_routes
from connectors.sandbox.server.api_token import token_routes
from connectors.sandbox.server.api_webhook import webhook_routes
from connectors.sandbox.server.bookings import booking_routes
from connectors.sandbox.server.brands import brand_routes
from connectors.sandbox.server.channel import channel_routes
from connectors.sandbox.server.control import control_routes
from connectors.sandbox.server.faults import FaultyWsgi
from connectors.sandbox.server.oauth import oauth_routes
from connectors.sandbox.server.offers import offer_routes
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.sandbox import Sandbox, wall_clock
from connectors.sandbox.server.schedules import schedule_routes
from connectors.sandbox.server.wire import API_ROOT, Refusal
from connectors.sandbox.server.wrappers import AnyCase, NoTwins, OneAtATime


def create_app(world: World, options: Options | None = None, *, clock: Callable[[], datetime] = wall_clock) -> Flask:
    """The platform over a market. ``clock`` ages tokens and webhooks; its state is ``app.extensions["sandbox"]``."""
    return open_market(routed_app(), Sandbox(world, options or Options(), clock))


def routed_app() -> Flask:
    """All routes, which take long to make, over no market yet."""
    with uncollected():
        app = Flask("connectors.sandbox.server")
        for routes in (_api(), oauth_routes(), webhook_routes(), control_routes(), *brand_routes()):
            app.register_blueprint(routes)
    app.register_error_handler(HTTPException, _as_json)
    return app


def open_market(app: Flask, sandbox: Sandbox) -> Flask:
    """The same routes over this market, whatever they stood over before."""
    app.extensions["sandbox"] = sandbox
    inner = AnyCase(OneAtATime(partial(Flask.wsgi_app, app), sandbox.lock))
    faulty = FaultyWsgi(inner, sandbox.faults, threading.Event().wait)
    app.wsgi_app = NoTwins(faulty)  # type: ignore[method-assign]  # the way in which Flask documents middleware
    return app


def _api() -> Blueprint:
    routes = Blueprint("api", __name__, url_prefix=API_ROOT)
    routes.before_request(check_access)
    routes.register_error_handler(Refusal, Refusal.answer)
    for add in (
        site_routes,
        class_routes,
        client_routes,
        sale_routes,
        token_routes,
        booking_routes,
        schedule_routes,
        offer_routes,
        channel_routes,
    ):
        add(routes)
    return routes


def _as_json(error: HTTPException) -> Response | HTTPException:
    """Routes that do not exist answer as the API does."""
    if not request.path.startswith(API_ROOT):
        return error
    code = "ResourceDoesNotExist" if error.code == 404 else "InvalidParameter"
    return Refusal(code, error.description or error.name, error.code).answer()
