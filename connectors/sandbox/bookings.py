"""Booking a guest at the sandbox: three calls, no idempotency key (connectors/booking.py looks first)."""

from __future__ import annotations

from connectors.errors import TryAgain
from connectors.fields import id_text, reach
from connectors.platform import Api, Guest

_BOOKINGS = "/channel/bookings"


def find(api: Api, session_id: str, guest: Guest) -> str | None:
    """The visit that holds a place for this guest of the marketplace; None: there is none."""
    held = api.door.get(_BOOKINGS, {"request.classId": session_id, "request.email": guest.email})
    return next((id_text(reach(each, "VisitId")) for each in reach(held, "Bookings") or []), None)


def make(api: Api, session_id: str, guest: Guest, key: str) -> str:
    """Book. Raises Rejected with the platform's words, TryAgain (unknown) where the answer was lost."""
    body = {"ClassId": int(session_id), "Name": guest.name, "Email": guest.email}
    made = api.door.send("POST", _BOOKINGS, body, key=key)
    try:
        return id_text(reach(made, "Booking.VisitId"))
    except ValueError as error:
        raise TryAgain(f"POST {_BOOKINGS}: the answer has no id.", unknown=True) from error


def cancel(api: Api, reservation_id: str) -> None:
    """Cancel; one that is cancelled already is no error."""
    api.door.send("POST", f"{_BOOKINGS}/{reservation_id}/cancel", {})
