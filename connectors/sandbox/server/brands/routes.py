"""All routes of a brand: its API under ``/api``, its authorization server under ``/o``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g

from connectors.sandbox.market.refusals import Refused
from connectors.sandbox.server.brands import reads, writes
from connectors.sandbox.server.brands.access import brand_of, check_access
from connectors.sandbox.server.brands.wire import Wrong
from connectors.sandbox.server.identity import authorization_server
from connectors.sandbox.server.oauth import ask_consent
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import BRANDS_ROOT


def brand_routes() -> list[Blueprint]:
    """The blueprints of this dialect."""
    return [_api(), _sign_in()]


def _take_brand(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The brand in the address, for whoever answers."""
    g.brand = brand_of(here(), (values or {}).pop("brand", "")) or abort(404)


def _api() -> Blueprint:
    routes = Blueprint("brands", __name__, url_prefix=f"{BRANDS_ROOT}/<brand>/api")
    routes.url_value_preprocessor(_take_brand)
    routes.before_request(check_access)
    routes.register_error_handler(Wrong, Wrong.answer)
    routes.register_error_handler(Refused, writes.refused)
    routes.add_url_rule("/locations", view_func=reads.locations)
    routes.add_url_rule("/class_session_types", view_func=reads.class_session_types)
    routes.add_url_rule("/users", view_func=reads.users)
    routes.add_url_rule("/class_sessions", view_func=reads.class_sessions)
    routes.add_url_rule("/class_sessions/<int:number>", view_func=reads.class_session)
    routes.add_url_rule("/reservations", view_func=reads.reservations)
    routes.add_url_rule("/reservations/<int:number>", view_func=reads.reservation)
    routes.add_url_rule("/reservations", view_func=writes.book, methods=["POST"])
    routes.add_url_rule("/reservations/<int:number>/cancel", view_func=writes.cancel, methods=["POST"])
    routes.add_url_rule("/pricing/v1/pricing_information/", view_func=writes.pricing, methods=["POST"])
    return routes


def _sign_in() -> Blueprint:
    routes = Blueprint("brand_sign_in", __name__, url_prefix=f"{BRANDS_ROOT}/<brand>/o")
    routes.url_value_preprocessor(_take_brand)
    server = authorization_server()

    @routes.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Response:
        return ask_consent(server)

    @routes.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return routes
