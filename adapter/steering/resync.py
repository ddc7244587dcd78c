"""Asking for a resync: what may be asked is checked here, once, for the pages, the API and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.audit import note_run
from adapter.store.redaction import scrub
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState, Run, RunKind, RunOrigin, RunState
from adapter.store.tables import Session as ClassSession
from adapter.work import request_run
from connectors.records import Stream

LONGEST_WHY = 200  # characters
BESIDE = frozenset({RunKind.PUSH, RunKind.PROVE, RunKind.SETTLE, RunKind.SUBSCRIBE})  # what a resync need not wait for
READS = (RunKind.BACKFILL, RunKind.PULL, RunKind.RESYNC)


class WrongResync(ValueError):
    """A resync that can't be asked for; the message says what is wrong with it."""


class How(StrEnum):
    """What became of asking."""

    NEW = "new"  # it begins at once
    JOINED = "joined"  # the same is being done, or waits, already
    QUEUED = "queued"  # it waits until the connection is free


@dataclass(frozen=True, slots=True)
class Asked:
    """The run that was asked for, or joined; ``behind``: the run that it waits for."""

    run: Run
    how: How
    behind: int | None = None

    @property
    def words(self) -> str:
        """What became of asking, in plain words."""
        if self.how is How.JOINED:
            return f"The same is already running, or waits: joined run {self.run.id}."
        if self.how is How.QUEUED:
            return f"Queued as run {self.run.id} behind run {self.behind}: one at a time."
        only = " to compare; nothing is changed" if self.run.params.get("dry_run") else ""
        return f"Reading again{only}: run {self.run.id}."


def request_resync(
    db: Session,
    keys: Keyring,
    connection_id: int,
    *,
    stream: str | None = None,
    first: date | None = None,
    last: date | None = None,
    session: int | None = None,
    dry_run: bool = False,
    why: str = "",
    actor: str,
    now: datetime,
) -> Asked:
    """Ask for a connection, a kind of record, a range of days (both ends included) or one session to be read again.

    ``session`` is our id; ``why`` is kept with the run. With ``dry_run`` only the difference is told. Raises
    WrongResync. Call ``context.wake_engine()`` after the commit.
    """
    _check_access(db, connection_id)
    if stream is not None and stream not in set(Stream):
        raise WrongResync(f"“{stream}” is no kind of record; there are {', '.join(Stream)}")
    if first and last and last < first:
        raise WrongResync("The last day lies before the first")
    if session is not None and not _is_of(db, session, connection_id):
        raise WrongResync(f"Session {session} is not one of this connection")
    wanted: dict[str, Any] = {
        "stream": stream,
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "session": session,
        "dry_run": dry_run or None,
    }
    params = {name: value for name, value in wanted.items() if value is not None}
    return _ask(db, RunKind.RESYNC, connection_id, params, why=reason(why, keys), actor=actor, now=now)


def retry_run(db: Session, run: Run, *, item: int | None = None, actor: str, now: datetime) -> Asked:
    """Ask for what failed in a run to be done again, and nothing else; ``item``: this one of its errors (from 0).

    A run that failed as a whole is asked for again as it was. Raises WrongResync.
    """
    if run.connection_id is None or run.finished_at is None:
        raise WrongResync("The run has not ended yet")
    _check_access(db, run.connection_id)
    if item is not None and not 0 <= item < len(run.errors):
        raise WrongResync(f"Run {run.id} has no failed item {item}; they are counted from 0")
    listed = run.errors if item is None else [run.errors[item]]
    items = [{"stream": each["stream"], "id": each.get("id")} for each in listed if each.get("stream")]
    why = f"what failed in run {run.id}"
    if items:
        params: dict[str, Any] = {name: run.params[name] for name in ("from", "to") if name in run.params}
        params["items"] = items
        return _ask(db, RunKind.RESYNC, run.connection_id, params, why=why, actor=actor, now=now)
    if item is not None or run.state is not RunState.FAILED:
        raise WrongResync(f"Nothing in run {run.id} can be retried on its own")
    return _ask(db, run.kind, run.connection_id, dict(run.params), why=why, actor=actor, now=now)


def reason(why: str, keys: Keyring) -> str:
    """A reason as it is kept: short, and without anybody's address."""
    return scrub(" ".join(why.split()), keys)[:LONGEST_WHY]


def _ask(
    db: Session, kind: RunKind, connection_id: int, params: dict[str, Any], *, why: str, actor: str, now: datetime
) -> Asked:
    origin = RunOrigin.MANUAL
    run, new = request_run(db, kind, connection_id, origin=origin, actor=actor, now=now, why=why, params=params)
    if not new:
        return Asked(run, How.JOINED)
    note_run(db, run, actor=actor, now=now)
    ahead = _ahead(db, run, now)
    return Asked(run, How.NEW if ahead is None else How.QUEUED, ahead)


def _ahead(db: Session, run: Run, now: datetime) -> int | None:
    """The run that the connection is busy with, or that waits before this one."""
    others = select(Run.id).where(Run.connection_id == run.connection_id, Run.id != run.id).order_by(Run.id)
    busy = others.where(Run.state == RunState.RUNNING, Run.kind.not_in(BESIDE))
    waits = others.where(Run.state == RunState.QUEUED, Run.kind.in_(READS), Run.due_at <= now)
    return db.scalar(busy.limit(1)) or db.scalar(waits.limit(1))


def _check_access(db: Session, connection_id: int) -> None:
    if db.get_one(Connection, connection_id).state != ConnectionState.ACTIVE:
        raise WrongResync("Connect again first: without access there is nothing to read")


def _is_of(db: Session, session_id: int, connection_id: int) -> bool:
    row = db.get(ClassSession, session_id)
    return row is not None and row.connection_id == connection_id
