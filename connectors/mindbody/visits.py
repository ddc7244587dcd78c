"""A class's roster as reservations: what became of each, and how it was booked.

Knows Mindbody's visits; knows no HTTP. Visits come by the ten thousand in a backfill, a roster a call, so they are read
by a plain function with the same checks as the shapes, at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import BadRecord
from connectors.fields import flag, id_text, value_at
from connectors.records import Outcome, Reservation
from connectors.times import read_instant


def reservation(visit: Any, session_id: str, zone: ZoneInfo) -> Reservation:
    """A visit. Raises BadRecord.

    The client is named by the unchanging ``ClientUniqueId`` or not at all: the other id may be anybody's by tomorrow.
    Mindbody does not say when a visit was booked.
    """
    if not isinstance(visit, Mapping):
        raise BadRecord("A visit is no object.")
    class_id = _id(visit, "ClassId")
    if class_id not in (None, session_id):
        raise BadRecord(
            f"Visit {visit.get('Id')}: ClassId {class_id} is not the class that was asked for, {session_id}."
        )
    external_id = _id(visit, "Id")
    if external_id in (None, "0"):
        raise BadRecord("A visit has no Id.")
    return Reservation(
        external_id=external_id,
        session_id=session_id,
        client_id=_id(visit, "ClientUniqueId"),
        source=source_of(visit),
        outcome=outcome_of(visit),
        purchase_id=_id(visit, "ServiceId"),
        price_option_id=_id(visit, "ProductId"),
        updated_at=value_at(visit, "LastModifiedDateTime", lambda text: read_instant(str(text), zone), "Visit", "Id"),
    )


def outcome_of(visit: Mapping[str, Any]) -> Outcome:
    """What became of a visit. ``AppointmentStatus`` says NoShow of attended classes, so it is not looked at.

    A past visit that nobody signed in stays booked: some studios sign nobody in.
    """
    if _flag(visit, "LateCancelled"):
        return Outcome.LATE_CANCELLED
    if _flag(visit, "SignedIn"):
        return Outcome.ATTENDED
    return Outcome.NO_SHOW if _flag(visit, "Missed") else Outcome.BOOKED


def source_of(visit: Mapping[str, Any]) -> str:
    """How a visit was booked, in words that the studio maps to a channel: by what paid, else online or by staff."""
    service = visit.get("ServiceName")
    if isinstance(service, str) and service.strip():
        return f"service:{service.strip()}"
    return "web" if _flag(visit, "WebSignup") else "staff"


def _id(visit: Mapping[str, Any], key: str) -> str | None:
    return value_at(visit, key, id_text, "Visit", "Id")


def _flag(visit: Mapping[str, Any], key: str) -> bool:
    value = visit.get(key)
    return value if type(value) is bool else bool(value_at(visit, key, flag, "Visit", "Id"))
