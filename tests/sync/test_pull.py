"""Pulling from a live sandbox: whole, restartable, and nothing written that has not changed."""

from __future__ import annotations

from adapter.store.tables import RunKind, Session
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done, dump


def test_a_backfill_mirrors_everything(road: Road, sandbox: LiveSandbox) -> None:
    run = done(road.backfill())
    sessions = road.all(Session)
    assert {row.external_id for row in sessions} >= {str(key) for key in []}
    assert all(row.roster_read_at for row in sessions)
    assert run.done == run.total == len(sessions) > 50
    assert set(run.counts) >= {"venues", "class_types", "prices", "clients", "sessions", "reservations", "sales"}


def test_a_second_pull_of_an_unchanged_platform_writes_nothing(road: Road, sandbox: LiveSandbox) -> None:
    done(road.backfill())
    done(road.do(RunKind.PULL))
    before = dump(road.ctx.store)
    sandbox.tick(minutes=10)
    run = done(road.do(RunKind.PULL))
    assert dump(road.ctx.store) == before
    assert all(counts["new"] == counts["changed"] == counts["gone"] == 0 for counts in run.counts.values())
