"""Spots and rate of one class for one payer: Mariana Tek's Pricing API.

Knows its one call and what stands in for reading back. ``default_price`` is left out: it would be everybody's. The call
keeps no sequence; whoever comes last wins, and order is our outbox's. Its limit is all that our payer may book: premium
places are counted in it, or the platform would refuse them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.errors import Misconfigured, Rejected
from connectors.fields import amount, cents, reach
from connectors.marianatek.lists import numbered, utc_text
from connectors.paging import check_whole
from connectors.platform import Api, ReadBack
from connectors.records import Offer

TOKEN = "X-Mariana-Pricing-Engine-Token"  # noqa: S105  a header's name
PATH = "/pricing/v1/pricing_information/"
LIMIT, PRICE = "direct_booking_reservation_limit", "direct_booking_price"
AHEAD = timedelta(days=35)  # further than we push


def send(api: Api, offer: Offer, key: str) -> None:
    """Send the whole wanted state of a class for our payer; the same again changes nothing."""
    if not offer.session_id.isdecimal():
        raise Rejected(f"Mariana Tek numbers its classes; {offer.session_id[:40]!r} is none.", code="id")
    price = {"amount": str(cents(offer.rate, offer.currency)), "currency_code": offer.currency}
    ours = {"payer_id": int(setting(api, "PAYER_ID")), "max_reservations": offer.total, "price": price}
    body = {"classes": [{"id": int(offer.session_id), "overrides": [ours]}]}
    api.door.send("POST", PATH, body, headers={TOKEN: setting(api, "ENGINE_TOKEN")})


def read_back(api: Api, session_id: str) -> ReadBack | None:
    """What the class shows as its direct booking limit and price: None where it shows that there is none."""
    return _held(reach(api.door.get(f"/class_sessions/{session_id}"), "data"))


def read_all(api: Api) -> dict[str, ReadBack]:
    """The same of all classes of the next weeks. Raises TryAgain where the list moved while it was read."""
    asked = {"min_datetime": utc_text(api.now), "max_datetime": utc_text(api.now + AHEAD)}
    parts = list(numbered(api, "/class_sessions", asked))
    check_whole(parts[-1].final, "GET /class_sessions")
    found = {str(reach(raw, "id")): _held(raw) for part in parts for raw in part.items}
    return {session_id: held for session_id, held in found.items() if held is not None}


def _held(raw: Any) -> ReadBack | None:
    attributes = reach(raw, "attributes")
    shown = isinstance(attributes, Mapping) and not {LIMIT, PRICE}.isdisjoint(attributes)
    limit, price = reach(attributes, LIMIT), reach(attributes, PRICE)
    if shown and limit is None and price is None:
        return None
    return ReadBack(limit=limit if _is_count(limit) else None, rate=None if price is None else _amount(price))


def setting(api: Api, name: str) -> str:
    """A setting that must be there. Raises Misconfigured."""
    found = api.settings.get(name, "")
    if not found or (name == "PAYER_ID" and not found.isdecimal()):
        raise Misconfigured(f"ADAPTER_MARIANATEK_{name} is not set{' to a number' if found else ''}")
    return found


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _amount(value: Any) -> str | None:
    try:
        return str(amount(value))
    except ValueError:
        return None
