"""Channel offers: what this platform takes beyond the dialect. Absolute spots and rate for one class, in a sequence.

The living market meets them. A limit counts the reservations that the marketplace has already made.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response

from connectors.sandbox.market.state import Offer
from connectors.sandbox.market.world import Terms
from connectors.sandbox.server.access import caller, query
from connectors.sandbox.server.api_class import find_class
from connectors.sandbox.server.bookings import request_body
from connectors.sandbox.server.pages import page
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import Body, Json, Refusal, answer, audit_text


def offer_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/channel/offers/<int:class_id>", view_func=put_offer, methods=["PUT"])
    routes.add_url_rule("/channel/offers/<int:class_id>", view_func=held_offer)
    routes.add_url_rule("/channel/offers", view_func=held_offers)


def put_offer(class_id: int) -> Response:
    """Hold an offer: the highest sequence wins, the same one again changes nothing."""
    site, sandbox = caller().site, here()
    terms = _terms(request_body())
    find_class(site, class_id)
    sandbox.lag.hold(sandbox.faults, ("offer", site.id, class_id), lambda: sandbox.world.offer(site.id, class_id))
    return answer(offer_json(sandbox.world.set_offer(site.id, class_id, terms)))


def held_offer(class_id: int) -> Response:
    """The offer that is held for a class."""
    held = _seen(class_id)
    if held is None:
        raise Refusal("OfferNotFound", f"No offer is held for class {class_id}.")
    return answer(offer_json(held))


def held_offers() -> Response:
    """All offers that are held, page by page."""
    seen = (_seen(class_id) for class_id in sorted(caller().site.offers))
    return page(query(), "Offers", [offer for offer in seen if offer is not None], offer_json)


def _seen(class_id: int) -> Offer | None:
    """The offer as a read shows it now, which may trail the last write."""
    site, sandbox = caller().site, here()
    return sandbox.lag.read(
        sandbox.faults, ("offer", site.id, class_id), lambda: sandbox.world.offer(site.id, class_id)
    )


def offer_json(offer: Offer) -> Json:
    """An offer as it is held; money as text, to the cent."""
    return {
        "ClassId": offer.class_id,
        "Sequence": offer.sequence,
        "Limit": offer.limit,
        "Rate": _money_text(offer.rate),
        "PremiumLimit": offer.premium_limit,
        "PremiumRate": None if offer.premium_rate is None else _money_text(offer.premium_rate),
        "Currency": offer.currency,
        "HeldSince": audit_text(offer.held_since),
    }


def _money_text(amount: Decimal) -> str:
    return format(amount, ".2f")


def _terms(body: Body) -> Terms:
    return Terms(
        sequence=body.integer("Sequence"),
        limit=body.integer("Limit"),
        rate=_money(body, "Rate"),
        premium_limit=body.integer("PremiumLimit"),
        premium_rate=_money(body, "PremiumRate") if "PremiumRate" in body else None,
        currency=body.text("Currency"),
    )


def _money(body: Body, name: str) -> Decimal:
    try:
        amount = Decimal(body.text(name))
    except InvalidOperation as error:
        raise Refusal("InvalidParameter", f"{name} must be an amount.") from error
    if not amount.is_finite():
        raise Refusal("InvalidParameter", f"{name} must be an amount.")
    return amount
