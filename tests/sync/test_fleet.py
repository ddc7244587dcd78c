"""The fleet: what is carried and when, what waits for what, and that a worker's death costs nothing (F42, F44)."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess

import pytest
from croniter import croniter
from procrastinate import App, PsycopgConnector
from procrastinate.periodic import PeriodicDeferrer
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.tables import Connection, RunKind, RunOrigin, RunState, Studio
from adapter.work import request_run
from sync.engine import announce, fleet, jobs, queue
from sync.engine.carrier import hand_out
from sync.engine.clock import cron_of, keep_clock
from sync.engine.fleet import address
from sync.engine.queue import STATIONS, Station
from sync.engine.schedule import SCHEDULE
from sync.engine.sweeping import EVERY
from tests.fixtures.database import ENCRYPTION_KEY, NOON
from tests.fixtures.processes import ready
from tests.sync.conftest import Road, content
from tests.sync.fleet_worker import main
from tests.sync.test_kill import wipe

pytestmark = pytest.mark.postgres
END_OTHERS = text("""
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
""")


@pytest.fixture
def told(postgres_store: Store, ctx: Context) -> Context:
    """An adapter whose runs are told to the fleet; nobody works."""
    ctx.store = postgres_store
    return announce(ctx)


def connection(db: Session) -> int:
    db.add(studio := Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON))
    db.flush()
    row = Connection(
        studio_id=studio.id, platform="sandbox", site="1", site_name="A", timezone="UTC", currency="USD",
        connected_at=NOON,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row.id


def slower(one: RunKind, other: RunKind) -> bool:
    """Whether one is done at a slower station than the other, in the same lane."""
    order = list(Station)
    same_lane = queue.LANES[one] == queue.LANES[other]
    return same_lane and order.index(STATIONS[one]) > order.index(STATIONS[other])


def ask(ctx: Context, *kinds: RunKind) -> list[str]:
    """Ask for runs of one connection; the names under which they are carried."""
    with ctx.store.write() as db:
        number = db.scalars(select(Connection.id)).first() or connection(db)
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": ctx.now()}
        return [f"run {request_run(db, kind, number, **asked)[0].id}" for kind in kinds]


def carried(ctx: Context) -> list[str]:
    with ctx.store.read() as db:
        return list(db.scalars(text("select queueing_lock from procrastinate_jobs order by id")))


def fetched(ctx: Context, station: Station) -> str | None:
    """What a worker of this station would get now."""
    with ctx.store.write() as db:
        worker = db.scalar(text("select procrastinate_register_worker_v1()"))
        fetch = text("select queueing_lock from procrastinate_fetch_job_v2(array[:queue], :worker)")
        found: str | None = db.scalar(fetch, {"queue": station, "worker": worker})
        return found


def test_a_request_that_is_rolled_back_leaves_nothing_and_one_that_is_kept_is_carried_once(told: Context) -> None:
    with told.store.write() as db:
        request_run(db, RunKind.PULL, None, origin=RunOrigin.MANUAL, actor="test", now=told.now())
        assert db.scalar(text("select count(*) from procrastinate_jobs")) == 1
        db.rollback()
    assert carried(told) == []
    pull, push, again = ask(told, RunKind.PULL, RunKind.PUSH, RunKind.PULL)
    assert again == pull
    assert carried(told) == [pull, push]


def test_one_run_at_a_time_in_a_lane(told: Context) -> None:
    push, decide, webhooks = ask(told, RunKind.PUSH, RunKind.DECIDE, RunKind.WEBHOOKS)
    assert [fetched(told, Station.PROMPT), fetched(told, Station.PROMPT)] == [webhooks, None]
    assert fetched(told, Station.PUSHING) == push
    assert decide in carried(told)


PAIRS = {(STATIONS[one], STATIONS[other]): (one, other) for one in RunKind for other in RunKind if slower(one, other)}


@pytest.mark.parametrize(("slow", "quick"), PAIRS.values())
def test_what_waits_at_a_slow_station_holds_up_nothing_at_a_quicker_one(
    told: Context, slow: RunKind, quick: RunKind
) -> None:
    waiting, prompt = ask(told, slow, quick)
    assert fetched(told, STATIONS[quick]) == prompt
    assert fetched(told, STATIONS[slow]) is None, "its lane is not free"
    assert waiting in carried(told)


def test_a_run_that_must_wait_is_carried_when_its_time_comes_and_once(told: Context) -> None:
    told.now = lambda: NOON + timedelta(minutes=5)
    (run,) = ask(told, RunKind.PULL)
    told.now = lambda: NOON
    with told.store.write() as db:
        later = {"origin": RunOrigin.SCHEDULE, "actor": "clock", "now": NOON + timedelta(minutes=5)}
        late, _ = request_run(db, RunKind.DECIDE, None, **later)
    assert (hand_out(told), carried(told)) == (0, [run])
    told.now = lambda: NOON + timedelta(minutes=6)
    assert [hand_out(told), hand_out(told)] == [1, 0]
    assert carried(told) == [run, f"run {late.id}"]


def test_the_clock_strikes_once_in_the_fleet_however_many_workers_hear_it(told: Context) -> None:
    at = NOON.timestamp() + 10

    async def strike() -> None:
        app = App(connector=PsycopgConnector(conninfo=address(told.store), min_size=1))
        keep_clock(app, told, tidy=timedelta(seconds=5), missed=30)
        async with app.open_async():
            deferrer = PeriodicDeferrer(registry=app.periodic_registry)
            await deferrer.defer_jobs(deferrer.get_previous_tasks(at=at))

    async def strike_twice() -> None:
        await asyncio.gather(strike(), strike())

    with ThreadPoolExecutor(1) as own:  # a browser's event loop may live in this thread
        own.submit(lambda: asyncio.run(strike_twice())).result()
    names = [line.name for line in SCHEDULE]
    assert sorted(carried(told)) == sorted(f"clock: {name}" for name in [*names, "sweep", "tidy"])


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
    another = fleet.Fleet(everywhere.ctx, pace=fleet.Pace(look=0.1, beat=0.2, missed=0.8, tidy=1))
    victim = work(everywhere, began)
    with everywhere.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": everywhere.ctx.now(), "params": {"weeks": 8}}
        run, _ = request_run(db, RunKind.BACKFILL, everywhere.connection_id, **asked)
    everywhere.wait_for(run.id, RunState.RUNNING)
    victim.kill()
    victim.join()
    killed = everywhere.run(run.id)
    assert (killed.state, killed.fence) == (RunState.RUNNING, 1)
    another.start()
    try:
        everywhere.wait_for(run.id, RunState.DONE)
    finally:
        another.stop()
    assert everywhere.run(run.id).fence == 2
    with pytest.raises(queue.LeaseLost), everywhere.ctx.store.write() as db:
        queue.hold(db, killed, everywhere.ctx.now(), done=99)
    assert content(everywhere.ctx.store) == expected


@pytest.mark.parametrize("everywhere", ["fleet"], indirect=True)
def test_a_database_that_went_away_is_come_back_to(everywhere: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "AGAIN", 0.1)
    engine = fleet.Fleet(everywhere.ctx, concurrency=1, pace=fleet.Pace(look=0.1, tidy=1))
    engine.start()
    try:
        everywhere.wait_until(lambda: heartbeats(everywhere.ctx) == len(Station) + 1)
        with everywhere.ctx.store.write() as db:
            db.execute(text("delete from procrastinate_workers"))  # an old one takes no more jobs
            db.execute(END_OTHERS)
        (run,) = ask(everywhere.ctx, RunKind.DECIDE)
        everywhere.wait_for(int(run.removeprefix("run ")), RunState.DONE)
    finally:
        engine.stop()


def heartbeats(ctx: Context) -> int:
    with ctx.store.read() as db:
        return int(db.scalar(text("select count(*) from procrastinate_workers")) or 0)


def work(road: Road, began: float) -> ForkServerProcess:
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
    return ready(main, told)
