"""EC-14: what a platform merged stays one person, told once, twice, late or in any order."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from adapter.store.client_merges import kept_of, note_merge
from adapter.store.tables import ClientMerge, FirstBooking, Reservation, SaleLine
from connectors.records import Channel, Stream
from tests.adapter.store.records import Mirror, client, reservation, sale
from tests.adapter.store.test_first_booking import DAY, book, firsts, studio
from tests.fixtures.database import NOON

__all__ = ["studio"]


def merge(mirror: Mirror, lost: str, kept: str) -> None:
    with mirror.store.write() as db:
        note_merge(db, mirror.connection_id, lost, kept, NOON)


def owner(mirror: Mirror, key: str) -> str | None:
    found: str | None = mirror.one(Reservation, key).client_id
    return found


def test_the_history_of_the_lost_client_is_the_kept_ones_and_both_addresses_are_one_person(studio: Mirror) -> None:
    studio.page(Stream.CLIENTS, client("c2", email="ana@old.example"))
    book(studio, "hers", "web", NOON - DAY, client_id="c1")
    book(studio, "before", "pass", NOON - 9 * DAY, client_id="c2")
    for _ in range(2):
        merge(studio, "c2", "c1")
        assert owner(studio, "before") == "c1"
        first, same = firsts(studio)
        assert first.email_id != same.email_id
        assert (first.channel, first.reservation_id) == (same.channel, same.reservation_id)
        assert (first.channel, first.booked_at) == (Channel.MARKETPLACE, NOON - 9 * DAY)
    assert len(studio.all(ClientMerge)) == 1
    assert len(studio.all(FirstBooking)) == 2


def test_an_old_page_that_names_the_lost_client_does_not_undo_it(studio: Mirror) -> None:
    studio.page(Stream.CLIENTS, client("c2", email="ana@old.example"))
    merge(studio, "c2", "c1")
    book(studio, "late", "web", NOON - DAY, client_id="c2")
    assert owner(studio, "late") == "c1"
    studio.page(Stream.RESERVATIONS, reservation("late", client_id="c2", session_id="s1", seats=2))
    assert owner(studio, "late") == "c1"


@pytest.mark.parametrize("order", list(itertools.permutations([("a", "b"), ("b", "c"), ("d", "c")])))
def test_merges_in_any_order_end_at_the_client_that_is_left(studio: Mirror, order: tuple[tuple[str, str], ...]) -> None:
    for key in "abcd":
        studio.page(Stream.CLIENTS, client(key))
        book(studio, f"of {key}", "web", NOON - DAY, client_id=key)
    for lost, kept in order:
        merge(studio, lost, kept)
    assert {owner(studio, f"of {key}") for key in "abcd"} == {"c"}
    with studio.store.read() as db:
        assert kept_of(db, studio.connection_id, "abcd") == {"a": "c", "b": "c", "d": "c"}


def test_a_ring_of_merges_is_left_alone(studio: Mirror) -> None:
    merge(studio, "a", "b")
    merge(studio, "b", "a")
    merge(studio, "a", "a")
    assert [(row.lost_id, row.kept_id) for row in studio.all(ClientMerge)] == [("a", "b")]


def test_what_was_sold_under_an_id_that_is_changed_stays_with_its_client(studio: Mirror) -> None:
    """A studio hands out new cards, and two clients swap theirs."""
    studio.page(Stream.CLIENTS, client("a", public_id="1"), client("b", public_id="2"), client("c", public_id="3"))
    studio.page(Stream.SALES, *(sale(f"l{n}", client_id=str(n)) for n in (1, 2, 3)))
    studio.page(Stream.CLIENTS, client("a", public_id="2"), client("b", public_id="1"), client("c", public_id=None))
    assert {row.external_id: row.client_id for row in studio.all(SaleLine)} == {"l1": "2", "l2": "1", "l3": "3"}


def test_a_kept_client_without_an_address_is_known_by_the_lost_ones(studio: Mirror) -> None:
    studio.page(Stream.CLIENTS, client("bare", email=None), client("lost", email="old@example.com"))
    book(studio, "one", "pass", NOON - timedelta(days=3), client_id="lost")
    merge(studio, "lost", "bare")
    (first,) = firsts(studio)
    assert first.channel is Channel.MARKETPLACE
