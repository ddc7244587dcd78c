"""How a run ends: its state, when it is tried again, and what follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.store.database import UNAVAILABLE, NotMigrated
from adapter.store.redaction import scrub
from adapter.store.run_log import log_line
from adapter.store.tables import Run, RunKind, RunOrigin, RunState
from adapter.work import request_run
from connectors.errors import ConnectorError, TryAgain
from sync.engine import queue
from sync.engine.retry import next_try
from sync.pushing import outbox, write_back

EXPECTED = (ConnectorError, *UNAVAILABLE, queue.PutDown)
TRIES: Mapping[RunKind, int] = {RunKind.BACKFILL: 20}  # a year at a platform with a small budget waits often
USUAL_TRIES = 6
FOLLOWS: Mapping[RunKind, RunKind] = {
    RunKind.BACKFILL: RunKind.TRAIN,
    RunKind.TRAIN: RunKind.DECIDE,
    RunKind.PULL: RunKind.DECIDE,
    RunKind.RESYNC: RunKind.DECIDE,
    RunKind.DECIDE: RunKind.PUSH,
    RunKind.WEBHOOKS: RunKind.PUSH,
    RunKind.SELL: RunKind.PUSH,
}
ENDED: Mapping[RunState, str] = {
    RunState.DONE: "Done.",
    RunState.INCOMPLETE: "Done, with gaps: what failed is listed.",
    RunState.FAILED: "It did not work.",
}
ANYWAY = frozenset({RunKind.TRAIN})  # without a model the plain rule decides


class GivenUp(ConnectorError):
    """A run that never comes to an end."""


def check_claims(run: Run) -> None:
    """Refuse a run that took its process down again and again (F44)."""
    if run.fence > queue.MOST_CLAIMS:
        raise GivenUp(f"taken up {queue.MOST_CLAIMS} times without coming to an end: tell support")


def end(ctx: Context, run: Run, error: Exception | None) -> RunState:
    """Write down how a run ended, ``error`` being what ended it early. Answers its state; QUEUED: to be tried again."""
    now = ctx.now()
    if isinstance(error, UNAVAILABLE):
        error = TryAgain(words_of(error))
    with ctx.store.write() as db:
        row = db.get_one(Run, run.id, populate_existing=True)
        if (again := _again(row, error, now)) is not None:
            log_line(db, run, scrub(f"put off until {again:%H:%M:%S} UTC: {error}", ctx.keys), now)
            return _put_back(db, run, row, again, error)
        state = _state(row, error)
        errors = row.errors if error is None else [*row.errors, _listed(error, now)]
        queue.finish(db, run, now, state, errors=errors, step="")
        why = "" if error is None else f" {errors[-1]['message']}"
        log_line(db, run, ENDED[state] + scrub(why, ctx.keys), now)
        if (state is not RunState.FAILED or run.kind in ANYWAY) and not run.params.get("dry_run"):
            _follow(db, run, now)
    ctx.wake_engine()
    return state


def _state(row: Run, error: Exception | None) -> RunState:
    if error is not None:
        return RunState.FAILED
    return RunState.INCOMPLETE if row.errors else RunState.DONE


def _again(row: Run, error: Exception | None, now: datetime) -> datetime | None:
    if isinstance(error, queue.PutDown):
        return now
    if not isinstance(error, TryAgain):
        return None
    return next_try(row.attempts + 1, error, now, tries=TRIES.get(row.kind, USUAL_TRIES))


def _put_back(db: Database, run: Run, row: Run, due_at: datetime, error: Exception | None) -> RunState:
    attempts = row.attempts + (not isinstance(error, queue.PutDown))
    values: dict[str, Any] = {"due_at": due_at, "attempts": attempts, "step": f"waiting: {error}"}
    if run.kind is not RunKind.BACKFILL:  # it begins anew: what failed before is found again, or has healed
        values |= {"errors": [], "counts": {}, "done": 0}
    queue.finish(db, run, due_at, RunState.QUEUED, **values)
    return RunState.QUEUED


def words_of(error: Exception) -> str:
    """What ended a run early, as it may be shown."""
    if isinstance(error, UNAVAILABLE):
        return "the database did not answer"
    if isinstance(error, NotMigrated):
        return "our database is not up to date: it lacks what this version needs"
    known = isinstance(error, ConnectorError)
    return str(error) if known else f"something on our side broke ({type(error).__name__}): tell support"


def _listed(error: Exception, now: datetime) -> dict[str, str]:
    return {"at": now.isoformat(), "what": "run", "message": words_of(error)}


def _follow(db: Database, run: Run, now: datetime) -> None:
    kind = FOLLOWS.get(run.kind)
    if kind is RunKind.PUSH and not _anything_to_push(db, run.connection_id, now):
        return
    if kind is not None and run.connection_id is not None:
        why = f"follows run {run.id}"
        request_run(
            db, kind, run.connection_id, origin=run.origin or RunOrigin.SCHEDULE, actor=run.actor, now=now, why=why
        )


def _anything_to_push(db: Database, connection_id: int | None, now: datetime) -> bool:
    return outbox.is_due(db, connection_id, now) or write_back.is_due(db, connection_id, now)
