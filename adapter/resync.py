"""Asking for a resync: what may be asked is checked here, once, for the pages, the API and the command line."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from adapter.store.tables import Connection, ConnectionState, Run, RunKind, RunOrigin
from adapter.store.tables import Session as ClassSession
from adapter.work import request_run
from connectors.records import Stream


class WrongResync(ValueError):
    """A resync that can't be asked for; the message says what is wrong with it."""


def request_resync(
    db: Session,
    connection_id: int,
    *,
    stream: str | None = None,
    first: date | None = None,
    last: date | None = None,
    session: int | None = None,
    dry_run: bool = False,
    actor: str,
    now: datetime,
) -> tuple[Run, bool]:
    """Ask for a connection, a kind of record, a range of days (both ends included) or one session to be read again.

    Answers the run and whether it is new: the same resync that is still going on is joined. ``session`` is
    our id. With ``dry_run`` only the difference is told. Call ``context.wake_engine()`` after the commit.
    """
    connection = db.get_one(Connection, connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise WrongResync("Connect again first: without access there is nothing to read")
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
    origin = RunOrigin.MANUAL
    return request_run(db, RunKind.RESYNC, connection_id, origin=origin, actor=actor, now=now, params=params)


def _is_of(db: Session, session_id: int, connection_id: int) -> bool:
    row = db.get(ClassSession, session_id)
    return row is not None and row.connection_id == connection_id
