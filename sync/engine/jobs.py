"""Doing one run: claim it, do it while its lease is renewed, write down how it ended and what follows.

The same for every engine (sync/engine/): which process comes here, and when, is the engine's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from adapter.context import Context
from adapter.logs import carrying
from adapter.store.database import UNAVAILABLE, cause_of
from adapter.store.tables import Connection, Run, RunKind, RunState
from sync.deciding.decide import decide_run
from sync.deciding.look_back import backtest_run
from sync.deciding.settle_run import settle_run
from sync.deciding.state_run import state_run
from sync.deciding.train import train_run
from sync.engine import ending, queue
from sync.events.subscriptions import subscribe_run
from sync.events.webhooks import work_off_inbox
from sync.pulling.pull import pull
from sync.pushing.proving import prove_run
from sync.pushing.push_run import push_run
from sync.selling.sales import sell_run
from sync.selling.telling import tell_run

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
    RunKind.STATE: state_run,
    RunKind.SETTLE: settle_run,
    RunKind.SUBSCRIBE: subscribe_run,
    RunKind.SELL: sell_run,
    RunKind.TELL: tell_run,
    RunKind.BACKTEST: backtest_run,
}
HEARTBEAT = queue.WRITING_LEASE / 3


def do_next(ctx: Context, *, run_id: int | None = None, station: queue.Station | None = None) -> Run | None:
    """Claim one due run, this one or one of a station where asked, and do it to its end; None: nothing is due."""
    with ctx.store.write() as db:
        run = queue.claim(db, ctx.now(), run_id=run_id, station=station)
    if run is not None:
        _do(ctx, run)
    return run


def _do(ctx: Context, run: Run) -> None:
    with structlog.contextvars.bound_contextvars(**_about(ctx, run)):
        _do_bound(ctx, run)


def _about(ctx: Context, run: Run) -> dict[str, Any]:
    """What every line of the run carries, whoever writes it."""
    about = {"run": run.id, "kind": run.kind.value, "connection": run.connection_id, "actor": run.actor}
    with ctx.store.read() as db:
        connection = None if run.connection_id is None else db.get(Connection, run.connection_id)
    return about if connection is None else about | {"platform": connection.platform}


def _tell(run: Run, state: RunState, error: Exception | None) -> None:
    """The line of how a run ended: what went wrong is a warning that says why, and where to look."""
    if error is None or isinstance(error, queue.PutDown):
        log.info("run.ended", state=state.value)
    else:
        words = {"why": ending.words_of(error), "see": f"adapter run {run.id}"}
        ours = {"database": cause_of(error)} if isinstance(error, UNAVAILABLE) else {}
        log.warning("run.ended", state=state.value, **words, **ours)


def _do_bound(ctx: Context, run: Run) -> None:
    log.info("run.started")
    error: Exception | None = None
    try:
        with _heartbeat(ctx, run):
            ending.check_claims(run)
            HANDLERS[run.kind](ctx, run)
    except queue.LeaseLost as lost:
        log.warning("run.taken_over", why=str(lost))
        return
    except ending.EXPECTED as expected:
        error = expected
    except Exception as unexpected:
        log.exception("run.broke")
        error = unexpected
    try:
        _tell(run, ending.end(ctx, run, error), error)
    except (queue.LeaseLost, *UNAVAILABLE) as lost:
        log.warning("run.end_not_written", why=cause_of(lost))  # its lease runs out and it is taken up again


@contextmanager
def _heartbeat(ctx: Context, run: Run) -> Iterator[None]:
    """Renew the lease while the work goes on, however long one step takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT.total_seconds()):
            try:
                with ctx.store.write() as db:
                    queue.hold(db, run, ctx.now())
            except queue.LeaseLost:
                return  # the work itself notices at its next commit
            except UNAVAILABLE as error:
                log.warning("run.heartbeat_missed", why=cause_of(error))

    thread = threading.Thread(target=carrying(beat), name=f"lease of run {run.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
