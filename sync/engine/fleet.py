"""The engine of a fleet: PostgreSQL and any number of workers, on one machine or many; Procrastinate wakes them.

Each station is a queue, with a worker of Procrastinate's own; all of ours run in one process. A process that dies is
missed by its heartbeat: its jobs are thrown away, which frees their locks, and its runs are handed out anew when their
leases end. The fence keeps the dead one from writing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from adapter.context import Context
from adapter.store.database import Store
from adapter.work import tell_from_now_on
from sync.engine.carrier import JOB, Carrier, hand_out
from sync.engine.clock import CLOCK, keep_clock
from sync.engine.jobs import do_next
from sync.engine.queue import Station
from sync.engine.schedule import SCHEDULE, ask

log = structlog.get_logger(__name__)

CONCURRENCY = 4  # runs at once at each station but the one that trains: there it is one
AGAIN = 1.0  # seconds until a station tries again that lost its database


@dataclass(frozen=True)
class Pace:
    """How often a worker looks and shows that it lives, and when it is missed; in seconds."""

    look: float = 0.5  # the database wakes us at once; by looking we find what waited for a lock
    beat: float = 10.0
    missed: float = 30.0
    tidy: float = 5.0


class Fleet(Carrier):
    """One worker of the fleet. Started: until stopped."""

    def __init__(self, ctx: Context, *, concurrency: int = CONCURRENCY, pace: Pace | None = None) -> None:
        super().__init__(ctx)
        self.pace = pace or Pace()
        self._stations: dict[str, int] = {CLOCK: 2, **dict.fromkeys(Station, concurrency), Station.LEARNING: 1}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="fleet", daemon=True)
        self._begun = threading.Event()
        self._workers: dict[str, Worker] = {}  # by queue: those that have a database
        tell_from_now_on(ctx.store, self)

    def start(self) -> None:
        """Begin: a thread of its own waits for jobs, a few others do them."""
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """End: no run is begun any more; those at work come to their end, or are put down at their next step."""
        self.ctx.stopping.set()
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self.ctx.stopping.clear()

    def run_due(self) -> int:
        """Do everything that is due, here and now, with what follows from it; how many runs that were."""
        done: list[int] = []

        def do(run_id: int) -> None:
            if do_next(self.ctx, run_id=run_id) is not None:
                done.append(run_id)

        hand_out(self.ctx)
        options = {"queues": list(Station), "wait": False, "listen_notify": False, **self._options(1)}
        with ThreadPoolExecutor(1) as own:  # the caller's thread may have an event loop of its own
            own.submit(self._app(do).run_worker, **options).result()
        return len(done)

    def tick(self) -> int:
        """What the clock would ask for now, asked for at once; how many runs were requested."""
        return sum(ask(self.ctx, line) for line in SCHEDULE)

    async def _work(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(sum(self._stations.values()) + 1, "run"))
        self._begun.set()
        tasks = {queue: asyncio.create_task(self._keep(queue, count)) for queue, count in self._stations.items()}
        await self._stopping.wait()
        for queue, task in tasks.items():
            if queue in self._workers:
                self._workers[queue].stop()  # takes no more jobs, and waits for those at work
            else:
                task.cancel()  # has no database at the moment
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _keep(self, queue: str, concurrency: int) -> None:
        """A station: a worker of one queue, begun anew whenever it loses its database."""
        while not self._stopping.is_set():
            try:
                await self._man(queue, concurrency)
            except (ConnectorException, psycopg.Error) as error:
                log.warning("engine.database_unavailable", station=queue, why=str(error.__cause__ or error))
            except Exception:
                log.exception("engine.station_broke", station=queue)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), AGAIN)

    async def _man(self, queue: str, concurrency: int) -> None:
        app = self._app(self._do)
        if queue == CLOCK:
            keep_clock(app, self.ctx, tidy=timedelta(seconds=self.pace.tidy), missed=self.pace.missed)
        async with app.open_async():
            worker = Worker(app, queues=[queue], **self._options(concurrency))
            if self._stopping.is_set():
                return
            self._workers[queue] = worker
            try:
                await worker.run()
            finally:
                del self._workers[queue]

    def _do(self, run_id: int) -> None:
        do_next(self.ctx, run_id=run_id)

    def _app(self, do: Callable[[int], None]) -> App:
        app = App(connector=PsycopgConnector(conninfo=address(self.ctx.store), min_size=1))
        app.task(name=JOB)(do)
        return app

    def _options(self, concurrency: int) -> dict[str, Any]:
        return {
            "concurrency": concurrency,
            "fetch_job_polling_interval": self.pace.look,
            "update_heartbeat_interval": self.pace.beat,
            "stalled_worker_timeout": self.pace.missed,
            "delete_jobs": "always",  # what was done and how it ended stands in the run table
            "install_signal_handlers": False,  # whoever started us ends us
        }


def address(store: Store) -> str:
    """The database's address as the driver knows it."""
    return store.url.set(drivername="postgresql").render_as_string(hide_password=False)
