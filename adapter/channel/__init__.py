"""What a marketplace calls: /channel/v1, with an OpenAPI document of its own at /channel/v1/openapi.json.

Thin: parse, call adapter/marketplace, answer. Opens to tokens of the role ``marketplace`` and to nobody else.
"""

from __future__ import annotations

from flask import Flask

from adapter import __version__
from adapter.api.problems import ProblemApi
from adapter.channel import offers, quotes, reservations
from adapter.web.limits import wrong_tokens
from adapter.web.security import csrf

PREFIX = "/channel/v1"
BLUEPRINTS = (offers.blueprint, quotes.blueprint, reservations.blueprint)
SPEC = {
    "info": {
        "description": "What is on offer, quotes, reservations and cancellations, for marketplaces. Counts are "
        "absolute. Money is a decimal string in the currency beside it. See docs/channel.md."
    },
    "security": [{"bearer": []}],
    "servers": [{"url": "/"}],
}


def install(app: Flask) -> None:
    """Register the channel beside the API."""
    app.config.update(
        CHANNEL_API_TITLE="Spotkeeper channel",
        CHANNEL_API_VERSION=__version__,
        CHANNEL_OPENAPI_VERSION="3.1.0",
        CHANNEL_OPENAPI_URL_PREFIX=PREFIX,
        CHANNEL_OPENAPI_JSON_PATH="openapi.json",
        CHANNEL_API_SPEC_OPTIONS=SPEC,
    )
    channel = ProblemApi(app, config_prefix="CHANNEL_")
    channel.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for blueprint in BLUEPRINTS:
        wrong_tokens(blueprint)
        csrf.exempt(blueprint)
        channel.register_blueprint(blueprint, url_prefix=PREFIX)
