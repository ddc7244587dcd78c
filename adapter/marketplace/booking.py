"""Asking the booking platform for a reservation's place: looked at in real time, then booked where it can book.

Makes calls and reads our books; writes nothing. What the platform cannot book stands on our own ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.addresses import open_address
from adapter.store.redaction import scrub
from adapter.store.selling import HOLDING
from adapter.store.tables import ChannelReservation, Connection, EmailAddress, Refusal, Session
from connectors import records, registry
from connectors.booking import book_once
from connectors.errors import BadRecord, ConnectorError, Rejected, TryAgain
from connectors.platform import Api, Guest, Platform, Window
from connectors.records import SessionStatus, Stream


@dataclass(frozen=True, slots=True)
class Placed:
    """The place is held: at the platform under this id, or, without one, on our ledger."""

    platform_id: str | None


@dataclass(frozen=True, slots=True)
class Denied:
    """There is no place, with the platform's words where it said any."""

    refusal: Refusal
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost: nobody knows yet."""

    words: str


Outcome = Placed | Denied | Unknown


def book(ctx: Context, row: ChannelReservation, guest: Guest) -> Outcome:
    """Look whether the session still has the place, and book it. Called once for a reservation."""
    with ctx.store.read() as db:
        session = db.get_one(Session, row.session_id)
        platform = registry.get(db.get_one(Connection, row.connection_id).platform)
    try:
        with open_connection(ctx, row.connection_id) as api:
            return _booked(ctx, api, platform, row, session, guest)
    except ConnectorError as error:
        words = scrub(str(error), ctx.keys)
        lost = isinstance(error, TryAgain) and error.unknown
        return Unknown(words) if lost else Denied(Refusal.PLATFORM_REFUSED, words)


def find(ctx: Context, row: ChannelReservation) -> Placed | Denied | Unknown:
    """Whether the platform has the reservation whose answer was lost. Books nothing."""
    with ctx.store.read() as db:
        session = db.get_one(Session, row.session_id)
        platform = registry.get(db.get_one(Connection, row.connection_id).platform)
        address = open_address(ctx.keys, db.get_one(EmailAddress, row.guest_email_id))
    if platform.booking is None or address is None:
        return Denied(Refusal.PLATFORM_REFUSED, "It was not carried out.")
    try:
        with open_connection(ctx, row.connection_id) as api:
            held = platform.booking.find(api, session.external_id, Guest("", address))
    except ConnectorError as error:
        return Unknown(scrub(str(error), ctx.keys))
    return (
        Denied(Refusal.PLATFORM_REFUSED, "The answer was lost, and the platform has no such reservation.")
        if (held is None)
        else Placed(held)
    )


def cancel(ctx: Context, row: ChannelReservation) -> None:
    """Cancel it at the platform; one that is cancelled already is no error. Raises ConnectorError."""
    with ctx.store.read() as db:
        platform = registry.get(db.get_one(Connection, row.connection_id).platform)
    if row.platform_id is not None and platform.booking is not None:
        with open_connection(ctx, row.connection_id) as api:
            platform.booking.cancel(api, row.platform_id)


def _booked(
    ctx: Context, api: Api, platform: Platform, row: ChannelReservation, session: Session, guest: Guest
) -> Outcome:
    if refusal := _live_refusal(ctx, api, platform, row, session):
        return Denied(refusal)
    if platform.booking is None:
        return Placed(None)
    try:
        booked = book_once(platform.booking, api, session.external_id, guest, f"channel-{row.id}")
    except Rejected as error:
        seen = _live_refusal(ctx, api, platform, row, session)  # a direct client may have been faster (F46)
        return Denied(seen or Refusal.PLATFORM_REFUSED, scrub(str(error), ctx.keys))
    return Placed(booked.reservation_id) if booked.new else Denied(Refusal.ALREADY_BOOKED)


def _live_refusal(
    ctx: Context, api: Api, platform: Platform, row: ChannelReservation, session: Session
) -> Refusal | None:
    """Why the platform itself, asked now, has no place; None: it has one. Raises ConnectorError."""
    seen = _look(api, platform, session)
    if seen is None or seen.status is SessionStatus.CANCELLED:
        return Refusal.CANCELLED
    if seen.starts_at <= ctx.now():
        return Refusal.STARTED
    if seen.capacity is None or seen.booked is None:
        return None
    return Refusal.SOLD_OUT if seen.booked + _unknown_there(ctx, platform, row) >= seen.capacity else None


def _look(api: Api, platform: Platform, session: Session) -> records.Session | None:
    """The session as the platform has it now; None: it has none. Raises ConnectorError."""
    stream = platform.streams[Stream.SESSIONS]
    window = Window(session.starts_at, session.starts_at + timedelta(minutes=1))
    pages = list(stream.look(api, [session.external_id]) if stream.look else stream.read(api, window))
    for parked in (each for page in pages for each in page.set_aside if each.external_id == session.external_id):
        raise BadRecord(parked.reason)
    seen = (fetched.record for page in pages for fetched in page.items)
    found = next((each for each in seen if each.external_id == session.external_id), None)
    if found is None and not (pages and pages[-1].final):
        raise TryAgain("The list of classes changed while it was read.")
    return found


def _unknown_there(ctx: Context, platform: Platform, row: ChannelReservation) -> int:
    """Places held on our ledger that a platform which books for nobody does not count."""
    if platform.booking is not None:
        return 0
    others = select(func.count()).where(
        ChannelReservation.session_id == row.session_id,
        ChannelReservation.id != row.id,
        ChannelReservation.state.in_(HOLDING),
        ChannelReservation.platform_id.is_(None),
    )
    with ctx.store.read() as db:
        return db.scalar(others) or 0
