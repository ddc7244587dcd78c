"""Pages into the mirror: counted, merged, written once, never half."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from adapter.store.mirror import Counts, mark_absent, save_page
from adapter.store.tables import (
    Base,
    Client,
    ClientEmail,
    Connection,
    PriceOption,
    Quarantine,
    Reservation,
    SaleLine,
    Session,
    Venue,
)
from connectors.platform import Window
from connectors.records import Outcome, Page, SessionStatus, SetAside, Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import (
    Mirror,
    class_type,
    client,
    fetched,
    price,
    reservation,
    sale,
    session,
    venue,
)
from tests.fixtures.database import NOON

EVERYTHING = {
    Stream.VENUES: venue(city="Berlin"),
    Stream.CLASS_TYPES: class_type(),
    Stream.PRICES: price(class_type_ids=("t1", "t2")),
    Stream.CLIENTS: client(),
    Stream.SESSIONS: session(),
    Stream.RESERVATIONS: reservation(),
    Stream.SALES: sale(),
}


@pytest.mark.parametrize("stream", EVERYTHING)
def test_a_record_is_new_then_unchanged(mirror: Mirror, stream: Stream) -> None:
    record = EVERYTHING[stream]
    assert mirror.page(stream, record) == Counts(read=1, new=1)
    assert mirror.page(stream, record) == Counts(read=1, unchanged=1)


def test_a_second_pull_of_an_unchanged_platform_writes_nothing(mirror: Mirror) -> None:
    def pull() -> None:
        for stream, record in EVERYTHING.items():
            if stream is not Stream.RESERVATIONS:
                mirror.page(stream, record)
        aside = (SetAside(Stream.SALES, "bad", "net: not a number", {"Net": "x"}),)
        mirror.page(Stream.SALES, aside=aside)
        mirror.roster(reservation())

    pull()
    before = contents(mirror)
    mirror.now += timedelta(minutes=10)
    pull()
    assert contents(mirror) == before


def test_what_changed_is_counted_and_written(mirror: Mirror) -> None:
    mirror.page(Stream.PRICES, price("a"), price("b"))
    assert mirror.page(Stream.PRICES, price("a"), price("b", price=Decimal("120.00"))) == Counts(
        read=2, changed=1, unchanged=1
    )
    assert mirror.one(PriceOption, "b").price == Decimal("120.00")


def test_a_change_in_the_payload_alone_counts(mirror: Mirror) -> None:
    mirror.page(Stream.VENUES, fetched(venue(), Open=True))
    assert mirror.page(Stream.VENUES, fetched(venue(), Open=False)).changed == 1
    assert mirror.one(Venue, "v1").raw["Open"] is False


def test_a_change_of_meaning_alone_counts(mirror: Mirror) -> None:
    """The same payload may mean another instant once the site's zone was corrected."""
    mirror.page(Stream.SESSIONS, fetched(session(), Start="18:00"))
    moved = session(starts_at=NOON + timedelta(days=1, hours=-1))
    assert mirror.page(Stream.SESSIONS, fetched(moved, Start="18:00")).changed == 1


def test_a_record_twice_on_a_page_counts_once_and_its_latest_state_holds(mirror: Mirror) -> None:
    newer = client(public_id="new", updated_at=NOON)
    older = client(public_id="old", updated_at=NOON - timedelta(days=1))
    assert mirror.page(Stream.CLIENTS, newer, older, newer) == Counts(read=3, new=1, unchanged=2)
    assert mirror.one(Client, "c1").public_id == "new"


def test_an_older_state_never_overwrites_a_newer_one(mirror: Mirror) -> None:
    mirror.page(Stream.SESSIONS, session(capacity=12, updated_at=NOON))
    late = mirror.page(Stream.SESSIONS, session(capacity=20, updated_at=NOON - timedelta(hours=1)))
    assert late == Counts(read=1, unchanged=1)
    assert mirror.one(Session, "s1").capacity == 12


def test_the_same_id_at_two_sites_is_two_records(mirror: Mirror) -> None:
    other = Mirror(mirror.store, mirror.keys, connected(mirror.store, site="1002"))
    mirror.page(Stream.VENUES, venue(name="Here"))
    assert other.page(Stream.VENUES, venue(name="There")).new == 1
    assert mirror.one(Venue, "v1").name == "Here"


def test_a_field_that_disappears_keeps_its_old_value(mirror: Mirror) -> None:
    mirror.page(Stream.SESSIONS, session(capacity=20, online_capacity=15, instructor_id="i1"))
    assert mirror.page(Stream.SESSIONS, session(capacity=None)).changed == 1
    row = mirror.one(Session, "s1")
    assert (row.capacity, row.online_capacity, row.instructor_id) == (20, 15, "i1")


