"""The fleet: what is carried and when, what waits for what, and that a worker's death costs nothing (F42, F44)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from croniter import croniter
from sqlalchemy import text

from adapter.store.database import Store
from adapter.store.tables import Connection, Run, RunKind, RunOrigin, RunState, Studio
from adapter.work import request_run, tell_from_now_on
from sync import jobs, queue
from sync.engine.carrier import LEARNING, PROMPT, READING, Carrier, hand_out
from sync.engine.clock import cron_of
from sync.engine.fleet import Fleet, Pace
from sync.schedule import SCHEDULE
from sync.sweeping import EVERY
from tests.fixtures.database import ENCRYPTION_KEY, NOON
from tests.sync.conftest import Road, content
from tests.sync.test_kill import wipe

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]


@pytest.fixture
def told(postgres_store: Store) -> Store:
    """A store whose runs are told to the fleet; nobody works."""
    tell_from_now_on(postgres_store, Carrier())
    return postgres_store


def connection(store: Store) -> int:
    with store.write() as db:
        db.add(studio := Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON))
        db.flush()
        row = Connection(
            studio_id=studio.id, platform="sandbox", site="1", site_name="A", timezone="UTC", currency="USD",
            connected_at=NOON,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id


def asked(now: datetime = NOON) -> dict[str, Any]:
    return {"origin": RunOrigin.MANUAL, "actor": "test", "now": now}


def carried(store: Store) -> list[tuple[str, str]]:
    with store.read() as db:
        return [tuple(row) for row in db.execute(text("select queue_name, lock from procrastinate_jobs order by id"))]


def fetched(store: Store, queue_name: str) -> str | None:
    """What a worker of this queue would get now, by its queueing lock."""
    with store.write() as db:
        worker = db.scalar(text("select procrastinate_register_worker_v1()"))
        fetch = text("select queueing_lock from procrastinate_fetch_job_v2(array[:queue], :worker)")
        found: str | None = db.scalar(fetch, {"queue": queue_name, "worker": worker})
        return found


def test_a_request_that_is_rolled_back_leaves_nothing_and_one_that_is_kept_is_carried(told: Store) -> None:
    number = connection(told)
    with told.write() as db:
        request_run(db, RunKind.PULL, number, **asked())
        assert db.scalar(text("select count(*) from procrastinate_jobs")) == 1
        db.rollback()
    assert carried(told) == []
    with told.write() as db:
        for kind in (RunKind.PULL, RunKind.PUSH, RunKind.PULL):
            request_run(db, kind, number, **asked())
    assert carried(told) == [
        (READING, f"mirror of connection {number}"),
        (PROMPT, f"push of connection {number}"),
    ]


def test_training_that_waits_for_its_turn_holds_nothing_up(told: Store) -> None:
    number = connection(told)
    with told.write() as db:
        runs = [request_run(db, kind, number, **asked())[0].id for kind in (RunKind.TRAIN, RunKind.DECIDE)]
    assert fetched(told, PROMPT) == f"run {runs[1]}"
    assert fetched(told, LEARNING) is None, "one at a time on a connection"


def test_a_run_that_must_wait_is_carried_when_its_time_comes_and_once(told: Store, road: Road) -> None:
    number = connection(told)
    with told.write() as db:
        db.add(
            Run(
                connection_id=number, kind=RunKind.PULL, origin=RunOrigin.SCHEDULE, actor="clock", params={}, counts={},
                errors=[], state=RunState.QUEUED, due_at=NOON + timedelta(minutes=5),
            )
        )  # fmt: skip
    road.ctx.store = told
    assert (hand_out(road.ctx), carried(told)) == (0, [])
    road.time[0] += timedelta(minutes=6)
    assert [hand_out(road.ctx), hand_out(road.ctx), len(carried(told))] == [1, 0, 1]


@pytest.mark.parametrize("every", [*(line.every for line in SCHEDULE), EVERY, timedelta(hours=6), timedelta(days=1)])
def test_the_clock_strikes_as_the_schedule_says(every: timedelta) -> None:
    strikes = croniter(cron_of(every), datetime(2026, 3, 2, 11, 59, 59, tzinfo=UTC))
    first, second = strikes.get_next(datetime), strikes.get_next(datetime)
    assert second - first == every


def test_an_interval_that_no_clock_strikes_is_refused() -> None:
    with pytest.raises(ValueError, match="no clock strikes so"):
        cron_of(timedelta(minutes=7))


@pytest.mark.parametrize("everywhere", ["fleet"], indirect=True)
def test_a_worker_killed_at_work_is_missed_and_another_goes_on(
    everywhere: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = content(everywhere.ctx.store)
    wipe(everywhere)
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=1.5))
    monkeypatch.setattr(jobs, "HEARTBEAT", timedelta(seconds=0.3))
    began = time.time()
    everywhere.ctx.now = lambda: NOON + timedelta(seconds=time.time() - began)
    another = Fleet(everywhere.ctx, pace=Pace(look=0.1, beat=0.2, missed=0.8, tidy=1))
    victim = work(everywhere, began)
    with everywhere.ctx.store.write() as db:
        params = {"weeks": 8}
        run, _ = request_run(
            db, RunKind.BACKFILL, everywhere.connection_id, **asked(everywhere.ctx.now()), params=params
        )
    everywhere.wait_for(run.id, RunState.RUNNING)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert everywhere.run(run.id).state is RunState.RUNNING
    another.start()
    try:
        everywhere.wait_for(run.id, RunState.DONE)
    finally:
        another.stop()
    assert everywhere.run(run.id).fence == 2
    with pytest.raises(queue.LeaseLost), everywhere.ctx.store.write() as db:
        queue.hold(db, run.id, 1, everywhere.ctx.now(), done=99)
    assert content(everywhere.ctx.store) == expected


def work(road: Road, began: float) -> subprocess.Popen[str]:
    """A worker process, ready for work."""
    config = road.ctx.config
    told = {
        "facts": {"api_url": config.platform("sandbox")["API_URL"], "api_key": config.platform("sandbox")["API_KEY"]},
        "instance": str(config.instance),
        "database_url": config.database_url,
        "encryption_keys": [ENCRYPTION_KEY],
        "hash_key": "hash key of the tests",
        "began": began,
    }
    command = [sys.executable, "-m", "tests.sync.fleet_worker", json.dumps(told)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
    return process
