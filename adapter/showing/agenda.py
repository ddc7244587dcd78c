"""A studio's next 14 days as the calendar tells them: by day, with the sums that stand on the page.

Knows what is summed, and as of when; the sessions come from the store as they are, or as they were then. A studio with
too many classes for one page is told a day at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import day_begins, local_date
from adapter.store.calendar import Upcoming, starts_of, upcoming
from adapter.store.tables import Studio
from adapter.store.then import upcoming_then

DAYS = 14
MOST = 400  # classes: of more the 14 days are told one by one


@dataclass
class Day:
    """One day, or all of them, with their sessions."""

    date: date
    now: datetime
    items: list[Upcoming] = field(default_factory=list)
    planned: int = 0  # classes on it, cancelled ones too, whether they were looked at or not

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
        return sum(item.decision.expected_value for item in self.ahead if item.decision and item.places.listed)

    @property
    def listed(self) -> int:
        """Spots on offer on this day."""
        return sum(item.places.listed for item in self.ahead)

    @property
    def in_shadow(self) -> int:
        """Of the spots on offer, those that are decided and not pushed."""
        return sum(item.places.listed for item in self.ahead if item.in_shadow)

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
    """The days and their sum; ``only``: the one day that was looked at, where there are too many classes for all."""

    days: Sequence[Day]
    total: Day
    only: date | None = None

    def of(self, chosen: date | None) -> Day:
        """One day, or all of them."""
        return self.total if chosen is None else next((day for day in self.days if day.date == chosen), self.total)


def agenda_of(
    db: Db,
    studio: Studio,
    now: datetime,
    *,
    venue_id: int | None = None,
    then: datetime | None = None,
    chosen: date | None = None,
) -> Agenda:
    """The 14 days from the day of ``now`` on, at all venues or one; ``then``: as believed at that instant.

    Where that is too much for one page, the ``chosen`` day alone, or the first.
    """
    at = then or now
    today = local_date(at, studio.timezone)
    start, end = (day_begins(day, studio.timezone) for day in (today, today + timedelta(days=DAYS)))
    mine = frozenset({studio.id})
    starts = [
        (instant, local_date(instant, zone)) for instant, zone in starts_of(db, mine, start, end, venue_id=venue_id)
    ]
    only = (chosen or today) if len(starts) > MOST else None
    if only is not None:
        start, end = _span_of(only, starts) or (start, start)
    if then is None:
        items = upcoming(db, mine, start, end, venue_id=venue_id)
    else:
        items = upcoming_then(db, mine, start, end, then, venue_id=venue_id)
    if only is not None:
        items = [item for item in items if local_date(item.session.starts_at, item.session.timezone) == only]
    planned = Counter(day for _, day in starts)
    return Agenda(_by_day(today, items, at, planned), Day(only or today, at, items), only)


def _span_of(day: date, starts: Iterable[tuple[datetime, date]]) -> tuple[datetime, datetime] | None:
    """From the first class of a day to the last."""
    mine = [instant for instant, local in starts if local == day]
    return (min(mine), max(mine) + timedelta(microseconds=1)) if mine else None


def _by_day(today: date, items: Iterable[Upcoming], now: datetime, planned: Mapping[date, int]) -> list[Day]:
    days = {day: Day(day, now) for day in (today + timedelta(days=ahead) for ahead in range(DAYS))}
    for item in items:
        local = local_date(item.session.starts_at, item.session.timezone)
        days.setdefault(local, Day(local, now)).items.append(item)
    for day in days.values():
        day.planned = planned.get(day.date, 0)
    return sorted(days.values(), key=lambda day: day.date)
