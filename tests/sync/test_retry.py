"""When the next try is: pure, bounded, never earlier than a platform asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Reconnect, Rejected, TryAgain
from sync.engine.retry import LONGEST_ASKED_WAIT, TRIES, next_try
from tests.fixtures.database import NOON

words = st.text(max_size=20)


@given(st.integers(1, TRIES - 1), words, st.one_of(st.none(), st.floats(-1e9, 1e12)))
def test_a_passing_fault_waits_at_least_as_long_as_asked_up_to_a_cap(
    attempt: int, said: str, after: float | None
) -> None:
    again = next_try(attempt, TryAgain(said, after=after), NOON)
    assert again is not None
    asked = timedelta(seconds=min(max(after or 0, 0), LONGEST_ASKED_WAIT))
    assert asked <= again - NOON <= timedelta(seconds=1.25 * LONGEST_ASKED_WAIT)


@given(st.integers(1, TRIES - 2), words)
def test_waits_grow_and_are_the_same_for_the_same_failure(attempt: int, said: str) -> None:
    first, second = (next_try(n, TryAgain(said), NOON) for n in (attempt, attempt + 1))
    assert first is not None
    assert second is not None
    assert first < second
    assert first == next_try(attempt, TryAgain(said), NOON)


def test_many_failures_do_not_come_back_at_one_instant() -> None:
    waits: set[datetime | None] = {next_try(1, TryAgain(f"session {n}"), NOON) for n in range(50)}
    assert len(waits) > 40


def test_tries_are_used_up() -> None:
    assert next_try(TRIES, TryAgain("down"), NOON) is None


def test_only_a_passing_fault_is_worth_another_try() -> None:
    assert next_try(1, Rejected("no"), NOON) is None
    assert next_try(1, Reconnect("ended"), NOON) is None
