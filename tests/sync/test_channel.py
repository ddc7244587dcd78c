"""The channel: what a marketplace is shown, sold, refused and told, on both databases and over a living platform."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from adapter.marketplace import booking
from adapter.marketplace.feed import announce_connection, announce_due
from adapter.marketplace.ledger import follow_platform
from adapter.marketplace.offering import offered
from adapter.marketplace.sellers import agree, marketplace_named
from adapter.steering.push_mode import switch_push_mode
from adapter.store.alerts import open_alerts
from adapter.store.calendar import one_session
from adapter.store.tables import (
    AlertKind,
    ChannelReservation,
    Connection,
    Decision,
    Market,
    MarketPlan,
    Model,
    Push,
    PushMode,
    PushState,
    Refusal,
    Reservation,
    ReservationState,
    Role,
    Run,
    RunKind,
    Session,
)
from connectors.sandbox.market.state import Seller as SoldBy
from sync.deciding.decide import decide as decide_now
from sync.deciding.decide import replay, stored
from sync.deciding.models import load_tools
from sync.deciding.verdicts import verdicts
from sync.pulling.streams import settle_rows
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import bearer
from tests.sync.conftest import Kept, Road, decide, done
from tests.sync.selling import Seller, listed_with, offer_all, seller_of


@pytest.fixture
def listed(mirrored: Road, kept: Kept) -> Road:
    """The mirrored studio, live and decided for, with Premium chosen."""

    kept("listed", lambda: list_with_premium(mirrored))
    return mirrored


def list_with_premium(road: Road) -> None:
    """So wary of displacing direct clients that some places are worth only the premium rate."""
    road.agree(premium=True, displacement_weight=6.0, rate_ceiling=Decimal(24))
    done(road.do(RunKind.TRAIN))
    decide(road)


@pytest.fixture
def shop(listed: Road, sandbox: LiveSandbox, app: Flask) -> Seller:
    """A marketplace at it; the platform holds what was decided."""
    offer_all(listed, sandbox)
    return seller_of(listed, app)


def announced(road: Road) -> int:
    with road.ctx.store.write() as db:
        return announce_due(db, road.ctx.now())


def row_of(shop: Seller, reservation: str) -> ChannelReservation:
    (row,) = shop.road.all(ChannelReservation, ChannelReservation.caller_id == reservation)
    assert isinstance(row, ChannelReservation)
    return row


def class_of(road: Road, session_id: int) -> int:
    with road.ctx.store.read() as db:
        return int(db.get_one(Session, session_id).external_id)


def sold_there(sandbox: LiveSandbox, class_id: int) -> int:
    return sandbox.site.sold_by(class_id, SoldBy.MARKETPLACE)


def test_the_feed_tells_what_is_on_offer_and_never_a_floor(shop: Seller) -> None:
    answer = shop.get("offers?limit=1000")
    told = {item["session_id"]: item for item in answer.json["items"]}
    with shop.road.ctx.store.read() as db:
        current = offered(db, list(shop.road.latest()), shop.road.ctx.now())
    open_now = {number: each.offer for number, each in current.items() if each.offer.spots or each.offer.premium_spots}
    assert {number for number, item in told.items() if item["spots"] or item["premium_spots"]} == set(open_now)
    for number, offer in open_now.items():
        assert (told[number]["spots"], told[number]["premium_spots"]) == (offer.spots, offer.premium_spots)
    assert any(item["premium_spots"] for item in told.values())
    assert all(item["credits"] for item in told.values() if item["spots"])
    assert b"floor" not in answer.data
    assert b"7.5" not in answer.data.replace(b'"7.50"', b"")  # as a rate somebody is paid it may stand there


def test_a_raise_is_sold_once_the_platform_holds_it_and_a_cut_at_once(listed: Road, app: Flask) -> None:
    shop, decision = seller_of(listed, app), listed_with(listed)
    session, cursor = decision.session_id, shop.get("offers?limit=1000").json["next_cursor"]
    assert shop.spots(session) == (0, 0)  # decided, and refused there by now
    assert shop.quote(session).json["refusal"] == "not_listed"
    with listed.ctx.store.write() as db:
        db.execute(update(Push).where(Push.session_id != session).values(state=PushState.SUPERSEDED))
    done(listed.do(RunKind.PUSH))
    both = decision.spots, decision.premium_spots
    (told,) = shop.get(f"offers?cursor={cursor}").json["items"]
    assert (told["session_id"], told["spots"], told["premium_spots"]) == (session, *both)
    for spots, shown in ((decision.spots + 2, both), (1, (1, decision.premium_spots))):
        with listed.ctx.store.write() as db:
            row = db.get_one(Decision, decision.id)
            row.limit, row.spots = row.limit - row.spots + spots, spots
            announce_connection(db, listed.connection_id, listed.ctx.now())
        assert sum(shop.spots(session)) == sum(shown)


def test_a_sale_is_booked_at_the_platform_and_counted_once(shop: Seller, sandbox: LiveSandbox) -> None:
    road, decision = shop.road, listed_with(shop.road)
    session, class_id = decision.session_id, class_of(shop.road, decision.session_id)
    before, there = shop.spots(session), sold_there(sandbox, class_id)
    made = shop.sell(session)
    assert (made.status_code, made.json["state"], made.json["payout"]) == (201, "confirmed", f"{decision.rate:.2f}")
    assert sold_there(sandbox, class_id) == there + 1
    assert shop.spots(session) == (before[0] - 1, before[1])
    with road.ctx.store.read() as db:
        places = one_session(db, session).places
    done(road.do(RunKind.RESYNC, session=session))
    with road.ctx.store.read() as db:
        assert one_session(db, session).places == places
    (mirrored_row,) = road.all(Reservation, Reservation.external_id == row_of(shop, made.json["id"]).platform_id)
    assert mirrored_row.rate == decision.rate  # the quote's (SR-09)
    assert shop.spots(session) == (before[0] - 1, before[1])
    assert [run for run in road.all(Run) if run.kind is RunKind.SELL]


def test_the_same_request_again_is_the_same_reservation(shop: Seller, sandbox: LiveSandbox) -> None:
    session = listed_with(shop.road).session_id
    order = shop.order(session)
    first, again = shop.send(order), shop.send(order)
    assert (first.status_code, first.json) == (again.status_code, again.json)
    other = shop.send(order | {"guest": {"name": "Somebody", "email": "else@example.org"}})
    assert (other.status_code, other.mimetype) == (409, "application/problem+json")
    assert shop.post("reservations", order, key="another").status_code == 422
    assert shop.post("reservations", order).status_code == 422
    assert len(shop.road.all(ChannelReservation)) == 1


def test_n_10_two_marketplaces_share_one_budget(shop: Seller, app: Flask, sandbox: LiveSandbox) -> None:
    other = seller_of(shop.road, app, "beta")
    session = listed_with(shop.road, 3).session_id
    spots = shop.spots(session)[0]
    assert other.spots(session)[0] == spots
    assert shop.sell(session).status_code == other.sell(session).status_code == 201
    assert shop.spots(session)[0] == other.spots(session)[0] == spots - 2
    assert other.get(f"reservations/{shop.road.all(ChannelReservation)[0].caller_id}").status_code == 404


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


def _start(road: Road, session: int) -> None:
    with road.ctx.store.write() as db:
        db.get_one(Session, session).starts_at = road.ctx.now()


def _age(road: Road, _: int) -> None:
    road.time[0] += timedelta(minutes=3)


def _go_stale(road: Road, _: int) -> None:
    road.set(last_pulled_at=road.ctx.now() - timedelta(hours=2))


def _withdraw(road: Road, _: int) -> None:
    with road.ctx.store.write() as db:
        studio = db.get_one(Connection, road.connection_id).studio_id
        agree(db, marketplace_named(db, "alpha"), studio, road.ctx.now(), sells=False, trials=None)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_pause, Refusal.PAUSED),
        (_go_stale, Refusal.PAUSED),
        (_raise_floor, Refusal.RATE_CHANGED),
        (_age, Refusal.RATE_CHANGED),
        (_start, Refusal.STARTED),
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
    if change in (_pause, _start, _withdraw):
        assert shop.offers()[session]["spots"] == 0
        assert shop.quote(session).json["refusal"] == refusal.value


def test_the_platform_is_asked_in_real_time(shop: Seller, sandbox: LiveSandbox) -> None:
    road = shop.road
    full, gone, *_ = [row.session_id for row in road.latest().values() if row.spots >= 2]
    orders = {session: shop.order(session) for session in (full, gone)}
    item = sandbox.site.classes[class_of(road, full)]
    item.max_capacity = item.web_capacity = sandbox.site.booked(item.id)
    sandbox.world.cancel_class(sandbox.site.id, class_of(road, gone))
    assert shop.send(orders[full]).json["refusal"] == "sold_out"
    assert shop.send(orders[gone]).json["refusal"] == "cancelled"
    assert {row.state for row in road.all(ChannelReservation)} == {ReservationState.REFUSED}


def test_a_guest_is_booked_in_a_class_once(shop: Seller) -> None:
    session = listed_with(shop.road, 3).session_id
    assert shop.sell(session, email="Ana@Example.org").status_code == 201
    again = shop.sell(session, email=" ana@example.org")
    assert (again.status_code, again.json["refusal"]) == (409, "already_booked")


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


def test_a_cancellation_frees_the_place_once_and_early_or_late_by_hours(shop: Seller, sandbox: LiveSandbox) -> None:
    road = shop.road
    rows = sorted((row for row in road.latest().values() if row.spots), key=lambda row: row.session_id)
    soon = next(each for each in rows if _starts(road, each) - road.ctx.now() < timedelta(hours=12))
    far = next(each for each in rows if _starts(road, each) - road.ctx.now() > timedelta(hours=12))
    for decision, state in ((far, "cancelled"), (soon, "late_cancelled")):
        before = shop.spots(decision.session_id)
        made = shop.sell(decision.session_id).json
        first, again = shop.cancel(made["id"]), shop.cancel(made["id"])
        assert (first.status_code, first.json["state"], first.json) == (200, state, again.json)
        assert shop.spots(decision.session_id) == before
    assert shop.cancel("nothing").status_code == 404
    assert shop.post("reservations/x/cancellation", {}, key="y").status_code == 422


def _starts(road: Road, decision: Decision) -> Any:
    with road.ctx.store.read() as db:
        return db.get_one(Session, decision.session_id).starts_at


def test_f42_and_f43_a_lost_answer_is_looked_up_and_never_booked_again(shop: Seller, sandbox: LiveSandbox) -> None:
    road, session = shop.road, listed_with(shop.road, 3).session_id
    class_id = class_of(road, session)
    there, spots = sold_there(sandbox, class_id), shop.spots(session)[0]
    sandbox.faults({"kind": "lost", "path": "channel/bookings", "method": "POST", "count": 1})
    sandbox.faults({"kind": "dropped", "path": "channel/bookings", "method": "GET", "skip": 1, "count": 8})
    order = shop.order(session)
    made = shop.send(order)
    assert (made.status_code, made.json["state"]) == (202, "requested")
    assert shop.send(order).status_code == 202
    assert shop.spots(session)[0] == spots - 1  # held meanwhile
    sandbox.mend()
    road.time[0] += timedelta(seconds=11)
    done(road.do(RunKind.SELL))
    assert shop.get(f"reservations/{order['id']}").json["state"] == "confirmed"
    assert sold_there(sandbox, class_id) == there + 1
    assert shop.cancel(order["id"]).json["state"] in ("cancelled", "late_cancelled")
    assert sold_there(sandbox, class_id) == there


def test_a_reservation_whose_process_died_is_settled_by_the_engine(shop: Seller, sandbox: LiveSandbox) -> None:
    """Killed between the hold and the call: it was never booked, so after three looks the place is free again."""
    road, session = shop.road, listed_with(shop.road, 3).session_id
    spots, order = shop.spots(session)[0], shop.order(session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adapter.marketplace.booking.book", _die)
        with pytest.raises(KeyboardInterrupt):
            shop.send(order)
    assert shop.spots(session)[0] == spots - 1
    for minutes in (6, 1, 3):
        road.time[0] += timedelta(minutes=minutes)
        done(road.do(RunKind.SELL))
    assert shop.get(f"reservations/{order['id']}").json["refusal"] == "platform_refused"
    assert shop.spots(session)[0] >= spots - 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_process_that_died_after_it_had_booked_is_looked_up_and_the_place_sold_once(
    shop: Seller, sandbox: LiveSandbox
) -> None:
    road, session = shop.road, listed_with(shop.road, 3).session_id
    there, order, book = sold_there(sandbox, class_of(road, session)), shop.order(session), booking.book

    def book_and_die(*given: Any) -> None:
        book(*given)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adapter.marketplace.booking.book", book_and_die)
        with pytest.raises(KeyboardInterrupt):
            shop.send(order)
    assert sold_there(sandbox, class_of(road, session)) == there + 1
    assert shop.send(order).status_code == 202  # asked again by the marketplace: held, and not booked again
    road.time[0] += timedelta(minutes=6)
    done(road.do(RunKind.SELL))
    assert shop.get(f"reservations/{order['id']}").json["state"] == "confirmed"
    assert sold_there(sandbox, class_of(road, session)) == there + 1


def test_f47_a_cancellation_during_the_booking_ends_cancelled(shop: Seller, sandbox: LiveSandbox) -> None:
    session = listed_with(shop.road, 3).session_id
    there, book = sold_there(sandbox, class_of(shop.road, session)), booking.book
    order = shop.order(session)

    def book_slowly(*given: Any) -> Any:
        assert shop.cancel(order["id"]).status_code == 202
        return book(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adapter.marketplace.booking.book", book_slowly)
        assert shop.send(order).json["state"] in ("cancelled", "late_cancelled")
    assert sold_there(sandbox, class_of(shop.road, session)) == there


def test_what_the_platform_says_later_holds(shop: Seller, sandbox: LiveSandbox) -> None:
    road, session = shop.road, listed_with(shop.road, 3).session_id
    came, cancelled = (row_of(shop, shop.sell(session).json["id"]) for _ in range(2))
    assert came.platform_id is not None
    assert cancelled.platform_id is not None
    sandbox.world.mark(sandbox.site.id, int(came.platform_id), came=True)
    sandbox.world.cancel(sandbox.site.id, int(cancelled.platform_id), late=False)
    road.time[0] += timedelta(minutes=6)
    done(road.do(RunKind.RESYNC, session=session))
    states = {row.id: row.state for row in road.all(ChannelReservation)}
    assert (states[came.id], states[cancelled.id]) == (ReservationState.ATTENDED, ReservationState.CANCELLED)


def test_without_book_it_stands_on_our_ledger_until_the_studio_enters_it(
    elsewhere: Road, sandbox: LiveSandbox, app: Flask
) -> None:
    elsewhere.agree(premium=True)
    decide(elsewhere)
    shop, road = seller_of(elsewhere, app), elsewhere
    session = listed_with(road, 3).session_id
    spots, there = shop.spots(session)[0], sandbox.site.booked(class_of(road, session))
    made = shop.sell(session, email="ana@example.org")
    assert (made.status_code, made.json["state"], row_of(shop, made.json["id"]).on_ledger) == (201, "confirmed", True)
    assert sandbox.site.booked(class_of(road, session)) == there
    assert shop.spots(session)[0] == spots - 1
    with road.ctx.store.read() as db:
        places = one_session(db, session).places
        (alert,) = [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    assert "to enter there: 1." in alert.words
    sandbox.world.book_guest(sandbox.site.id, class_of(road, session), "Ana", "R", "ana@example.org", rate=Decimal(12))
    road.do(RunKind.PULL)
    with road.ctx.store.read() as db:
        after = one_session(db, session).places
        assert (after.marketplace, after.taken) == (places.marketplace, places.taken)
        assert not [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    shop.cancel(made.json["id"])
    with road.ctx.store.read() as db:
        assert one_session(db, session).places.taken == places.taken  # until the studio takes the guest out
        (alert,) = [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    assert "to take out there: 1." in alert.words


def test_the_last_places_are_sold_once_however_many_ask_at_once(
    everywhere: Road, sandbox: LiveSandbox, app: Flask
) -> None:
    """First one class to its end, by two marketplaces; then many, while decisions are made and a consumer follows."""
    everywhere.agree(premium=False)
    decide(everywhere)
    offer_all(everywhere, sandbox)
    shop, other = seller_of(everywhere, app), seller_of(everywhere, app, "beta")
    decision = min((row for row in everywhere.latest().values() if row.spots), key=lambda row: row.spots)
    spots = shop.spots(decision.session_id)[0]
    class_id = class_of(everywhere, decision.session_id)
    there = sold_there(sandbox, class_id)
    orders = [(each, each.order(decision.session_id)) for _ in range(spots + 5) for each in (shop, other)]
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(send_alone, orders))
    assert answers == {(201, None): spots, (409, "sold_out"): len(orders) - spots}
    assert sold_there(sandbox, class_id) == there + spots
    assert shop.spots(decision.session_id) == other.spots(decision.session_id) == (0, 0)
    sell_while_deciding(shop, sandbox)


def sell_while_deciding(shop: Seller, sandbox: LiveSandbox) -> None:
    road, over = shop.road, threading.Event()
    sessions = [row.session_id for row in road.latest().values() if shop.spots(row.session_id)[0] >= 2][:6]
    orders = [(shop, shop.order(session)) for session in sessions for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        seen, decided = pool.submit(follow, copy_of(shop), over), pool.submit(decide_again, road, over)
        answers = list(pool.map(send_alone, orders))
        over.set()
    assert decided.result() > 0
    assert {refusal for _, refusal in answers} <= {None, "sold_out"}
    truth = shop.offers()
    assert seen.result() == {number: item["spots"] for number, item in truth.items()}
    with road.ctx.store.read() as db:
        current = offered(db, list(truth), road.ctx.now())
    assert seen.result() == {number: each.offer.spots for number, each in current.items()}
    items = [sandbox.site.classes[class_of(road, session)] for session in sessions]
    assert all(sandbox.site.booked(item.id) <= (item.max_capacity or 0) for item in items)


def copy_of(shop: Seller) -> Seller:
    """The same marketplace in another thread."""
    return Seller(shop.road, shop.client.application.test_client(), shop.name, shop.headers)


def send_alone(one: tuple[Seller, dict[str, Any]]) -> tuple[int, str | None]:
    answer = copy_of(one[0]).send(one[1])
    return answer.status_code, answer.json.get("refusal")


def follow(shop: Seller, over: threading.Event) -> dict[int, int]:
    """What a consumer of the feed knows of spots, once all is over and it has caught up."""
    seen: dict[int, int] = {}
    cursor = ""
    while True:
        last = over.is_set()
        page = shop.get(f"offers?limit=20&cursor={cursor}" if cursor else "offers?limit=20").json
        seen |= {item["session_id"]: item["spots"] for item in page["items"]}
        cursor = page["next_cursor"]
        if last and not page["more"]:
            return seen


def decide_again(road: Road, over: threading.Event) -> int:
    """Decide, and follow the platform, again and again; how often."""
    for times in itertools.count(1):
        decide_now(road.ctx, road.connection_id, now=road.ctx.now())
        with road.ctx.store.write() as db:
            settle_rows(db, road.connection_id, road.ctx.now())
        if over.is_set():
            return times
    raise AssertionError


def test_the_feed_can_be_resumed_anywhere_and_misses_nothing(shop: Seller) -> None:
    sessions = [row.session_id for row in shop.road.latest().values() if row.spots >= 2][:3]
    first = shop.get("offers?limit=2").json
    assert (len(first["items"]), first["more"]) == (2, True)
    whole, rest = shop.offers(), shop.offers(first["next_cursor"])
    assert {item["session_id"] for item in first["items"]} | set(rest) == set(whole)
    cursor = shop.get("offers?limit=1000").json["next_cursor"]
    assert shop.get(f"offers?cursor={cursor}").json == {"items": [], "next_cursor": cursor, "more": False}
    for session in sessions:
        shop.sell(session)
    later = shop.get(f"offers?cursor={cursor}").json["items"]
    assert [item["session_id"] for item in later] == sessions
    assert [item["spots"] for item in later] == [whole[session]["spots"] - 1 for session in sessions]
    assert shop.get("offers?cursor=nonsense").status_code == 400


def test_premium_is_the_studios_choice_and_its_decisions_replay_to_the_byte(mirrored: Road) -> None:
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


def test_following_the_platform_twice_changes_nothing(shop: Seller) -> None:
    shop.sell(listed_with(shop.road).session_id)
    with shop.road.ctx.store.write() as db:
        assert follow_platform(db, shop.road.connection_id, shop.road.ctx.now()) == 0


def test_no_other_role_opens_the_channel(shop: Seller) -> None:
    for role in set(Role) - {Role.MARKETPLACE}:
        headers = bearer(shop.road.ctx, role, None)
        assert shop.client.get("/channel/v1/offers", headers=headers).status_code == 403
        assert shop.client.post("/channel/v1/quotes", headers=headers, json={"session_id": 1}).status_code == 403


def test_what_time_alone_closes_is_told_by_the_feed(shop: Seller) -> None:
    session, cursor = listed_with(shop.road).session_id, shop.get("offers?limit=1000").json["next_cursor"]
    assert announced(shop.road) == 0
    _start(shop.road, session)
    announced(shop.road)
    told = shop.get(f"offers?cursor={cursor}").json["items"]
    assert [(item["session_id"], item["spots"], item["rate"]) for item in told] == [(session, 0, None)]
    _go_stale(shop.road, session)
    announced(shop.road)
    assert {item["spots"] for item in shop.offers().values()} == {0}
