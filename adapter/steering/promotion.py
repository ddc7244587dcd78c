"""Letting a class type out of the shadow: it is pushed from now on, the others stay as they are (N-06).

While everything was in shadow this switches the connections to live, with the whole studio kept in shadow by its
settings and this one class let out. Audited like every setting and every switch.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from adapter.people.permissions import Caller
from adapter.steering.push_mode import switch_push_mode
from adapter.store.connection_health import connections_of
from adapter.store.settings import change_settings
from adapter.store.tables import ClassType, Connection, ConnectionState, PushMode, RunKind, RunOrigin, Scope
from adapter.work import request_run


def promote(db: Session, class_type: ClassType, *, caller: Caller, now: datetime) -> None:
    """Let it out, in the caller's transaction; wake the engine after the commit. Raises BadSetting."""
    connection = db.get_one(Connection, class_type.connection_id)
    studio_id, actor = connection.studio_id, caller.actor
    if connection.push_mode is PushMode.SHADOW:
        change_settings(db, studio_id, Scope.STUDIO, 0, {"shadow": True}, actor=actor, now=now)
    change_settings(db, studio_id, Scope.CLASS_TYPE, class_type.id, {"shadow": False}, actor=actor, now=now)
    for one in connections_of(db, studio_id):
        if one.state is not ConnectionState.DISCONNECTED and one.push_mode is PushMode.SHADOW:
            switch_push_mode(db, one, PushMode.LIVE, actor=actor, now=now)
    why = "a class was let out of the shadow"
    request_run(db, RunKind.DECIDE, connection.id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)
