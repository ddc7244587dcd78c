"""Setting something by hand on somebody's behalf, and taking it back; what it has been worth so far (N-18).

What follows is asked for in the same transaction; the caller wakes the engine after its commit.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session as Db

from adapter.people.permissions import Caller
from adapter.store.connection_health import connections_of
from adapter.store.overrides import keep_override, withdraw
from adapter.store.tables import Override, RunKind, RunOrigin
from adapter.work import request_run


def set_override(db: Db, row: Override, *, caller: Caller, now: datetime) -> Override:
    """Set it. Raises BadSetting."""
    keep_override(db, row)
    _decide_again(db, row.studio_id, "something was set by hand", caller, now)
    return row


def withdraw_override(db: Db, row: Override, *, caller: Caller, now: datetime) -> bool:
    """Take it back; False where it was already."""
    if not withdraw(db, row, actor=caller.actor, now=now):
        return False
    _decide_again(db, row.studio_id, "what was set by hand was taken back", caller, now)
    return True


def _decide_again(db: Db, studio_id: int, why: str, caller: Caller, now: datetime) -> None:
    origin = RunOrigin.MANUAL
    for connection in connections_of(db, studio_id):
        request_run(db, RunKind.DECIDE, connection.id, origin=origin, actor=caller.actor, now=now, why=why)
