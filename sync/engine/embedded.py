"""The embedded engine: one process, no server of its own. A few threads for each station; the clock is APScheduler's.

The run table alone is the queue. The clock asks for work, it never does any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.store.database import UNAVAILABLE, cause_of
from adapter.store.tables import Run
from sync.engine import queue, sweeping
from sync.engine.jobs import do_next
from sync.engine.queue import Station
from sync.engine.schedule import SCHEDULE, Line, ask

log = structlog.get_logger(__name__)

IDLE = 1.0  # seconds after which a thread looks by itself: another process may have asked for work
CONCURRENCY = 2  # runs at once at each station but the one that trains: there it is one


class Embedded:
    """Does runs when they are due. Started: by threads and a clock, until stopped."""

    def __init__(self, ctx: Context, *, concurrency: int = CONCURRENCY) -> None:
        self.ctx = ctx
        self._threads = [
            threading.Thread(target=self._serve, args=[station], name=f"{station} {number + 1}", daemon=True)
            for station in Station
            for number in range(1 if station is Station.LEARNING else concurrency)
        ]
        self._clock = BackgroundScheduler(timezone="UTC")
        self._woken = threading.Condition()
        self._stopping = False

    def enqueue(self, db: Session, run: Run) -> None:
        """Nothing: the row is all there is to it."""

    def wake(self) -> None:
        """A run has been requested."""
        with self._woken:
            self._woken.notify_all()

    def start(self) -> None:
        """Begin: the clock asks for what is due, the threads do it. ``ctx.wake_engine`` wakes them from now on."""
        self.ctx.wake_engine = self.wake
        for line in SCHEDULE:
            self._add(line.name, line.every.total_seconds(), partial(self._ask, line))
        self._add("sweep", sweeping.EVERY.total_seconds(), partial(sweeping.sweep, self.ctx))
        self._clock.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End: no run is begun any more; those at work come to their end, or are put down at their next step."""
        self._clock.shutdown(wait=True)
        self.ctx.stopping.set()
        with self._woken:
            self._stopping = True
            self._woken.notify_all()
        for thread in self._threads:
            thread.join()
        self.ctx.stopping.clear()

    def run_due(self) -> int:
        """Do everything that is due, here and now, with what follows from it; how many runs that were."""
        done = 0
        while do_next(self.ctx) is not None:
            done += 1
        return done

    def tick(self) -> int:
        """What the clock would ask for now, asked for at once; how many runs were requested."""
        return sum(self._ask(line) for line in SCHEDULE)

    def _ask(self, line: Line) -> int:
        asked = ask(self.ctx, line)
        if asked:
            self.wake()
        return asked

    def _add(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        self._clock.add_job(_looking, "interval", [act], seconds=seconds, id=name, coalesce=True, max_instances=1)

    def _serve(self, station: Station) -> None:
        while not self._stopping:
            try:
                done = do_next(self.ctx, station=station) if self._is_waiting(station) else None
            except UNAVAILABLE as error:
                log.warning("engine.database_unavailable", why=cause_of(error))
                done = None
            except Exception:  # nobody would do its work: a thread that ended is not begun anew
                log.exception("engine.station_broke", station=station)
                done = None
            if done is None:
                with self._woken:
                    if not self._stopping:
                        self._woken.wait(IDLE)

    def _is_waiting(self, station: Station) -> bool:
        """Looked up before anything is claimed: a claim takes SQLite's one lock for writing."""
        with self.ctx.store.read() as db:
            return queue.is_waiting(db, self.ctx.now(), station)


def _looking(act: Callable[[], object]) -> None:
    """A stroke of the clock; one that finds no database is made up for by the next."""
    try:
        act()
    except UNAVAILABLE as error:
        log.warning("engine.database_unavailable", why=cause_of(error))
