"""Spans of class days: the one that is shown, and the one before it to compare with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST = 366  # days
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # beyond, a calendar has no room for what lies around a day
DAY = timedelta(days=1)


class BadDays(ValueError):
    """A span that can't be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both included."""

    first: date
    last: date

    @property
    def before(self) -> Days:
        """The month before a whole month; else as many days, just before."""
        last = self.first - DAY
        if self == month_of(self.first):
            return month_of(last)
        return Days(last - (self.last - self.first), last)


def month_of(day: date) -> Days:
    """The whole month in which a day lies."""
    first = day.replace(day=1)
    return Days(first, (first + 31 * DAY).replace(day=1) - DAY)


def days_from(first: date | None, last: date | None, today: date) -> Days:
    """The span that was asked for; this month where nothing was. Raises BadDays."""
    if first is None and last is None:
        return month_of(today)
    asked = Days(first or last or today, last or max(first or today, today))
    length = (asked.last - asked.first).days + 1
    if not 1 <= length <= LONGEST or asked.first < EARLIEST or asked.last > LATEST:
        raise BadDays(
            f"From {asked.first} to {asked.last} is no period: from the first day to the last, a year at most."
        )
    return asked
