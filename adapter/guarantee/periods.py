"""Dates: the guarantee period, the window before it, and when a day begins and ends somewhere.

A period is counted in calendar days, not in hours; what happens in it is dated at its venue (GP-01, GP-07).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapter.guarantee.terms import Terms

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Period:
    """The guarantee period, from its first day to its last, and the window before it."""

    start: date
    last_day: date
    due: date
    window_start: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.start <= day <= self.last_day

    def window_holds(self, day: date) -> bool:
        """Whether a day lies in the months before the period (GL-02)."""
        return self.window_start <= day < self.start


def period_from(start: date, terms: Terms) -> Period:
    """The period that starts on this date (GP-01, GU-02, GL-02)."""
    last_day = start + timedelta(days=terms.period_days - 1)
    return Period(
        start=start,
        last_day=last_day,
        due=last_day + timedelta(days=terms.payment_days),
        window_start=months_before(start, terms.look_back_months),
    )


def months_before(day: date, months: int) -> date:
    """The same day some calendar months earlier; the last of that month where it has no such day (EC-43)."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def local_date(instant: datetime, timezone: str) -> date:
    """The date of an instant somewhere."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def day_begins(day: date, timezone: str) -> datetime:
    """The first instant of a day somewhere, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def day_ends(day: date, timezone: str) -> datetime:
    """The first instant after a day somewhere, in UTC."""
    return day_begins(day + timedelta(days=1), timezone)


def gaps(since: datetime, until: datetime, held: Iterable[Span]) -> list[Span]:
    """What of ``since`` to ``until`` none of the intervals covers."""
    missing = []
    covered = since
    for begin, end in sorted(held):
        if begin > covered:
            missing.append((covered, min(begin, until)))
        covered = max(covered, end)
        if covered >= until:
            break
    if covered < until:
        missing.append((covered, until))
    return [(begin, end) for begin, end in missing if begin < end]
