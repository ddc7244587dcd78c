"""The JSON API under /api/v1: bearer tokens, problem+json, cursor paging. OpenAPI 3.1 at /api/v1/openapi.json."""

from __future__ import annotations

from flask import Flask

from adapter import __version__
from adapter.api import campaigns, connections, guarantee, open_data, opportunities, payouts, runs, sessions, studios
from adapter.api.problems import ProblemApi
from adapter.api.schemas import Money
from adapter.web.limits import wrong_tokens
from adapter.web.security import csrf

PREFIX = "/api/v1"
BLUEPRINTS = (
    studios.blueprint,
    connections.blueprint,
    runs.blueprint,
    sessions.blueprint,
    guarantee.blueprint,
    opportunities.blueprint,
    payouts.blueprint,
    campaigns.blueprint,
    open_data.blueprint,
)
SPEC = {
    "info": {"description": "Studios, their connections, sessions, decisions and payouts. Money is a decimal string."},
    "security": [{"bearer": []}],
    "servers": [{"url": "/"}],
}


def install(app: Flask) -> None:
    """Register every resource. A token in the header proves the caller, so no form can forge a call."""
    app.config.update(
        API_TITLE="Spotkeeper",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS=SPEC,
    )
    api = ProblemApi(app)
    api.register_field(Money, "string", "decimal")
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for blueprint in BLUEPRINTS:
        wrong_tokens(blueprint)
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint, url_prefix=PREFIX)
