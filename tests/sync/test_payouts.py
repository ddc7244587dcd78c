"""From the mirror to the payout ledger: 48 hours after class, once, whatever is killed, and as the guarantee has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from adapter.context import Context
from adapter.marketplace.payouts import ledger
from adapter.marketplace.payouts.comparing import Class
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.due import due_classes, settled_classes
from adapter.marketplace.payouts.exports import period_as_csv
from adapter.marketplace.payouts.ledger import append_settled
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.marketplace.payouts.shares import set_share
from adapter.marketplace.payouts.statements import compare_file, keep_compared
from adapter.marketplace.payouts.sums import totals_of
from adapter.marketplace.payouts.telling import tell_place
from adapter.marketplace.payouts.view import period_of
from adapter.marketplace.sellers import register_marketplace
from adapter.statements.entering import change_terms
from adapter.statements.making import make_statement
from adapter.statements.reservations import OF_STUDIO
from adapter.store.database import Store
from adapter.store.tables import (
    Base,
    ChannelReservation,
    Connection,
    EmailAddress,
    PayoutLine,
    Reservation,
    ReservationState,
    Run,
    RunKind,
    RunState,
    Session,
    SourceMapping,
    Venue,
)
from connectors.records import Channel, Outcome, Product
from sync.deciding import settle_run
from sync.engine import schedule
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.sync.conftest import Road, done

PERIOD = date(2025, 3, 10), date(2025, 6, 7)


def settle(ctx: Context, studio_id: int) -> None:
    """What a run does, without the run."""
    with ctx.store.write() as db:
        rules = rules_of(db, studio_id)
        for connection in db.scalars(select(Connection.id).where(Connection.studio_id == studio_id)):
            append_settled(db, rules, settled_classes(db, connection, ctx.now()), ctx.now())


def lines(store: Store, *where: Any) -> list[PayoutLine]:
    with store.read() as db:
        return list(db.scalars(select(PayoutLine).where(*where).order_by(PayoutLine.id)))


@pytest.fixture
def studio(ctx: Context) -> int:
    """Aurora, mirrored."""
    return mirror_aurora(ctx)


def mirror_aurora(ctx: Context) -> int:
    with ctx.store.write() as db:
        return mirror_case(db, ctx, "Aurora", aurora().case)


def agrees_with_itself(store: Store, studio: int) -> None:
    """What is shown, given back as a statement, is what was shown; and it is kept once."""
    with store.read() as db:
        period = period_of(db, studio, Days(*PERIOD), NOON)
        assert sum(place.amount for place in period.places) == 169_00
        compared = compare_file(db, studio, period_as_csv(period).encode(), "own.csv", period.days, NOON)
    assert {entry.kind for entry in compared.entries} == {Class.MATCHED}
    with store.write() as db:
        (row, new), (same, again) = (keep_compared(db, compared, actor="ines", now=NOON) for _ in range(2))
        assert (row.id, new, again) == (same.id, True, False)


def change(ctx: Context, name: str, **values: Any) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.external_id == name).values(**values))


def of(ctx: Context, client: str) -> list[tuple[int, str, str]]:
    """The ledger of a client's places: amount, reason, why."""
    held = select(Reservation.id).where(Reservation.client_id == client)
    rows = lines(ctx.store, PayoutLine.reservation_id.in_(held))
    return [(row.amount, row.reason, row.why) for row in rows if PERIOD[0] <= row.day <= PERIOD[1]]


