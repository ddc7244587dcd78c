"""The log of a run that somebody asked for: a line at a time, so that whoever asked can watch it (journey J3).

Knows the table alone. What the clock asks for is told by its counts: a line for each of its steps would be noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.tables import Run, RunLine, RunOrigin

MOST = 500  # lines shown at once


def log_line(db: Db, run: Run, words: str, now: datetime) -> None:
    """Write a line, in the transaction of what it tells; nothing for a run that nobody asked for."""
    if run.origin is RunOrigin.MANUAL:
        db.add(RunLine(run_id=run.id, at=now, words=words))


def lines_of(db: Db, run_id: int, *, after: int = 0) -> Sequence[RunLine]:
    """The lines in order; ``after``: only those that follow this one."""
    mine = select(RunLine).where(RunLine.run_id == run_id, RunLine.id > after)
    return db.scalars(mine.order_by(RunLine.id).limit(MOST)).all()
