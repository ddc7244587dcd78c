"""The parity check against a live sandbox: drift is found, told, mended, and not fought for ever."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from adapter.store.push_health import push_health_of
from adapter.store.tables import Alert, AlertKind, Decision, Listing, Push, PushState, RunKind, Session
from connectors.platform import ReadBack
from connectors.records import Offer
from connectors.sandbox.market.offers import Terms
from connectors.sandbox.market.state import Offer as Held
from sync.engine.schedule import ask_for_parity
from sync.pushing.wanted import compare, wanted_of
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Kept, Road, decide, done


@pytest.fixture
def pushed(mirrored: Road, kept: Kept) -> Road:
    """A mirrored studio whose offers stand at the platform."""

    def push() -> None:
        mirrored.agree(nothing_after_minutes=1440, no_increase_after_minutes=1430)
        decide(mirrored)
        done(mirrored.do(RunKind.PUSH))

    kept("pushed", push)
    return mirrored


def test_where_a_platform_knows_no_premium_spots_its_limit_counts_them_in() -> None:
    offer = Offer(
        session_id="1",
        sequence=1,
        limit=3,
        rate=Decimal(9),
        premium_limit=2,
        premium_rate=Decimal(11),
        currency="USD",
    )
    wanted = wanted_of(offer, total=None)
    assert compare(wanted, ReadBack(5, "9.00")).equal
    assert compare(wanted, ReadBack(3, "9.00")).words == "limit: wanted 5, held 3"
    assert compare(wanted, ReadBack(3, "9.00", 2, "11.00")).equal


def soonest(road: Road) -> tuple[Session, Decision]:
    """The next class that has spots listed."""
    latest = road.latest()
    session = next(row for row in road.upcoming() if row.id in latest and latest[row.id].spots > 1)
    return session, latest[session.id]


def somebody_sets(sandbox: LiveSandbox, session: Session, limit: int, *, ahead: int = 1) -> Held:
    """Another hand at the platform: a newer state for a class."""
    held = sandbox.site.offers[int(session.external_id)]
    terms = Terms(
        sequence=held.sequence + ahead,
        limit=limit,
        rate=held.rate,
        premium_limit=0,
        premium_rate=None,
        currency=held.currency,
    )
    return sandbox.world.set_offer(sandbox.site.id, held.class_id, terms)


def test_what_stands_as_wanted_is_seen_in_one_call_and_nothing_is_written(pushed: Road, sandbox: LiveSandbox) -> None:
    calls, writes = sandbox.calls("GET /channel/offers"), sandbox.calls("PUT /channel/offers")
    sandbox.tick(hours=1, minutes=1)
    with pushed.ctx.store.write() as db:
        assert ask_for_parity(db, pushed.ctx.now()) == 1
    run = done(pushed.do(RunKind.PUSH))
    assert run.counts["parity"]["unchanged"] == len(pushed.all(Listing)) > 5
    assert (sandbox.calls("GET /channel/offers"), sandbox.calls("PUT /channel/offers")) == (calls + 1, writes)
    with pushed.ctx.store.read() as db:
        health = push_health_of(db, pushed.connection_id, pushed.ctx.now())
        assert (health.parity, health.checked_at, health.mended) == (100, pushed.ctx.now(), 0)
    with pushed.ctx.store.write() as db:
        assert ask_for_parity(db, pushed.ctx.now()) == 0, "not again at once"


def test_drift_is_recorded_and_mended(pushed: Road, sandbox: LiveSandbox) -> None:
    session, decision = soonest(pushed)
    somebody_sets(sandbox, session, 9, ahead=7)
    sandbox.tick(hours=1, minutes=1)
    done(pushed.do(RunKind.PUSH))
    (row,) = pushed.all(Listing, Listing.session_id == session.id)
    assert (row.drift["limit"], row.drifts, row.mended, row.drift_since) == (9, 1, 1, None)
    held = sandbox.site.offers[int(session.external_id)]
    assert (held.limit, held.rate) == (decision.limit, round(decision.rate, 2))
    assert pushed.all(Alert) == []


def test_what_the_studio_sets_again_and_again_is_its_own(pushed: Road, sandbox: LiveSandbox) -> None:
    session, decision = soonest(pushed)
    own = decision.limit - decision.spots + 1
    for _ in range(3):
        somebody_sets(sandbox, session, own, ahead=7)
        sandbox.tick(hours=1, minutes=1)
        done(pushed.do(RunKind.PUSH))
    assert sandbox.site.offers[int(session.external_id)].limit == own, "the third time it stays"
    (alert,) = pushed.all(Alert)
    assert alert.kind is AlertKind.DRIFT
    assert "For 1 class" in alert.words
    done(pushed.do(RunKind.DECIDE))
    done(pushed.do(RunKind.PUSH))
    cut = pushed.latest()[session.id]
    assert (cut.binding, cut.spots, cut.limit) == ("own_cap", 1, own)
    for limit in (own + 3, None):  # it changes its mind; then it takes its offer away
        if limit is None:
            sandbox.site.offers.pop(int(session.external_id))
        else:
            somebody_sets(sandbox, session, limit)
        sandbox.tick(hours=1, minutes=1)
        done(pushed.do(RunKind.PUSH))
        with pushed.ctx.store.read() as db:
            listing = db.scalars(select(Listing).where(Listing.session_id == session.id)).one()
        assert (listing.own or {})["limit"] == (limit or 0)


def test_a_push_that_was_given_up_is_told_and_tried_again(pushed: Road, sandbox: LiveSandbox) -> None:
    push = pushed.pushes()[0]
    with pushed.ctx.store.write() as db:
        row = db.get_one(Push, push.id)
        row.state, row.answer = PushState.FAILED, "PUT /channel/offers/{id}: no answer in time."
    sandbox.site.offers.pop(int(push.wanted["session_id"]))
    done(pushed.do(RunKind.PUSH))
    (alert,) = pushed.all(Alert)
    assert alert.kind is AlertKind.PUSH_FAILING
    assert "1 class could not be pushed" in alert.words
    assert "no answer in time" in alert.words
    sandbox.tick(hours=1)
    done(pushed.do(RunKind.PUSH))
    assert {push.state for push in pushed.pushes()} == {PushState.CONFIRMED}
    assert int(push.wanted["session_id"]) in sandbox.site.offers
    assert pushed.all(Alert)[0].until == pushed.ctx.now()