def test_sr_12_the_ledger_of_aurora_is_the_statements_payouts(any_store: Store, ctx: Context) -> None:
    any_ctx = replace(ctx, store=any_store)
    studio = mirror_aurora(any_ctx)
    settle(any_ctx, studio)
    found = lines(any_ctx.store, PayoutLine.day.between(*PERIOD))
    assert sum(line.amount for line in found) == 169_00
    with any_ctx.store.read() as db:
        body = make_statement(db, any_ctx.keys, studio, any_ctx.now()).body
        rows = db.execute(select(Reservation.id, Reservation.connection_id, Reservation.external_id))
        names = {number: f"{connection}:{external}" for number, connection, external in rows}
    assert body["classpass_revenue"]["payouts"] == "169.00"
    stated = {line["reservation_id"]: (line["payout"], line["reason"]) for line in body["lines"]}
    booked = {names[line.reservation_id]: (f"{line.amount / 100:.2f}", line.reason) for line in found}
    assert booked == {number: told for number, told in stated.items() if told[1] != "direct"}
    agrees_with_itself(any_store, studio)
    again = replace(any_ctx, now=lambda: NOON + timedelta(days=9))
    settle(again, studio)
    change(again, "r3", rate=Decimal("10.00"))
    settle(again, studio)
    assert [line.why for line in lines(any_store) if line.why] == ["booked at 10.00, not at 9.00"]


def test_settling_again_appends_nothing(ctx: Context, studio: int) -> None:
    settle(ctx, studio)
    before = [(line.id, line.amount, line.at) for line in lines(ctx.store)]
    settle(replace(ctx, now=lambda: NOON + timedelta(days=9)), studio)
    assert [(line.id, line.amount, line.at) for line in lines(ctx.store)] == before


def test_ec_24_what_is_corrected_later_is_a_line_of_its_own(ctx: Context, studio: int) -> None:
    settle(ctx, studio)
    assert of(ctx, "dan") == [(900, "attended", "")]
    with ctx.store.read() as db:
        made = db.scalars(select(Reservation).where(Reservation.client_id == "dan")).all()[-2]
    change(ctx, made.external_id, outcome=Outcome.DENIED)
    settle(ctx, studio)
    assert of(ctx, "dan") == [(900, "attended", ""), (-900, "denied", "was attended, is denied")]
    change(ctx, made.external_id, outcome=Outcome.ATTENDED)
    settle(ctx, studio)
    assert [amount for amount, _, _ in of(ctx, "dan")] == [900, -900, 900]


def test_gq_04_a_rebooked_place_is_paid_once(ctx: Context, studio: int) -> None:
    settle(ctx, studio)
    late, *others = of(ctx, "hal")
    assert late == (0, "rebooked", "")
    assert others == [(900, "no_show", "")]
    assert of(ctx, "ivy") == [(900, "attended", "")]
    assert of(ctx, "kim") == [(0, "cancelled_by_studio", "")]
    assert of(ctx, "mia") == [(0, "attended", "")]


def test_a_source_mapped_anew_takes_its_payouts_back(ctx: Context, studio: int) -> None:
    settle(ctx, studio)
    with ctx.store.write() as db:
        db.execute(update(SourceMapping).where(SourceMapping.source == "channel").values(channel=Channel.THIRD_PARTY))
    settle(ctx, studio)
    assert sum(line.amount for line in lines(ctx.store)) == 0
    assert {line.reason for line in lines(ctx.store)[-20:]} == {"withdrawn"}
    with ctx.store.read() as db:
        (total,) = totals_of(period_of(db, studio, Days(*PERIOD), NOON).places)
    assert (total.whole.places, total.whole.amount) == (0, 0)  # no reservations of the marketplace are left


def test_gc_02_the_franchisors_share_holds_from_its_day_on_venue_before_studio(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        venue = db.scalars(select(Venue.id)).one()
        for at, since, share in ((None, date(2025, 3, 1), "0.12"), (venue, date(2025, 3, 21), "0.145")):
            set_share(db, studio, at, Decimal(share), since, actor="finance", now=NOON)
    settle(ctx, studio)
    paid = PayoutLine.amount == 900, PayoutLine.day >= date(2025, 3, 1)
    shares = {(line.day >= date(2025, 3, 21), line.franchisor) for line in lines(ctx.store, *paid)}
    assert shares == {(False, 108), (True, 131)}
    assert sum(line.amount for line in lines(ctx.store, PayoutLine.day.between(*PERIOD))) == 169_00


def test_gc_04_taxes_come_on_top_and_a_new_rate_rebooks(ctx: Context, studio: int) -> None:
    settle(ctx, studio)
    with ctx.store.write() as db:
        change_terms(db, studio, tax_rates={OF_STUDIO: Decimal("0.19")}, actor="finance", now=NOON)
    settle(ctx, studio)
    found = lines(ctx.store, PayoutLine.day.between(*PERIOD))
    assert sum(line.amount for line in found) == 169_00
    assert sum(line.amount * line.tax_rate for line in found) / 100 == Decimal("32.11")
    with ctx.store.read() as db:
        body = make_statement(db, ctx.keys, studio, ctx.now()).body
    switchers = Decimal(body["classpass_revenue"]["taxes"])
    assert switchers == Decimal("32.11")


def test_a_payout_that_is_not_known_is_not_made_up(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "ana").values(rate=None))
    settle(ctx, studio)
    assert of(ctx, "ana") == []
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "ana").values(rate=Decimal("9.00")))
    settle(ctx, studio)
    assert [amount for amount, _, _ in of(ctx, "ana")] == [900] * 4


