"""The rate budget: bursts of a twentieth of a minute's calls, then evenly."""

from __future__ import annotations

import pytest

from connectors.http.patience import budget


@pytest.mark.parametrize(("per_minute", "burst"), [(1, 1), (20, 1), (600, 30), (1_200, 60)])
def test_a_burst_is_a_twentieth_of_a_minute(per_minute: int, burst: int) -> None:
    limiter = budget(per_minute)
    granted = [limiter.try_acquire("call", blocking=False) for _ in range(burst + 1)]
    limiter.close()
    assert granted == [True] * burst + [False]
