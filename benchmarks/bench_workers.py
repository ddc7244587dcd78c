"""How the engines scale: the same work for 40 studios, by the embedded engine and by 1, 2 and 4 workers of a fleet.

The work is a pull of every studio from a sandbox over real HTTP, which takes a twentieth of a second for each answer as
a platform far away does, and the decisions that follow, by the plain rule: no model is trained. Studios are mirrored
once on SQLite, moved to a PostgreSQL that the benchmark brings up itself, and copied for each trial. Timed from the
first run begun to the last one ended, by the run table. Prints runs a second, and ratios against one worker and against
the embedded engine. Sandbox and database share the machine's cores with the workers, so more workers than cores gain
little here; they must not trip over each other either. Run: python benchmarks/bench_workers.py
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sqlalchemy import create_engine, func, select, text, update

from adapter.compose import compose, open_newest
from adapter.config import Config, load_config
from adapter.connecting.tokens import seal_name
from adapter.context import Context
from adapter.logs import configure_logs
from adapter.operating.moving import move
from adapter.store.tables import Connection, Run, RunKind, RunOrigin, RunState, Studio
from adapter.work import request_run
from benchmarks.postgres import postgres
from connectors.http import open_door
from connectors.registry import get
from connectors.sandbox.market.studios import small_studio
from connectors.sandbox.market.world import World
from connectors.sandbox.server import running
from connectors.sandbox.server.app import create_app
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.running import Server, facts, listen
from sync.engine import announce
from sync.engine.jobs import do_next
from sync.engine.queue import Station

STUDIOS = 40
WORKERS = (1, 2, 4)
STATIONS = len(Station) + 1  # of a worker, its clock among them
LATENCY = 0.05  # seconds until the sandbox answers, while the trials last
PATIENCE = 300.0  # seconds for one trial
ENDED = (RunState.DONE, RunState.INCOMPLETE, RunState.FAILED)
LEAST = 0.5  # of one worker's rate, whatever the machine


@dataclass(frozen=True)
class Trial:
    """What one engine did."""

    name: str
    runs: int
    seconds: float

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds


def main() -> int:
    """Run all trials, print them; 0 unless more workers do less."""
    configure_logs(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="adapter-bench-") as folder, running_sandbox() as sandbox:
        embedded = mirrored(Path(folder), sandbox)
        with postgres("mirrored") as url:
            moved(embedded, url)
            grow_slow(sandbox)
            trials = [timed(fleet_of(embedded.config, url, count), f"fleet of {count}", count) for count in WORKERS]
        trials.insert(0, timed(embedded, "embedded", 1))
    one = trials[1].rate
    for trial in trials:
        ratios = f"{trial.rate / one:.2f} x one worker, {trial.rate / trials[0].rate:.2f} x embedded"
        print(f"{trial.name:<11} {trial.runs} runs in {trial.seconds:5.1f} s = {trial.rate:5.1f} runs/s ({ratios})")
    worst = min(trial.rate for trial in trials[1:]) / one
    print(f"workers: least rate {worst:.2f} x one worker on {os.cpu_count()} cores (must stay above {LEAST})")
    return 0 if worst > LEAST else 1


def timed(ctx: Context, name: str, workers: int) -> Trial:
    """Ask for everything at once, and have it done by so many worker processes."""
    with ctx.store.write() as db:
        began = db.scalar(select(func.max(Run.id))) or 0
    processes = [worker(ctx.config) for _ in range(workers)]
    try:
        wait_for(lambda: ctx.store.is_sqlite or beating(ctx) == STATIONS * workers)
        with ctx.store.write() as db:
            for number in db.scalars(select(Connection.id)).all():
                request_run(db, RunKind.PULL, number, origin=RunOrigin.MANUAL, actor="bench", now=ctx.now())
        wait_for(lambda: len(ended(ctx, began)) == 2 * STUDIOS)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    runs = ended(ctx, began)
    assert {run.state for run in runs} == {RunState.DONE}, [run.errors for run in runs if run.errors]
    seconds = max(run.finished_at for run in runs) - min(run.started_at for run in runs)
    ctx.store.close()
    return Trial(name, len(runs), seconds.total_seconds())


def ended(ctx: Context, after: int) -> list[Any]:
    with ctx.store.read() as db:
        wanted = select(Run).where(Run.id > after, Run.actor == "bench", Run.state.in_(ENDED))
        return list(db.scalars(wanted))


def beating(ctx: Context) -> int:
    """How many stations of workers have shown themselves."""
    with ctx.store.read() as db:
        return int(db.scalar(text("select count(*) from procrastinate_workers")) or 0)


def wait_for(come: Any) -> None:
    """Until it is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        if come():
            return
        pause.wait(0.1)
    raise TimeoutError("the workers did not come to an end")