def test_ec_47_each_seat_of_a_reservation_is_a_place(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "ivy").values(seats=2))
    settle(ctx, studio)
    assert of(ctx, "ivy") == [(900, "attended", "")] * 2
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "ivy").values(seats=1))
    settle(ctx, studio)
    assert sum(amount for amount, _, _ in of(ctx, "ivy")) == 900


def sell(ctx: Context, name: str, caller_id: str, product: Product, payout: str) -> None:
    """As if the channel had sold this reservation."""
    with ctx.store.write() as db:
        seller = register_marketplace(db, "alpha", NOON)
        made = db.scalars(select(Reservation).where(Reservation.external_id == name)).one()
        held = db.scalars(select(Session).where(Session.external_id == made.session_id)).one()
        row = ChannelReservation(
            marketplace_id=seller.id,
            caller_id=caller_id,
            request_hash="",
            connection_id=made.connection_id,
            session_id=held.id,
            guest_email_id=db.scalars(select(EmailAddress.id)).first(),
            product=product,
            reasons=["b"] if product is Product.PREMIUM else [],
            quote_id=f"quote of {caller_id}",
            quoted_at=NOON,
            payout=Decimal(payout),
            currency="USD",
            state=ReservationState.CONFIRMED,
            platform_id=name,
            on_ledger=False,
            requested_at=NOON,
            changed_at=NOON,
        )
        db.add(row)


def test_sr_09_what_the_channel_sold_pays_its_quote_whatever_was_on_offer(ctx: Context, studio: int) -> None:
    sell(ctx, "r3", "alpha-1", Product.PREMIUM, "9.50")
    sell(ctx, "r4", "alpha-2", Product.TRIAL, "9.00")
    settle(ctx, studio)
    booked = {line.product: (line.amount, line.quote) for line in lines(ctx.store) if line.product}
    assert booked == {"premium": (950, "quote of alpha-1"), "trial": (0, "quote of alpha-2")}
    with ctx.store.read() as db:
        body = make_statement(db, ctx.keys, studio, ctx.now()).body
        content = b"reservation,amount,date\nalpha-1,9.50,2025-03-10\nalpha-2,9.00,2025-06-07\nalpha-3,1,2025-06-07\n"
        compared = compare_file(db, studio, content, "march.csv", None, NOON)
        shown = period_of(db, studio, Days(*PERIOD), NOON)
    labels = [told["premium"] for told in map(tell_place, shown.places) if told["product"] == "premium"]
    assert labels == [["b"]]  # PD-02
    paid = sum(line.amount for line in lines(ctx.store, PayoutLine.day.between(*PERIOD)))
    assert body["classpass_revenue"]["payouts"] == f"{paid / 100:.2f}" == "160.50"
    found = {entry.pair.theirs[0].reservation: entry.cause for entry in compared.entries if entry.pair.theirs}
    assert found == {"alpha-1": None, "alpha-2": "trial", "alpha-3": "unknown_here"}


