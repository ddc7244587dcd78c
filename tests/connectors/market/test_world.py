"""The world as a whole: deterministic, in step with its clock, and as varied as life."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.market.people import PLACEHOLDER
from connectors.sandbox.market.prices import MARKETPLACE, THIRD_PARTY
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.state import Seller
from connectors.sandbox.market.world import World, small_world
from tests.connectors.market.books import canonical, coming
from tests.connectors.market.conftest import SITE
from tests.fixtures.database import NOON


def test_the_same_seed_and_clock_give_the_same_books_to_the_byte() -> None:
    assert canonical(small_world(NOON, seed=3)) == canonical(small_world(NOON, seed=3))


def test_another_seed_gives_other_books() -> None:
    assert canonical(small_world(NOON, seed=3)) != canonical(small_world(NOON, seed=4))


def test_a_copy_lives_on_as_the_market_itself() -> None:
    world = small_world(NOON)
    copy = pickle.loads(pickle.dumps(world))  # noqa: S301  our own bytes
    for each in (world, copy):
        each.advance(NOON + timedelta(days=3))
    assert canonical(copy) == canonical(world)
    assert copy.drain() == world.drain() != []


@settings(max_examples=5, deadline=None)
@given(hours=st.lists(st.floats(0.01, 60), min_size=1, max_size=6))
def test_it_does_not_matter_in_how_many_steps_time_passes(hours: list[float]) -> None:
    at_once, in_steps = small_world(NOON), small_world(NOON)
    for step in hours:
        in_steps.advance(in_steps.now + timedelta(hours=step))
    at_once.advance(in_steps.now)
    assert canonical(at_once) == canonical(in_steps)


def test_a_clock_that_goes_back_changes_nothing(world: World) -> None:
    before = canonical(world)
    world.advance(NOON - timedelta(days=1))
    assert canonical(world) == before
    assert world.now == NOON


def test_nothing_in_the_books_is_of_the_future(world: World) -> None:
    world.advance(NOON + timedelta(days=3))
    site = world.site(SITE)
    assert all(visit.last_modified <= world.now for visit in site.visits.values())
    assert all(sale.sold_at <= world.now for sale in site.sales.values())
    assert all(client.created_at <= world.now for client in site.clients.values())
    assert not any(
        v.signed_in or v.missed for v in site.visits.values() if site.classes[v.class_id].ends_at > world.now
    )


def test_classes_of_the_next_four_weeks_are_open_and_fill_as_they_come_nearer(world: World) -> None:
    site = world.site(SITE)
    near = [site.booked(item.id) for item in coming(world, site, days=3)]
    far = [site.booked(item.id) for item in coming(world, site, days=28, hours=24 * 14)]
    assert len(near) + len(far) > 20
    assert sum(near) / len(near) > 2 * sum(far) / len(far) > 0


def test_the_past_is_never_told_as_news(world: World) -> None:
    assert world.drain() == []


def test_an_unknown_site_is_refused_by_name(world: World) -> None:
    with pytest.raises(Refused, match="site 7 does not exist") as refusal:
        world.site(7)
    assert refusal.value.reason is Reason.UNKNOWN_SITE


def test_indexes_agree_with_the_records(world: World) -> None:
    world.advance(NOON + timedelta(days=10))
    site = world.site(SITE)
    for class_id in site.classes:
        active = [visit for visit in site.visits_of(class_id) if visit.active]
        counts = site.counts(class_id)
        assert (counts.booked, counts.web_booked) == (len(active), sum(v.web_signup for v in active))
        assert all(site.holds(class_id, visit.client_id) for visit in active)
    days = [item.starts_local.date() for item in site.classes.values()]
    assert {item.id for item in site.classes_between(min(days), max(days))} == set(site.classes)
    changed = site.clients_modified_since(datetime(2000, 1, 1, tzinfo=UTC))
    assert [c.last_modified for c in changed] == sorted(c.last_modified for c in site.clients.values())
    assert len(site.sales_between(datetime(2000, 1, 1, tzinfo=UTC), world.now + timedelta(seconds=1))) == len(
        site.sales
    )


def test_nobody_is_booked_twice_in_a_class(world: World) -> None:
    world.advance(NOON + timedelta(days=10))
    held = Counter((v.class_id, v.client_id) for v in world.site(SITE).visits.values() if v.active)
    merged = {c.merged_into for c in world.site(SITE).clients.values()}
    assert {client for (_, client), times in held.items() if times > 1} <= merged


def test_sources_need_a_mapping() -> None:
    site = small_world(NOON).site(SITE)
    names = {site.options[v.product_id].name for v in site.visits.values() if v.product_id is not None}
    assert {MARKETPLACE, THIRD_PARTY, "Drop-in"} <= names
    assert {site.seller_of(v) for v in site.visits.values()} == set(Seller)
    assert any(v.product_id is None and v.client_service_id is None for v in site.visits.values())  # comped
    assert {True, False} == {v.web_signup for v in site.visits.values()}


def test_the_plain_variety_of_a_year_is_there(year: World) -> None:
    site = year.site(SITE)
    classes, clients = site.classes.values(), site.clients.values()
    emails = Counter(client.email for client in clients)
    assert emails[None] > 3
    assert emails[PLACEHOLDER] > 1
    assert any(times > 1 for email, times in emails.items() if email not in {None, PLACEHOLDER})  # shared
    assert any(item.max_capacity is None for item in classes)
    assert any(item.hidden for item in classes)
    assert any(item.cancelled for item in classes)
    assert any(item.substitute for item in classes)
    assert any(item.starts_local.time() != site.schedules[item.schedule_id].start_time for item in classes)  # moved
    assert any(entry.visit_id is not None for entry in site.waitlist.values())  # moved up from the waiting list
    merged = [client for client in clients if client.merged_into is not None]
    assert merged
    assert not any(site.visits_by(client.unique_id) for client in merged)
    assert any(client.id.startswith("C") for client in clients)  # a new card's number
