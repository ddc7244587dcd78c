"""Every connection at a glance, the worst first: what the support desk looks at in the morning.

A handful of grouped questions for any number of connections; the level of each is a pure function of its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload

from adapter.store.connection_health import WORKED_OFF
from adapter.store.setting_rules import NO_INCREASE_AFTER, NOTHING_AFTER
from adapter.store.tables import (
    OPEN,
    Alert,
    ApiCalls,
    Connection,
    ConnectionState,
    EventsState,
    Quarantine,
    Run,
    Scope,
    Setting,
    WebhookMessage,
)


class Level(IntEnum):
    """How badly a connection needs somebody: the larger, the sooner."""

    ENDED = 0  # by the studio: nobody needs to look
    WELL = 1
    LOOK = 2  # something is less than it could be
    ACT = 3  # nothing is read, or nothing is listed


@dataclass(frozen=True, slots=True)
class Standing:
    """One connection, as a line of the fleet."""

    connection: Connection
    alerts: int
    set_aside: int
    waiting: int  # events that were not worked on for ten minutes
    calls: int  # today
    errors: int
    open_runs: int
    no_increase_after: timedelta
    nothing_after: timedelta
    now: datetime

    @property
    def age(self) -> timedelta | None:
        """How old our copy is; None: nothing was ever read."""
        read = self.connection.last_pulled_at
        return None if read is None else max(timedelta(0), self.now - read)

    @property
    def level(self) -> Level:
        """How badly somebody is needed."""
        return self._judged[0]

    @property
    def why(self) -> str:
        """The one reason for it, in words."""
        return self._judged[1]

    @property
    def _judged(self) -> tuple[Level, str]:
        row, age = self.connection, self.age
        if row.state is ConnectionState.DISCONNECTED:
            return Level.ENDED, "Disconnected by the studio"
        if row.state is ConnectionState.NEEDS_RECONNECT:
            return Level.ACT, "The studio must connect again"
        if age is None:
            return (Level.LOOK, "First import") if self.open_runs else (Level.ACT, "Never read, and no run is at it")
        if age > self.nothing_after:
            return Level.ACT, "Too old: nothing is listed"
        return self._milder(age)

    def _milder(self, age: timedelta) -> tuple[Level, str]:
        if self.alerts:
            return Level.LOOK, "1 alert" if self.alerts == 1 else f"{self.alerts} alerts"
        if age > self.no_increase_after:
            return Level.LOOK, "Old: nothing more is listed"
        if self.waiting:
            return Level.LOOK, "Events wait"
        if self.connection.webhook_state not in (None, EventsState.ACTIVE):
            return Level.LOOK, "No events"
        return Level.WELL, "Well"


_NEVER = timedelta(days=36_500)
ORDERS: Mapping[str, Callable[[Standing], Any]] = {
    "health": lambda one: (one.level, one.age or _NEVER),
    "read": lambda one: one.age or _NEVER,
    "alerts": lambda one: one.alerts,
    "aside": lambda one: one.set_aside,
    "errors": lambda one: one.errors,
    "studio": lambda one: one.connection.studio.name.casefold(),
}
"""By what the fleet can be sorted; all but names are the worst first."""


def fleet_of(db: Db, studio_ids: frozenset[int] | None, now: datetime, order: str = "health") -> list[Standing]:
    """The connections of some studios (None: all), sorted; an unknown order is that of health."""
    mine = select(Connection).options(joinedload(Connection.studio))
    if studio_ids is not None:
        mine = mine.where(Connection.studio_id.in_(studio_ids))
    rows = db.scalars(mine.order_by(Connection.id)).all()
    counts = _counts(db, [row.id for row in rows], now)
    ages = _ages(db)
    found = [_standing(row, counts, ages, now) for row in rows]
    key = order if order in ORDERS else "health"
    return sorted(found, key=ORDERS[key], reverse=key != "studio")


def _standing(
    row: Connection, counts: Mapping[str, Mapping[int, int]], ages: Mapping[int, Any], now: datetime
) -> Standing:
    increase, nothing = ages.get(row.studio_id, (None, None))
    return Standing(
        connection=row,
        **{name: by_connection.get(row.id, 0) for name, by_connection in counts.items()},
        no_increase_after=timedelta(minutes=increase or NO_INCREASE_AFTER),
        nothing_after=timedelta(minutes=nothing or NOTHING_AFTER),
        now=now,
    )


def _counts(db: Db, connection_ids: Sequence[int], now: datetime) -> dict[str, dict[int, int]]:
    late = WebhookMessage.received_at < now - WORKED_OFF
    today = and_(ApiCalls.connection_id.in_(connection_ids), ApiCalls.day == now.date())
    asked: dict[str, Select[*tuple[Any, ...]]] = {
        "alerts": select(Alert.connection_id, func.count()).where(Alert.until.is_(None)),
        "set_aside": select(Quarantine.connection_id, func.count()),
        "waiting": select(WebhookMessage.connection_id, func.count()).where(
            WebhookMessage.processed_at.is_(None), late
        ),
        "calls": select(ApiCalls.connection_id, func.sum(ApiCalls.calls)).where(today),
        "errors": select(ApiCalls.connection_id, func.sum(ApiCalls.errors)).where(today),
        "open_runs": select(Run.connection_id, func.count()).where(Run.state.in_(OPEN)),
    }
    return {name: _by_connection(db, wanted) for name, wanted in asked.items()}


def _by_connection(db: Db, wanted: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {number: int(count) for number, count in db.execute(wanted.group_by(wanted.selected_columns[0])) if number}


def _ages(db: Db) -> dict[int, tuple[int | None, int | None]]:
    """What each studio says of how old a copy may be, in minutes."""
    said = select(Setting.studio_id, Setting.no_increase_after_minutes, Setting.nothing_after_minutes)
    return {studio: (first, second) for studio, first, second in db.execute(said.where(Setting.scope == Scope.STUDIO))}