def test_pd_01_a_place_without_money_that_moves_to_another_day_is_shown_there_alone(ctx: Context, studio: int) -> None:
    sell(ctx, "r3", "alpha-1", Product.TRIAL, "9.00")
    settle(ctx, studio)
    with ctx.store.write() as db:
        held = db.scalars(
            select(Session)
            .join(Reservation, Reservation.session_id == Session.external_id)
            .where(Reservation.external_id == "r3")
        ).one()
        held.starts_at, held.ends_at = held.starts_at + timedelta(days=1), held.ends_at + timedelta(days=1)
    settle(ctx, studio)
    with ctx.store.read() as db:
        places = [place for place in period_of(db, studio, Days(*PERIOD), NOON).places if place.external_id == "r3"]
    assert [(place.day, place.reason) for place in places] == [(held.starts_at.date(), "attended")]


def test_only_what_may_be_new_is_looked_at_again(ctx: Context, studio: int) -> None:
    settle(ctx, studio)

    def due(since: Any = NOON + timedelta(days=2)) -> list[int]:
        with ctx.store.read() as db:
            return due_classes(db, db.scalars(select(Connection)).one(), since, NOON + timedelta(days=3))

    every = due(None)
    assert len(every) > 20
    assert due() == []
    change(ctx, "r3", fetched_at=NOON + timedelta(days=2))
    assert len(due()) == 1
    with ctx.store.write() as db:
        db.execute(delete(PayoutLine).where(PayoutLine.amount == 2400))
    assert len(due()) == 2
    with ctx.store.write() as db:
        set_share(db, studio, None, Decimal("0.1"), date(2025, 1, 1), actor="ines", now=NOON + timedelta(days=2))
    assert due() == every


class TestARun:
    """By the engine, on a studio read from a living platform."""

    @pytest.fixture
    def paid(self, mirrored: Road) -> Road:
        with mirrored.ctx.store.write() as db:
            db.execute(update(Reservation).values(rate=Decimal("9.00")))
        return mirrored

    def test_only_what_is_48_hours_old_is_final(self, paid: Road) -> None:
        """Trap 8."""
        run = done(paid.do(RunKind.SETTLE))
        assert run.counts["payouts"]["new"] == len(paid.all(PayoutLine)) > 40
        starts = {row.id: row.starts_at for row in paid.all(Session)}
        latest = max(starts[line.session_id] for line in paid.all(PayoutLine))
        assert latest <= paid.ctx.now() - timedelta(hours=48)
        assert {line.amount for line in paid.all(PayoutLine)} <= {0, 900}

    def test_a_run_killed_half_way_is_ended_by_the_next(self, paid: Road, monkeypatch: pytest.MonkeyPatch) -> None:
        whole: Callable[..., Any] = ledger.append_settled
        steps = iter(range(100))

        def dies(*args: Any, **kwargs: Any) -> Any:
            if next(steps) == 2:
                raise KeyboardInterrupt
            return whole(*args, **kwargs)

        monkeypatch.setattr(settle_run, "append_settled", dies)
        monkeypatch.setattr(settle_run, "CLASSES", 10)
        with pytest.raises(KeyboardInterrupt):
            paid.do(RunKind.SETTLE)
        half = len(paid.all(PayoutLine))
        assert half > 0
        paid.time[0] += timedelta(minutes=2)
        again = done(paid.do(RunKind.SETTLE))
        assert again.counts["payouts"]["new"] == len(paid.all(PayoutLine)) - half > 0
        assert done(paid.do(RunKind.SETTLE)).counts["payouts"]["new"] == 0
        places = [(line.reservation_id, line.seat) for line in paid.all(PayoutLine)]
        assert len(set(places)) == len(places)

    def test_the_clock_asks_once_an_hour_where_there_is_something_to_settle(self, paid: Road) -> None:
        line = next(line for line in schedule.SCHEDULE if line.name == "settle")
        assert (schedule.ask(paid.ctx, line), schedule.ask(paid.ctx, line)) == (1, 0)
        paid.time[0] += timedelta(hours=1)
        with paid.ctx.store.write() as db:
            db.execute(update(Run).values(state=RunState.DONE))
        assert schedule.ask(paid.ctx, line) == 1
        with paid.ctx.store.write() as db:
            db.execute(Base.metadata.tables["source_mapping"].delete())
            db.execute(update(Run).values(state=RunState.DONE, due_at=NOON - timedelta(days=2)))
        assert schedule.ask(paid.ctx, line) == 0
