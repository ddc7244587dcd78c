"""Switching what is done with decisions: shadow, live, paused. Audited, and a decision is asked for at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

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
    why = f"pushing was switched to {mode}"
    run, _ = request_run(db, RunKind.DECIDE, connection.id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)
    return run
