"""J7: the machine room goes by itself, from the pull to the day's statement."""

from __future__ import annotations

from datetime import timedelta

from adapter.statements.entering import enter_participation
from adapter.store.tables import GuaranteeStatement, PushMode, Run, RunKind, RunLine, RunOrigin, RunState
from sync.engine import engine_of
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road


def test_j7_the_machine_room_goes_by_itself_from_pull_to_the_days_statement(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    """What is killed meanwhile is proven in tests/sync/test_kill.py."""
    road, engine = mirrored, engine_of(mirrored.ctx)
    road.set(push_mode=PushMode.LIVE)
    with road.ctx.store.write() as db:
        told = {"policy_hours": 12, "sign_up": "assisted", "earlier": False, "actor": "finance", "now": NOON}
        enter_participation(db, road.connection.studio_id, acknowledged_at=NOON - timedelta(days=9), **told)
    sandbox.tick(minutes=11)
    for _ in range(3):  # the clock asks, work is done, what follows from it is asked for
        engine.tick()
        engine.run_due()
        sandbox.tick(minutes=1)
    kinds = {run.kind for run in road.all(Run, Run.state == RunState.DONE)}
    assert kinds >= {RunKind.PULL, RunKind.TRAIN, RunKind.DECIDE, RunKind.PUSH, RunKind.STATE}
    assert sandbox.site.offers
    by_clock = {run.id for run in road.all(Run, Run.origin == RunOrigin.SCHEDULE)}
    logged = {line.run_id for line in road.all(RunLine)}
    assert logged.isdisjoint(by_clock), "what the clock asks for is told by its counts"
    (first,) = road.all(GuaranteeStatement)
    assert (first.version, first.final) == (1, False)
    calls = sandbox.calls()
    engine.run_due()
    assert sandbox.calls() == calls, "nothing is left to do, and nothing is done twice"
    assert [run.errors for run in road.all(Run, Run.state == RunState.FAILED)] == []
