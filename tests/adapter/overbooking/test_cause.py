"""The cause is named from the events alone: one example for each, and the injected delay to the word (N-08)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.overbooking import Cause, Event, Kind, find_cause
from tests.fixtures.database import NOON


def at(when: float, kind: Kind, /, **facts: Any) -> Event:
    return Event(NOON + timedelta(seconds=when), kind, facts)


def read(seconds: float, capacity: int, booked: int = 0) -> Event:
    return at(seconds, Kind.READ, capacity=capacity, booked=booked)


def booked(seconds: float, channel: str, seats: int = 1, **facts: Any) -> Event:
    return at(seconds, Kind.BOOKED, channel=channel, seats=seats, **facts)


def decided(seconds: float, limit: int, *, read_before: float = 0) -> Event:
    read_at = NOON + timedelta(seconds=seconds - read_before)
    return at(seconds, Kind.DECIDED, spots=limit, limit=limit, read_at=read_at)


def pushed(push: int, limit: int, wanted: float, ended: float, state: str = "confirmed") -> list[Event]:
    told = {"push": push, "state": state, "limit": limit, "seconds": ended - wanted}
    return [at(wanted, Kind.WANTED, push=push, limit=limit), at(ended, Kind.PUSHED, **told)]


LISTED = [read(-9000, 10), booked(-8000, "direct", 8), decided(-7000, 2), *pushed(1, 2, -7000, -6998)]
"""Ten places, eight taken by direct clients, two listed and in force."""


def test_the_injected_delay_is_named_to_the_second() -> None:
    """N-08. A direct client takes a place; a limit of one arrives 90 s later; 41 s after the booking two more come."""
    after = [
        booked(0, "direct"),
        decided(0, 1),
        *pushed(2, 1, 0, 90),
        booked(20, "marketplace"),
        booked(41, "marketplace"),
    ]
    found = find_cause([*LISTED, *after])
    assert found.cause is Cause.PUSH_LATENCY
    assert found.words == "push latency 90 s > booking gap 41 s"
    assert found.at == NOON + timedelta(seconds=41)


EXAMPLES = [
    (Cause.NONE, [booked(0, "marketplace", 2)], "never more"),
    (
        Cause.PUSH_LATENCY,
        [booked(0, "direct"), decided(0, 1), *pushed(2, 1, 0, 4, "refused"), booked(300, "marketplace", 2)],
        "push refused: the limit 1 never was in force, booking gap 5 min",
    ),
    (
        Cause.STALE,
        [decided(60, 2, read_before=840), booked(-700, "direct", 2), booked(100, "marketplace")],
        "stale mirror at decision: read 15 min before, and 2 places booked since not known",
    ),
    (
        Cause.IGNORED,
        [booked(0, "marketplace", 2), booked(20, "marketplace")],
        "platform ignored the limit: 2 had been in force for 117 min, it let in 3",
    ),
    (
        Cause.IGNORED,
        [at(-60, Kind.DRIFTED, limit=5, suspect=None), booked(0, "marketplace", 3)],
        "drift: the platform held a limit of 5 instead of our 2",
    ),
    (
        Cause.CAPACITY_CUT,
        [at(0, Kind.CAPACITY, before=10, after=6), read(0, 6, 8)],
        "capacity was cut to 6 when 8 places were booked",
    ),
    (
        Cause.DOUBLE,
        [booked(0, "marketplace", 2), booked(5, "marketplace", twin=True)],
        "double reservation",
    ),
    (Cause.SHARED, [booked(0, "marketplace", 2), booked(5, "direct")], "no fault"),
    (Cause.UNKNOWN, [booked(0, "direct", 3)], "none is the marketplace's"),
]


@pytest.mark.parametrize(("cause", "events", "words"), EXAMPLES, ids=[str(cause) for cause, *_ in EXAMPLES])
def test_each_cause_has_its_words(cause: Cause, events: list[Event], words: str) -> None:
    found = find_cause([*LISTED, *events])
    assert found.cause is cause, found
    assert words in found.words


def test_a_push_still_on_its_way_is_told_as_of_now() -> None:
    way = [booked(0, "direct"), decided(0, 1), at(0, Kind.WANTED, push=2, limit=1), booked(30, "marketplace", 2)]
    found = find_cause([*LISTED, *way], until=NOON + timedelta(seconds=75))
    assert found.words == "push still under way after 75 s > booking gap 30 s"


def test_what_a_look_of_its_own_had_found_was_known() -> None:
    looked = at(3, Kind.LOOKED, seconds=4)
    events = [
        booked(-2, "direct"),
        decided(2, 1, read_before=600),
        looked,
        *pushed(2, 1, 2, 5),
        booked(9, "marketplace", 2),
    ]
    assert find_cause([*LISTED, *events]).cause is Cause.IGNORED


def test_without_a_capacity_nothing_is_claimed() -> None:
    assert find_cause([booked(0, "direct")]).cause is Cause.UNKNOWN
    assert find_cause([]).cause is Cause.NONE


@given(st.permutations([*LISTED, booked(0, "direct"), *pushed(2, 1, 0, 90), booked(41, "marketplace", 2)]))
def test_the_order_in_which_events_are_given_changes_nothing(events: list[Event]) -> None:
    assert find_cause(events).words == "push latency 90 s > booking gap 41 s"
