"""The stretches of time in which a platform is asked: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from connectors.platform import Window

HORIZON = timedelta(days=28)  # so far ahead every session gets a decision (IN-03)
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


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same stretches in order, those that touch or overlap made one: one answer costs less than two."""
    made: list[Window] = []
    for window in sorted(windows, key=lambda one: one.start):
        if made and window.start <= made[-1].end:
            made[-1] = Window(made[-1].start, max(made[-1].end, window.end))
        else:
            made.append(window)
    return made


def of_backfill(now: datetime, weeks: int) -> Window:
    """The year behind and the weeks ahead, in whole days of UTC."""
    return Window(_day(now) - timedelta(weeks=weeks), _day(now) + HORIZON + timedelta(days=1))


def of_last(days: int, now: datetime) -> Window:
    """So many days back, and today."""
    return Window(_day(now) - timedelta(days=days), _day(now) + timedelta(days=1))


def until_tomorrow(window: Window, now: datetime) -> Window:
    """The part of a window that lies behind us: sales are not made in the future."""
    return Window(window.start, min(window.end, _day(now) + timedelta(days=1)))


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
