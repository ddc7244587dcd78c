"""The run table as a queue: claim by lease and fence, renew, finish.

Knows nothing of what a run does. A run whose process died is taken up again when its lease runs out; the fence, raised
at each claim, keeps a late worker from writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from adapter.store.dialect import table_of
from adapter.store.run_log import log_line
from adapter.store.tables import Connection, Run, RunKind, RunState

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=45)
WRITING_LEASE = timedelta(seconds=15)  # a dead worker must not keep the kill switch from its minute
LEFT = "taken up again: whoever was at it was not heard of any more"
MOST_CLAIMS = 100  # a run that takes its process down each time is given up

_WRITES = frozenset({RunKind.PUSH, RunKind.PROVE})
LANES: Mapping[RunKind, str] = {
    **{kind: "push" if kind in _WRITES else "mirror" for kind in RunKind},
    RunKind.SUBSCRIBE: "events",
    RunKind.SETTLE: "books",
}
"""Runs of one connection in one lane exclude each other; pushing goes on beside a pull (the kill switch can't wait)."""


_RUN = table_of(Run)
_MINE = (
    update(_RUN)
    .where(_RUN.c.id == bindparam("run"), _RUN.c.fence == bindparam("claimed"), _RUN.c.state == RunState.RUNNING)
    .returning(_RUN.c.id)
)
"""What changes a run while it is its worker's. Made once, and of the table alone: every step of a run needs it."""


class Station(StrEnum):
    """Where a worker does runs of a sort, with hands of its own: what takes long never keeps what is prompt waiting."""

    PUSHING = "pushing"  # the kill switch waits for nobody
    PROMPT = "prompt"
    READING = "reading"
    FILLING = "filling"  # a year of a studio: minutes, or hours where the platform allows few calls
    LEARNING = "learning"


STATIONS: Mapping[RunKind, Station] = {
    **dict.fromkeys(RunKind, Station.PROMPT),
    **dict.fromkeys(_WRITES, Station.PUSHING),
    RunKind.PULL: Station.READING,
    RunKind.RESYNC: Station.READING,
    RunKind.BACKFILL: Station.FILLING,
    RunKind.TRAIN: Station.LEARNING,
    RunKind.BACKTEST: Station.LEARNING,
}


class LeaseLost(Exception):
    """Somebody else has taken this run over: stop at once, write nothing more."""


class PutDown(Exception):
    """This process ends: the run is given back as far as it is, for another to go on with."""


def claim(db: Session, now: datetime, *, run_id: int | None = None, station: Station | None = None) -> Run | None:
    """Take the next due run whose lane is free; None: there is none. The caller's transaction makes it ours.

    ``run_id``: this one or none; ``station``: one that is done there.
    """
    for candidate in db.scalars(_due(now, run_id, station)):
        left = candidate.state is RunState.RUNNING
        if _lane_is_free(db, candidate, now) and _take(db, candidate, now):
            if left:
                log_line(db, candidate, LEFT, now)
                log.warning("run.left_behind", run=candidate.id, why=LEFT)
            db.refresh(candidate)
            return candidate
    return None


def is_waiting(db: Session, now: datetime, station: Station) -> bool:
    """Whether anything at a station looks as if it could be claimed; only reads, so it takes no lock."""
    return db.scalars(_due(now, None, station).limit(1)).first() is not None


def hold(db: Session, run: Run, now: datetime, **values: Any) -> None:
    """Renew the lease of a run as it was claimed, and write progress; LeaseLost if it is no longer ours (then nothing
    is committed).
    """
    db.flush()  # the work's own rows are locked before the run's
    claimed = {"run": run.id, "claimed": run.fence, "leased_until": _leased_until(run.kind, now)}
    if db.execute(_MINE, claimed | values).first() is None:
        raise LeaseLost(f"run {run.id}: taken over by another worker")


def finish(db: Session, run: Run, now: datetime, state: RunState, **values: Any) -> None:
    """End a run, or give it back to the queue (``state`` QUEUED with a ``due_at``)."""
    finished_at = None if state is RunState.QUEUED else now
    hold(db, run, now, leased_until=None, state=state, finished_at=finished_at, **values)


def ready(now: datetime) -> ColumnElement[bool]:
    """Due and nobody's: it waits in the queue, or its worker's lease has run out."""
    return or_(
        and_(Run.state == RunState.QUEUED, Run.due_at <= now),
        and_(Run.state == RunState.RUNNING, Run.leased_until < now),
    )


def _due(now: datetime, run_id: int | None, station: Station | None) -> Select[Run]:
    wanted = select(Run).where(ready(now)).order_by(Run.due_at, Run.id).limit(100)
    if run_id is not None:
        wanted = wanted.where(Run.id == run_id)
    if station is not None:
        wanted = wanted.where(Run.kind.in_([kind for kind in RunKind if STATIONS[kind] is station]))
    return wanted


def _leased_until(kind: RunKind, now: datetime) -> datetime:
    """How long a run is its worker's from now on: what writes over there is missed sooner."""
    return now + (WRITING_LEASE if kind in _WRITES else LEASE)


def _lane_is_free(db: Session, run: Run, now: datetime) -> bool:
    """Whether no other run of the same connection and lane is at work (the connection's row is locked meanwhile)."""
    if run.connection_id is None:
        return True
    db.execute(select(Connection.id).where(Connection.id == run.connection_id).with_for_update())
    lane = [kind for kind in RunKind if LANES[kind] == LANES[run.kind]]
    busy = select(Run.id).where(
        Run.connection_id == run.connection_id,
        Run.id != run.id,
        Run.kind.in_(lane),
        Run.state == RunState.RUNNING,
        Run.leased_until >= now,
    )
    return db.execute(busy.limit(1)).first() is None


def _take(db: Session, run: Run, now: datetime) -> bool:
    taken = (
        update(Run)
        .where(Run.id == run.id, Run.fence == run.fence, Run.state == run.state)
        .values(
            state=RunState.RUNNING,
            fence=Run.fence + 1,
            leased_until=_leased_until(run.kind, now),
            started_at=run.started_at or now,
        )
        .returning(Run.id)
    )
    return db.execute(taken).first() is not None
