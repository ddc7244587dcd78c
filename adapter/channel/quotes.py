"""Quotes: what a guest would get now, and what it costs."""

from __future__ import annotations

from typing import Any

from flask import abort

from adapter.channel import schemas
from adapter.channel.seller import refuse, routes, seller, studios
from adapter.marketplace.quoting import Ask, Quote, quote, seal_quote
from adapter.marketplace.sellers import UnknownSeller
from adapter.showing.currency import money_text
from adapter.store.tables import Refusal
from adapter.web.access import context

blueprint = routes("channel-quotes", "Quotes, good for two minutes")


@blueprint.post("/quotes")
@blueprint.arguments(schemas.QuoteBody)
@blueprint.response(201, schemas.Quote)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def ask(body: dict[str, Any]) -> dict[str, Any]:
    """What this guest would get. Where nothing can be sold: 409 with ``refusal``, one word of the closed list."""
    with context().store.read() as db:
        marketplace = seller(db)
        try:
            found = quote(db, context().keys, marketplace, Ask(**body), context().now(), studios())
        except UnknownSeller as error:
            refuse(422, str(error), errors={"json": {"plan": [str(error)]}})
    if found is None:
        abort(404)
    if isinstance(found, Refusal):
        refuse(409, "Nothing of this kind can be sold now.", refusal=found.value)
    return _shown(found, seal_quote(context().keys, marketplace.id, found))


def _shown(found: Quote, sealed: str) -> dict[str, Any]:
    return {
        "quote": sealed,
        "session_id": found.session_id,
        "product": found.product,
        "premium": found.takes_premium,
        "reasons": found.reasons,
        "payout": money_text(found.payout, found.currency),
        "currency": found.currency,
        "credits": found.credits,
        "price": money_text(found.price, found.currency),
        "expires_at": found.expires_at,
    }
