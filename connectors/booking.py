"""Booking a guest once, at platforms that know no idempotency key: look first, book, and look again where the answer
was lost.

Knows the order of the calls; keeps nothing. Two processes that book the same guest at the same instant are not told
apart here: whoever asks holds a key of its own for that (the channel's reservation id).
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import ConnectorError, TryAgain
from connectors.platform import Api, Booking, Guest


@dataclass(frozen=True, slots=True)
class Booked:
    """A place held for a guest."""

    reservation_id: str
    new: bool  # False: it was there before we asked


def book_once(booking: Booking, api: Api, session_id: str, guest: Guest, key: str) -> Booked:
    """Book a guest into a session, unless they are in already.

    Raises Rejected with the platform's words, TryAgain (``unknown``) where even looking again told nothing.
    """
    if (held := booking.find(api, session_id, guest)) is not None:
        return Booked(held, new=False)
    try:
        return Booked(booking.make(api, session_id, guest, key), new=True)
    except TryAgain as error:
        if not error.unknown or (held := _looked(booking, api, session_id, guest)) is None:
            raise
        return Booked(held, new=True)


def _looked(booking: Booking, api: Api, session_id: str, guest: Guest) -> str | None:
    try:
        return booking.find(api, session_id, guest)
    except ConnectorError:
        return None  # access may have ended in between: whether the place is held is as unknown as before
