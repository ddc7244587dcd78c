"""Mindbody's webhook messages: whether they are genuine, and what they tell us to look at.

Knows the envelope and the events; takes from an event ids and the time it happened, nothing else (client events carry
card digits and addresses). A new kind of event tells us nothing until it is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import strict_json
from connectors.errors import BadRecord
from connectors.fields import id_text, reach
from connectors.records import BookingEvent, Delivery, Hint, Stream
from connectors.signatures import header_of, same, sha256_base64
from connectors.times import read_instant

SIGNATURE_HEADER = "X-Mindbody-Signature"
_DATES = ("eventInstanceOriginationDateTime", "eventInstanceOriginationDate")  # both are in use

Event = Mapping[str, Any]
Fill = Callable[[Event, datetime | None], dict[str, Any]]


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the raw body was signed with the subscription's key."""
    return bool(secret) and same(f"sha256={sha256_base64(secret, body)}", header_of(headers, SIGNATURE_HEADER))


def read(body: bytes) -> Delivery:
    """The message. Raises BadRecord where it is none, or where a known event lacks an id."""
    try:
        message = strict_json.loads(body)
    except strict_json.NotJson as error:
        raise BadRecord(f"The webhook message can't be read: {error}.") from error
    event = str(reach(message, "eventId") or "")
    data = reach(message, "eventData")
    told = _EVENTS.get(event)
    if told is None or not isinstance(data, Mapping):
        return Delivery(message_id=_id(message, "messageId"), event=event, hints=())
    stream, fill = told
    hint = Hint(site=_id(data, "siteId"), stream=stream, **fill(data, _when(message)))
    return Delivery(message_id=_id(message, "messageId"), event=event, hints=(hint,))


def _booking(event: BookingEvent) -> Fill:
    return lambda data, when: {
        "external_id": _id(data, "classRosterBookingId"),
        "session_id": _id(data, "classId"),
        "booking": event,
        "occurred_at": when,
    }


def _one(key: str) -> Fill:
    return lambda data, when: {"external_id": _id(data, key), "occurred_at": when}


def _merger(data: Event, when: datetime | None) -> dict[str, Any]:
    kept, lost = _id(data, "keptClientUniqueId"), _id(data, "removedClientUniqueId")
    return {"external_id": kept, "absorbed_id": lost, "occurred_at": when}


def _slot(data: Event, when: datetime | None) -> dict[str, Any]:
    return {"template_id": _id(data, "classScheduleId"), "occurred_at": when}


def _all(data: Event, when: datetime | None) -> dict[str, Any]:
    return {"occurred_at": when}


_EVENTS: Mapping[str, tuple[Stream, Fill]] = {
    "classRosterBooking.created": (Stream.RESERVATIONS, _booking(BookingEvent.MADE)),
    "classRosterBooking.cancelled": (Stream.RESERVATIONS, _booking(BookingEvent.CANCELLED)),
    "classRosterBookingStatus.updated": (Stream.RESERVATIONS, _booking(BookingEvent.CHANGED)),
    "class.updated": (Stream.SESSIONS, _one("classId")),
    "classWaitlistRequest.created": (Stream.SESSIONS, _one("classId")),
    "classWaitlistRequest.cancelled": (Stream.SESSIONS, _all),  # names only the entry
    "classSchedule.created": (Stream.SESSIONS, _all),
    "classSchedule.updated": (Stream.SESSIONS, _slot),
    "classSchedule.cancelled": (Stream.SESSIONS, _all),
    "classDescription.updated": (Stream.CLASS_TYPES, _one("id")),
    "client.created": (Stream.CLIENTS, _one("clientUniqueId")),
    "client.updated": (Stream.CLIENTS, _one("clientUniqueId")),
    "client.deactivated": (Stream.CLIENTS, _one("clientUniqueId")),
    "clientProfileMerger.created": (Stream.CLIENTS, _merger),
    "clientSale.created": (Stream.SALES, _one("saleId")),
    "location.created": (Stream.VENUES, _one("locationId")),
    "location.updated": (Stream.VENUES, _one("locationId")),
    "location.deactivated": (Stream.VENUES, _one("locationId")),
}
EVENTS = tuple(_EVENTS)


def _when(message: Any) -> datetime | None:
    given = next((value for key in _DATES if (value := reach(message, key)) is not None), None)
    if given is None:
        return None
    try:
        return read_instant(str(given), ZoneInfo("UTC"))
    except ValueError as error:
        raise BadRecord(f"Webhook message: {_DATES[0]} {error}.") from error


def _id(data: Any, key: str) -> str:
    try:
        return id_text(reach(data, key))
    except ValueError as error:
        raise BadRecord(f"Webhook message: {key} {error}.") from error
