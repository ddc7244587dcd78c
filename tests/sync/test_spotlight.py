"""Spotlight on the mirror: the lift is that of its days, its fee touches no statement, its days confound nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from adapter.backtest.command import backtest
from adapter.marketplace.campaigns import CampaignRefused, Wanted, register_campaign, withdraw_campaign
from adapter.marketplace.spotlight import results_of
from adapter.statements.incremental import classes_of, readout_of
from adapter.statements.making import make_statement
from adapter.store.campaigns import spotlights_of
from adapter.store.holdouts import Draw, draw_of, register_holdout
from adapter.store.tables import Audit, Campaign, Holdout, Reservation, RunKind, Session, SourceMapping, Venue
from connectors.records import BookingTime, Channel, Outcome
from sync.deciding.train import learnable
from tests.fixtures.studio import mirrored as mirrored_row
from tests.sync.conftest import Road, done

FIRST, LAST = date(2026, 2, 2), date(2026, 2, 8)  # the fourth week before the tests' now; 8 weeks are mirrored


def wanted(**given: object) -> Wanted:
    return Wanted(**{"name": "Winter", "starts_on": FIRST, "ends_on": LAST, "fee": Decimal(100)} | given)


def register(road: Road, **given: object) -> Campaign:
    with road.ctx.store.write() as db:
        studio_id = road.connection.studio_id
        return register_campaign(db, studio_id, wanted(**given), actor="user:1", now=road.ctx.now())


def book_more(road: Road, each: int) -> int:
    """So many marketplace reservations more at 11.00 in every class of the campaign; how many in all."""
    with road.ctx.store.write() as db:
        source = db.scalar(select(SourceMapping.source).where(SourceMapping.channel == Channel.MARKETPLACE).limit(1))
        db.execute(update(Reservation).values(rate=Decimal(11)))
        days = spotlights_of(db, road.connection.studio_id)
        placed = [row for row in db.scalars(select(Session)) if days.on(row.connection_id, row.venue_id, row.starts_at)]
        for session in placed:
            for number in range(each):
                row = mirrored_row(session.connection_id, f"more-{session.id}-{number}")
                booked = {"booked_at": session.starts_at - timedelta(days=1), "booked_at_source": BookingTime.PLATFORM}
                said = {"session_id": session.external_id, "source": source, "outcome": Outcome.ATTENDED}
                db.add(Reservation(**row, **booked, **said, seats=1, rate=Decimal(11)))
        return each * len(placed)


def lift_of(road: Road) -> float:
    with road.ctx.store.read() as db:
        (result,) = results_of(db, road.connection.studio_id, road.ctx.now())
    assert result.lift is not None
    assert result.payout == pytest.approx(11)
    assert result.net(14) == pytest.approx(54)
    return result.lift.extra


def test_the_lift_is_what_came_on_its_days_beyond_the_same_classes_in_other_weeks(mirrored: Road) -> None:
    register(mirrored)
    book_more(mirrored, 0)
    before = lift_of(mirrored)
    more = book_more(mirrored, 2)
    assert more > 20
    assert lift_of(mirrored) == pytest.approx(before + more, abs=more * 0.2)  # but for classes without a like


def test_a_campaign_changes_no_figure_of_a_statement(mirrored: Road) -> None:
    """GC-05."""
    studio_id = mirrored.connection.studio_id

    def statement() -> object:
        with mirrored.ctx.store.read() as db:
            return make_statement(db, mirrored.ctx.keys, studio_id, mirrored.ctx.now()).body

    before = statement()
    register(mirrored, fee=Decimal(5000))
    assert statement() == before


def test_its_days_are_left_out_of_holdouts_of_training_and_of_backtests(mirrored: Road) -> None:
    """SP-02."""
    studio_id, now = mirrored.connection.studio_id, mirrored.ctx.now()
    span = {"since": now - timedelta(weeks=9), "until": now}
    with mirrored.ctx.store.write() as db:
        row = register_holdout(db, studio_id, 0.5, 8, actor="user:1", now=now)
        db.execute(update(Holdout).values(starts_on=row.starts_on - timedelta(weeks=9)))
    with mirrored.ctx.store.read() as db:
        plain, draw = classes_of(db, studio_id, **span), draw_of(db, studio_id)
        every, none = learnable(db, studio_id, **span)
    assert draw is not None
    whole = readout_of(plain, draw)
    register(mirrored)
    with mirrored.ctx.store.read() as db:
        marked = classes_of(db, studio_id, **span)
        clear, left_out = learnable(db, studio_id, **span)
    spotlit = [held for held in marked if held.spotlit]
    assert none == 0 < left_out == len(every["sessions"]) - len(clear["sessions"])
    assert {held.starts_at.date() for held in spotlit} <= {FIRST + timedelta(days=n) for n in range(8)}
    less = readout_of(marked, draw)
    assert whole is not None
    assert less is not None
    assert whole.cells - less.cells == len(_inside(spotlit, draw)) > 0
    done(mirrored.do(RunKind.TRAIN))
    told = CliRunner().invoke(backtest, [str(mirrored.connection_id), "--weeks", "1"], obj=mirrored.ctx)
    assert "on days of Spotlight campaigns are left out" in told.output


def _inside(classes: list, draw: Draw) -> list:
    return [held for held in classes if held.slot is not None and draw.week(held.starts_at)]


def test_a_campaign_is_checked_audited_and_can_be_withdrawn(mirrored: Road) -> None:
    venue = mirrored.all(Venue)[0]
    for wrong in (
        {"name": " "},
        {"ends_on": FIRST - timedelta(days=1)},
        {"ends_on": FIRST + timedelta(days=366)},
        {"fee": Decimal(-1)},
        {"fee": Decimal("NaN")},
        {"venues": frozenset({venue.id, 999})},
    ):
        with pytest.raises(CampaignRefused):
            register(mirrored, **wrong)
    row = register(mirrored, venues=frozenset({venue.id}))
    with mirrored.ctx.store.write() as db:
        withdraw_campaign(db, db.get_one(Campaign, row.id), actor="user:1", now=mirrored.ctx.now())
    with mirrored.ctx.store.read() as db:
        assert spotlights_of(db, row.studio_id).spans == {}
    lines = mirrored.all(Audit, Audit.about == f"campaign:{row.id}")
    assert [line.act for line in lines] == ["campaign.registered", "campaign.withdrawn"]
    assert lines[0].after["venues"] == [venue.id]
