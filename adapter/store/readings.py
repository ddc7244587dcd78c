"""Noting what upcoming sessions say of their places, and what becomes of their reservations, when we come to know it;
forgetting it, the steps of pushes and the lines of runs in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, literal, select
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import chunks
from adapter.store.tables import PushStep, Reservation, ReservationReading, RunLine, Session, SessionReading
from connectors.records import ACTIVE_OUTCOMES, Outcome

LOOKED_BACK = timedelta(days=60)  # how far a page can be shown as of then: long enough for a complaint about a class
KEPT = LOOKED_BACK + timedelta(days=60)  # what is said of a class is first said eight weeks before it starts
JUST_OVER = timedelta(days=7)  # how long after a class its reservations are still news
A_TIME = 10_000  # rows forgotten in one transaction: nobody waits long for the write lock
SAID = ("capacity", "online_capacity", "booked", "waitlisted", "status")


def note_readings(
    db: Db, connection_id: int, rows: Sequence[Mapping[str, Any]], old: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Keep what the written rows of sessions said, where it is news. The past, as a backfill reads it, is none."""
    news = [row for row in rows if row["starts_at"] > now and _differs(row, old.get(row["external_id"]))]
    if news:
        common = {"connection_id": connection_id, "at": now}
        kept = [{**common, "session_id": row["external_id"], **{name: row[name] for name in SAID}} for row in news]
        db.execute(insert(SessionReading), kept)


def note_reservations(
    db: Db, connection_id: int, rows: Sequence[Mapping[str, Any]], old: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Keep what became of the written reservations, where it is news; of classes long over nothing is."""
    changed = [(row, _outcome(old.get(row["external_id"]))) for row in rows]
    changed = [(row, before) for row, before in changed if before is not row["outcome"]]
    lively = _lively(db, connection_id, {row["session_id"] for row, _ in changed}, now)
    news = [
        {
            "connection_id": connection_id,
            "session_id": row["session_id"],
            "reservation_id": row["external_id"],
            "at": now,
            "before": before,
            "after": row["outcome"],
        }
        for row, before in changed
        if row["session_id"] in lively
    ]
    if news:
        db.execute(insert(ReservationReading), news)


def note_vanished(db: Db, which: ColumnElement[bool], now: datetime) -> None:
    """The same of reservations that hold a place and are not there any more; called before they are cancelled."""
    names = ("connection_id", "session_id", "reservation_id", "at", "before", "after")
    moment, word = ReservationReading.at.type, ReservationReading.after.type
    held = select(
        Reservation.connection_id,
        Reservation.session_id,
        Reservation.external_id,
        literal(now, moment),
        Reservation.outcome,
        literal(Outcome.CANCELLED, word),
    )
    gone = held.where(which, Reservation.outcome.in_(ACTIVE_OUTCOMES))
    db.execute(insert(ReservationReading).from_select(names, gone))


def forget_readings(db: Db, now: datetime) -> None:
    """Drop the oldest of what nobody will ask about any more."""
    for table in (SessionReading, ReservationReading, PushStep, RunLine):
        old = select(table.id).where(table.at < now - KEPT).order_by(table.at).limit(A_TIME)
        db.execute(delete(table).where(table.id.in_(old)))


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
