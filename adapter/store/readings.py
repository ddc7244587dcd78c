"""Noting what upcoming sessions say of their places, and what becomes of their reservations, when we come to know it;
forgetting it, the steps of pushes and the lines of runs in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import chunks
from adapter.store.tables import (
    ListingStep,
    PushStep,
    Reservation,
    ReservationReading,
    RunLine,
    Session,
    SessionReading,
)
from connectors.records import ACTIVE_OUTCOMES, Outcome, SessionStatus

LOOKED_BACK = timedelta(days=60)  # how far a page can be shown as of then: long enough for a complaint about a class
KEPT = LOOKED_BACK + timedelta(days=60)  # what is said of a class is first said eight weeks before it starts
JUST_OVER = timedelta(days=7)  # how long after a class its reservations are still news
A_TIME = 10_000  # rows forgotten in one transaction: nobody waits long for the write lock
SAID = ("capacity", "online_capacity", "booked", "waitlisted", "status")
MOVES = ("starts_at", "venue_id", "class_type_id")
HELD = (*MOVES, "status", "gone_at")
"""Of a session, what ``was`` keeps where it changes; the first three move it."""
BOOKED = ("session_id", "source", "outcome", "booked_at", "cancelled_at", "seats", "gone_at")
"""The same of a reservation, beside its rate; the first two move it."""


def note_readings(
    db: Db, connection_id: int, rows: Sequence[Mapping[str, Any]], old: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Keep what the written rows of sessions said, where it is news. The past, as a backfill reads it, is none."""
    common, kept = {"connection_id": connection_id, "at": now}, []
    for row in rows:
        before = old.get(row["external_id"])
        was = _what_was(before, row, HELD)
        if was or (row["starts_at"] > now and _differs(row, before)):
            told = {"was": was or None, "moved": bool(was and was.keys() & set(MOVES))}
            kept.append({**common, "session_id": row["external_id"], **{name: row[name] for name in SAID}, **told})
    if kept:
        db.execute(insert(SessionReading), kept)


def note_reservations(
    db: Db, connection_id: int, rows: Sequence[Mapping[str, Any]], old: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Keep what became of the written reservations, where it is news; that there is one in a class long over is not."""
    new = {row["session_id"] for row in rows if row["external_id"] not in old}
    lively = _lively(db, connection_id, new, now)
    news = []
    for row in rows:
        before = old.get(row["external_id"])
        was = _what_was(before, row, BOOKED)
        if was or (before is None and row["session_id"] in lively):
            news.append(
                {
                    "connection_id": connection_id,
                    "session_id": row["session_id"],
                    "reservation_id": row["external_id"],
                    "at": now,
                    "before": _outcome(before),
                    "after": row["outcome"],
                    "was": was,
                    "moved": bool(was and was.keys() & {"session_id", "source"}),
                }
            )
    if news:
        db.execute(insert(ReservationReading), news)


def note_vanished_sessions(db: Db, which: ColumnElement[bool], now: datetime) -> None:
    """The same of sessions that are not there any more; called before they are cancelled."""
    names = ("connection_id", "external_id", *SAID)
    rows = db.execute(select(*(getattr(Session, name) for name in names)).where(which)).mappings()
    news = [
        {
            **{name: row[name] for name in ("connection_id", *SAID)},
            "session_id": row["external_id"],
            "at": now,
            "status": SessionStatus.CANCELLED,
            "was": {"status": plain(row["status"]), "gone_at": None},
            "moved": False,
        }
        for row in rows
    ]
    if news:
        db.execute(insert(SessionReading), news)


def note_vanished(db: Db, which: ColumnElement[bool], now: datetime) -> None:
    """The same of reservations that hold a place and are not there any more; called before they are cancelled."""
    active = and_(which, Reservation.outcome.in_(ACTIVE_OUTCOMES))
    note_rewritten(db, active, ("outcome", "cancelled_at", "gone_at"), now, after=Outcome.CANCELLED)


def note_rewritten(
    db: Db, which: ColumnElement[bool], names: Sequence[str], now: datetime, *, after: Outcome | None = None
) -> None:
    """Keep what reservations say under some names, right before that is written over; ``after``: the new outcome."""
    same = ("connection_id", "session_id", "external_id", "outcome")
    rows = db.execute(select(*(getattr(Reservation, name) for name in dict.fromkeys((*same, *names)))).where(which))
    news = [
        {
            "connection_id": row["connection_id"],
            "session_id": row["session_id"],
            "reservation_id": row["external_id"],
            "at": now,
            "before": row["outcome"],
            "after": after or row["outcome"],
            "was": {name: plain(row[name]) for name in names},
            "moved": False,
        }
        for row in rows.mappings()
    ]
    if news:
        db.execute(insert(ReservationReading), news)


def forget_readings(db: Db, now: datetime) -> None:
    """Drop the oldest of what nobody will ask about any more."""
    for table in (SessionReading, ReservationReading, PushStep, ListingStep, RunLine):
        old = select(table.id).where(table.at < now - KEPT).order_by(table.at).limit(A_TIME)
        db.execute(delete(table).where(table.id.in_(old)))


def plain(value: Any) -> Any:
    """A value of a row as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value.value if isinstance(value, StrEnum) else value


def _what_was(before: Mapping[str, Any] | None, row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """What a row that is written over said, where the new one says something else; None: there was none."""
    if before is None:
        return None
    return {name: plain(before[name]) for name in names if before[name] != row.get(name)}


def _differs(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is None or any(row[name] != before[name] for name in SAID)


def _outcome(row: Mapping[str, Any] | None) -> Outcome | None:
    return None if row is None or row["gone_at"] is not None else row["outcome"]


def _lively(db: Db, connection_id: int, session_ids: set[str], now: datetime) -> set[str]:
    """Those of the sessions that are still to come, or just over."""
    found: set[str] = set()
    for some in chunks(sorted(session_ids)):
        mine = select(Session.external_id).where(Session.connection_id == connection_id)
        late = Session.starts_at > now - JUST_OVER
        found.update(db.scalars(mine.where(Session.external_id.in_(some), late)))
    return found
