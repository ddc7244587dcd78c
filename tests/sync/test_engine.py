"""The engine: what follows what, what is asked for when, and how runs end."""

from __future__ import annotations

import errno
import io
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from adapter.store.tables import ConnectionState, PushMode, Run, RunKind, RunOrigin, RunState
from adapter.work import request_run
from connectors.errors import Misconfigured
from sync.engine import ending, engine_of, jobs, queue
from sync.engine.schedule import Line
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, content, done
from tests.sync.test_kill import wipe

ENDED = (RunState.DONE, RunState.INCOMPLETE, RunState.FAILED)


def kinds(road: Road, *states: RunState) -> list[RunKind]:
    return [run.kind for run in road.all(Run) if not states or run.state in states]


def test_a_connected_studio_is_mirrored_learned_decided_and_pushed_without_more_asking(
    everywhere: Road, sandbox: LiveSandbox
) -> None:
    """IN-05."""
    everywhere.go_live()
    with everywhere.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": everywhere.ctx.now(), "params": {"weeks": 1}}
        request_run(db, RunKind.BACKFILL, everywhere.connection_id, **asked)
    assert engine_of(everywhere.ctx).run_due() == 4
    assert kinds(everywhere, RunState.DONE)[-4:] == [RunKind.BACKFILL, RunKind.TRAIN, RunKind.DECIDE, RunKind.PUSH]
    assert sandbox.site.offers


def test_the_clock_asks_for_what_is_due_and_only_once(everywhere: Road, sandbox: LiveSandbox) -> None:
    """OR-03."""
    engine = engine_of(everywhere.ctx)
    sandbox.tick(minutes=11)
    first = engine.tick()
    assert first == len(kinds(everywhere, RunState.QUEUED)) == 3
    assert set(kinds(everywhere, RunState.QUEUED)) == {RunKind.PULL, RunKind.TRAIN, RunKind.SETTLE}
    assert engine.tick() == 0
    engine.run_due()
    assert engine.tick() == 0
    sandbox.tick(minutes=11)
    assert engine.tick() == 2
    assert set(kinds(everywhere, RunState.QUEUED)) == {RunKind.PULL, RunKind.BACKTEST}


def test_a_live_studio_that_cannot_be_read_is_decided_again(everywhere: Road, sandbox: LiveSandbox) -> None:
    done(everywhere.do(RunKind.TRAIN))
    with everywhere.ctx.store.write() as db:
        db.query(Run).filter(Run.state == RunState.QUEUED).delete()
    everywhere.set(push_mode=PushMode.LIVE, state=ConnectionState.NEEDS_RECONNECT)
    sandbox.tick(minutes=70)
    engine_of(everywhere.ctx).tick()
    assert set(kinds(everywhere, RunState.QUEUED)) == {RunKind.DECIDE, RunKind.SETTLE}  # books need no platform
    engine_of(everywhere.ctx).run_due()
    assert {row.spots for row in everywhere.latest().values()} == {0}


def ask(road: Road, kind: RunKind, **params: Any) -> int:
    with road.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": road.ctx.now(), "params": params}
        return request_run(db, kind, road.connection_id, **asked)[0].id


def test_what_is_asked_for_while_it_works_is_done_at_once(everywhere: Road) -> None:
    engine = engine_of(everywhere.ctx)
    engine.start()
    try:
        run = ask(everywhere, RunKind.DECIDE)
        everywhere.ctx.wake_engine()
        everywhere.wait_for(run, *ENDED)
    finally:
        engine.stop()
    assert everywhere.run(run).state is RunState.DONE


def test_a_station_goes_on_whatever_breaks_and_though_nothing_can_be_logged(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk holds the log as well: the threads that pushed ended with it, and nothing was pushed ever after."""
    write, broken = road.ctx.store.write, [1] * 4

    def breaks_first() -> Any:
        if threading.current_thread().name.startswith("prompt") and broken:
            broken.pop()
            raise RuntimeError("can't start new thread")
        return write()

    monkeypatch.setattr("sync.engine.embedded.IDLE", 0.01)
    monkeypatch.setattr(road.ctx.store, "write", breaks_first)
    monkeypatch.setattr("sys.stderr", Full())
    run, engine = ask(road, RunKind.DECIDE), engine_of(road.ctx)
    engine.start()
    try:
        road.wait_for(run, *ENDED)
    finally:
        engine.stop()
    assert not broken


def test_a_clock_without_a_database_says_so_in_a_line(
    road: Road, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked = threading.Event()

    def down(*_: object) -> int:
        looked.set()
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr("sync.engine.embedded.SCHEDULE", [Line("pull", timedelta(seconds=0.01), down)])
    engine = engine_of(road.ctx)
    engine.start()
    assert looked.wait(5)
    engine.stop()
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {(line["event"], line["why"]) for line in told} == {("engine.database_unavailable", "disk I/O error")}


class Full(io.StringIO):
    """What a log is written to where no room is left."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_long_run_is_put_down_when_its_worker_is_to_end_and_gone_on_with(everywhere: Road) -> None:
    expected = content(everywhere.ctx.store)
    wipe(everywhere)
    everywhere.ctx.stopping.set()
    put_down = everywhere.backfill()
    assert (put_down.state, put_down.attempts) == (RunState.QUEUED, 0)
    assert put_down.step == "waiting: its worker was asked to end"
    assert sum(counts["read"] for counts in put_down.counts.values()) > 0, "what is done is kept"
    everywhere.ctx.stopping.clear()
    assert engine_of(everywhere.ctx).run_due() == 3
    assert everywhere.run(put_down.id).state is RunState.DONE
    assert content(everywhere.ctx.store) == expected


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Misconfigured("ADAPTER_SANDBOX_API_KEY is refused"), "ADAPTER_SANDBOX_API_KEY is refused"),
        (ZeroDivisionError("secret detail"), "something on our side broke (ZeroDivisionError): tell support"),
    ],
)
def test_a_run_that_breaks_says_what_happened_and_no_secret(
    mirrored: Road,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    words: str,
) -> None:
    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(jobs, "HANDLERS", {**jobs.HANDLERS, RunKind.DECIDE: broken})
    run = mirrored.do(RunKind.DECIDE)
    assert run.state is RunState.FAILED
    assert [listed["message"] for listed in run.errors] == [words]
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["event"], line["level"], line["why"]) == ("run.ended", "warning", words)
    assert line["see"] == f"adapter run {run.id}"


def test_a_run_that_takes_its_process_down_each_time_is_given_up(everywhere: Road) -> None:
    with everywhere.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": everywhere.ctx.now()}
        run, _ = request_run(db, RunKind.DECIDE, everywhere.connection_id, **asked)
        run.fence = queue.MOST_CLAIMS
    engine_of(everywhere.ctx).run_due()
    assert everywhere.run(run.id).state is RunState.FAILED


def test_a_platform_that_stays_down_is_given_up_in_the_end(road: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "too_many", "path": "/site/locations", "retry_after": 60})
    run = road.do(RunKind.PULL)
    tries = 1
    while run.state is RunState.QUEUED:
        sandbox.tick(hours=2)
        engine_of(road.ctx).run_due()
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
