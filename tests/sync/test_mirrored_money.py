"""What a booking platform tells of money, as it reaches statement and ledger: classes called off, sales given back,
taxes, prices that nobody lists any more. By Aurora, mirrored (A8)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from adapter.context import Context
from adapter.statements.incremental import incremental_of
from adapter.statements.making import Made, make_statement
from adapter.statements.overview import overview_of
from adapter.statements.stake import Stake, stake_of
from adapter.store.first_booking import refresh_first_bookings
from adapter.store.tables import Participation, PriceOption, Reservation, SaleLine, Session, Studio, Venue
from connectors.records import Outcome, SessionStatus
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.sync.test_payouts import PERIOD, change, of, settle

Json = dict[str, Any]
PACK, MONTH = "sale ben-10", "sale lee-march"


@pytest.fixture
def studio(ctx: Context) -> int:
    with ctx.store.write() as db:
        return mirror_case(db, ctx, "Aurora", aurora().case)


def made(ctx: Context, studio: int) -> Made:
    with ctx.store.read() as db:
        return make_statement(db, ctx.keys, studio, ctx.now())


def revenue(ctx: Context, studio: int) -> Json:
    return dict(made(ctx, studio).body["classpass_revenue"])


def call_off(ctx: Context, client: str, gone_after: timedelta | None = None) -> None:
    """Cancel the classes of the period that this client has a place in; the places stay as they are. Or let them
    vanish, so long after they began."""
    with ctx.store.write() as db:
        held = select(Reservation.session_id).where(Reservation.client_id == client)
        begun = datetime.combine(PERIOD[0], time.min, UTC)
        for row in db.scalars(select(Session).where(Session.external_id.in_(held), Session.starts_at > begun)):
            row.status = SessionStatus.CANCELLED
            row.gone_at = None if gone_after is None else row.starts_at + gone_after


@pytest.mark.parametrize("outcome", [Outcome.BOOKED, Outcome.NO_SHOW, Outcome.UNKNOWN])
def test_gq_07_a_class_called_off_pays_nothing_though_its_places_stay_booked(
    ctx: Context, studio: int, outcome: Outcome
) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "cara").values(outcome=outcome))
    call_off(ctx, "cara")
    settle(ctx, studio)
    assert of(ctx, "cara") == [(0, "cancelled_by_studio", "")] * 2
    assert revenue(ctx, studio)["payouts"] == "151.00"


def test_a_class_called_off_earns_nothing_directly_either(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "ben").values(outcome=Outcome.BOOKED))
    call_off(ctx, "ben")
    assert revenue(ctx, studio) == {"payouts": "159.00", "switchers": "115.00", "taxes": "0.00", "total": "274.00"}


def test_a_class_that_vanished_after_it_was_held_stays_held(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.client_id == "cara").values(outcome=Outcome.BOOKED))
    call_off(ctx, "cara", timedelta(days=1))
    assert revenue(ctx, studio)["payouts"] == "169.00"
    call_off(ctx, "cara", timedelta(days=-1))
    assert revenue(ctx, studio)["payouts"] == "151.00"


def give_back(ctx: Context, sale: str, net: str, tax: str = "0", *, itself: bool = False) -> None:
    """As Mindbody tells it: a negative line, which names no purchase; or the sale itself, marked as returned."""
    with ctx.store.write() as db:
        sold = db.scalars(select(SaleLine).where(SaleLine.external_id == sale)).one()
        if itself:
            sold.net, sold.tax, sold.quantity = Decimal(f"-{net}"), Decimal(f"-{tax}"), -1
            return
        back = SaleLine(connection_id=sold.connection_id, external_id="back", sale_id="2", client_id=sold.client_id)
        back.sold_at, back.description, back.currency = sold.sold_at + timedelta(days=60), "", sold.currency
        back.raw, back.content_hash, back.fetched_at = sold.raw, "", NOON
        back.net, back.tax, back.quantity = Decimal(f"-{net}"), Decimal(f"-{tax}"), -1
        back.price_option_id = sold.price_option_id
        db.add(back)


def tax(ctx: Context, sale: str, amount: str) -> None:
    with ctx.store.write() as db:
        db.execute(update(SaleLine).where(SaleLine.external_id == sale).values(tax=Decimal(amount)))


@pytest.mark.parametrize(("net", "switchers"), [("40", "163.00"), ("200", "115.00")])
def test_gc_08_what_was_given_back_of_a_sale_is_no_revenue(ctx: Context, studio: int, net: str, switchers: str) -> None:
    assert revenue(ctx, studio)["switchers"] == "175.00"
    give_back(ctx, PACK, net)
    assert revenue(ctx, studio)["switchers"] == switchers


def test_gc_08_a_sale_marked_as_returned_is_not_taken_for_one_at_the_list_price(ctx: Context, studio: int) -> None:
    give_back(ctx, PACK, "200", itself=True)
    found = made(ctx, studio)
    assert found.body["classpass_revenue"]["switchers"] == "115.00"
    assert found.gaps.found["list_price"] == made(ctx, studio).gaps.found["list_price"]


def test_gc_04_the_tax_of_an_unlimited_month_is_spread_over_its_visits(ctx: Context, studio: int) -> None:
    tax(ctx, MONTH, "9.60")  # eight visits, five of them in the period
    assert revenue(ctx, studio)["taxes"] == "6.00"


def test_gc_04_tax_that_was_given_back_is_no_revenue(ctx: Context, studio: int) -> None:
    tax(ctx, PACK, "40.00")
    assert revenue(ctx, studio)["taxes"] == "12.00"
    give_back(ctx, PACK, "40", "8")
    assert revenue(ctx, studio)["taxes"] == "9.60"


def test_gc_06_a_purchase_of_unknown_size_never_earns_more_than_was_paid(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:  # discontinued before we were connected: the sale names it, no list has it
        db.execute(delete(PriceOption).where(PriceOption.external_id == "ben-10"))
    found = made(ctx, studio)
    assert found.body["classpass_revenue"]["switchers"] == "315.00"  # 200 over the three visits made
    assert found.gaps.found["sessions"] == 1


def test_ec_25_whoever_came_more_often_than_they_bought_was_given_the_rest(ctx: Context, studio: int) -> None:
    tax(ctx, PACK, "40.00")
    with ctx.store.write() as db:
        db.execute(update(PriceOption).where(PriceOption.external_id == "ben-10").values(sessions=2))
    assert revenue(ctx, studio)["switchers"] == "315.00"  # three visits on two: 200, not 300
    assert revenue(ctx, studio)["taxes"] == "40.00"


@pytest.mark.parametrize("policy", [6, 24])
def test_a_cancellation_without_a_time_is_early_under_every_reading(ctx: Context, studio: int, policy: int) -> None:
    change(ctx, "r3", outcome=Outcome.CANCELLED, cancelled_at=None)
    for readings in ({}, {"cutoff": "max(policy,12h)"}):
        with ctx.store.write() as db:
            db.execute(update(Participation).values(readings=readings, cancellation_policy_hours=policy))
        lines = {line["reservation_id"].partition(":")[2]: line for line in made(ctx, studio).body["lines"]}
        assert lines["r3"]["reason"] == "cancelled_early"


def test_a_place_found_missing_after_class_was_not_cancelled_late(ctx: Context, studio: int) -> None:
    later = datetime(2025, 3, 12, 12, tzinfo=UTC)
    change(ctx, "r3", outcome=Outcome.CANCELLED, cancelled_at=later, gone_at=later)
    found = made(ctx, studio)
    lines = {line["reservation_id"].partition(":")[2]: line for line in found.body["lines"]}
    assert (lines["r3"]["reason"], lines["r3"]["payout"]) == ("cancelled_early", "0.00")
    assert found.gaps.found["cancelled_at"] == 1


def test_pd_05_what_people_spend_directly_whom_the_marketplace_brought_is_incremental(
    ctx: Context, studio: int
) -> None:
    with ctx.store.write() as db:
        refresh_first_bookings(db, studio)
    with ctx.store.read() as db:
        meter, _, _ = incremental_of(db, studio, datetime(2025, 7, 1, tzinfo=UTC))
    assert meter.acquired == 60 + 22 + 18
    assert meter.incremental == meter.payouts + meter.acquired - meter.lost


def test_n_19_n_20_aliases_and_disputes_are_listed_and_change_no_money(ctx: Context) -> None:
    """EC-21."""
    case = aurora()
    for number, address in (("gus2", "gus+1@x.org"), ("gus3", "g.us@x.org")):  # two more first visits, by their word
        case.person(number, address)
        case.market(number, "2025-03-22", "0.00", product="trial")
    with ctx.store.write() as db:
        studio = mirror_case(db, ctx, "Aurora", case.case)
    late = datetime(2025, 3, 20, 12, tzinfo=UTC)
    change(ctx, "r3", cancelled_at=late)  # attended all the same (EC-21)
    with ctx.store.read() as db:
        told = overview_of(db, ctx, studio)
    (alike,) = told.aliases
    assert [each.partition(":")[2] for each in alike] == ["gus", "gus2", "gus3"]
    what = {each.reservation_id.partition(":")[2]: (each.what, each.cancelled_at) for each in told.disputes}
    assert what.pop("r3") == ("Attended, though a cancellation was recorded", late.isoformat())
    assert [words for words, _ in what.values()] == ["Cancelled by the studio"]  # kim's
    assert told.trials == 4  # and jan's and mia's
    assert told.body["classpass_revenue"]["total"] == "344.00"


def test_n_21_what_hangs_on_a_class_is_counted_before_it_is_moved_or_closed(ctx: Context, studio: int) -> None:
    with ctx.store.write() as db:
        ana = Reservation.client_id == "ana", Reservation.source == "channel"
        rows = db.scalars(select(Reservation).where(*ana).order_by(Reservation.id)).all()
        for row in rows:
            row.session_id = rows[0].session_id
        held = db.scalars(select(Session).where(Session.external_id == rows[0].session_id)).one()
        assert stake_of(db, held) == Stake(guests=4, payouts=Decimal(51), unpriced=0)
        rows[3].rate = None
        rows[0].outcome = Outcome.CANCELLED
        db.flush()
        assert stake_of(db, held) == Stake(guests=3, payouts=Decimal(18), unpriced=1)


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_n_20_visits_that_paid_nothing_are_counted_in_every_currency(ctx: Context, studio: int, currency: str) -> None:
    with ctx.store.write() as db:
        for table in (Studio, Venue, SaleLine, PriceOption):
            db.execute(update(table).values(currency=currency))
    with ctx.store.read() as db:
        assert overview_of(db, ctx, studio).trials == 2  # jan's and mia's
