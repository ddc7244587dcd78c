"""The call meter's table: what was called, how often, on which day (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapter.store.dialect import insert, table_of
from adapter.store.tables import ApiCalls


@dataclass(frozen=True, slots=True)
class Calls:
    """A connection's calls of one day."""

    made: int
    failed: int
    asked: int  # of those made: for a backfill or a resync, which no plan holds back

    @property
    def planned(self) -> int:
        """Those that count towards the day's plan."""
        return self.made - self.asked


def calls_of(db: Session, connection_id: int, day: date) -> Calls:
    """The day's calls."""
    summed = [func.coalesce(func.sum(column), 0) for column in (ApiCalls.calls, ApiCalls.errors, ApiCalls.asked)]
    found = db.execute(select(*summed).where(ApiCalls.connection_id == connection_id, ApiCalls.day == day)).one()
    return Calls(*map(int, found))


def add_calls(
    db: Session, connection_id: int, day: date, calls: Mapping[str, int], errors: Mapping[str, int], *, asked: bool
) -> None:
    """Add what a meter has counted."""
    table = table_of(ApiCalls)
    rows = [
        {
            "connection_id": connection_id,
            "day": day,
            "what": what,
            "calls": count,
            "errors": errors[what],
            "asked": count if asked else 0,
        }
        for what, count in sorted(calls.items())
    ]
    statement = insert(db, table)
    added = {name: table.c[name] + statement.excluded[name] for name in ("calls", "errors", "asked")}
    db.execute(statement.on_conflict_do_update(index_elements=["connection_id", "day", "what"], set_=added), rows)
