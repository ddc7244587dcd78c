"""How an API of ours is served: its resources under one prefix, its OpenAPI 3.1 document beside them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, request
from flask_smorest import Blueprint, abort

from adapter import __version__
from adapter.api.problems import ProblemApi
from adapter.api.schemas import Money
from adapter.web.limits import wrong_tokens
from adapter.web.security import csrf
from connectors import strict_json


def serve(
    app: Flask, blueprints: Iterable[Blueprint], *, title: str, about: str, prefix: str, settings: str = ""
) -> None:
    """Register every resource. A token in the header proves the caller, so no form can forge a call.

    ``settings``: what the names of this API's settings begin with, where there are several.
    """
    said = {
        "API_TITLE": title,
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": prefix,
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "info": {"description": about},
            "security": [{"bearer": []}],
            "servers": [{"url": "/"}],
        },
    }
    app.config.update({settings + name: value for name, value in said.items()})
    api = ProblemApi(app, config_prefix=settings)
    api.register_field(Money, "string", "decimal")
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for blueprint in blueprints:
        wrong_tokens(blueprint)
        csrf.exempt(blueprint)
        app.before_request_funcs.setdefault(blueprint.name, []).append(_check_body)  # it may serve many applications
        api.register_blueprint(blueprint, url_prefix=prefix)


def _check_body() -> None:
    """Refuse a body that would be passed over (settings put as a form would all be taken back) or can't be kept."""
    body = request.get_data()
    if not body:
        return
    if not request.is_json:
        abort(415)
    try:
        strict_json.check(body)
    except strict_json.NotJson as error:
        abort(400, message=f"The body is no JSON that is taken: {error}.", errors={"json": [str(error)]})
