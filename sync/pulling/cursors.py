"""How far each stream has been read: one row a stream, moved in the transaction of the rows that it has passed.

A value that makes no sense (corrupt, of another type, in the future) is taken as no cursor at all: reading too much
costs calls, reading from a wrong place loses records for ever (F11).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.tables import Cursor
from connectors.platform import Window


def read_cursor(db: Session, connection_id: int, name: str) -> dict[str, Any]:
    """The stored value; empty where there is none."""
    row = _row(db, connection_id, name)
    return {} if row is None or not isinstance(row.value, dict) else dict(row.value)


def write_cursor(db: Session, connection_id: int, name: str, value: dict[str, Any]) -> None:
    """Move a cursor in the caller's transaction; an unchanged one is not written."""
    row = _row(db, connection_id, name)
    if row is None:
        db.add(Cursor(connection_id=connection_id, stream=name, value=value))
    elif row.value != value:
        row.value = value
    db.flush()


def instant(value: object, *, now: datetime | None = None) -> datetime | None:
    """An instant from a cursor; None where it can't be one, or lies after ``now``."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None or (now is not None and found > now):
        return None
    return found.astimezone(UTC)


def left_of(value: dict[str, Any], planned: Window, now: datetime) -> Window:
    """What is still to be read of a backfill that reads its window from the end to the start.

    The first plan is kept in the cursor, so that a restart a day later goes on with the same window.
    """
    start, reached = instant(value.get("start"), now=now), instant(value.get("reached"))
    if start is None or reached is None or reached < start:
        return planned
    return Window(start, reached)


def _row(db: Session, connection_id: int, name: str) -> Cursor | None:
    return db.scalar(select(Cursor).where(Cursor.connection_id == connection_id, Cursor.stream == name))