def test_a_word_nobody_knows_keeps_the_old_one(mirror: Mirror) -> None:
    mirror.page(Stream.RESERVATIONS, reservation(outcome=Outcome.ATTENDED))
    mirror.page(Stream.RESERVATIONS, fetched(reservation(outcome=Outcome.UNKNOWN), Status="Teleported"))
    row = mirror.one(Reservation, "r1")
    assert row.outcome is Outcome.ATTENDED
    assert row.raw["Status"] == "Teleported"


def test_a_session_keeps_the_zone_its_venue_had_when_it_was_first_seen(mirror: Mirror) -> None:
    mirror.page(Stream.VENUES, venue(timezone="America/New_York"))
    mirror.page(Stream.SESSIONS, session("early"))
    mirror.page(Stream.VENUES, venue(timezone="America/Chicago"))
    mirror.page(Stream.SESSIONS, session("early", capacity=5), session("late"))
    assert mirror.one(Session, "early").timezone == "America/New_York"
    assert mirror.one(Session, "late").timezone == "America/Chicago"


def test_a_session_at_a_venue_nobody_knows_has_the_sites_zone(mirror: Mirror) -> None:
    mirror.page(Stream.SESSIONS, session(venue_id="elsewhere"))
    assert mirror.one(Session, "s1").timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        (Stream.SESSIONS, session(capacity=2**31), "capacity"),
        (Stream.SESSIONS, session(starts_at=NOON.replace(tzinfo=None)), "starts_at"),
        (Stream.SALES, sale(net=Decimal("1e15")), "net"),
        (Stream.SALES, sale(tax=Decimal("NaN")), "tax"),
        (Stream.VENUES, venue(""), "external_id"),
    ],
)
def test_a_value_no_column_can_hold_is_set_aside_and_the_rest_goes_on(
    mirror: Mirror, stream: Stream, record: object, field: str
) -> None:
    good = replace(EVERYTHING[stream], external_id="good")
    assert mirror.page(stream, record, good) == Counts(read=2, new=1, failed=1)
    (aside,) = mirror.all(Quarantine)
    assert aside.reason.startswith(f"{field}: ")


def test_text_that_no_database_takes_is_cleaned(mirror: Mirror) -> None:
    odd = fetched(venue(name="Mit\x00te \ud800"), Note2={"k\x00": "\udfff", "n": float("inf")})
    assert mirror.page(Stream.VENUES, odd).new == 1
    row = mirror.one(Venue, "v1")
    assert row.name == "Mitte \N{REPLACEMENT CHARACTER}"
    assert row.raw["Note2"] == {"k": "\N{REPLACEMENT CHARACTER}", "n": "inf"}


def test_a_record_set_aside_is_kept_once_and_leaves_when_it_can_be_read(mirror: Mirror) -> None:
    bad = SetAside(Stream.SESSIONS, "s1", "capacity: -1 is below 0", {"Id": 1, "Max": -1})
    assert mirror.page(Stream.SESSIONS, aside=(bad,)) == Counts(read=1, failed=1)
    mirror.page(Stream.SESSIONS, aside=(bad, bad))
    (row,) = mirror.all(Quarantine)
    assert (row.external_id, row.reason, row.first_seen_at) == ("s1", "capacity: -1 is below 0", NOON)
    worse = replace(bad, reason="capacity: -2 is below 0", raw={"Id": 1, "Max": -2})
    mirror.page(Stream.SESSIONS, aside=(worse,))
    assert [one.reason for one in mirror.all(Quarantine)] == [worse.reason]
    mirror.page(Stream.VENUES, venue("s1"))
    assert len(mirror.all(Quarantine)) == 1
    mirror.page(Stream.SESSIONS, session())
    assert mirror.all(Quarantine) == []


def test_a_page_is_in_the_mirror_whole_or_not_at_all(mirror: Mirror) -> None:
    page = Page(
        tuple(fetched(client(f"c{n}")) for n in range(700)), (SetAside(Stream.CLIENTS, "x", "no id", {"Id": None}),)
    )

    def killed_half_way() -> None:
        with mirror.store.write() as db:
            connection = db.get_one(Connection, mirror.connection_id)
            save_page(db, mirror.keys, connection, Stream.CLIENTS, page, now=NOON)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed_half_way()
    assert [mirror.all(model) for model in (Client, ClientEmail, Quarantine)] == [[], [], []]


def test_a_large_page_is_written_whole(mirror: Mirror) -> None:
    many = [client(f"c{n}") for n in range(1201)]
    assert mirror.page(Stream.CLIENTS, *many).new == 1201
    assert mirror.page(Stream.CLIENTS, *many).unchanged == 1201


