"""Days of the sandbox sold through the channel by marketplaces that know only its documentation, over real HTTP."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask

from adapter.marketplace.payouts.days import days_from
from adapter.marketplace.payouts.view import OWED, period_of
from adapter.store.calendar import one_session
from adapter.store.tables import ChannelReservation, Reservation, RunKind, Session
from benchmarks.marketplace import STANDING, Marketplace
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, decide, done
from tests.sync.selling import seller_of

STEPS, HOURS = 3, 6  # benchmarks/bench_channel.py does the whole week
FLOOR = Decimal("7.50")


def test_two_marketplaces_sell_what_is_free_and_all_books_agree(
    mirrored: Road, sandbox: LiveSandbox, app: Flask, served: str
) -> None:
    mirrored.agree(premium=True, rate_floor=FLOOR)
    decide(mirrored)
    done(mirrored.do(RunKind.PUSH))
    sellers = []
    for seed, name in enumerate(("alpha", "beta")):
        token = seller_of(mirrored, app, name).headers["Authorization"].removeprefix("Bearer ")
        sellers.append(Marketplace(name, f"{served}/channel/v1", token, seed))
    for _ in range(STEPS):
        for seller in sellers:
            seller.follow()
            seller.sell(7)
            seller.cancel_some(0.1)
        sandbox.advance(hours=HOURS)
        done(mirrored.do(RunKind.PULL))
        done(mirrored.do(RunKind.SELL))
        done(mirrored.do(RunKind.DECIDE))
        done(mirrored.do(RunKind.PUSH))
    for seller in sellers:
        seller.check()
    agree(mirrored, sandbox, sellers)


def agree(road: Road, sandbox: LiveSandbox, sellers: list[Marketplace]) -> None:
    """No oversell, nothing below the floor, and the marketplaces', our, the platform's and the page's books are one."""
    sold = [held for seller in sellers for held in seller.books.values()]
    standing = [held for held in sold if held["state"] in STANDING]
    assert len(standing) > 20
    assert all(Decimal(held["payout"]) >= FLOOR for held in sold)
    ours = {row.caller_id: row for row in road.all(ChannelReservation)}
    assert {key: held["state"] for seller in sellers for key, held in seller.books.items()} == {
        key: row.state.value for key, row in ours.items() if key in {k for s in sellers for k in s.books}
    }
    owed = sum((row.payout for row in ours.values() if row.state.value in STANDING), Decimal(0))
    assert owed == sum((seller.payouts() for seller in sellers), Decimal(0))
    mails = {
        mail for seller in sellers for key, mail in seller.guests.items() if seller.books[key]["state"] in STANDING
    }
    visits = [visit for visit in sandbox.site.visits.values() if visit.active]
    there = [
        email
        for visit in visits
        if (email := sandbox.site.clients[visit.client_id].email or "").endswith("guests.example")
    ]
    assert sorted(there) == sorted(mails)
    for item in sandbox.site.classes.values():
        assert item.max_capacity is None or sandbox.site.booked(item.id) <= item.max_capacity
    mirrored_rates = {row.external_id: row.rate for row in road.all(Reservation)}
    linked = [row for row in ours.values() if row.platform_id in mirrored_rates]
    assert linked
    assert all(mirrored_rates[str(row.platform_id)] == row.payout for row in linked)
    with road.ctx.store.read() as db:
        period = period_of(db, 1, days_from(None, None, road.ctx.now().date()), road.ctx.now())
        paid = {each.sold.caller_id: (each.amount, each.product) for each in period.places if each.sold}
        assert paid
        for key, (amount, product) in paid.items():
            assert (amount, product) == (ours[key].payout * 100 if ours[key].state in OWED else 0, ours[key].product)
        for number in {held["session_id"] for held in standing}:
            session = db.get_one(Session, number)
            if session.starts_at > road.ctx.now():
                places = one_session(db, number).places
                assert places.taken == sandbox.site.booked(int(session.external_id))
