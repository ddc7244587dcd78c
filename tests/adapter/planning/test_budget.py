"""N-14: what a day's calls are spent on, in the order of worth, and what is said about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.planning import cadence
from adapter.planning.budget import KEPT_FOR_PUSHING, Budget, Plan, Wish, plan_reads, runs_out_at
from adapter.planning.cadence import EVERY, NIGHT, ROSTERS, WORDS, WORTH
from tests.fixtures.database import NOON

COSTS = {"day": 1.0, "week": 0.3, "horizon": 1.1, "clients": 1.0, "sales": 1.0, NIGHT: 12.0, ROSTERS: 1.0}
AFTERNOON = NOON.replace(hour=15)


def wishes(now: datetime, *, night: int = 0, rosters: int = 8) -> list[Wish]:
    """What a studio with 60 sessions a week wants for the rest of a day, ten minutes after its last round."""
    left = Budget(None, 0, now).day_left
    own = {NIGHT: night, ROSTERS: rosters}
    times = {what: own.get(what) if what in own else -(-left // EVERY[what]) for what in WORTH}
    return [Wish(what, WORDS[what], COSTS[what], int(times[what] or 0), True, timedelta(minutes=10)) for what in WORTH]


def plan(allowed: int | None, used: int, now: datetime = AFTERNOON, **given: int) -> Plan:
    return plan_reads(Budget(allowed, used, now), wishes(now, **given))


def test_nine_hundred_of_a_thousand_at_three_leave_only_the_next_day_to_be_polled() -> None:
    """N-14."""
    tight = plan(1_000, 900)
    assert [what for what in WORTH if tight.reads(what)] == ["day"]
    assert tight.times("day") == 54, "every ten minutes until midnight"
    assert "900 of 1,000 calls" in tight.words
    assert "classes of the next 7 days" in tight.words
    assert "midnight UTC" in tight.words


def test_calls_enough_for_the_day_are_spent_as_wished() -> None:
    easy = plan(1_000, 300)
    assert all(easy.reads(what) for what in WORTH if what != NIGHT)
    assert "enough" in easy.words
    assert all(plan(None, 10**6).reads(what) for what in WORTH if what != NIGHT)


def test_what_can_not_be_read_each_time_is_read_less_often() -> None:
    scarce = plan(1_000, 925)
    assert scarce.times("day") == 35
    assert not scarce.reads("day"), "ten minutes are not yet a thirty-fifth of nine hours"
    assert "every 15 minutes" in scarce.words


def test_the_night_comes_before_what_is_worth_less() -> None:
    assert plan(1_000, 880, night=1).reads(NIGHT)
    assert plan(1_000, 880, night=1).times("week") < plan(1_000, 880).times("week")


def test_used_up_calls_stop_reading_and_say_that_pushing_goes_on() -> None:
    spent = plan(1_000, 970)
    assert not any(spent.reads(what) for what in WORTH)
    assert "kept for pushing" in spent.words


@given(
    allowed=st.integers(1, 5_000),
    used=st.integers(0, 6_000),
    minute=st.integers(0, 1_439),
    night=st.integers(0, 1),
    rosters=st.integers(0, 300),
)
def test_no_plan_goes_beyond_what_is_left_and_none_skips_what_is_worth_more(
    allowed: int, used: int, minute: int, night: int, rosters: int
) -> None:
    now = NOON.replace(hour=minute // 60, minute=minute % 60)
    made = plan(allowed, used, now, night=night, rosters=rosters)
    spent = sum(grant.times * grant.wish.calls for grant in made.grants)
    assert spent <= max(0.0, allowed * (1 - KEPT_FOR_PUSHING) - used) + 1e-6
    short = False
    for grant in made.grants:
        if short and grant.times:  # something cheaper may still fit into what one call leaves over
            assert grant.times * grant.wish.calls < max(COSTS.values())
        short = short or not grant.whole
    assert made.words


@pytest.mark.parametrize(
    ("used", "at"), [(0, None), (400, None), (500, None), (800, NOON.replace(hour=15)), (1_200, NOON)]
)
def test_when_calls_run_out_is_foretold_from_the_day_so_far(used: int, at: datetime | None) -> None:
    assert runs_out_at(Budget(1_000, used, NOON)) == at


def test_a_night_is_the_same_minute_at_the_studio_and_another_one_at_others() -> None:
    zone = ZoneInfo("America/New_York")
    nights = {cadence.night_before(NOON, zone, number) for number in range(50)}
    assert len(nights) > 30
    assert all(2 <= night.astimezone(zone).hour < 5 and night <= NOON for night in nights)
    before = cadence.night_before(NOON, zone, 1)
    assert cadence.night_before(before - timedelta(seconds=1), zone, 1) == before - timedelta(days=1)
