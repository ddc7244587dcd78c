"""The stretches of time in which a platform is asked: pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.platform import Window

HORIZON = timedelta(days=28)  # so far ahead every session gets a decision (IN-03)
TRAILING = timedelta(days=3)  # so far back attendance is marked, late cancels and sales are entered
BACKFILL_WEEKS = 52
SESSION_DAYS = 30  # a window of sessions in a backfill
SALES_DAYS = 30


def newest_first(window: Window, days: int) -> Iterator[Window]:
    """Windows of ``days`` that cover the whole without a gap, the latest first."""
    end = window.end
    while end > window.start:
        begin = max(window.start, end - timedelta(days=days))
        yield Window(begin, end)
        end = begin


def of_backfill(now: datetime, weeks: int) -> Window:
    """The year behind and the weeks ahead, in whole days of UTC."""
    return Window(_day(now) - timedelta(weeks=weeks), _ahead(now))


def of_pull(now: datetime) -> Window:
    """What an incremental pull reads again each time."""
    return Window(_day(now) - TRAILING, _ahead(now))


def until_tomorrow(window: Window, now: datetime) -> Window:
    """The part of a window that lies behind us: sales are not made in the future."""
    return Window(window.start, min(window.end, _day(now) + timedelta(days=1)))


def _ahead(now: datetime) -> datetime:
    return _day(now) + HORIZON + timedelta(days=1)


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
