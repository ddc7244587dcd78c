"""A studio's next 14 days as the calendar tells them: by day, with the sums that stand on the page.

Knows what is summed, and as of when; the sessions come from the store as they are, or as they were then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Db

from adapter.store.calendar import Upcoming, upcoming
from adapter.store.tables import Studio
from adapter.store.then import upcoming_then

DAYS = 14


@dataclass
class Day:
    """One day, or all of them, with their sessions."""

    date: date
    now: datetime
    items: list[Upcoming] = field(default_factory=list)

    @property
    def held(self) -> list[Upcoming]:
        """The sessions that take place."""
        return [item for item in self.items if item.takes_place]

    @property
    def ahead(self) -> list[Upcoming]:
        """The sessions that have not started."""
        return [item for item in self.held if item.session.starts_at > self.now]

    @property
    def marketplace(self) -> int:
        """Places taken through the marketplace."""
        return sum(item.places.marketplace for item in self.held)

    @property
    def value(self) -> float:
        """What the spots on offer are expected to bring, net of direct clients displaced."""
        return sum(item.decision.expected_value for item in self.ahead if item.decision)

    @property
    def listed(self) -> int:
        """Spots on offer on this day."""
        return sum(item.places.listed for item in self.ahead)

    @property
    def taken(self) -> int:
        """Places taken on this day."""
        return sum(item.places.taken for item in self.held)

    @property
    def capacity(self) -> int:
        """Places in all on this day."""
        return sum(item.places.capacity or 0 for item in self.held)


@dataclass(frozen=True)
class Agenda:
    """The days and their sum."""

    days: Sequence[Day]
    total: Day

    def of(self, chosen: date | None) -> Day:
        """One day, or all of them."""
        return self.total if chosen is None else next((day for day in self.days if day.date == chosen), self.total)


def agenda_of(
    db: Db, studio: Studio, now: datetime, *, venue_id: int | None = None, then: datetime | None = None
) -> Agenda:
    """The 14 days from the day of ``now`` on, at all venues or one; ``then``: as believed at that instant."""
    at = then or now
    today = at.astimezone(ZoneInfo(studio.timezone)).date()
    start, end = _span(today, studio.timezone)
    mine = frozenset({studio.id})
    if then is None:
        items = upcoming(db, mine, start, end, venue_id=venue_id)
    else:
        items = upcoming_then(db, mine, start, end, then, venue_id=venue_id)
    return Agenda(_by_day(today, items, at), Day(today, at, items))


def _span(today: date, zone: str) -> tuple[datetime, datetime]:
    midnight = datetime.combine(today, time(), ZoneInfo(zone))
    return midnight, datetime.combine(today + timedelta(days=DAYS), time(), ZoneInfo(zone))


def _by_day(today: date, items: Iterable[Upcoming], now: datetime) -> list[Day]:
    days = {today + timedelta(days=ahead): Day(today + timedelta(days=ahead), now) for ahead in range(DAYS)}
    for item in items:
        local = item.session.starts_at.astimezone(ZoneInfo(item.session.timezone)).date()
        days.setdefault(local, Day(local, now)).items.append(item)
    return sorted(days.values(), key=lambda day: day.date)
