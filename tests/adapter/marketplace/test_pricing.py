"""Credits and products by the worked examples of the requirements (A3, A4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.marketplace.cancelling import is_late
from adapter.marketplace.credits import Tariff, credits_of, price_of
from adapter.marketplace.offering import what_is_left
from adapter.marketplace.products import OnOffer, Sale, Wish, sale_of
from adapter.showing.currency import digits
from adapter.store.selling import Taken
from adapter.store.tables import Refusal, Rounding
from connectors.records import Channel, Product

A = Tariff(currency="USD", margin=Decimal("0.25"), credit_value=Decimal("1.90"))
B = Tariff(currency="USD", margin=Decimal("0.25"), credit_value=Decimal("1.20"))
OFFER = OnOffer(
    spots=4,
    rate=Decimal(12),
    premium_spots=2,
    premium_rate=Decimal("13.80"),
    currency="USD",
    listed=True,
)


def sold(wish: Wish, **changes: Any) -> Sale:
    found = sale_of(replace(OFFER, **changes), wish)
    assert isinstance(found, Sale)
    return found


@pytest.mark.parametrize(("payout", "market", "asked"), [("14.00", A, 10), ("9.00", A, 7), ("14.00", B, 16)])
def test_cd_01_and_cd_02_credits_follow_the_payout_by_market(payout: str, market: Tariff, asked: int) -> None:
    assert credits_of(Decimal(payout), market) == asked


def test_a_market_rounds_by_its_own_rule_and_a_class_never_costs_nothing() -> None:
    rules = {
        rule: Tariff(currency="USD", margin=A.margin, credit_value=A.credit_value, rounding=rule) for rule in Rounding
    }
    assert {rule.value: credits_of(Decimal(9), tariff) for rule, tariff in rules.items()} == {
        "up": 7,
        "nearest": 6,
        "down": 6,
    }
    assert credits_of(Decimal("0.10"), rules[Rounding.DOWN]) == 1
    assert credits_of(Decimal(0), A) == 0


def test_an_exact_quotient_is_not_rounded_up() -> None:
    """CD-01."""
    assert credits_of(Decimal("14.25"), A) == 10  # 14.25 / 0.75 = 19 = 10 x 1.90
    assert price_of(Decimal("14.00"), A) == Decimal("18.67")
    assert price_of(Decimal(1400), Tariff(currency="JPY", margin=A.margin, credit_value=Decimal(190))) == Decimal(1867)


AMOUNTS = st.decimals("0", "500", places=3) | st.decimals("500", "99999999", places=0)
TARIFFS = st.builds(
    Tariff,
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    margin=st.decimals("0", "0.99", places=4),
    credit_value=st.decimals("0.001", "500", places=3),
    rounding=st.sampled_from(Rounding),
)


@settings(max_examples=50)
@given(AMOUNTS, AMOUNTS, TARIFFS)
def test_a_higher_payout_never_costs_fewer_credits(one: Decimal, other: Decimal, tariff: Tariff) -> None:
    low, high = sorted((one, other))
    assert (low > 0) <= credits_of(low, tariff) <= credits_of(high, tariff)
    price, step = price_of(high, tariff), Decimal(1).scaleb(-digits(tariff.currency))
    assert price % step == 0
    assert price * (1 - tariff.margin) >= high > (price - step) * (1 - tariff.margin)


def test_a_guest_within_the_plan_gets_a_standard_spot() -> None:
    assert sold(Wish()) == Sale(Product.STANDARD, (), Decimal(12))


def test_pr_02_a_visit_beyond_the_plans_limit_is_premium() -> None:
    """Trap 17."""
    found = sold(Wish(limit_reached=True))
    assert (found.product, found.reasons, found.payout) == (Product.PREMIUM, ("a",), Decimal("13.80"))


def test_pr_03_sold_out_with_places_left_is_premium() -> None:
    assert sold(Wish(), spots=0).reasons == ("b",)


def test_pr_04_a_class_set_to_0_with_places_left_is_premium() -> None:
    assert sold(Wish(), spots=0, listed=False).reasons == ("c",)


def test_pr_05_a_la_carte_is_premium() -> None:
    found = sold(Wish(a_la_carte=True))
    assert (found.product, found.reasons, found.payout) == (Product.A_LA_CARTE, ("d",), Decimal("13.80"))
    assert price_of(sold(Wish(a_la_carte=True), premium_rate=Decimal(18)).payout, A) == 24


def test_pr_06_all_reasons_are_told_in_their_order() -> None:
    assert sold(Wish(a_la_carte=True), spots=0).reasons == ("d", "b")
    assert sold(Wish(a_la_carte=True, limit_reached=True), spots=0, listed=False).reasons == ("d", "a", "c")


@pytest.mark.parametrize(
    ("wish", "changes", "refusal"),
    [
        (Wish(limit_reached=True), {}, Refusal.LIMIT_REACHED),
        (Wish(a_la_carte=True), {}, Refusal.NOT_LISTED),
        (Wish(), {"spots": 0}, Refusal.SOLD_OUT),
        (Wish(), {"spots": 0, "listed": False}, Refusal.NOT_LISTED),
        (Wish(limit_reached=True), {"closed": Refusal.PAUSED}, Refusal.PAUSED),
        (Wish(trial=True), {"spots": 0}, Refusal.SOLD_OUT),
    ],
)
def test_without_premium_spots_the_refusal_says_what_was_missing(
    wish: Wish, changes: dict[str, Any], refusal: Refusal
) -> None:
    assert sale_of(replace(OFFER, premium_spots=0, premium_rate=None, **changes), wish) is refusal


def test_sr_07_a_trial_pays_nothing_and_takes_a_standard_spot() -> None:
    assert sold(Wish(trial=True)) == Sale(Product.TRIAL, (), Decimal(0))


@pytest.mark.parametrize(
    ("starts", "asked", "policy", "late"),
    [
        ("2026-03-10T09:00", "2026-03-09T21:00", None, False),  # 12 h
        ("2026-03-10T09:00", "2026-03-09T21:01", 24, True),  # a longer policy asks no more than 12 h
        ("2026-03-10T09:00", "2026-03-10T01:00", 6, False),  # 8 h
        ("2026-03-10T09:00", "2026-03-10T04:00", 6, True),  # 5 h
        ("2025-03-09T09:00", "2025-03-08T20:30", None, True),  # GQ-03: an hour was skipped, 11.5 h
        ("2025-11-02T09:00", "2025-11-01T21:30", None, False),  # GQ-03: an hour came twice, 12.5 h
    ],
)
def test_gq_02_and_gq_03_early_or_late_is_a_matter_of_elapsed_hours(
    starts: str, asked: str, policy: int | None, late: bool
) -> None:
    zone = ZoneInfo("America/New_York")
    times = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (starts, asked))
    assert is_late(*times, policy) is late


COUNTS = st.integers(0, 30)
MAYBE = st.none() | COUNTS


@settings(max_examples=100)
@given(MAYBE, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.booleans(), MAYBE, MAYBE)
def test_never_more_is_left_than_is_free_or_listed_and_a_sale_never_adds(
    capacity: int | None,
    spots: int,
    premium: int,
    before: int,
    direct: int,
    standard: int,
    further: int,
    as_premium: bool,
    in_force: int | None,
    booked: int | None,
) -> None:
    listed = SimpleNamespace(
        spots=spots,
        rate=Decimal(12),
        premium_spots=premium,
        premium_rate=Decimal(14) if premium else None,
        limit=spots + before,
        premium_limit=premium,
        capacity=capacity,
        booked=booked,
        currency="USD",
    )
    taken = Taken(others={Channel.DIRECT: direct}, standard=standard, premium=further)
    left = what_is_left(listed, taken, in_force)
    total = left.spots + left.premium_spots
    assert total <= max(0, (capacity or 0) - max(direct + standard + further, booked or 0))
    assert in_force is None or total <= max(0, in_force - standard - further)
    assert total <= max(0, listed.limit + premium - standard - further)
    assert left.spots <= spots
    assert left.premium_spots <= premium
    after = replace(taken, **({"premium": further + 1} if as_premium else {"standard": standard + 1}))
    sold = what_is_left(listed, after, in_force)
    assert sold.spots + sold.premium_spots <= total
    assert what_is_left(listed, taken, in_force) == left


def test_n_10_each_of_two_marketplaces_is_shown_the_smaller_of_its_list_and_what_is_left() -> None:
    listed = SimpleNamespace(
        spots=4, rate=Decimal(12), premium_spots=0, premium_rate=None, limit=4, premium_limit=0, capacity=20
    )
    listed.booked, listed.currency = None, "USD"
    shown = [
        what_is_left(listed, Taken(others={Channel.DIRECT: direct}, standard=sold)).spots
        for direct, sold in ((15, 0), (15, 1), (18, 1), (15, 4), (20, 0))
    ]
    assert shown == [4, 3, 1, 0, 0]
