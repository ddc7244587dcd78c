"""When a reservation was made, by the best that is known: the platform, an event, our own first sight of it, nothing.

Knows the order of these sources and the notices that webhooks leave. A better source is never overwritten by a worse.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import among, insert, table_of
from adapter.store.readings import note_rewritten
from adapter.store.tables import BookingNotice, Reservation, Session
from connectors.records import BookingTime

RANK = {BookingTime.UNKNOWN: 0, BookingTime.FIRST_SEEN: 1, BookingTime.WEBHOOK: 2, BookingTime.PLATFORM: 3}


@dataclass(frozen=True)
class Booked:
    """An instant of booking and how it is known. ``at`` is None exactly where it is unknown."""

    at: datetime | None
    source: BookingTime


UNKNOWN = Booked(None, BookingTime.UNKNOWN)


@dataclass(frozen=True)
class Evidence:
    """What is known about the booking times of some reservations, beside their records."""

    notices: Mapping[str, datetime]  # by reservation: when an event said that it was made
    starts: Mapping[str, datetime]  # by session
    now: datetime
    live: bool  # we have been watching: what is new now was not there before

    def of(self, reservation_id: str, session_id: str, said: Booked) -> Booked:
        """The time of booking of a reservation that is seen for the first time."""
        if said.at is not None:
            known = said.source if said.source is not BookingTime.UNKNOWN else BookingTime.PLATFORM
            return Booked(said.at, known)
        if noticed := self.notices.get(reservation_id):
            return Booked(noticed, BookingTime.WEBHOOK)
        start = self.starts.get(session_id)
        if self.live and start is not None and self.now < start:
            return Booked(self.now, BookingTime.FIRST_SEEN)
        return UNKNOWN


def better(old: Booked, new: Booked) -> Booked:
    """Which of two holds. The platform may correct itself; otherwise what was known first stays."""
    if new.source is BookingTime.PLATFORM or RANK[new.source] > RANK[old.source]:
        return new
    return old


def evidence(
    db: Db, connection_id: int, reservations: Collection[str], sessions: Collection[str], *, now: datetime, live: bool
) -> Evidence:
    """What the database knows about when these reservations were made."""
    noticed = select(BookingNotice.reservation_id, BookingNotice.made_at).where(
        BookingNotice.connection_id == connection_id, BookingNotice.reservation_id.in_(among(reservations))
    )
    starts = select(Session.external_id, Session.starts_at).where(
        Session.connection_id == connection_id, Session.external_id.in_(among(sessions))
    )
    return Evidence(dict(db.execute(noticed).all()), dict(db.execute(starts).all()), now, live)


def announce(db: Db, connection_id: int, reservation_id: str, made_at: datetime, now: datetime) -> None:
    """Write down when an event says that a reservation was made: for the one we have, or will have."""
    table = table_of(BookingNotice)
    statement = insert(db, table)
    earliest = statement.on_conflict_do_update(
        index_elements=("connection_id", "reservation_id"),
        set_={"made_at": statement.excluded.made_at},
        where=statement.excluded.made_at < table.c.made_at,
    )
    db.execute(earliest, [{"connection_id": connection_id, "reservation_id": reservation_id, "made_at": made_at}])
    worse = and_(
        Reservation.connection_id == connection_id,
        Reservation.external_id == reservation_id,
        Reservation.booked_at_source != BookingTime.PLATFORM,
        (Reservation.booked_at_source != BookingTime.WEBHOOK) | (Reservation.booked_at > made_at),
    )
    note_rewritten(db, worse, ("booked_at",), now)
    db.execute(update(Reservation).where(worse).values(booked_at=made_at, booked_at_source=BookingTime.WEBHOOK))
