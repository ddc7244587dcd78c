"""The port through which our side asks for work: a run is written, the engine is told. Never imports sync.

There are two engines, in sync/engine/. What is said to one is said twice: inside the transaction that writes the run
(``enqueue``), and after its commit (``wake``, through ``context.wake_engine``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.database import Store
from adapter.store.run_log import log_line
from adapter.store.tables import OPEN, Run, RunKind, RunOrigin, RunState

CLOCK = "clock"  # who asks where nobody does
ENGINE = "job_engine"  # where a session carries the engine that is to be told
JOINED_AT_WORK = frozenset({RunKind.RESYNC, RunKind.STATE, RunKind.TELL})
"""Kinds that do what is asked for while they are at work; another may have missed why it is asked for."""
WHOLE_DOES_PARTS = frozenset({RunKind.STATE})  # without parameters it does what it would do with them, and more


class JobEngine(Protocol):
    """What has runs done."""

    def enqueue(self, db: Session, run: Run) -> None:
        """Take note of a run in the transaction that writes it: both are kept, or neither."""

    def wake(self) -> None:
        """Look for work: a transaction that wrote a run is committed."""


def tell_from_now_on(store: Store, engine: JobEngine) -> None:
    """Have every run that is requested through this store told to this engine."""
    store.info[ENGINE] = engine


def request_by_clock(
    db: Session,
    kind: RunKind,
    connection_id: int | None,
    *,
    now: datetime,
    why: str = "",
    params: dict[str, Any] | None = None,
) -> tuple[Run, bool]:
    """Ask for work that follows by itself and nobody asked for; as ``request_run``."""
    schedule = RunOrigin.SCHEDULE
    return request_run(db, kind, connection_id, origin=schedule, actor=CLOCK, now=now, why=why, params=params)


def request_run(
    db: Session,
    kind: RunKind,
    connection_id: int | None,
    *,
    origin: RunOrigin,
    actor: str,
    now: datetime,
    why: str = "",
    params: dict[str, Any] | None = None,
) -> tuple[Run, bool]:
    """Ask for a piece of work in the caller's transaction; call ``context.wake_engine()`` after the commit.

    A run that does the same and may still be joined is, not doubled: the answer is (run, whether it is new).
    """
    wanted = params or {}
    unfinished = select(Run).where(Run.connection_id == connection_id, Run.kind == kind, Run.state.in_(OPEN))
    for run in db.scalars(unfinished):
        if _does(run, wanted) and (run.state is RunState.QUEUED or kind in JOINED_AT_WORK):
            return run, False
    run = Run(
        connection_id=connection_id,
        kind=kind,
        origin=origin,
        actor=actor,
        why=why,
        params=wanted,
        state=RunState.QUEUED,
        due_at=now,
        counts={},
        errors=[],
    )
    db.add(run)
    db.flush()
    log_line(db, run, "asked for", now)  # why stands on the run: it may name somebody
    engine: JobEngine | None = db.info.get(ENGINE)
    if engine is not None:
        engine.enqueue(db, run)
    return run, True


def _does(run: Run, wanted: dict[str, Any]) -> bool:
    """Whether a run does what is asked for."""
    return run.params == wanted or (run.kind in WHOLE_DOES_PARTS and not run.params)
