"""Channel bookings: guests of the marketplace, booked in by it under the offer that is held for the class.

What this platform takes beyond the dialect. It knows no idempotency key: whoever books looks first.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from connectors.sandbox.market.marketplace import Deal, offered
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Seller, Visit
from connectors.sandbox.server.access import caller
from connectors.sandbox.server.api_class import find_class
from connectors.sandbox.server.bookings import hold_reads, request_body
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import Json, Refusal, answer


def channel_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/channel/bookings", view_func=bookings)
    routes.add_url_rule("/channel/bookings", view_func=book, methods=["POST"], endpoint="book_guest")
    routes.add_url_rule("/channel/bookings/<int:visit_id>/cancel", view_func=cancel, methods=["POST"])


def bookings() -> Response:
    """The places in a class that are held for guests with this address."""
    site = caller().site
    if not caller().at_desk:
        raise Refusal("DeniedAccess", "Guests are shown to the business alone.")
    item = find_class(site, int(request.args.get("request.classId", "0")))
    email = request.args.get("request.email", "").strip().casefold()
    held = [visit for visit in site.visits_of(item.id) if visit.active and _email(site, visit) == email]
    return answer({"Bookings": [_shown(visit) for visit in held if site.seller_of(visit) is Seller.MARKETPLACE]})


def book() -> Response:
    """Book a guest in, as long as the offer that is held has room."""
    body, site = request_body(), caller().site
    item, name, email = find_class(site, body.integer("ClassId")), body.text("Name"), body.text("Email")
    offer = site.offers.get(item.id)
    if offer is None or site.sold_by(item.id, Seller.MARKETPLACE) >= offer.limit + offer.premium_limit:
        raise Refusal("ChannelLimitReached", f"The channel's limit of class {item.id} is reached.")
    deal = offered(site, offer) or Deal(offer.rate, premium=False)  # which of its spots it is, the marketplace knows
    hold_reads(item)
    first, _, last = name.partition(" ")
    visit = here().world.book_guest(
        site.id, item.id, first or "Guest", last, email, rate=deal.rate, premium=deal.premium
    )
    return answer({"Booking": _shown(visit)})


def cancel(visit_id: int) -> Response:
    """Cancel, early or late by the program's rule; one that is cancelled already stays as it is."""
    site = caller().site
    visit = site.visits.get(visit_id)
    if visit is None or visit.class_id not in site.classes:
        raise Refusal("ClassVisitNotFound", f"Visit {visit_id} does not exist.")
    hold_reads(site.classes[visit.class_id])
    if visit.active:
        here().world.cancel(site.id, visit_id)
    return answer({"Booking": _shown(visit)})


def _email(site: Site, visit: Visit) -> str:
    return (site.clients[visit.client_id].email or "").strip().casefold()


def _shown(visit: Visit) -> Json:
    return {"VisitId": visit.id, "ClassId": visit.class_id, "Active": visit.active}
