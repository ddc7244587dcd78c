"""Rosters: when one is due, what its absence proves, and when a reservation was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session as Db

from adapter.store.booking_times import announce
from adapter.store.mirror import Counts
from adapter.store.rosters import due_rosters
from adapter.store.tables import Quarantine, Reservation, Session
from connectors.platform import Window
from connectors.records import BookingTime, Outcome, SessionStatus, SetAside, Stream
from tests.adapter.store.records import Mirror, reservation, session
from tests.fixtures.database import NOON

START = NOON + timedelta(days=1)
END = START + timedelta(hours=1)


@pytest.fixture
def roster(mirror: Mirror) -> Mirror:
    """A mirror with one session tomorrow."""
    mirror.page(Stream.SESSIONS, session())
    return mirror


@contextmanager
def writing(mirror: Mirror) -> Iterator[Db]:
    with mirror.store.write() as db:
        yield db


def due(mirror: Mirror, now: datetime, window: Window | None = None) -> bool:
    with mirror.store.read() as db:
        return bool(due_rosters(db, mirror.connection_id, now=now, window=window))


class TestDue:
    def test_a_roster_never_read_is_due_and_one_just_read_is_not(self, roster: Mirror) -> None:
        assert due(roster, NOON)
        roster.roster()
        assert not due(roster, NOON + timedelta(hours=1))

    @pytest.mark.parametrize(
        "said",
        [
            {"booked": 1},
            {"booked_online": 1},
            {"waitlisted": 1},
            {"updated_at": NOON},
            {"status": SessionStatus.CANCELLED},
        ],
    )
    def test_a_session_that_says_something_else_of_its_bookings_is_due(
        self, roster: Mirror, said: dict[str, Any]
    ) -> None:
        roster.roster()
        roster.page(Stream.SESSIONS, session(**said))
        assert due(roster, NOON)
        roster.roster()
        assert not due(roster, NOON)

    def test_a_session_that_says_something_else_of_other_things_is_not(self, roster: Mirror) -> None:
        roster.roster()
        roster.page(Stream.SESSIONS, session(instructor_id="i2"))
        assert not due(roster, NOON)

    def test_it_is_due_once_when_over_and_once_when_settled(self, roster: Mirror) -> None:
        roster.roster()
        settled = END + timedelta(hours=48)
        asked = {
            END - timedelta(seconds=1): False,
            END: True,
            END + timedelta(hours=1): False,
            settled - timedelta(seconds=1): False,
            settled: True,
            settled + timedelta(days=30): False,
        }
        for now, expected in asked.items():
            assert due(roster, now) is expected
            if expected:
                roster.roster(now=now)

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (NOON + timedelta(hours=19), False),
            (NOON + timedelta(hours=20), True),
            (END + timedelta(days=6), True),
            (END + timedelta(days=8), False),
        ],
    )
    def test_at_night_those_around_now_are_due_again(self, roster: Mirror, now: datetime, expected: bool) -> None:
        roster.roster()
        settled = END + timedelta(hours=48)
        if now > settled:
            roster.roster(now=settled)
        with roster.store.read() as db:
            assert bool(due_rosters(db, roster.connection_id, now=now, nightly=True)) is expected
        assert not due(roster, now)

    def test_the_nearest_to_now_come_first_where_not_all_can_be_read(self, mirror: Mirror) -> None:
        for days in (9, -2, 1):
            mirror.page(Stream.SESSIONS, session(f"s{days}", starts_at=NOON + timedelta(days=days)))
        with mirror.store.read() as db:
            numbers = due_rosters(db, mirror.connection_id, now=NOON, nearest=True)
        names = {one.id: one.external_id for one in mirror.all(Session)}
        assert [names[number] for number in numbers] == ["s1", "s-2", "s9"]

    def test_an_incomplete_roster_stays_due(self, roster: Mirror) -> None:
        roster.roster(reservation(), final=False)
        assert due(roster, NOON)

    def test_the_newest_comes_first_and_the_window_holds(self, mirror: Mirror) -> None:
        for days in (3, 1, 2):
            mirror.page(Stream.SESSIONS, session(f"s{days}", starts_at=NOON + timedelta(days=days)))
        window = Window(NOON + timedelta(days=2), NOON + timedelta(days=3, seconds=1))
        with mirror.store.read() as db:
            numbers = due_rosters(db, mirror.connection_id, now=NOON, window=window)
        starts = {one.id: one.starts_at for one in mirror.all(Session)}
        assert [starts[number] for number in numbers] == [NOON + timedelta(days=3), NOON + timedelta(days=2)]


class TestAbsence:
    def test_an_active_reservation_that_a_complete_roster_lacks_was_cancelled(self, roster: Mirror) -> None:
        roster.roster(reservation("a"), reservation("b"))
        later = NOON + timedelta(hours=2)
        assert roster.roster(reservation("a"), now=later) == Counts(read=1, unchanged=1, gone=1)
        gone = roster.one(Reservation, "b")
        assert (gone.outcome, gone.cancelled_at, gone.gone_at) == (Outcome.CANCELLED, later, later)
        assert roster.roster(reservation("a")) == Counts(read=1, unchanged=1)

    def test_an_incomplete_roster_proves_nothing(self, roster: Mirror) -> None:
        roster.roster(reservation("a"), reservation("b"))
        assert roster.roster(reservation("a"), final=False).gone == 0

    def test_one_that_could_not_be_read_is_not_absent(self, roster: Mirror) -> None:
        roster.roster(reservation("a"), reservation("b"))
        bad = SetAside(Stream.RESERVATIONS, "b", "seats: not a number", {"Seats": "x"})
        assert roster.roster(reservation("a"), aside=(bad,)) == Counts(read=2, unchanged=1, failed=1)
        nameless = SetAside(Stream.RESERVATIONS, None, "id: missing", {"Seats": 1})
        assert roster.roster(aside=(nameless,)).gone == 0
        assert roster.one(Reservation, "b").outcome is Outcome.BOOKED
        assert roster.roster(reservation("a"), reservation("b")).gone == 0
        assert [one.external_id for one in roster.all(Quarantine)] == [None]

    def test_other_sessions_and_other_outcomes_are_left_alone(self, roster: Mirror) -> None:
        roster.page(Stream.SESSIONS, session("s2"))
        roster.roster(reservation("other", session_id="s2"), of="s2")
        roster.roster(reservation("late", outcome=Outcome.LATE_CANCELLED, cancelled_at=NOON))
        assert roster.roster().gone == 0
        assert roster.one(Reservation, "late").outcome is Outcome.LATE_CANCELLED

    def test_one_that_comes_back_is_booked_again(self, roster: Mirror) -> None:
        roster.roster(reservation())
        roster.roster()
        assert roster.roster(reservation()) == Counts(read=1, changed=1)
        back = roster.one(Reservation, "r1")
        assert (back.outcome, back.cancelled_at, back.gone_at) == (Outcome.BOOKED, None, None)

    def test_one_that_moved_to_another_session_is_one_row(self, roster: Mirror) -> None:
        """EC-20, in the order in which it looks like a cancellation first."""
        roster.page(Stream.SESSIONS, session("s2"))
        roster.roster(reservation())
        assert roster.roster().gone == 1
        roster.roster(reservation(session_id="s2"), of="s2")
        row = roster.one(Reservation, "r1")
        assert (row.session_id, row.outcome) == ("s2", Outcome.BOOKED)
        assert roster.roster().gone == 0


class TestCancellationTime:
    def test_it_is_when_we_saw_it_happen(self, roster: Mirror) -> None:
        roster.roster(reservation())
        seen = NOON + timedelta(hours=20)
        roster.roster(reservation(outcome=Outcome.LATE_CANCELLED), now=seen)
        assert roster.one(Reservation, "r1").cancelled_at == seen
        roster.roster(reservation(outcome=Outcome.LATE_CANCELLED, seats=2), now=seen + timedelta(hours=1))
        assert roster.one(Reservation, "r1").cancelled_at == seen

    def test_the_platforms_own_time_is_better(self, roster: Mirror) -> None:
        roster.roster(reservation())
        said = NOON + timedelta(minutes=5)
        late = reservation(outcome=Outcome.CANCELLED, cancelled_at=said)
        roster.roster(late, now=NOON + timedelta(hours=2))
        assert roster.one(Reservation, "r1").cancelled_at == said

    def test_it_is_unknown_where_we_did_not_watch_it(self, roster: Mirror) -> None:
        roster.roster(reservation("new", outcome=Outcome.LATE_CANCELLED), reservation("later"))
        roster.roster(
            reservation("new", outcome=Outcome.LATE_CANCELLED),
            reservation("later", outcome=Outcome.LATE_CANCELLED),
            now=END,
        )
        assert [roster.one(Reservation, key).cancelled_at for key in ("new", "later")] == [None, None]

    def test_who_comes_after_all_is_not_cancelled(self, roster: Mirror) -> None:
        roster.roster(reservation(outcome=Outcome.LATE_CANCELLED, cancelled_at=NOON))
        roster.roster(reservation(outcome=Outcome.ATTENDED))
        assert roster.one(Reservation, "r1").cancelled_at is None


class TestBookingTime:
    def booked(self, mirror: Mirror, key: str = "r1") -> tuple[datetime | None, BookingTime]:
        row = mirror.one(Reservation, key)
        return row.booked_at, row.booked_at_source

    def announced(self, mirror: Mirror, at: datetime, key: str = "r1") -> None:
        with writing(mirror) as db:
            announce(db, mirror.connection_id, key, at, NOON)

    def test_in_a_backfill_it_is_unknown(self, roster: Mirror) -> None:
        roster.roster(reservation())
        assert self.booked(roster) == (None, BookingTime.UNKNOWN)

    def test_while_we_watch_it_is_when_we_first_saw_it(self, roster: Mirror) -> None:
        roster.roster(reservation("old"))
        roster.live()
        seen = NOON + timedelta(hours=3)
        roster.roster(reservation("old"), reservation("new"), now=seen)
        assert self.booked(roster, "new") == (seen, BookingTime.FIRST_SEEN)
        assert self.booked(roster, "old") == (None, BookingTime.UNKNOWN)

    def test_what_we_saw_before_is_not_seen_for_the_first_time_when_it_changes(self, roster: Mirror) -> None:
        roster.roster(reservation())
        roster.live()
        roster.roster(reservation(seats=2), now=NOON + timedelta(hours=3))
        assert self.booked(roster) == (None, BookingTime.UNKNOWN)

    @pytest.mark.parametrize("late", [START, END])
    def test_seen_after_the_start_it_is_unknown(self, roster: Mirror, late: datetime) -> None:
        roster.live()
        roster.roster(reservation(), now=late)
        assert self.booked(roster) == (None, BookingTime.UNKNOWN)

    def test_an_event_knows_better_before_and_after_the_roster(self, roster: Mirror) -> None:
        roster.live()
        self.announced(roster, NOON - timedelta(minutes=3), "before")
        roster.roster(reservation("before"), reservation("after"))
        self.announced(roster, NOON - timedelta(minutes=2), "after")
        assert self.booked(roster, "before") == (NOON - timedelta(minutes=3), BookingTime.WEBHOOK)
        assert self.booked(roster, "after") == (NOON - timedelta(minutes=2), BookingTime.WEBHOOK)

    def test_of_two_events_the_earlier_holds_in_any_order(self, roster: Mirror) -> None:
        first, second = NOON - timedelta(minutes=5), NOON
        for key, order in {"a": (first, second), "b": (second, first)}.items():
            for at in order:
                self.announced(roster, at, key)
            roster.roster(reservation(key), final=False)
            for at in order:
                self.announced(roster, at, key)
            assert self.booked(roster, key) == (first, BookingTime.WEBHOOK)

    def test_the_platform_knows_best_and_may_correct_itself(self, roster: Mirror) -> None:
        at = NOON - timedelta(days=3)
        roster.roster(reservation(booked_at=at, booked_at_source=BookingTime.PLATFORM))
        self.announced(roster, NOON)
        assert self.booked(roster) == (at, BookingTime.PLATFORM)
        corrected = at + timedelta(minutes=1)
        roster.roster(reservation(booked_at=corrected, booked_at_source=BookingTime.PLATFORM))
        assert self.booked(roster) == (corrected, BookingTime.PLATFORM)

    def test_a_worse_source_never_overwrites_a_better_one(self, roster: Mirror) -> None:
        at = NOON - timedelta(days=3)
        roster.roster(reservation(booked_at=at, booked_at_source=BookingTime.PLATFORM))
        roster.live()
        roster.roster(reservation(seats=2))
        roster.roster(reservation(seats=3, booked_at=NOON, booked_at_source=BookingTime.FIRST_SEEN))
        assert self.booked(roster) == (at, BookingTime.PLATFORM)
