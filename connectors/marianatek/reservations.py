"""A reservation of Mariana Tek's: what became of it, who it is for, and how it was booked.

Knows its attributes; knows no HTTP. They come by the ten thousand, so they are read by a plain function. The values of
``status`` are not written down anywhere public: dates decide, and the text stays in the payload as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import BadRecord
from connectors.fields import id_text, reach, value_at
from connectors.records import BookingTime, Outcome, Reservation
from connectors.showing import scrub
from connectors.times import read_instant

STANDARD = "standard"  # the type that holds a place; standby and waitlist do not
WHAT, UTC = "Reservation", ZoneInfo("UTC")


def reservation(raw: Any, payer: str | None) -> Reservation:
    """A reservation that holds or held a place. ``payer`` pays for the marketplace's guests. Raises BadRecord."""
    if not isinstance(raw, Mapping):
        raise BadRecord("A reservation is no object.")
    user, email = _id(raw, "relationships.user.data.id"), reach(raw, "attributes.guest_email")
    guest = bool(reach(raw, "attributes.reserved_for_guest")) or isinstance(email, str)
    booked_at = _instant(raw, "creation_date")
    return Reservation(
        external_id=_needed(raw, "id"),
        session_id=_needed(raw, "relationships.class_session.data.id"),
        client_id=None if guest else user,
        source=source_of(raw, user, guest=guest, payer=payer),
        outcome=outcome_of(raw),
        guest_email=email if isinstance(email, str) and email.strip() else None,
        booked_at=booked_at,
        booked_at_source=BookingTime.PLATFORM if booked_at else BookingTime.UNKNOWN,
        cancelled_at=_instant(raw, "cancel_date"),
    )


def outcome_of(raw: Mapping[str, Any]) -> Outcome:
    """By its dates. One that is over without a check-in stays booked: nothing says that nobody came."""
    if _instant(raw, "cancel_date"):
        return Outcome.CANCELLED
    return Outcome.ATTENDED if _instant(raw, "check_in_date") else Outcome.BOOKED


def source_of(raw: Mapping[str, Any], user: str | None, *, guest: bool, payer: str | None) -> str:
    """How it was booked, in words that the studio maps to a channel: who pays for a guest, else what paid."""
    if guest:
        return f"guest:payer {user}" if user is not None and user == payer else "guest:of somebody else"
    kind = reach(raw, "attributes.payment_options.0.type")
    return f"paid by:{kind}" if isinstance(kind, str) and kind.strip() else "reservation"


def kind_of(raw: Any) -> str:
    """Its type; one that says none counts as standard."""
    return str(reach(raw, "attributes.reservation_type") or STANDARD)


def _needed(raw: Mapping[str, Any], path: str) -> str:
    found = _id(raw, path)
    if found is None:
        raise BadRecord(f"{WHAT} {scrub(str(raw.get('id')))[:40]}: {path} is missing.")
    return found


def _id(raw: Mapping[str, Any], path: str) -> str | None:
    return value_at(raw, path, id_text, WHAT)


def _instant(raw: Mapping[str, Any], key: str) -> datetime | None:
    return value_at(raw, f"attributes.{key}", lambda text: read_instant(str(text), UTC), WHAT)
