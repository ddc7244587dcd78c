"""Token buckets on both databases: one pace for all processes, and one pause for all who share a key (F22)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from adapter.connecting.pace import LONGEST_PAUSE, SAVED_UP, Bucket, Pace
from adapter.store.database import Store
from connectors.errors import TryAgain
from tests.fixtures.database import NOON


@dataclass
class Time:
    """A clock that passes only while somebody waits."""

    now: datetime = NOON
    waited: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Iterator[Time]:
    return Time()


def bucket(store: Store, time: Time, key: str = "platform", per_minute: int = 60) -> Bucket:
    """As another process would make it: nothing is shared but the database."""
    return Bucket(store, key, per_minute, clock=time, wait=time.wait)


def test_what_was_saved_up_is_a_burst_and_then_calls_come_evenly_from_all_processes(
    any_store: Store, time: Time
) -> None:
    both = [bucket(any_store, time) for _ in range(2)]
    for turn in range(8):
        both[turn % 2].wait(time)
    burst = int(SAVED_UP / timedelta(seconds=1))
    assert time.waited == [1.0] * (8 - burst)
    bucket(any_store, time, "another platform").wait(time)
    assert len(time.waited) == 8 - burst


def test_a_pause_holds_for_every_process_and_every_connection_of_a_key_and_for_no_other(
    any_store: Store, time: Time
) -> None:
    first, second = (Pace(bucket(any_store, time), bucket(any_store, time, f"platform/{n}"), time) for n in range(2))
    first.wait()
    second.pause(600)
    second.pause(3)
    with pytest.raises(TryAgain) as caught:
        first.wait()
    assert caught.value.after == 600
    Pace(bucket(any_store, time, "another platform"), None, time).wait()
    time.now += timedelta(seconds=600)
    first.wait()
    assert time.waited == []


def test_no_wish_keeps_us_away_for_longer_than_an_hour(store: Store, time: Time) -> None:
    one = bucket(store, time)
    one.pause(10**9, time)
    time.now += LONGEST_PAUSE
    one.wait(time)


def test_a_clock_that_is_set_back_does_not_stop_the_calls(store: Store, time: Time) -> None:
    """F19."""
    bucket(store, time).wait(time)
    time.now -= timedelta(days=90)
    bucket(store, time).wait(time)
    assert time.waited in ([], [1.0])


def test_a_fast_pace_writes_seldom(store: Store, time: Time) -> None:
    fast = bucket(store, time, per_minute=1_200)
    assert fast._at_once == 10
    for _ in range(60):
        fast.wait(time)
    assert time.waited == []
    fast.wait(time)
    assert len(time.waited) == 1
