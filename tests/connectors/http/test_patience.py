"""The rate budget: bursts of a twentieth of a minute's calls, then evenly; one for all doors to a platform."""

from __future__ import annotations

import threading

import pytest

from connectors.http.patience import budget


@pytest.mark.parametrize(("per_minute", "burst"), [(1, 1), (20, 1), (600, 30), (1_200, 60)])
def test_a_burst_is_a_twentieth_of_a_minute(per_minute: int, burst: int) -> None:
    limiter = budget("https://burst.example", per_minute)
    granted = [limiter.try_acquire("call", blocking=False) for _ in range(burst + 1)]
    assert granted == [True] * burst + [False]


def test_two_doors_to_a_platform_share_its_budget_and_two_platforms_do_not() -> None:
    first, second = (budget("https://shared.example", 7) for _ in range(2))
    assert first.try_acquire("call", blocking=False)
    assert not second.try_acquire("call", blocking=False)
    assert budget("https://other.example", 7).try_acquire("call", blocking=False)


def test_a_budget_needs_no_thread() -> None:
    before = threading.active_count()
    budget("https://threads.example", 60).try_acquire("call")
    assert threading.active_count() == before
