"""What a marketplace calls: /channel/v1, with an OpenAPI document of its own at /channel/v1/openapi.json.

Thin: parse, call adapter/marketplace, answer. Opens to tokens of the role ``marketplace`` and to nobody else.
"""

from __future__ import annotations

from flask import Flask

from adapter.api.serving import serve
from adapter.channel import offers, quotes, reservations

PREFIX = "/channel/v1"
BLUEPRINTS = (offers.blueprint, quotes.blueprint, reservations.blueprint)
ABOUT = (
    "What is on offer, quotes, reservations and cancellations, for marketplaces. Counts are absolute. Money is a "
    "decimal string in the currency beside it. See docs/channel.md."
)


def install(app: Flask) -> None:
    """Register the channel beside the API."""
    serve(app, BLUEPRINTS, title="Spotkeeper channel", about=ABOUT, prefix=PREFIX, settings="CHANNEL_")
