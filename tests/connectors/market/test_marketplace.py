"""The marketplace sells what its offers allow and no more, and takes nothing from direct clients but full classes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.market.offers import Terms
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.state import Seller
from connectors.sandbox.market.truth import ArrivalKey, Truth, displaced
from connectors.sandbox.market.world import World, small_world
from tests.connectors.market.books import coming, market_visits
from tests.connectors.market.conftest import SITE
from tests.fixtures.database import NOON

WEEK = timedelta(days=8)


def terms(sequence: int = 1, limit: int = 3, rate: str = "12.50", **more: object) -> Terms:
    given_ = {"premium_limit": 0, "premium_rate": None, "currency": "USD", **more}
    return Terms(sequence=sequence, limit=limit, rate=Decimal(rate), **given_)


def list_everywhere(world: World, what: Terms) -> list[int]:
    site = world.site(SITE)
    ids = [item.id for item in coming(world, site, days=8)]
    for class_id in ids:
        world.set_offer(SITE, class_id, what)
    return ids


@cache
def bare_week() -> Truth:
    """The same week with no marketplace, in history neither."""
    world = small_world(NOON, marketplace=False)
    world.advance(NOON + WEEK)
    assert not any(market_visits(world.site(SITE), number) for number in world.site(SITE).classes)
    return world.truth(SITE)


def test_an_offer_sells(world: World) -> None:
    ids = list_everywhere(world, terms(limit=30, rate="8.00"))
    before = sum(len(market_visits(world.site(SITE), number)) for number in ids)
    world.advance(NOON + WEEK)
    site = world.site(SITE)
    sold = [visit for number in ids for visit in market_visits(site, number)]
    assert len(sold) > before + 10
    assert all(visit.rate == Decimal("8.00") for visit in sold if visit.booked_at > NOON)
    assert {site.options[visit.product_id or 0].name for visit in sold} == {"ClassPass"}


@settings(max_examples=12, deadline=None)
@given(limit=st.integers(0, 6), premium=st.integers(0, 3), rate=st.integers(6, 18))
def test_never_above_the_limit_nor_the_room(limit: int, premium: int, rate: int) -> None:
    world = small_world(NOON)
    site = world.site(SITE)
    what = terms(limit=limit, rate=str(rate), premium_limit=premium, premium_rate=Decimal(rate + 2))
    ids = list_everywhere(world, what)
    held = {number: len(market_visits(site, number)) for number in ids}
    for _ in range(16):
        world.advance(world.now + timedelta(hours=12))
        for number in ids:
            sold = market_visits(site, number)
            standard = [visit for visit in sold if not visit.premium]
            assert len(standard) <= max(limit, held[number])
            assert len(sold) - len(standard) <= premium
            assert site.booked(number) <= (site.classes[number].max_capacity or 0)


def test_ss_07_where_four_of_ten_free_places_are_listed_direct_clients_may_book_all_ten(world: World) -> None:
    """Trap 16."""
    site = world.site(SITE)
    item = coming(world, site, days=8)[0]
    world.set_capacity(SITE, item.id, max_capacity=(room := site.booked(item.id) + 10), web_capacity=room)
    world.set_offer(SITE, item.id, terms(limit=len(market_visits(site, item.id)) + 4))
    people = [number for number in site.clients if not site.holds(item.id, number)]
    for number in people[:10]:
        world.book(SITE, item.id, number)
    with pytest.raises(Refused):
        world.book(SITE, item.id, people[10])


def test_premium_spots_go_when_the_standard_ones_are_gone() -> None:
    world = small_world(NOON)
    ids = list_everywhere(world, terms(limit=1, rate="7.00", premium_limit=5, premium_rate=Decimal("9.00")))
    world.advance(NOON + WEEK)
    premium = [visit for number in ids for visit in market_visits(world.site(SITE), number) if visit.premium]
    assert premium
    assert {visit.rate for visit in premium} == {Decimal("9.00")}


def test_a_dearer_rate_sells_less() -> None:
    sold = []
    for rate in ("6.00", "13.00", "20.00", "60.00"):
        world = small_world(NOON)
        ids = list_everywhere(world, terms(limit=30, rate=rate))
        world.advance(NOON + WEEK)
        sold.append(sum(visit.booked_at > NOON for number in ids for visit in market_visits(world.site(SITE), number)))
    assert sold == sorted(sold, reverse=True)
    assert sold[0] > sold[2] > sold[3] == 0


def test_hand_given_allotments_end_with_the_first_offer(world: World) -> None:
    site = world.site(SITE)
    item = coming(world, site)[-1]
    world.set_offer(SITE, item.id, terms(limit=0))
    world.advance(NOON + WEEK)
    assert not any(v.booked_at > NOON for number in site.classes for v in market_visits(site, number))


def test_without_offers_the_allotments_of_before_go_on(world: World) -> None:
    world.advance(NOON + timedelta(days=21))
    site = world.site(SITE)
    assert any(v.booked_at > NOON for number in site.classes for v in market_visits(site, number))


def test_nothing_is_sold_of_hidden_classes_and_those_without_a_capacity(world: World) -> None:
    site = world.site(SITE)
    odd = [i.id for i in site.classes.values() if i.starts_at > NOON and (i.hidden or i.max_capacity is None)]
    assert odd
    for number in odd:
        world.set_offer(SITE, number, terms(limit=30, rate="1.00"))
    world.advance(NOON + WEEK)
    assert not any(market_visits(site, number) for number in odd)


@settings(max_examples=6, deadline=None)
@given(limit=st.integers(0, 30), rate=st.integers(4, 16))
def test_the_same_direct_clients_arrive_whatever_is_listed(limit: int, rate: int) -> None:
    world = small_world(NOON)
    list_everywhere(world, terms(limit=limit, rate=str(rate)))
    world.advance(NOON + WEEK)
    assert world.truth(SITE).arrived == bare_week().arrived


def test_direct_clients_are_lost_only_where_the_marketplace_filled_the_room() -> None:
    world, bare = small_world(NOON), small_world(NOON, marketplace=False)
    ids = list_everywhere(world, terms(limit=30, rate="2.00"))
    for each in (world, bare):
        for number in ids:
            each.set_capacity(SITE, number, max_capacity=7, web_capacity=None)
        each.advance(NOON + WEEK)
    site = world.site(SITE)
    lost = displaced(world.truth(SITE), bare.truth(SITE), ids)
    assert lost
    for class_id, _ in lost:
        assert any(site.seller_of(visit) is Seller.MARKETPLACE for visit in site.visits_of(class_id))


def test_nobody_is_displaced_where_nothing_is_listed() -> None:
    world = small_world(NOON)
    ids = list_everywhere(world, terms(limit=0))
    untouched = {number for number in ids if not world.site(SITE).visits_of(number)}
    world.advance(NOON + WEEK)
    lost: set[ArrivalKey] = displaced(world.truth(SITE), bare_week(), untouched)
    assert not lost


def test_the_higher_sequence_wins_and_the_same_again_changes_nothing(world: World) -> None:
    class_id = coming(world, world.site(SITE))[0].id
    first = world.set_offer(SITE, class_id, terms(sequence=5))
    assert world.set_offer(SITE, class_id, terms(sequence=5)) is first
    for stale in (terms(sequence=4), terms(sequence=5, limit=9)):
        with pytest.raises(Refused) as refusal:
            world.set_offer(SITE, class_id, stale)
        assert refusal.value.reason is Reason.STALE_SEQUENCE
    assert world.offer(SITE, class_id) == first
    assert world.set_offer(SITE, class_id, terms(sequence=6, limit=9)).limit == 9


@pytest.mark.parametrize(
    "wrong",
    [
        terms(limit=-1),
        terms(rate="-0.01"),
        terms(rate="NaN"),
        terms(rate="Infinity"),
        terms(currency="EUR"),
        terms(premium_limit=2),
        terms(sequence=-1),
    ],
)
def test_terms_without_sense_are_refused_and_nothing_is_held(world: World, wrong: Terms) -> None:
    class_id = coming(world, world.site(SITE))[0].id
    with pytest.raises(Refused) as refusal:
        world.set_offer(SITE, class_id, wrong)
    assert refusal.value.reason is Reason.BAD_OFFER
    assert world.offer(SITE, class_id) is None


def test_an_offer_for_an_unknown_class_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        world.set_offer(SITE, 1, terms())
    assert refusal.value.reason is Reason.UNKNOWN_CLASS
