"""What becomes of a reservation: booked once at the platform or on our ledger, whoever dies in between."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from adapter.marketplace import booking
from adapter.marketplace.ledger import follow_platform
from adapter.marketplace.payouts.days import month_of
from adapter.marketplace.payouts.telling import tell_period, tell_place
from adapter.marketplace.payouts.view import Period, period_of, period_then
from adapter.store.alerts import open_alerts
from adapter.store.calendar import Places, one_session
from adapter.store.tables import (
    AlertKind,
    ChannelReservation,
    Decision,
    Reservation,
    ReservationState,
    Run,
    RunKind,
    Session,
)
from adapter.store.then import session_then
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, decide, done
from tests.sync.selling import Seller, class_of, listed_with, row_of, seller_of, sold_there
from tests.sync.test_then import owner_of, words

MARCH = month_of(date(2026, 3, 1))


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


def test_the_platform_is_asked_in_real_time(shop: Seller, sandbox: LiveSandbox) -> None:
    """IN-04."""
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


def test_a_cancellation_frees_the_place_once_and_early_or_late_by_hours(shop: Seller, sandbox: LiveSandbox) -> None:
    road = shop.road
    rows = sorted((row for row in road.latest().values() if row.spots), key=lambda row: row.session_id)
    soon = next(each for each in rows if _starts(road, each) - road.ctx.now() < timedelta(hours=12))
    far = next(each for each in rows if _starts(road, each) - road.ctx.now() > timedelta(hours=12))
    for decision, state in ((far, "cancelled"), (soon, "late_cancelled")):
        before = shop.spots(decision.session_id)
        made = shop.send(
            shop.order(decision.session_id) | {"id": f"alpha/{state}/7?"}
        ).json  # any id is the caller's own
        address = quote(made["id"], safe="")
        assert shop.get(f"reservations/{address}").json["id"] == made["id"]
        cancellation = f"reservations/{address}/cancellation"
        first, again = (shop.post(cancellation, {}, key=made["id"]) for _ in range(2))
        assert (first.status_code, first.json["state"], first.json) == (200, state, again.json)
        assert shop.spots(decision.session_id) == before
    assert shop.cancel("nothing").status_code == 404
    assert shop.post("reservations/x/cancellation", {}, key="y").status_code == 422


def _starts(road: Road, decision: Decision) -> Any:
    with road.ctx.store.read() as db:
        return db.get_one(Session, decision.session_id).starts_at


@pytest.mark.parametrize("look", [{"kind": "dropped", "count": 8}, {"kind": "error", "status": 403, "count": 1}])
def test_f42_and_f43_a_lost_answer_is_looked_up_and_never_booked_again(
    shop: Seller, sandbox: LiveSandbox, look: dict[str, Any]
) -> None:
    road, session = shop.road, listed_with(shop.road, 3).session_id
    class_id = class_of(road, session)
    there, spots = sold_there(sandbox, class_id), shop.spots(session)[0]
    sandbox.faults({"kind": "lost", "path": "channel/bookings", "method": "POST", "count": 1})
    sandbox.faults({"path": "channel/bookings", "method": "GET", "skip": 1, **look})
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


def test_a_class_that_half_an_answer_does_not_hold_is_not_told_as_cancelled(shop: Seller, sandbox: LiveSandbox) -> None:
    session = listed_with(shop.road, 3).session_id
    sandbox.faults({"kind": "page_empty", "path": "/class/classes"})
    refused = shop.sell(session)
    assert (refused.status_code, refused.json["refusal"]) == (409, "platform_refused")
    assert "changed while it was read" in refused.json["detail"]


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
    seen = [told_of(road, session)]
    made = shop.sell(session, email="ana@example.org")
    seen.append(told_of(road, session))
    assert (made.status_code, made.json["state"], row_of(shop, made.json["id"]).on_ledger) == (201, "confirmed", True)
    assert sandbox.site.booked(class_of(road, session)) == there
    assert shop.spots(session)[0] == spots - 1
    with road.ctx.store.read() as db:
        places = one_session(db, session).places
        (alert,) = [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    assert "to enter there: 1." in alert.words
    sandbox.world.book_guest(sandbox.site.id, class_of(road, session), "Ana", "R", "ana@example.org", rate=Decimal(12))
    road.do(RunKind.PULL)
    seen.append(told_of(road, session))
    with road.ctx.store.read() as db:
        after = one_session(db, session).places
        assert (after.marketplace, after.taken) == (places.marketplace, places.taken)
        assert not [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    shop.cancel(made.json["id"])
    with road.ctx.store.read() as db:
        assert one_session(db, session).places.taken == places.taken  # until the studio takes the guest out
        (alert,) = [each for each in open_alerts(db) if each.kind is AlertKind.TO_ENTER]
    assert "to take out there: 1." in alert.words
    seen.append(told_of(road, session))
    assert [(told["unentered"], len(paid)) for _, (told, paid), _ in seen] == [(0, 0), (1, 0), (0, 1), (0, 1)]
    for at, told, taken in seen:
        with road.ctx.store.read() as db:
            assert tell_all(period_then(db, road.connection.studio_id, MARCH, at)) == told, "as of then, as told then"
            was = session_then(db, session, at)
        assert was is not None
        assert was.places == taken


def told_of(road: Road, session: int) -> tuple[datetime, Any, Places]:
    """What is told of the month's payouts and of a class's places, at an instant of its own."""
    road.time[0] += timedelta(seconds=1)
    with road.ctx.store.read() as db:
        told = tell_all(period_of(db, road.connection.studio_id, MARCH, road.ctx.now()))
        places = one_session(db, session).places
    road.time[0] += timedelta(seconds=1)
    return road.ctx.now() - timedelta(seconds=1), told, places


def tell_all(period: Period) -> Any:
    return tell_period(period, {}), [tell_place(place) for place in period.places]


def test_following_the_platform_twice_changes_nothing(shop: Seller) -> None:
    shop.sell(listed_with(shop.road).session_id)
    with shop.road.ctx.store.write() as db:
        assert follow_platform(db, shop.road.connection_id, shop.road.ctx.now()) == 0


def test_pd_02_pd_03_the_class_s_page_says_what_each_sale_is_and_how_often_its_guest_came(shop: Seller) -> None:
    road = shop.road
    number = next(row.session_id for row in road.latest().values() if row.premium_spots and row.spots)
    assert shop.sell(number, a_la_carte=True, email="ana@example.org").status_code == 201
    assert shop.sell(number, email="ben@example.org").status_code == 201
    one = road.all(ChannelReservation)[0]
    zone = ZoneInfo(road.connection.timezone)
    month = {row.id: row.starts_at.astimezone(zone).month for row in road.all(Session)}
    others = [session for session in month if session != number]
    same = [session for session in others if month[session] == month[number]][:2]
    before = [session for session in others if month[session] != month[number]][:9]
    copied = {column.key: getattr(one, column.key) for column in ChannelReservation.__table__.columns}
    with road.ctx.store.write() as db:
        for session in [*same, *before]:
            again = {"id": None, "caller_id": f"copy {session}", "quote_id": None, "platform_id": None}
            state = ReservationState.CANCELLED if session == before[-1] else ReservationState.ATTENDED
            db.add(ChannelReservation(**(copied | again | {"session_id": session, "state": state})))
    page = words(owner_of(road), f"/sessions/{number}")
    assert "Premium (d) 3 that month, 11 in all Confirmed" in page
    assert "Standard 1 that month, 1 in all Confirmed" in page
    assert "ana@" not in page
