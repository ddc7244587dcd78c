"""What there is to read of a connection, what it would cost, and when it was read last: the facts of the day's plan.

Knows the mirror's sizes and the table of last readings; the rules are in ``adapter.planning.cadence`` and
``adapter.planning.budget``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from adapter.planning import cadence
from adapter.planning.budget import Budget, Plan, Wish, plan_reads
from adapter.planning.cadence import CLIENTS, NIGHT, NIGHT_TRIED, RINGS, ROSTERS, SALES, WIDE, Ring
from adapter.store.api_calls import calls_of
from adapter.store.dialect import table_of, upsert
from adapter.store.tables import Client, Connection, LastReading, SaleLine, Session
from connectors.platform import Window

A_PAGE = 200  # records that one call brings, about
SMALL_LISTS = 3
LEAST = 0.01  # of a call


def window_of(ring: Ring, now: datetime) -> Window:
    """A ring as instants."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(today + timedelta(days=ring.first), today + timedelta(days=ring.last))


def plan_of(db: Db, connection: Connection, allowed: int | None, now: datetime, *, at_once: bool = False) -> Plan:
    """What is to be read now, and what the day's calls still allow.

    ``at_once``: somebody asked, or an event did: a round is due whenever the last one was.
    """
    used = calls_of(db, connection.id, now.date()).planned
    budget = Budget(allowed, used, now)
    return plan_reads(budget, _wishes(db, connection, budget, at_once=at_once))


def last_readings(db: Db, connection_id: int, now: datetime) -> dict[str, datetime]:
    """When each part was last read whole, by the words of ``adapter.planning.cadence``.

    One that lies in the future is from a clock that ran ahead, and counts as none (F19).
    """
    found = select(LastReading.what, LastReading.read_at).where(
        LastReading.connection_id == connection_id, LastReading.read_at <= now
    )
    return dict(db.execute(found).all())


def note_readings(db: Db, connection_id: int, what: Iterable[str], at: datetime) -> None:
    """These were read whole, beginning at ``at``."""
    rows = [{"connection_id": connection_id, "what": one, "read_at": at} for one in sorted(set(what))]
    upsert(db, table_of(LastReading), ("connection_id", "what"), rows, differs=["read_at"])


def part_read_at(starts_at: datetime, readings: Mapping[str, datetime]) -> datetime | None:
    """When the part of the timetable that holds an instant was last read; the parts lay as they did that day."""
    read = ((readings[ring.name], window_of(ring, readings[ring.name])) for ring in RINGS if ring.name in readings)
    return max((at for at, part in read if part.start <= starts_at < part.end), default=None)


@dataclass(frozen=True)
class _Sizes:
    """How much there is of everything, in the mirror."""

    rings: Mapping[str, int]
    wide: int
    clients: int
    sales: int  # lines of the weeks that a night reads

    @property
    def costs(self) -> dict[str, float]:
        """Calls that each reading takes, about. Rings are read in one answer: a part of a page is a part of a call."""
        night = sum(max(1, ceil(size / A_PAGE)) for size in (self.wide, self.clients, self.sales)) + SMALL_LISTS
        rings = {name: max(count / A_PAGE, LEAST) for name, count in self.rings.items()}
        nearest = RINGS[0].name
        return {**rings, nearest: max(1.0, rings[nearest]), NIGHT: night, ROSTERS: 1.0, CLIENTS: 1.0, SALES: 1.0}


def _wishes(db: Db, connection: Connection, budget: Budget, *, at_once: bool) -> Sequence[Wish]:
    now = budget.now
    last, sizes = last_readings(db, connection.id, now), _sizes(db, connection.id, now)
    return [
        Wish(
            what=what,
            words=cadence.WORDS[what],
            calls=sizes.costs[what],
            times=_times(what, connection, budget, last.get(what), sizes),
            ripe=_ripe(what, connection, last, now, at_once=at_once),
            since=now - last[what] if what in last else None,
        )
        for what in cadence.WORTH
    ]


def _ripe(what: str, connection: Connection, last: Mapping[str, datetime], now: datetime, *, at_once: bool) -> bool:
    if what == NIGHT:
        night = cadence.night_before(now, ZoneInfo(connection.timezone), connection.id)
        return cadence.is_night_due(last.get(NIGHT), last.get(NIGHT_TRIED), now, night)
    return what == ROSTERS or at_once or cadence.is_ripe(what, last.get(what), now)


def _times(what: str, connection: Connection, budget: Budget, last: datetime | None, sizes: _Sizes) -> int:
    """How often this is wanted until midnight UTC."""
    if what == ROSTERS:
        return ceil(sizes.rings[RINGS[0].name] * (budget.day_left / timedelta(days=1)))  # one for each class nearby
    if what == NIGHT:
        midnight = budget.now + budget.day_left - timedelta(microseconds=1)
        coming = cadence.night_before(midnight, ZoneInfo(connection.timezone), connection.id)
        return int(last is None or last < coming)
    return max(1, ceil(budget.day_left / cadence.EVERY[what]))


def _sizes(db: Db, connection_id: int, now: datetime) -> _Sizes:
    windows = {"wide": window_of(WIDE, now)} | {ring.name: window_of(ring, now) for ring in RINGS}
    wide = windows["wide"]
    within = [
        func.count().filter(Session.starts_at >= window.start, Session.starts_at < window.end).label(name)
        for name, window in windows.items()
    ]
    mine = select(*within).where(Session.connection_id == connection_id, Session.gone_at.is_(None))
    counts = db.execute(mine.where(Session.starts_at >= wide.start, Session.starts_at < wide.end)).one()._mapping
    clients = select(func.count()).select_from(Client).where(Client.connection_id == connection_id)
    lines = (
        select(func.count())
        .select_from(SaleLine)
        .where(
            SaleLine.connection_id == connection_id, SaleLine.sold_at >= now - timedelta(days=cadence.NIGHT_SALES_DAYS)
        )
    )
    return _Sizes(
        rings={ring.name: counts[ring.name] for ring in RINGS},
        wide=counts["wide"],
        clients=db.scalar(clients) or 0,
        sales=db.scalar(lines) or 0,
    )
