"""What a marketplace is told of one class, as what it is sold, and what refuses it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask

from adapter.marketplace.sellers import agree, marketplace_named
from adapter.steering.push_mode import switch_push_mode
from adapter.store.tables import (
    Connection,
    Market,
    MarketPlan,
    Model,
    PushMode,
    Refusal,
    ReservationState,
    RunKind,
)
from sync.deciding.decide import replay, stored
from sync.deciding.models import load_tools
from sync.deciding.verdicts import verdicts
from tests.sync.conftest import Road, done
from tests.sync.selling import Seller, go_stale, list_with_premium, listed_with, row_of, seller_of, start_class


def test_a_quote_is_its_marketplaces_alone_and_is_spent_once(shop: Seller, app: Flask) -> None:
    session = listed_with(shop.road, 3).session_id
    order = shop.order(session)
    stolen = seller_of(shop.road, app, "beta").send(order)
    assert (stolen.status_code, "quote" in stolen.json["errors"]["json"]) == (422, True)
    assert shop.send(order).status_code == 201
    again = shop.send(order | {"id": "second", "guest": {"name": "B", "email": "b@example.org"}})
    assert (again.status_code, again.json["refusal"]) == (409, "rate_changed")
    assert row_of(shop, "second").state is ReservationState.REFUSED


def _pause(road: Road, _: int) -> None:
    with road.ctx.store.write() as db:
        row = db.get_one(Connection, road.connection_id)
        switch_push_mode(db, row, PushMode.PAUSED, actor="test", now=road.ctx.now())


def _raise_floor(road: Road, _: int) -> None:
    road.agree(rate_floor=Decimal("17.99"), rate_ceiling=Decimal(18))


def _age(road: Road, _: int) -> None:
    road.time[0] += timedelta(minutes=3)


def _withdraw(road: Road, _: int) -> None:
    with road.ctx.store.write() as db:
        studio = db.get_one(Connection, road.connection_id).studio_id
        agree(db, marketplace_named(db, "alpha"), studio, road.ctx.now(), sells=False, trials=None)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_pause, Refusal.PAUSED),
        (go_stale, Refusal.PAUSED),
        (_raise_floor, Refusal.RATE_CHANGED),
        (_age, Refusal.RATE_CHANGED),
        (start_class, Refusal.STARTED),
        (_withdraw, Refusal.NOT_LISTED),
    ],
)
def test_what_changed_since_the_quote_refuses(
    shop: Seller, change: Callable[[Road, int], None], refusal: Refusal
) -> None:
    session = listed_with(shop.road).session_id
    order = shop.order(session)
    change(shop.road, session)
    answer = shop.send(order)
    assert (answer.status_code, answer.json["state"], answer.json["refusal"]) == (409, "refused", refusal.value)
    assert "floor" not in answer.text
    if change in (_pause, start_class, _withdraw):
        assert shop.offers()[session]["spots"] == 0
        assert shop.quote(session).json["refusal"] == refusal.value


def test_pr_02_the_plans_limit_makes_a_visit_premium(shop: Seller) -> None:
    road = shop.road
    with road.ctx.store.write() as db:
        market = db.query(Market).one().id
        db.add(MarketPlan(market_id=market, name="three", price=Decimal(49), credits=27, visits_per_month=1))
    standard = listed_with(road, 2)
    both = next(
        row
        for row in road.latest().values()
        if row.premium_spots and row.spots and row.session_id != standard.session_id
    )
    guest = {"plan": "three", "guest_email": "ana@example.org"}
    late = shop.order(both.session_id, plan="three", email="ana@example.org")  # quoted before the limit was reached
    assert shop.sell(standard.session_id, plan="three", email="ana@example.org").status_code == 201
    assert shop.send(late).json["refusal"] == "limit_reached"
    told = shop.quote(both.session_id, **guest).json
    assert (told["product"], told["reasons"], told["premium"]) == ("premium", ["a"], True)
    assert Decimal(told["payout"]) == both.premium_rate > both.rate
    assert shop.quote(both.session_id, plan="none").status_code == 422


def test_sr_04_two_guests_at_one_instant_are_quoted_the_same(shop: Seller) -> None:
    """Trap 17."""
    session = listed_with(shop.road, 3).session_id
    told = [shop.quote(session, guest_email=email).json for email in ("ana@example.org", "ben@example.org")]
    for quote in told:
        assert quote.pop("quote")
    assert told[0] == told[1]
    assert told[0]["product"] == "standard"


def test_al_01_a_la_carte_is_sold_in_money_and_takes_a_premium_place(shop: Seller) -> None:
    row = next(row for row in shop.road.latest().values() if row.premium_spots)
    before = shop.spots(row.session_id)
    made = shop.sell(row.session_id, a_la_carte=True).json
    assert (made["product"], made["credits"], made["premium"]) == ("a_la_carte", None, True)
    assert Decimal(made["price"]) >= Decimal(made["payout"]) / Decimal("0.75")
    assert shop.spots(row.session_id) == (before[0], before[1] - 1)


def test_sr_07_a_trial_needs_the_studios_word_and_is_a_first_visit(shop: Seller) -> None:
    road, session = shop.road, listed_with(shop.road, 3).session_id
    assert shop.quote(session, trial=True).json["refusal"] == "not_listed"
    with road.ctx.store.write() as db:
        studio = db.get_one(Connection, road.connection_id).studio_id
        agree(db, marketplace_named(db, "alpha"), studio, road.ctx.now(), sells=None, trials=True)
    made = shop.sell(session, trial=True, email="new@example.org").json
    assert (made["product"], made["payout"], made["credits"]) == ("trial", "0.00", 0)
    second = shop.quote(session, trial=True, guest_email="new@example.org")
    assert second.json["refusal"] == "limit_reached"


def test_premium_is_the_studios_choice_and_its_decisions_replay_to_the_byte(mirrored: Road) -> None:
    """PR-01, PR-07."""
    list_with_premium(listed := mirrored)
    rows = [row for row in listed.latest().values() if row.premium_spots]
    assert rows
    for row in rows:
        assert row.premium_rate is not None
        assert row.premium_rate >= row.rate + Decimal("0.01")
        assert sum(part["value"] for part in row.explanation["parts"]) == row.spots
        assert replay(listed.ctx, row) == stored(row)
    listed.agree(premium=False)
    done(listed.do(RunKind.DECIDE))
    assert {row.premium_spots for row in listed.latest().values()} == {0}
    tools = load_tools(listed.ctx.config, listed.all(Model)[-1].digest)
    for row in listed.latest().values():
        assert sum(part["value"] for part in row.explanation["parts"]) == row.spots
        assert not [part for part in row.explanation["parts"] if "Premium" in part["label"]]
        assert replay(listed.ctx, row) == stored(row)
        if not row.spots and row.binding is None:
            assert (row.displacement_risk, row.expected_value) == (0, 0)  # nothing is offered: no premium spot either
    of_before = {row.session_id: {**row.inputs} for row in listed.latest().values()}
    for inputs in of_before.values():
        del inputs["premium_chosen"]  # a decision of before counted what the studio had not chosen, and still does
    again = verdicts(tools, of_before)
    assert {each.premium_spots for each in again.values()} == {0}
    assert any(again[row.session_id].displacement_risk > row.displacement_risk for row in listed.latest().values())
