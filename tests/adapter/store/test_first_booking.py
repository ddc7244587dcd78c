"""GI-02 and EC-05 to EC-07, EC-13: where a person's first reservation came from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.store.first_booking import First, refresh_first_bookings
from adapter.store.settings import map_sources
from adapter.store.tables import Connection, FirstBooking, Reservation
from connectors.records import BookingTime, Channel, Outcome, Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import Mirror, client, reservation, session
from tests.fixtures.database import NOON

DAY = timedelta(days=1)
MEANS = {"web": Channel.DIRECT, "pass": Channel.MARKETPLACE, "well": Channel.THIRD_PARTY}


def mean(mirror: Mirror, meanings: dict[str, Channel]) -> None:
    with mirror.store.write() as db:
        for source, channel in meanings.items():
            map_sources(db, mirror.connection_id, {source: channel}, actor="user:1", now=NOON)


@pytest.fixture
def studio(mirror: Mirror) -> Mirror:
    """A studio whose sources are mapped, with ana as c1."""
    mirror.page(Stream.CLIENTS, client("c1", email="ana@example.com"))
    for n in range(4):
        mirror.page(Stream.SESSIONS, session(f"s{n}", starts_at=NOON + n * DAY, ends_at=NOON + n * DAY))
    mean(mirror, MEANS)
    return mirror


def book(mirror: Mirror, key: str, source: str, at: datetime | None, of: str = "s1", **given: object) -> None:
    known = {"booked_at": at, "booked_at_source": BookingTime.PLATFORM} if at else {}
    mirror.page(Stream.RESERVATIONS, reservation(key, source=source, session_id=of, **known, **given))


def firsts(mirror: Mirror) -> list[First]:
    with mirror.store.write() as db:
        studio_id = db.get_one(Connection, mirror.connection_id).studio_id
        refresh_first_bookings(db, studio_id)
        rows = db.query(FirstBooking).filter_by(studio_id=studio_id).order_by(FirstBooking.email_id)
        return [First(row.email_id, row.reservation_id, row.channel, row.booked_at, row.exact, row.tie) for row in rows]


def only(mirror: Mirror) -> tuple[str, Channel]:
    (first,) = firsts(mirror)
    key = next(row.external_id for row in mirror.all(Reservation) if row.id == first.reservation_id)
    return key, first.channel


def test_the_earlier_booking_is_first_whenever_its_class_is(studio: Mirror) -> None:
    """EC-05: five minutes decide."""
    book(studio, "pass", "pass", NOON - DAY + timedelta(minutes=5), of="s0")
    book(studio, "web", "web", NOON - DAY, of="s3")
    assert only(studio) == ("web", Channel.DIRECT)


def test_or_07_who_came_directly_first_is_direct_whatever_came_months_later(studio: Mirror) -> None:
    book(studio, "pass", "pass", datetime(2025, 3, 12, 12, tzinfo=UTC), of="s0")
    book(studio, "web", "web", datetime(2024, 6, 1, 12, tzinfo=UTC), of="s0")
    assert only(studio) == ("web", Channel.DIRECT)


def test_an_unknown_booking_time_counts_from_the_class_and_says_so(studio: Mirror) -> None:
    book(studio, "known", "pass", NOON + 2 * DAY, of="s3")
    book(studio, "unknown", "web", None, of="s1")
    (first,) = firsts(studio)
    assert (first.channel, first.booked_at, first.exact) == (Channel.DIRECT, NOON + DAY, False)


@pytest.mark.parametrize(
    ("sources", "wins"), [(("pass", "web"), "web"), (("pass", "well"), "well"), (("well", "web"), "web")]
)
def test_at_the_same_instant_direct_comes_before_others_and_the_marketplace_last(
    studio: Mirror, sources: tuple[str, str], wins: str
) -> None:
    """EC-06."""
    for source in sources:
        book(studio, source, source, NOON - DAY)
    assert only(studio) == (wins, MEANS[wins])
    (first,) = firsts(studio)
    assert first.tie


def test_at_the_same_instant_the_earlier_class_wins_before_the_channel(studio: Mirror) -> None:
    book(studio, "web", "web", NOON - DAY, of="s2")
    book(studio, "pass", "pass", NOON - DAY, of="s1")
    assert only(studio) == ("pass", Channel.MARKETPLACE)


def test_two_of_one_channel_at_one_instant_are_no_tie(studio: Mirror) -> None:
    book(studio, "a", "web", NOON - DAY)
    book(studio, "b", "web", NOON - DAY)
    (first,) = firsts(studio)
    assert not first.tie


def test_a_booking_cancelled_early_was_made_all_the_same(studio: Mirror) -> None:
    """EC-07."""
    book(studio, "pass", "pass", NOON - 2 * DAY, outcome=Outcome.CANCELLED, cancelled_at=NOON - DAY)
    book(studio, "web", "web", NOON - DAY)
    assert only(studio) == ("pass", Channel.MARKETPLACE)


def test_one_address_is_one_person_and_none_is_nobody(studio: Mirror) -> None:
    """EC-15; a client without an address has no first booking here."""
    studio.page(Stream.CLIENTS, client("c2", email="ANA@example.com "), client("c3", email=None))
    book(studio, "hers", "web", NOON - DAY, client_id="c1")
    book(studio, "theirs", "pass", NOON - 2 * DAY, client_id="c2")
    book(studio, "nobodys", "pass", NOON - 3 * DAY, client_id="c3")
    book(studio, "unheard", "pass", NOON - 3 * DAY, client_id="c9")
    assert only(studio) == ("theirs", Channel.MARKETPLACE)


def test_a_booking_belongs_to_the_address_of_its_time(studio: Mirror) -> None:
    """EC-13."""
    book(studio, "old", "pass", NOON - 9 * DAY)
    book(studio, "new", "web", NOON - DAY)
    studio.page(Stream.CLIENTS, client("c1", email="ana@new.example", updated_at=NOON - 5 * DAY))
    assert {first.booked_at: first.channel for first in firsts(studio)} == {
        NOON - 9 * DAY: Channel.MARKETPLACE,
        NOON - DAY: Channel.DIRECT,
    }


def test_the_address_on_the_reservation_is_the_person(studio: Mirror) -> None:
    """EC-16."""
    book(studio, "guest", "pass", NOON - 2 * DAY, guest_email="relay@example.com")
    book(studio, "own", "web", NOON - DAY)
    assert [first.channel for first in firsts(studio)].count(Channel.DIRECT) == 1
    assert len(firsts(studio)) == 2


def test_both_connections_of_a_studio_count(studio: Mirror) -> None:
    """EC-35: a platform switched in between. EC-36: another studio's books of the same person say nothing here."""
    with studio.store.read() as db:
        studio_id = db.get_one(Connection, studio.connection_id).studio_id
    older = Mirror(studio.store, studio.keys, connected(studio.store, "old", studio_id))
    older.page(Stream.CLIENTS, client("x", email="ana@example.com"))
    older.page(Stream.SESSIONS, session())
    mean(older, {"app": Channel.DIRECT})
    book(older, "there", "app", NOON - 9 * DAY, client_id="x")
    book(studio, "here", "pass", NOON - DAY)
    stranger = Mirror(studio.store, studio.keys, connected(studio.store, "strange"))
    stranger.page(Stream.CLIENTS, client("x", email="ana@example.com"))
    book(stranger, "elsewhere", "pass", NOON - 20 * DAY, client_id="x")
    assert only(studio) == ("there", Channel.DIRECT)


def test_it_follows_the_mapping_and_the_mirror(studio: Mirror) -> None:
    book(studio, "first", "kiosk", NOON - 2 * DAY)
    assert only(studio) == ("first", Channel.UNKNOWN)
    mean(studio, {"kiosk": Channel.DIRECT})
    with studio.store.read() as db:
        assert db.query(FirstBooking).one().channel is Channel.DIRECT
    book(studio, "earlier", "pass", NOON - 3 * DAY)
    assert only(studio) == ("earlier", Channel.MARKETPLACE)


def test_unchanged_bookings_write_nothing(studio: Mirror) -> None:
    book(studio, "first", "web", NOON - DAY)
    with studio.store.write() as db:
        studio_id = db.get_one(Connection, studio.connection_id).studio_id
        assert refresh_first_bookings(db, studio_id) == 1
        assert refresh_first_bookings(db, studio_id) == 0
