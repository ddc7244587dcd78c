"""The sandbox, declared: Mindbody's dialect on your own machine, and three things more: it takes an offer for a
session, books the marketplace's guests, and tells a subscription of one site's events alone.

The platform itself runs in sandbox/server, which nothing imports; this is only how the adapter speaks with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors import mindbody
from connectors.errors import Rejected
from connectors.fields import reach
from connectors.mindbody import subscriptions
from connectors.mindbody.pages import PAGE, listed
from connectors.paging import Slice, by_offset, check_whole
from connectors.platform import Api, Booking, Capability, OfferPush, ReadBack
from connectors.records import Offer
from connectors.sandbox import bookings


def send(api: Api, offer: Offer, key: str) -> None:
    """Put the whole wanted state. A lower sequence than the held one is refused, the same again changes nothing."""
    body = {
        "Sequence": offer.sequence,
        "Limit": offer.limit,
        "Rate": str(offer.rate),
        "PremiumLimit": offer.premium_limit,
        "PremiumRate": None if offer.premium_rate is None else str(offer.premium_rate),
        "Currency": offer.currency,
    }
    api.door.send("PUT", f"/channel/offers/{offer.session_id}", body, key=key)


def read_back(api: Api, session_id: str) -> ReadBack | None:
    """The offer that the sandbox holds for a session; None where it holds none."""
    try:
        held = api.door.get(f"/channel/offers/{session_id}")
    except Rejected as error:
        if error.code == "OfferNotFound":
            return None
        raise
    return _held(held)


def read_all(api: Api) -> dict[str, ReadBack]:
    """Every offer that the sandbox holds, by session id: all of them, or TryAgain."""

    def fetch(offset: int) -> Slice:
        answer = api.door.get("/channel/offers", {"request.limit": PAGE, "request.offset": offset})
        return Slice(listed(answer, "Offers", "GET /channel/offers"), reach(answer, "PaginationResponse.TotalResults"))

    parts = list(by_offset(fetch, lambda item: str(reach(item, "ClassId")), size=PAGE, name="GET /channel/offers"))
    check_whole(parts[-1].final, "GET /channel/offers")
    return {str(reach(item, "ClassId")): _held(item) for part in parts for item in part.items}


def subscribe(api: Api, callback: str) -> tuple[str, str]:
    """Subscribe to this site's events; each site has its own subscription, and need not hear of all the others."""
    return subscriptions.subscribe(api, callback, siteIds=[api.site.id])


def _held(held: Any) -> ReadBack:
    return ReadBack(
        limit=reach(held, "Limit"),
        rate=_text(reach(held, "Rate")),
        premium_limit=reach(held, "PremiumLimit"),
        premium_rate=_text(reach(held, "PremiumRate")),
        sequence=reach(held, "Sequence"),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


_BOOKING = Booking(find=bookings.find, make=bookings.make, cancel=bookings.cancel)
_LOCAL = {Capability.SPOTS_LOCAL, Capability.RATE_LOCAL, Capability.SPOTS_TOTAL, Capability.RATE_CATALOG}
_NATIVE = {Capability.SPOTS_NATIVE, Capability.RATE_NATIVE}

PLATFORM = replace(
    mindbody.PLATFORM,
    name="sandbox",
    title="Sandbox",
    capabilities=(mindbody.PLATFORM.capabilities - _LOCAL) | _NATIVE | {Capability.BOOK},
    api_url="",  # it has no public address: the one that was started says where it is
    oauth=replace(mindbody.PLATFORM.oauth, issuer=None) if mindbody.PLATFORM.oauth else None,
    webhooks=replace(mindbody.PLATFORM.webhooks, subscribe=subscribe, shared=False, api_url="")
    if mindbody.PLATFORM.webhooks
    else None,
    offers=OfferPush(send=send, read_back=read_back, read_all=read_all, at_once=4),
    booking=_BOOKING,
    totals=None,
    catalog=None,
    limits=("The sandbox is no real studio: nothing here is sold.",),
    calls_per_minute=60_000,
    calls_per_day=None,
    docs="",
)