def worker(config: Config) -> subprocess.Popen[bytes]:
    """`adapter worker`, on these settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "ADAPTER_INSTANCE": str(config.instance),
        "ADAPTER_DATABASE_URL": config.database_url,
        "ADAPTER_ALLOW_PRIVATE_ADDRESSES": "yes",
        **{f"ADAPTER_SANDBOX_{name}": value for name, value in config.platform("sandbox").items()},
    }
    adapter = Path(sys.executable).with_name("adapter")
    return subprocess.Popen([adapter, "worker"], env=environment, stderr=subprocess.DEVNULL, cwd=config.instance)


def mirrored(folder: Path, sandbox: dict[str, Any]) -> Context:
    """Forty connected studios, a week of each mirrored, on SQLite; as if trained today, so that no trial trains."""
    given = load_config({"ADAPTER_INSTANCE": str(folder)}, folder=folder)
    settings = {"API_URL": sandbox["api_url"], "API_KEY": sandbox["api_key"]}
    ctx = compose(replace(given, allow_private_addresses=True, platforms={"sandbox": settings}))
    manual, now, week = RunOrigin.MANUAL, ctx.now(), {"weeks": 1}
    for site in sandbox["sites"]:
        with ctx.store.write() as db:
            number = connect(ctx, db, site, token_of(sandbox, site))
            run, _ = request_run(db, RunKind.BACKFILL, number, origin=manual, actor="bench", now=now, params=week)
        do_next(ctx, run_id=run.id)
    with ctx.store.write() as db:
        db.execute(update(Run).values(state=RunState.DONE))
    return ctx


def connect(ctx: Context, db: Any, site: dict[str, str], token: str) -> int:
    now = ctx.now()
    db.add(studio := Studio(name=site["name"], timezone=site["timezone"], currency=site["currency"], created_at=now))
    db.flush()
    row = Connection(studio_id=studio.id, platform="sandbox", site=site["id"], site_name=site["name"])
    row.timezone, row.currency, row.connected_at = site["timezone"], site["currency"], now
    row.token_issued_at, row.token_expires_at = now, now + timedelta(days=30)
    db.add(row)
    db.flush()
    row.access_token = ctx.keys.seal(token, seal_name(row.id, "access_token"))
    return int(row.id)


def token_of(sandbox: dict[str, Any], site: dict[str, str]) -> str:
    """A staff token, got as the owner would."""
    platform = get("sandbox")
    door = open_door(
        sandbox["api_url"],
        headers=platform.headers(site["id"], {"API_KEY": sandbox["api_key"]}),
        token=lambda _fresh: None,
        on_call=lambda _call, _status: None,
        allow_private=True,
        allowed=frozenset(),
    )
    assert platform.login is not None
    try:
        return platform.login(door, site["owner_login"], site["owner_password"]).value
    finally:
        door.close()


def moved(embedded: Context, url: str) -> None:
    """The same on PostgreSQL, as everybody gets there."""
    target = open_newest(replace(embedded.config, database_url=url))
    move(embedded.store, target, embedded.now(), lambda *_: None)
    target.close()


def fleet_of(config: Config, url: str, workers: int) -> Context:
    """An adapter on a copy of the database."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database fleet{workers} template mirrored"))
    admin.dispose()
    copy = admin.url.set(database=f"fleet{workers}").render_as_string(hide_password=False)
    return announce(compose(replace(config, database_url=copy)))


@contextmanager
def running_sandbox() -> Iterator[dict[str, Any]]:
    """Forty small studios at a booking platform, as a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "sandbox"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def grow_slow(sandbox: dict[str, Any]) -> None:
    """From now on the sandbox is far away."""
    fault = json.dumps({"kind": "slow", "seconds": LATENCY}).encode()
    asked = Request(f"{sandbox['url']}/_sandbox/faults", fault, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(asked) as answer:  # noqa: S310  our own process
        assert answer.status == 200


def serve_sandbox() -> None:
    """That process."""
    bound, url = listen()
    plans = [replace(small_studio(weeks=2), site=5000 + number) for number in range(STUDIOS)]
    app = create_app(World(7, datetime.now(UTC), plans), Options(url=url))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    running.THREADS = 40  # none waits for another at a platform
    Server(app, bound).start()
    sys.stdout.write(json.dumps(facts(app.extensions["sandbox"])) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["sandbox"]:
        serve_sandbox()
    else:
        sys.exit(main())
