"""The JSON API under /api/v1: bearer tokens, problem+json, cursor paging. OpenAPI 3.1 at /api/v1/openapi.json."""

from __future__ import annotations

from flask import Flask

from adapter.api import campaigns, connections, guarantee, open_data, opportunities, payouts, runs, sessions, studios
from adapter.api.serving import serve

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
ABOUT = "Studios, their connections, sessions, decisions and payouts. Money is a decimal string."


def install(app: Flask) -> None:
    """Register every resource."""
    serve(app, BLUEPRINTS, title="Spotkeeper", about=ABOUT, prefix=PREFIX)
