"""Windows cover what they must, without a gap and without an overlap."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapter.planning.cadence import RINGS
from adapter.store.reading_plan import window_of
from connectors.platform import Window
from sync.pulling import windows
from tests.fixtures.database import NOON


@given(st.integers(1, 900), st.integers(1, 90))
def test_windows_touch_end_to_end_newest_first(days: int, size: int) -> None:
    whole = Window(NOON, NOON + timedelta(days=days))
    found = list(windows.newest_first(whole, size))
    assert found[0].end == whole.end
    assert found[-1].start == whole.start
    assert all(later.start == earlier.end for later, earlier in pairwise(found))
    assert all(window.end - window.start <= timedelta(days=size) for window in found)


def test_the_rings_of_a_round_are_one_window_three_days_back_and_the_whole_horizon_ahead() -> None:
    (window,) = windows.joined(window_of(ring, NOON) for ring in RINGS)
    assert window.start <= NOON - timedelta(days=3)
    assert window.end >= NOON + windows.HORIZON


def test_windows_that_do_not_touch_stay_apart() -> None:
    first, last = window_of(RINGS[0], NOON), window_of(RINGS[2], NOON)
    assert windows.joined([last, first]) == [first, last]


def test_sales_are_not_asked_for_in_the_future() -> None:
    assert windows.of_last(3, NOON).end - NOON <= timedelta(days=1)
    assert windows.until_tomorrow(windows.of_backfill(NOON, 1), NOON).end == windows.of_last(3, NOON).end