class TestAddressHistory:
    """EC-13: what a client was known under, and since when."""

    def history(self, mirror: Mirror) -> list[tuple[int, object]]:
        return [(row.email_id, row.since) for row in mirror.all(ClientEmail)]

    def test_the_first_address_holds_from_the_beginning(self, mirror: Mirror) -> None:
        mirror.page(Stream.CLIENTS, client(email=None))
        assert self.history(mirror) == []
        mirror.page(Stream.CLIENTS, client(email="ana@example.com"))
        assert [since for _, since in self.history(mirror)] == [None]

    def test_a_new_address_holds_since_the_client_was_changed(self, mirror: Mirror) -> None:
        mirror.page(Stream.CLIENTS, client(email="ana@example.com", updated_at=NOON - timedelta(days=9)))
        changed = NOON - timedelta(hours=3)
        mirror.page(Stream.CLIENTS, client(email="ana@new.example", updated_at=changed))
        (first, _), (second, since) = self.history(mirror)
        assert first != second
        assert since == changed
        assert mirror.one(Client, "c1").email_id == second

    def test_another_spelling_is_the_same_address(self, mirror: Mirror) -> None:
        mirror.page(Stream.CLIENTS, client(email="Ana@Example.com"))
        mirror.page(Stream.CLIENTS, client(email=" ana@example.COM "))
        assert len(self.history(mirror)) == 1

    def test_an_address_that_disappears_is_kept(self, mirror: Mirror) -> None:
        mirror.page(Stream.CLIENTS, client(email="ana@example.com"))
        kept = mirror.one(Client, "c1").email_id
        mirror.page(Stream.CLIENTS, client(email=None, active=False))
        assert mirror.one(Client, "c1").email_id == kept

    def test_placeholders_are_no_address(self, mirror: Mirror) -> None:
        mirror.page(Stream.CLIENTS, client("a", email="none@none.com"), client("b", email="n/a"))
        assert mirror.one(Client, "a").email_id is None
        assert mirror.one(Client, "b").email_id is None


class TestAbsence:
    """Only a complete answer proves that something is gone."""

    WINDOW = Window(NOON, NOON + timedelta(days=2))

    def absent(self, mirror: Mirror, stream: Stream, kept: set[str], window: Window | None = None) -> int:
        with mirror.store.write() as db:
            connection = db.get_one(Connection, mirror.connection_id)
            return mark_absent(db, connection, stream, kept, now=NOON, window=window)

    def test_a_page_without_a_record_proves_nothing(self, mirror: Mirror) -> None:
        mirror.page(Stream.VENUES, venue("a"), venue("b"))
        mirror.page(Stream.VENUES, venue("a"))
        assert mirror.one(Venue, "b").gone_at is None

    def test_what_a_complete_answer_lacks_is_gone_once(self, mirror: Mirror) -> None:
        mirror.page(Stream.VENUES, venue("a"), venue("b"))
        assert self.absent(mirror, Stream.VENUES, {"a"}) == 1
        assert self.absent(mirror, Stream.VENUES, {"a"}) == 0
        assert mirror.one(Venue, "b").gone_at == NOON
        assert mirror.one(Venue, "a").gone_at is None

    def test_outside_the_window_nothing_is_proved(self, mirror: Mirror) -> None:
        mirror.page(Stream.SESSIONS, session("in"), session("after", starts_at=self.WINDOW.end))
        mirror.page(Stream.SALES, sale("before"), sale("in", sold_at=NOON))
        assert self.absent(mirror, Stream.SESSIONS, set(), self.WINDOW) == 1
        assert self.absent(mirror, Stream.SALES, set(), self.WINDOW) == 1
        assert mirror.one(Session, "after").gone_at is None
        assert mirror.one(SaleLine, "before").gone_at is None

    def test_a_vanished_session_is_cancelled_and_may_come_back(self, mirror: Mirror) -> None:
        mirror.page(Stream.SESSIONS, session())
        self.absent(mirror, Stream.SESSIONS, set())
        assert mirror.one(Session, "s1").status is SessionStatus.CANCELLED
        assert mirror.page(Stream.SESSIONS, session()).changed == 1
        back = mirror.one(Session, "s1")
        assert (back.status, back.gone_at) == (SessionStatus.SCHEDULED, None)

    def test_a_vanished_reservation_is_cancelled(self, mirror: Mirror) -> None:
        mirror.page(
            Stream.RESERVATIONS, reservation("a"), reservation("b", outcome=Outcome.LATE_CANCELLED, cancelled_at=NOON)
        )
        later = NOON + timedelta(hours=1)
        with mirror.store.write() as db:
            connection = db.get_one(Connection, mirror.connection_id)
            assert mark_absent(db, connection, Stream.RESERVATIONS, set(), now=later) == 2
        assert mirror.one(Reservation, "a").outcome is Outcome.CANCELLED
        assert mirror.one(Reservation, "a").cancelled_at == later
        assert mirror.one(Reservation, "b").outcome is Outcome.LATE_CANCELLED


def contents(mirror: Mirror) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as the database holds it."""
    with mirror.store.read() as db:
        return {
            table.name: sorted((tuple(row) for row in db.execute(text(f"select * from {table.name}"))), key=str)  # noqa: S608
            for table in Base.metadata.sorted_tables
        }
