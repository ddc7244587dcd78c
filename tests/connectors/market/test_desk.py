"""Booking rules and what is told of them: every event is a change in the books, every change an event."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.market.events import Event, EventKind
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.state import ClassInstance
from connectors.sandbox.market.world import World, small_world
from tests.connectors.market.books import coming, stranger
from tests.connectors.market.conftest import SITE
from tests.fixtures.database import NOON


@pytest.fixture
def item(world: World) -> ClassInstance:
    """A class some days ahead."""
    return coming(world, world.site(SITE), days=10, hours=100)[0]


@pytest.fixture
def full(world: World, item: ClassInstance) -> ClassInstance:
    """A class ahead in which the last place has just been taken."""
    world.set_capacity(SITE, item.id, max_capacity=world.site(SITE).booked(item.id) + 1, web_capacity=None)
    world.book(SITE, item.id, stranger(world, SITE, 99))
    world.drain()
    return item


def kinds(events: list[Event]) -> list[EventKind]:
    return [event.kind for event in events]


def test_booking_takes_a_place_and_is_told(world: World, item: ClassInstance) -> None:
    client = stranger(world, SITE)
    before = world.site(SITE).booked(item.id)
    world.drain()
    visit = world.book(SITE, item.id, client)
    assert world.site(SITE).booked(item.id) == before + 1
    events = world.drain()
    assert kinds(events) == [EventKind.SALE_CREATED, EventKind.BOOKING_CREATED]
    assert (events[1].visit_id, events[1].class_id, events[1].client_id) == (visit.id, item.id, client)
    assert events[0].number < events[1].number
    assert world.drain() == []


def test_a_full_class_is_refused_but_staff_may_overbook(world: World, full: ClassInstance) -> None:
    client = stranger(world, SITE)
    with pytest.raises(Refused) as refusal:
        world.book(SITE, full.id, client)
    assert refusal.value.reason is Reason.CLASS_FULL
    world.book(SITE, full.id, client, web=False, overbook=True)
    assert world.site(SITE).booked(full.id) == (full.max_capacity or 0) + 1
    assert world.site(SITE).free_places(full.id) == 0


def test_web_capacity_limits_online_bookings_alone(world: World, item: ClassInstance) -> None:
    world.set_capacity(SITE, item.id, max_capacity=item.max_capacity, web_capacity=0)
    client = stranger(world, SITE)
    with pytest.raises(Refused):
        world.book(SITE, item.id, client, web=True)
    assert not world.book(SITE, item.id, client, web=False).web_signup


def test_nobody_books_the_same_class_twice(world: World, item: ClassInstance) -> None:
    client = stranger(world, SITE)
    world.book(SITE, item.id, client)
    with pytest.raises(Refused) as refusal:
        world.book(SITE, item.id, client)
    assert refusal.value.reason is Reason.ALREADY_BOOKED


def test_an_early_cancellation_leaves_the_roster_and_gives_the_pass_back(world: World, item: ClassInstance) -> None:
    site, client = world.site(SITE), stranger(world, SITE)
    visit = world.book(SITE, item.id, client)
    world.drain()
    world.cancel(SITE, visit.id)
    assert visit not in site.roster(item.id)
    assert not visit.late_cancelled
    assert site.services[visit.client_service_id or 0].remaining == 1
    assert kinds(world.drain()) == [EventKind.BOOKING_CANCELLED]
    world.book(SITE, item.id, client)
    assert kinds(world.drain()) == [EventKind.BOOKING_CREATED]  # the pass given back pays: nothing is sold


def test_a_late_cancellation_stays_on_the_roster_and_costs_the_pass(world: World, item: ClassInstance) -> None:
    site, client = world.site(SITE), stranger(world, SITE)
    visit = world.book(SITE, item.id, client)
    world.advance(item.starts_at - timedelta(hours=11))
    world.drain()
    taken = site.booked(item.id)
    world.cancel(SITE, visit.id)
    assert visit in site.roster(item.id)
    assert visit.late_cancelled
    assert site.booked(item.id) == taken - 1
    assert site.services[visit.client_service_id or 0].remaining == 0
    told = next(event for event in world.drain() if event.visit_id == visit.id)
    assert (told.kind, told.status) == (EventKind.BOOKING_STATUS, "LateCancelled")
    world.undo_late_cancel(SITE, visit.id)
    assert visit.active
    assert site.booked(item.id) == taken


def test_who_waits_moves_up_first_come_first_served(world: World, full: ClassInstance) -> None:
    site = world.site(SITE)
    leaving = next(visit for visit in site.visits_of(full.id) if visit.active)
    entries = [world.join_waitlist(SITE, full.id, stranger(world, SITE, n)) for n in range(2)]
    assert site.counts(full.id).waitlisted == 2
    world.drain()
    world.cancel(SITE, leaving.id)
    moved_up = site.visits[entries[0].visit_id or 0]
    assert moved_up.client_id == entries[0].client_id
    assert moved_up.waitlist_entry_id == entries[0].id
    assert (moved_up.product_id, moved_up.client_service_id) == (None, None)
    assert entries[1].visit_id is None
    assert kinds(world.drain()) == [EventKind.BOOKING_CANCELLED, EventKind.BOOKING_CREATED]
    assert site.booked(full.id) == full.max_capacity


def test_the_waiting_list_has_an_end_and_can_be_left(world: World, full: ClassInstance) -> None:
    site = world.site(SITE)
    entries = [world.join_waitlist(SITE, full.id, stranger(world, SITE, n)) for n in range(full.waitlist_capacity)]
    with pytest.raises(Refused) as refusal:
        world.join_waitlist(SITE, full.id, stranger(world, SITE, 50))
    assert refusal.value.reason is Reason.WAITLIST_FULL
    world.leave_waitlist(SITE, entries[0].id)
    world.leave_waitlist(SITE, entries[0].id)
    assert site.counts(full.id).waitlisted == full.waitlist_capacity - 1


def test_a_cancelled_class_lets_everybody_go_and_nobody_in(world: World, full: ClassInstance) -> None:
    site = world.site(SITE)
    booked = site.booked(full.id)
    entry = world.join_waitlist(SITE, full.id, stranger(world, SITE))
    world.drain()
    world.cancel_class(SITE, full.id)
    told = kinds(world.drain())
    assert told.count(EventKind.BOOKING_CANCELLED) == booked
    assert told[-1] is EventKind.CLASS_UPDATED
    assert entry.removed_at is not None
    world.advance(full.ends_at + timedelta(hours=1))
    assert site.roster(full.id) == []


def test_a_class_that_has_begun_takes_no_bookings(world: World, item: ClassInstance) -> None:
    world.advance(item.starts_at)
    with pytest.raises(Refused) as refusal:
        world.book(SITE, item.id, stranger(world, SITE))
    assert refusal.value.reason is Reason.CLASS_STARTED


def test_a_moved_class_is_found_on_its_new_day_and_finishes_then(world: World, item: ClassInstance) -> None:
    site, old_day = world.site(SITE), item.starts_local.date()
    world.move_class(SITE, item.id, item.starts_at + timedelta(days=1))
    assert item not in site.classes_between(old_day, old_day)
    assert item in site.classes_between(item.starts_local.date(), item.starts_local.date())
    visit = world.book(SITE, item.id, stranger(world, SITE))
    world.advance(item.ends_at - timedelta(minutes=1))
    assert not visit.signed_in
    world.advance(item.ends_at)
    assert visit.signed_in


def test_a_cut_series_loses_the_classes_outside_and_goes_on_living(world: World, item: ClassInstance) -> None:
    site = world.site(SITE)
    day = item.starts_local.date()
    ahead = [other.id for other in site.classes_of(item.schedule_id) if other.starts_at > world.now]
    gone = world.cut_schedule(SITE, item.schedule_id, day, day)
    assert set(gone) == set(ahead) - {item.id}
    assert not set(gone) & set(site.classes)
    assert kinds(world.drain())[-1] is EventKind.SCHEDULE_UPDATED
    world.advance(NOON + timedelta(days=40))
    later = [other for other in site.classes_of(item.schedule_id) if other.starts_local.date() > day]
    assert later == []


def test_a_merged_client_hands_everything_over(world: World) -> None:
    site = world.site(SITE)
    kept, gone = (n for n in list(site.clients)[:2])
    visits = len(site.visits_by(kept)) + len(site.visits_by(gone))
    world.drain()
    world.merge(SITE, kept, gone)
    assert len(site.visits_by(kept)) == visits
    assert site.visits_by(gone) == []
    assert site.clients[gone].merged_into == kept
    assert not site.clients[gone].active
    event = world.drain()[-1]
    assert (event.kind, event.client_id, event.removed_client_id) == (EventKind.CLIENTS_MERGED, kept, gone)
    world.advance(NOON + timedelta(days=20))
    assert site.visits_by(gone) == []


def test_a_client_keeps_the_number_when_the_text_id_changes(world: World) -> None:
    site = world.site(SITE)
    client = site.clients[stranger(world, SITE)]
    old = client.id
    world.change_client(SITE, client.unique_id, email="pat@example.com", text_id="NEW-1")
    assert site.client_by_text(old) is None
    assert site.client_by_text("NEW-1") is client
    assert site.clients_modified_since(world.now)[-1] is client
    assert kinds(world.drain())[-1] is EventKind.CLIENT_UPDATED


def test_events_of_a_living_day_are_the_changes_of_that_day(world: World) -> None:
    site = world.site(SITE)
    before = {number: (v.cancelled_at, v.signed_in, v.missed) for number, v in site.visits.items()}
    clients, sales = set(site.clients), set(site.sales)
    world.advance(NOON + timedelta(days=4))
    events = world.drain()

    def told(*wanted: EventKind) -> set[int | None]:
        return {event.visit_id for event in events if event.kind in wanted}

    new = set(site.visits) - set(before)
    cancelled = {n for n, v in site.visits.items() if v.cancelled_at and (n in new or not before[n][0])}
    marked = {
        n for n, v in site.visits.items() if (v.signed_in or v.missed) and not (n in before and any(before[n][1:]))
    }
    late = {n for n in cancelled if site.visits[n].late_cancelled}
    assert new
    assert cancelled
    assert marked
    assert told(EventKind.BOOKING_CREATED) == new
    assert told(EventKind.BOOKING_CANCELLED) == cancelled - late
    assert told(EventKind.BOOKING_STATUS) == marked | late
    assert {e.client_id for e in events if e.kind is EventKind.CLIENT_CREATED} == set(site.clients) - clients
    assert {e.sale_id for e in events if e.kind is EventKind.SALE_CREATED} == set(site.sales) - sales
    assert [event.number for event in events] == sorted({event.number for event in events})
    assert [event.at for event in events] == sorted(event.at for event in events)


ACTS = st.lists(
    st.tuples(st.sampled_from(["book", "wait", "cancel", "undo", "resize"]), st.integers(0, 5)), max_size=30
)


@settings(max_examples=25, deadline=None)
@given(acts=ACTS)
def test_whatever_is_done_at_the_desk_no_place_is_given_twice(acts: list[tuple[str, int]]) -> None:
    world = small_world(NOON)
    site = world.site(SITE)
    item = next(i for i in coming(world, site, hours=200) if not site.visits_of(i.id))
    clients = [stranger(world, SITE, number) for number in range(6)]
    capacity = 3
    world.set_capacity(SITE, item.id, max_capacity=capacity, web_capacity=None)
    for act, number in acts:
        mine = [visit for visit in site.visits_of(item.id) if visit.client_id == clients[number]]
        try:
            if act == "book":
                world.book(SITE, item.id, clients[number])
            elif act == "wait":
                world.join_waitlist(SITE, item.id, clients[number])
            elif act == "resize":
                capacity = max(number, site.booked(item.id))
                world.set_capacity(SITE, item.id, max_capacity=capacity, web_capacity=None)
            elif mine and act == "cancel":
                world.cancel(SITE, mine[-1].id, late=number % 2 == 0)
            elif mine:
                world.undo_late_cancel(SITE, mine[0].id)
        except Refused:
            continue  # nothing happened
        active = [visit.client_id for visit in site.visits_of(item.id) if visit.active]
        assert len(active) == len(set(active)) == site.booked(item.id) <= capacity
        waiting = {entry.client_id for entry in site.waiting_for(item.id)}
        assert not waiting & set(active)
        if act in {"cancel", "resize"} and mine:
            assert not waiting or site.booked(item.id) >= capacity  # who waited has moved up


@pytest.mark.parametrize("wrong", ["visit", "client", "class", "schedule"])
def test_unknown_ids_are_refused(world: World, item: ClassInstance, wrong: str) -> None:
    calls = {
        "visit": lambda: world.cancel(SITE, 1),
        "client": lambda: world.book(SITE, item.id, 1),
        "class": lambda: world.book(SITE, 1, stranger(world, SITE)),
        "schedule": lambda: world.cut_schedule(SITE, 1, NOON.date(), NOON.date()),
    }
    with pytest.raises(Refused):
        calls[wrong]()
