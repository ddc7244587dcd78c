"""Whose roster has to be read again. The rule is here once; the reading is sync's.

Knows what a session says about its own bookings. A roster is due when it was never read, when the session says
something else than it said then, once when it is over, and once more when the studio has had 48 hours to mark who came.
At night those around now are due again, whatever the session says: one who cancels and one who books at once leave its
counts as they were, and attendance is corrected late. One of which we sold a place that is not
on it is due as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as Db

from adapter.store.selling import sold_unseen
from adapter.store.tables import Reservation, Session
from connectors.platform import Window
from connectors.records import ACTIVE_OUTCOMES, SessionStatus

SETTLED_AFTER = timedelta(hours=48)
NIGHTLY_AROUND = timedelta(days=7)  # sessions that begin so soon or ended so lately are looked at each night
FRESH_FOR = timedelta(hours=20)  # a roster read since the last night is not read again


class SaysBookings(Protocol):
    """The part of a session that the rule looks at."""

    @property
    def booked(self) -> int | None: ...
    @property
    def booked_online(self) -> int | None: ...
    @property
    def waitlisted(self) -> int: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def status(self) -> SessionStatus: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def roster_mark(self) -> str | None: ...
    @property
    def roster_read_at(self) -> datetime | None: ...


def roster_mark(session: SaysBookings) -> str:
    """What the session says about its bookings, in one text."""
    changed = session.updated_at.isoformat() if session.updated_at else ""
    said = (session.booked, session.booked_online, session.waitlisted, changed, session.status.value)
    return "|".join("" if value is None else str(value) for value in said)


def roster_due(session: SaysBookings, now: datetime, *, nightly: bool = False) -> bool:
    """Whether the roster has to be read."""
    read_at = session.roster_read_at
    if read_at is None or session.roster_mark != roster_mark(session):
        return True
    if nightly and abs(session.ends_at - now) <= NIGHTLY_AROUND and now - read_at >= FRESH_FOR:
        return True
    settled = session.ends_at + SETTLED_AFTER
    return read_at < session.ends_at <= now or read_at < settled <= now


def note_counted(db: Db, connection_id: int, *, now: datetime) -> None:
    """Count the due rosters as read where the platform says as many places taken as we hold.

    For platforms that tell what changed: once all changes are in, only a roster of another size can hide something.
    """
    taken = (
        select(Reservation.session_id, func.sum(Reservation.seats).label("seats"))
        .where(Reservation.connection_id == connection_id, Reservation.outcome.in_(ACTIVE_OUTCOMES))
        .group_by(Reservation.session_id)
        .subquery()
    )
    same = (
        select(Session)
        .outerjoin(taken, taken.c.session_id == Session.external_id)
        .where(Session.connection_id == connection_id, Session.gone_at.is_(None))
        .where(Session.booked == func.coalesce(taken.c.seats, 0))
    )
    due = [row for row in db.scalars(same) if roster_due(row, now)]
    if due:
        read = [{"id": row.id, "roster_mark": roster_mark(row), "roster_read_at": now} for row in due]
        db.execute(update(Session), read)


def due_rosters(
    db: Db,
    connection_id: int,
    *,
    now: datetime,
    window: Window | None = None,
    nightly: bool = False,
    nearest: bool = False,
) -> list[int]:
    """Our ids of the sessions whose roster is due, newest first; ``window`` limits their start.

    ``nightly``: those around now are due whatever they say. ``nearest``: those that begin nearest to now come first.
    """
    wanted = (
        select(
            Session.id,
            Session.starts_at,
            Session.booked,
            Session.booked_online,
            Session.waitlisted,
            Session.updated_at,
            Session.status,
            Session.ends_at,
            Session.roster_mark,
            Session.roster_read_at,
        )
        .where(Session.connection_id == connection_id, Session.gone_at.is_(None))
        .order_by(Session.starts_at.desc(), Session.id.desc())
    )
    if window is not None:
        wanted = wanted.where(Session.starts_at >= window.start, Session.starts_at < window.end)
    sold = sold_unseen(db, connection_id)
    due = [row for row in db.execute(wanted) if row.id in sold or roster_due(row, now, nightly=nightly)]
    return [row.id for row in (sorted(due, key=lambda row: abs(row.starts_at - now)) if nearest else due)]
