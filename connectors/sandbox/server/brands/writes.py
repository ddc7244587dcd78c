"""What this dialect takes: guests' reservations, and the pricing engine's spots and rates."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, request

from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Seller
from connectors.sandbox.market.world import Terms
from connectors.sandbox.server.brands import shapes
from connectors.sandbox.server.brands.access import PAYER, brand
from connectors.sandbox.server.brands.reads import find_class
from connectors.sandbox.server.brands.wire import Wrong, document
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import Json, answer

_FIELD = {Reason.CLASS_FULL: "spot", Reason.BAD_OFFER: "overrides"}


def refused(error: Refused) -> Response:
    """The market's refusal in this dialect's words."""
    return Wrong(422, {_FIELD.get(error.reason, "class_session"): [str(error)]}).answer()


def book() -> Response:
    """A place for a guest whom our payer pays for. Each call makes a guest: asked twice, it books twice."""
    site, world = brand(), here().world
    data = _part(request.get_json(silent=True, force=True), "data")
    told, linked = _part(data, "attributes"), _part(data, "relationships")
    item = find_class(site, _linked(linked, "class_session"))
    if _linked(linked, "user") != PAYER:
        raise Wrong(422, {"user": ["Only guests of a payer can be booked here."]})
    email, name = str(told.get("guest_email") or ""), str(told.get("guest_name") or "")
    if "@" not in email:
        raise Wrong(422, {"guest_email": ["This field is required."]})
    _check_spot(site, item, linked)
    offer = site.offers.get(item.id)
    if offer is None or site.sold_by(item.id, Seller.MARKETPLACE) >= offer.limit:
        raise Wrong(422, {"class_session": ["This payer's reservation limit has been reached."]})
    first, _, last = name.partition(" ")
    visit = world.book_guest(site.id, item.id, first or "Guest", last, email, rate=offer.rate)
    return document({"data": shapes.reservation(site, visit), "meta": None, "links": None}, 201)


def cancel(number: int) -> Response:
    """Cancel a reservation."""
    site = brand()
    if number not in site.visits:
        raise Wrong(404, {"detail": ["Not found."]})
    visit = here().world.cancel(site.id, number)
    return document({"data": shapes.reservation(site, visit), "meta": None, "links": None})


def pricing() -> Response:
    """Hold spots and rate of each class for our payer. What comes last wins; the same again changes nothing."""
    given = _part(request.get_json(silent=True), "classes")
    for told in given if isinstance(given, list) else []:
        item = find_class(brand(), int(_part(told, "id") or 0))
        for override in told.get("overrides", ()):
            _hold(brand(), item, override)
    return answer({"classes": [{"id": told["id"]} for told in given]})


def _hold(site: Site, item: ClassInstance, override: Any) -> None:
    sandbox, held = here(), site.offers.get(item.id)
    if _part(override, "payer_id") != PAYER:
        raise Wrong(422, {"overrides": ["There is no such payer."]})
    rate, limit = _amount(_part(override, "price")), override.get("max_reservations")
    if not isinstance(limit, int):
        raise Wrong(422, {"overrides": ["max_reservations must be a number."]})
    sandbox.lag.hold(sandbox.faults, ("class_session", site.id, item.id), lambda: shapes.class_session(site, item))
    if held is not None and (held.limit, held.rate) == (limit, rate):
        return
    terms = Terms(
        sequence=held.sequence + 1 if held else 1,
        limit=limit,
        rate=rate,
        premium_limit=0,
        premium_rate=None,
        currency=str(override["price"].get("currency_code")),
    )
    sandbox.world.set_offer(site.id, item.id, terms)


def _check_spot(site: Site, item: ClassInstance, linked: Json) -> None:
    if shapes.picks_a_spot(site, item) and _linked(linked, "spot") not in shapes.free_spots(site, item):
        raise Wrong(422, {"spot": ["This spot is already taken."]})


def _linked(linked: Json, name: str) -> int:
    number = str((_part(linked, name).get("data") or {}).get("id", ""))
    return int(number) if number.isdecimal() else 0


def _part(given: Any, name: str) -> Any:
    if not isinstance(given, dict):
        raise Wrong(422, {name: ["This field is required."]})
    return given.get(name) if given.get(name) is not None else {}


def _amount(price: Any) -> Decimal:
    try:
        return Decimal(str(price["amount"]))
    except (InvalidOperation, KeyError, TypeError) as error:
        raise Wrong(422, {"price": ["A valid amount is required."]}) from error
