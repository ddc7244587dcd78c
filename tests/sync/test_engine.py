"""The engine: what follows what, what is asked for when, and how runs end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapter.store.tables import ConnectionState, PushMode, Run, RunKind, RunOrigin, RunState
from adapter.work import request_run
from connectors.errors import Misconfigured
from sync import ending, jobs, queue
from sync.jobs import Engine
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done


def kinds(road: Road, *states: RunState) -> list[RunKind]:
    return [run.kind for run in road.all(Run) if not states or run.state in states]


def test_a_connected_studio_is_mirrored_learned_decided_and_pushed_without_more_asking(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    mirrored.go_live()
    with mirrored.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": mirrored.ctx.now(), "params": {"weeks": 1}}
        request_run(db, RunKind.BACKFILL, mirrored.connection_id, **asked)
    assert Engine(mirrored.ctx).run_due() == 4
    assert kinds(mirrored, RunState.DONE)[-4:] == [RunKind.BACKFILL, RunKind.TRAIN, RunKind.DECIDE, RunKind.PUSH]
    assert sandbox.site.offers


def test_the_clock_asks_for_what_is_due_and_only_once(mirrored: Road, sandbox: LiveSandbox) -> None:
    engine = Engine(mirrored.ctx)
    sandbox.tick(minutes=11)
    first = engine.tick()
    assert first == len(kinds(mirrored, RunState.QUEUED)) == 2
    assert set(kinds(mirrored, RunState.QUEUED)) == {RunKind.PULL, RunKind.TRAIN}
    assert engine.tick() == 0
    engine.run_due()
    assert engine.tick() == 0
    sandbox.tick(minutes=11)
    assert engine.tick() == 1


def test_a_live_studio_that_cannot_be_read_is_decided_again(mirrored: Road, sandbox: LiveSandbox) -> None:
    done(mirrored.do(RunKind.TRAIN))
    with mirrored.ctx.store.write() as db:
        db.query(Run).filter(Run.state == RunState.QUEUED).delete()
    mirrored.set(push_mode=PushMode.LIVE, state=ConnectionState.NEEDS_RECONNECT)
    sandbox.tick(minutes=70)
    Engine(mirrored.ctx).tick()
    assert kinds(mirrored, RunState.QUEUED) == [RunKind.DECIDE]
    Engine(mirrored.ctx).run_due()
    assert {row.spots for row in mirrored.latest().values()} == {0}


def test_threads_do_what_is_asked_until_they_are_stopped(mirrored: Road) -> None:
    engine = Engine(mirrored.ctx)
    engine.start()
    try:
        with mirrored.ctx.store.write() as db:
            asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": mirrored.ctx.now()}
            run, _ = request_run(db, RunKind.DECIDE, mirrored.connection_id, **asked)
        mirrored.ctx.wake_engine()
        for thread in engine._threads:
            thread.join(timeout=0.2)
    finally:
        engine.stop()
    assert mirrored.run(run.id).state in (RunState.DONE, RunState.QUEUED)
    assert not [thread for thread in engine._threads if thread.is_alive()]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Misconfigured("ADAPTER_SANDBOX_API_KEY is refused"), "ADAPTER_SANDBOX_API_KEY is refused"),
        (ZeroDivisionError("secret detail"), "something on our side broke (ZeroDivisionError): tell support"),
    ],
)
def test_a_run_that_breaks_says_what_happened_and_no_secret(
    mirrored: Road, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(jobs, "HANDLERS", {**jobs.HANDLERS, RunKind.DECIDE: broken})
    run = mirrored.do(RunKind.DECIDE)
    assert run.state is RunState.FAILED
    assert [listed["message"] for listed in run.errors] == [words]


def test_a_run_that_takes_its_process_down_each_time_is_given_up(mirrored: Road) -> None:
    with mirrored.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": mirrored.ctx.now()}
        run, _ = request_run(db, RunKind.DECIDE, mirrored.connection_id, **asked)
        run.fence = queue.MOST_CLAIMS
    Engine(mirrored.ctx).run_due()
    assert mirrored.run(run.id).state is RunState.FAILED


def test_a_platform_that_stays_down_is_given_up_in_the_end(road: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "too_many", "path": "/site/locations", "retry_after": 60})
    run = road.do(RunKind.PULL)
    tries = 1
    while run.state is RunState.QUEUED:
        sandbox.tick(hours=2)
        Engine(road.ctx).run_due()
        run, tries = road.run(run.id), tries + 1
    assert run.state is RunState.FAILED
    assert tries == ending.USUAL_TRIES


def test_a_rehearsal_is_not_followed_by_decisions(mirrored: Road) -> None:
    done(mirrored.do(RunKind.RESYNC, stream="venues", dry_run=True))
    assert kinds(mirrored, RunState.QUEUED) == []


def test_waiting_does_not_hold_up_other_connections(mirrored: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "too_many", "path": "/class/classes", "retry_after": 60})
    waiting = mirrored.do(RunKind.PULL)
    assert waiting.state is RunState.QUEUED
    assert waiting.due_at > mirrored.ctx.now() + timedelta(seconds=59)
    done(mirrored.do(RunKind.DECIDE))
