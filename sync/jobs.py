"""What does the work: claims due runs, does them, writes down how they ended and what follows.

The run table is the queue, the schedule a table of data. Runs are done by a few threads here; the clock is
APScheduler's and asks for work, it never does any. ``run_due`` does the same without threads or clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from adapter.context import Context
from adapter.store.tables import Run, RunKind
from sync import ending, queue, sweeping
from sync.decide import decide_run
from sync.proving import prove_run
from sync.pull import pull
from sync.push_run import push_run
from sync.schedule import SCHEDULE, Line
from sync.train import train_run
from sync.webhooks import work_off_inbox

log = structlog.get_logger(__name__)

HANDLERS: Mapping[RunKind, Callable[[Context, Run], None]] = {
    RunKind.BACKFILL: lambda ctx, run: pull(ctx, run, kind=RunKind.BACKFILL),
    RunKind.PULL: lambda ctx, run: pull(ctx, run, kind=RunKind.PULL),
    RunKind.RESYNC: lambda ctx, run: pull(ctx, run, kind=RunKind.RESYNC),
    RunKind.TRAIN: train_run,
    RunKind.DECIDE: decide_run,
    RunKind.PUSH: push_run,
    RunKind.PROVE: prove_run,
    RunKind.WEBHOOKS: work_off_inbox,
}
HEARTBEAT = queue.LEASE / 3
IDLE = 1.0  # seconds after which a worker looks by itself: another process may have asked for work
THREADS = 2


def do_next(ctx: Context, *, run_id: int | None = None) -> Run | None:
    """Claim one due run and do it to its end; None: nothing is due."""
    with ctx.store.write() as db:
        run = queue.claim(db, ctx.now(), run_id=run_id)
    if run is not None:
        _do(ctx, run)
    return run


def _do(ctx: Context, run: Run) -> None:
    bound = log.bind(run=run.id, kind=run.kind.value, connection=run.connection_id)
    bound.info("run.started")
    error: Exception | None = None
    try:
        with _heartbeat(ctx, run):
            ending.check_claims(run)
            HANDLERS[run.kind](ctx, run)
    except queue.LeaseLost as lost:
        bound.warning("run.taken_over", why=str(lost))
        return
    except ending.EXPECTED as expected:
        error = expected
    except Exception as unexpected:
        bound.exception("run.broke")
        error = unexpected
    try:
        bound.info("run.ended", state=ending.end(ctx, run, error).value)
    except (queue.LeaseLost, OperationalError) as lost:
        bound.warning("run.end_not_written", why=str(lost))  # its lease runs out and it is taken up again


@contextmanager
def _heartbeat(ctx: Context, run: Run) -> Iterator[None]:
    """Renew the lease while the work goes on, however long one step takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT.total_seconds()):
            try:
                with ctx.store.write() as db:
                    queue.hold(db, run.id, run.fence, ctx.now())
            except queue.LeaseLost:
                return  # the work itself notices at its next commit
            except OperationalError as error:
                log.warning("run.heartbeat_missed", run=run.id, why=str(error.orig))

    thread = threading.Thread(target=beat, name=f"lease of run {run.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Engine:
    """Does runs when they are due. Started: by threads and a clock, until stopped."""

    def __init__(self, ctx: Context, *, threads: int = THREADS) -> None:
        self.ctx = ctx
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker {n + 1}", daemon=True) for n in range(threads)
        ]
        self._clock = BackgroundScheduler(timezone="UTC")
        self._woken = threading.Condition()
        self._stopping = False

    def start(self) -> None:
        """Begin: the clock asks for what is due, the workers do it. ``ctx.wake_engine`` wakes them from now on."""
        self.ctx.wake_engine = self.wake
        for line in SCHEDULE:
            self._add(line.name, line.every.total_seconds(), partial(self.ask, line))
        self._add("sweep", sweeping.EVERY.total_seconds(), partial(sweeping.sweep, self.ctx))
        self._clock.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End: no run is begun any more, those at work are finished. An interrupted one is taken up again later."""
        self._clock.shutdown(wait=True)
        with self._woken:
            self._stopping = True
            self._woken.notify_all()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """A run has been requested."""
        with self._woken:
            self._woken.notify()

    def run_due(self) -> int:
        """Do everything that is due, here and now, with what follows from it; how many runs that were."""
        done = 0
        while do_next(self.ctx) is not None:
            done += 1
        return done

    def tick(self) -> int:
        """What the clock would ask for now, asked for at once; how many runs were requested."""
        return sum(self.ask(line) for line in SCHEDULE)

    def ask(self, line: Line) -> int:
        """Look at one line of the schedule."""
        with self.ctx.store.write() as db:
            asked = line.ask(db, self.ctx.now())
        if asked:
            self.wake()
        return asked

    def _add(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        self._clock.add_job(act, "interval", seconds=seconds, id=name, coalesce=True, max_instances=1)

    def _serve(self) -> None:
        while not self._stopping:
            try:
                done = do_next(self.ctx)
            except OperationalError as error:
                log.warning("engine.database_unavailable", why=str(error.orig))
                done = None
            if done is None:
                with self._woken:
                    if not self._stopping:
                        self._woken.wait(IDLE)
