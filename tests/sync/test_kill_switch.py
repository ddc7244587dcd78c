"""The kill switch: nothing sells any more, the studio's own caps are back, whatever else is going on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapter.steering.push_mode import switch_push_mode
from adapter.store.tables import (
    Alert,
    AlertKind,
    Breaker,
    Connection,
    Listing,
    Model,
    Push,
    PushMode,
    PushState,
    Run,
    RunKind,
    RunOrigin,
    RunState,
)
from adapter.work import request_run
from connectors.sandbox.market.offers import Terms
from connectors.sandbox.market.state import Offer
from sync.deciding import decide as deciding
from sync.deciding.decide import replay, stored
from sync.engine.jobs import do_next
from sync.engine.schedule import ask_for_pushes
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Kept, Road, decide, done

PUT = "PUT /channel/offers"


@pytest.fixture
def live(mirrored: Road, sandbox: LiveSandbox, kept: Kept) -> Road:
    """A studio whose offers stand at the platform, where two classes had a cap of the studio's own before."""

    def push_over_own_caps() -> None:
        decide(mirrored)
        for push in mirrored.pushes()[:2]:
            own_cap(sandbox, push, 1)
        done(mirrored.do(RunKind.PUSH))

    kept("pushed over own caps", push_over_own_caps)
    return mirrored


def own_cap(sandbox: LiveSandbox, push: Push, limit: int) -> Offer:
    """What the studio set itself."""
    held = sandbox.site.offers.get(int(push.wanted["session_id"]))
    terms = Terms(
        sequence=held.sequence + 1 if held else 4,
        limit=limit,
        rate=held.rate if held else Decimal(9),
        premium_limit=0,
        premium_rate=None,
        currency="USD",
    )
    return sandbox.world.set_offer(sandbox.site.id, int(push.wanted["session_id"]), terms)


def limits(sandbox: LiveSandbox) -> dict[str, int]:
    return {str(key): offer.limit for key, offer in sandbox.site.offers.items()}


def hits(sandbox: LiveSandbox) -> int:
    """How many calls ran into a fault."""
    return sum(int(fault["hits"]) for fault in sandbox.core.faults.report())


def booked(road: Road) -> dict[str, int]:
    """The limit under which nothing more sells, by the platform's id."""
    latest = road.latest()
    return {push.wanted["session_id"]: latest[push.session_id].inputs["marketplace"] for push in road.pushes()}


def of(road: Road, push: Push) -> deciding.Decision:
    return road.all(deciding.Decision, deciding.Decision.session_id == push.session_id)[-1]


def switch(road: Road, mode: PushMode) -> Run:
    """As the button does; the run that carries it out, done."""
    with road.ctx.store.write() as db:
        connection = db.get_one(Connection, road.connection_id)
        run = switch_push_mode(db, connection, mode, actor="test", now=road.ctx.now())
    assert run is not None
    do_next(road.ctx, run_id=run.id)
    return road.run(run.id)


@pytest.mark.parametrize("mode", [PushMode.PAUSED, PushMode.SHADOW])
def test_own_caps_are_back_and_nothing_else_sells_while_a_pull_runs_and_the_model_is_gone(
    live: Road, sandbox: LiveSandbox, mode: PushMode
) -> None:
    """N-06."""
    own = [push.wanted["session_id"] for push in live.pushes()[:2]]
    before = limits(sandbox)
    with live.ctx.store.write() as db:  # a pull that goes on for long
        asked = {"origin": RunOrigin.SCHEDULE, "actor": "clock", "now": live.ctx.now()}
        pull, _ = request_run(db, RunKind.PULL, live.connection_id, **asked)
        pull.state, pull.leased_until = RunState.RUNNING, live.ctx.now() + timedelta(minutes=5)
        lost = {"digest": "0" * 64, "folder": "0" * 64, "card": {}, "trained_at": live.ctx.now()}
        db.add(Model(studio_id=live.connection.studio_id, **lost))
    done(switch(live, mode))
    assert limits(sandbox) == booked(live) | dict.fromkeys(own, 1) != before
    urgent = live.pushes(Push.urgent)
    assert {push.state for push in urgent} == {PushState.CONFIRMED}
    assert live.all(Listing) == []
    decision = of(live, urgent[0])
    assert replay(live.ctx, decision) == stored(decision)


