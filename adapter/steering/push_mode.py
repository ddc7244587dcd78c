"""Switching what is done with decisions: shadow, live, paused. Audited, and carried out at once.

Pausing is the kill switch: one act stops selling everywhere and gives the platform back what the studio had there. It
is a run of the push lane, so that it waits for no pull and asks no model.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from adapter.marketplace.feed import announce_connection
from adapter.store.audit import note
from adapter.store.tables import Connection, PushMode, Run, RunKind, RunOrigin
from adapter.work import request_run


def switch_push_mode(db: Session, connection: Connection, mode: PushMode, *, actor: str, now: datetime) -> Run | None:
    """Switch in the caller's transaction; the run that carries it out, or None where nothing changes."""
    if connection.push_mode == mode:
        return None
    before = {"push_mode": connection.push_mode}
    note(db, connection, "push_mode.changed", before, {"push_mode": mode}, actor=actor, now=now)
    connection.push_mode = mode
    db.flush()
    announce_connection(db, connection.id, now)
    first = RunKind.DECIDE if mode is PushMode.LIVE else RunKind.PUSH
    run = _ask(db, first, connection, mode, actor, now)
    if mode is PushMode.SHADOW:
        _ask(db, RunKind.DECIDE, connection, mode, actor, now)
    return run


def _ask(db: Session, kind: RunKind, connection: Connection, mode: PushMode, actor: str, now: datetime) -> Run:
    why = f"pushing was switched to {mode}"
    run, _ = request_run(db, kind, connection.id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)
    run.due_at = min(run.due_at, now)  # one that waits for a better moment does not any more
    return run
