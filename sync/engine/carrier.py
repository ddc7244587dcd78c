"""What Procrastinate carries from process to process: "run N is ready". Who does it, the run table still decides.

The word is written in the transaction that writes the run: a request that is rolled back leaves nothing, one that is
committed is never lost. A run that must wait for its time is not carried, since a job dated in the future would hold up
all that stands behind its lock (procrastinate#1599): ``hand_out`` carries it when it is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procrastinate import App, PsycopgConnector
from sqlalchemy import ColumnElement, String, cast, column, exists, func, literal, select, table
from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.store.tables import Run, RunKind
from sync.engine.queue import LANES, STATIONS, Station, ready

JOB = "do run"
PRIORITIES: Mapping[Station, int] = {station: -10 * place for place, station in enumerate(Station)}
"""Higher goes first, and passes what waits in the same lane: a slow station never holds a quick one up."""
EAGER = frozenset({RunKind.WEBHOOKS, RunKind.RESYNC})  # before others of their station: somebody waits for them
A_TIME = 500  # runs handed out in one transaction
LOCK = 74_051_965  # any number, as long as it is always this one: two who hand out do so one after the other

_client = App(connector=PsycopgConnector())  # never opened: a job is written on its caller's connection
_jobs = table("procrastinate_jobs", column("queueing_lock"), column("status"))


class Carrier:
    """The half of the fleet that every process has: it tells of runs and does none."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def enqueue(self, db: Session, run: Run) -> None:
        """Write down, in this transaction, that the run is ready; nothing where it must wait for its time."""
        if run.due_at > self.ctx.now():
            return
        station = STATIONS[run.kind]
        lane = None if run.connection_id is None else f"{LANES[run.kind]} of connection {run.connection_id}"
        connection: Any = db.connection().connection.driver_connection
        _client.configure_task(
            JOB,
            lock=lane,
            queueing_lock=f"run {run.id}",
            queue=station,
            priority=PRIORITIES[station] + (run.kind in EAGER),
            connection=connection,
        ).defer(run_id=run.id)

    def wake(self) -> None:
        """Nothing: the database tells the workers at the commit."""


def hand_out(ctx: Context) -> int:
    """Carry what is due and not carried: what had to wait, or was left behind by a worker; how many runs that were."""
    carrier = Carrier(ctx)
    with ctx.store.write() as db:
        db.execute(select(func.pg_advisory_xact_lock(LOCK)))
        due = select(Run).where(ready(ctx.now()), ~_carried()).order_by(Run.due_at, Run.id)
        runs = db.scalars(due.limit(A_TIME)).all()
        for run in runs:
            carrier.enqueue(db, run)
    return len(runs)


def _carried() -> ColumnElement[bool]:
    name = literal("run ") + cast(Run.id, String)
    return exists().where(_jobs.c.queueing_lock == name, cast(_jobs.c.status, String).in_(("todo", "doing")))