def test_what_the_studio_sets_during_a_pause_is_left_alone_and_noted_when_it_is_over(
    live: Road, sandbox: LiveSandbox
) -> None:
    done(switch(live, PushMode.PAUSED))
    first = live.pushes()[0]
    own_cap(sandbox, first, 5)
    calls = sandbox.calls(PUT)
    sandbox.tick(hours=2)
    for kind in (RunKind.PULL, RunKind.DECIDE, RunKind.PUSH):
        done(live.do(kind))
    assert sandbox.calls(PUT) == calls
    done(switch(live, PushMode.LIVE))
    done(live.do(RunKind.PUSH))
    assert limits(sandbox)[first.wanted["session_id"]] == of(live, first).limit
    done(switch(live, PushMode.PAUSED))
    assert limits(sandbox)[first.wanted["session_id"]] == 5


def test_a_decision_that_was_made_before_the_switch_is_not_kept(live: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    real, switched = deciding.verdicts, []

    def slow(*args: object) -> object:
        if not switched:
            switched.append(live.set(push_mode=PushMode.PAUSED))
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(deciding, "verdicts", slow)
    live.agree(min_spots=3)
    done(live.do(RunKind.DECIDE))
    assert {row.binding for row in live.latest().values()} == {"paused"}


def test_where_writes_fail_in_a_row_nothing_is_sent_until_a_probe_succeeds(live: Road, sandbox: LiveSandbox) -> None:
    live.agree(min_spots=2)  # so that many classes are listed, whatever the model thinks of them
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    sandbox.faults({"kind": "error", "path": "/channel/offers", "method": "PUT", "status": 503})
    live.agree(rate_ceiling=Decimal(9))
    done(live.do(RunKind.DECIDE))
    waiting = len(live.pushes(Push.state == PushState.PENDING))
    live.do(RunKind.PUSH)
    tried = hits(sandbox)
    assert 5 <= tried <= 8 < waiting, "those under way when it opened came to their end"
    (alert,) = live.all(Alert)
    assert alert.kind is AlertKind.BREAKER_OPEN
    sandbox.tick(seconds=20)
    with live.ctx.store.write() as db:
        assert ask_for_pushes(db, live.ctx.now()) == 0
    live.do(RunKind.PUSH)
    assert hits(sandbox) == tried
    sandbox.tick(seconds=11)
    live.do(RunKind.PUSH)
    assert hits(sandbox) == tried + 1, "one probe"
    done(switch(live, PushMode.PAUSED))
    assert hits(sandbox) == tried + 1
    sandbox.mend()
    sandbox.tick(seconds=10)
    with live.ctx.store.write() as db:
        assert ask_for_pushes(db, live.ctx.now()) == 1, "what is urgent probes before the cool-down is over"
    done(live.do(RunKind.PUSH))
    own = [push.wanted["session_id"] for push in live.pushes()[:2]]
    assert limits(sandbox) == booked(live) | dict.fromkeys(own, 1)
    assert live.all(Breaker)[0].opened_at is None
    assert live.all(Alert)[0].until == live.ctx.now()


def conflict(sandbox: LiveSandbox, count: int) -> None:
    body = '{"Error": {"Message": "Somebody was faster", "Code": "StaleSequence"}}'
    fault = {"kind": "answer", "path": "/channel/offers", "method": "PUT", "count": count, "status": 409}
    sandbox.faults(fault | {"body": body})


def test_a_newer_state_at_the_platform_is_read_and_then_replaced(live: Road, sandbox: LiveSandbox) -> None:
    """OR-05."""
    first = live.pushes()[0]
    own_cap(sandbox, first, 9)
    own_cap(sandbox, first, 8)
    live.agree(rate_ceiling=Decimal(9))
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    assert live.pushes(Push.session_id == first.session_id)[-1].state is PushState.PENDING
    (asked,) = live.all(Run, Run.kind == RunKind.RESYNC)
    assert asked.params == {"session": first.session_id}
    sandbox.tick(seconds=5)
    done(live.do(RunKind.PUSH))
    assert limits(sandbox)[first.wanted["session_id"]] == of(live, first).limit


def test_three_conflicts_are_told(live: Road, sandbox: LiveSandbox) -> None:
    """OR-05."""
    live.agree(rate_ceiling=Decimal(9))
    first = live.pushes()[0]
    deciding.decide(live.ctx, live.connection_id, now=live.ctx.now(), only=frozenset({first.session_id}))
    conflict(sandbox, 3)
    for _ in range(3):
        run = live.do(RunKind.PUSH)
        sandbox.tick(seconds=6)
    assert run.state is RunState.INCOMPLETE
    (alert,) = live.all(Alert)
    assert alert.kind is AlertKind.PUSH_FAILING
    assert "Somebody was faster" in alert.words
