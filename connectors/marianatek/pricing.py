"""Spots and rate of one class for one payer: Mariana Tek's Pricing API.

Knows its one call and what stands in for reading back. ``default_price`` is left out: it would be everybody's. The call
keeps no sequence; whoever comes last wins, and order is our outbox's.
"""

from __future__ import annotations

from typing import Any

from connectors.errors import Misconfigured
from connectors.fields import amount, cents, reach
from connectors.platform import Api, ReadBack
from connectors.records import Offer

TOKEN = "X-Mariana-Pricing-Engine-Token"  # noqa: S105  a header's name
PATH = "/pricing/v1/pricing_information/"


def send(api: Api, offer: Offer, key: str) -> None:
    """Send the whole wanted state of a class for our payer; the same again changes nothing."""
    price = {"amount": str(cents(offer.rate, offer.currency)), "currency_code": offer.currency}
    ours = {"payer_id": int(setting(api, "PAYER_ID")), "max_reservations": offer.limit, "price": price}
    body = {"classes": [{"id": int(offer.session_id), "overrides": [ours]}]}
    api.door.send("POST", PATH, body, headers={TOKEN: setting(api, "ENGINE_TOKEN")})


def read_back(api: Api, session_id: str) -> ReadBack:
    """What the class shows as its direct booking limit and price; neither, where it shows none."""
    held = reach(api.door.get(f"/class_sessions/{session_id}"), "data.attributes")
    limit, price = reach(held, "direct_booking_reservation_limit"), reach(held, "direct_booking_price")
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
