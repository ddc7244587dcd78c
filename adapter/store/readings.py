"""Noting what upcoming sessions say of their places when it changes; forgetting it and the steps of pushes in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as Db

from adapter.store.tables import PushStep, SessionReading

KEPT = timedelta(days=60)  # long enough for a studio's complaint about a class
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


def forget_readings(db: Db, now: datetime) -> None:
    """Drop the oldest of what nobody will ask about any more."""
    for table in (SessionReading, PushStep):
        old = select(table.id).where(table.at < now - KEPT).order_by(table.at).limit(A_TIME)
        db.execute(delete(table).where(table.id.in_(old)))


def _differs(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is None or any(row[name] != before[name] for name in SAID)
