"""The places that a studio's wishes hold for, as a form names them: the studio, a venue, a class, one session."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort
from sqlalchemy import and_, select
from sqlalchemy.orm import Session as Db

from adapter.store.calendar import class_types_of, venues_of
from adapter.store.tables import ClassType, Connection, Scope, Session
from adapter.store.tenancy import row_id
from adapter.web.languages import said
from adapter.web.wording import moment


def key_of(scope: Scope, scope_id: int) -> str:
    """``venue-3``; nothing for the studio."""
    return "" if scope is Scope.STUDIO else f"{scope}-{scope_id}"


def place_of(key: str, *, among: Collection[Scope]) -> tuple[Scope, int]:
    """What a key names; 404 for nonsense. Whether it is this studio's is looked up elsewhere."""
    scope, _, number = key.rpartition("-")
    if not key:
        return Scope.STUDIO, 0
    if scope not in tuple(among):
        abort(404)
    try:
        return Scope(scope), row_id(number)
    except ValueError:
        abort(404)


def names_of(db: Db, studio_id: int, *, sessions: Collection[int] = ()) -> dict[str, str]:
    """The places of a studio by key, widest first; ``sessions``: these of its sessions too."""
    names = {"": said("The whole studio")}
    names |= {key_of(Scope.VENUE, row.id): row.name for row in venues_of(db, studio_id)}
    names |= {key_of(Scope.CLASS_TYPE, row.id): row.name for row in class_types_of(db, studio_id)}
    same = and_(ClassType.connection_id == Session.connection_id, ClassType.external_id == Session.class_type_id)
    wanted = (
        select(Session, ClassType.name)
        .join(Connection, Connection.id == Session.connection_id)
        .outerjoin(ClassType, same)
        .where(Session.id.in_(sessions), Connection.studio_id == studio_id)
    )
    for row, name in db.execute(wanted):
        names[key_of(Scope.SESSION, row.id)] = f"{name or row.class_type_id}, {moment(row.starts_at, row.timezone)}"
    return names
