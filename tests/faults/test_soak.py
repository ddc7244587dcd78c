"""The soak in small: a few hours of two studios, everything going wrong, the process killed.

On the embedded engine alone: a fleet's workers are killed in tests/sync/test_fleet.py, and by the hundred in
benchmarks/bench_soak.py.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.soak.bringing_up import soak_of
from benchmarks.soak.clock import FileClock
from benchmarks.soak.platform import running
from tests.fixtures.database import NOON


@pytest.mark.long
def test_some_hours_in_which_everything_goes_wrong_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'adapter.db'}"
    clock = FileClock(tmp_path / "clock")
    clock.set(NOON)
    given = {"seed": 11, "tick": timedelta(hours=8), "tell": lambda _: None}
    with ExitStack() as up:
        log = up.enter_context((tmp_path / "log").open("w"))
        facts = up.enter_context(running(11, 2, clock))
        soak = up.enter_context(soak_of(facts, url, tmp_path, clock, workers=1, log=log, **given))
        soak.live(timedelta(hours=8))
        soak.settle()
        after = soak.reconcile()
        report = soak.report([], after)
    assert [str(each) for each in after] == []
    assert report["kills"] == report["rounds"] == 1
    assert report["events"] > 5
    assert report["offers pushed"] > 5
    assert report["faults"] > 5
