"""Raising and ending alerts. Whoever finds that something is wrong raises one; whoever sees it mended ends it.

Knows the table; knows nothing of what is wrong. Both acts may be repeated: the same alert is raised once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session as Database

from adapter.store.tables import Alert, AlertKind, Connection


def open_alert(
    db: Database,
    connection_id: int,
    kind: AlertKind,
    words: str,
    *,
    now: datetime,
    since: datetime | None = None,
    session_id: int | None = None,
) -> Alert:
    """Raise an alert, or tell the open one in new words. ``since``: when it began, if that was before ``now``."""
    db.execute(select(Connection.id).where(Connection.id == connection_id).with_for_update())
    alert = db.scalar(_open(connection_id, kind, session_id))
    if alert is None:
        alert = Alert(connection_id=connection_id, kind=kind, session_id=session_id, since=since or now)
        db.add(alert)
    alert.words = words
    db.flush()
    return alert


def resolve_alert(
    db: Database, connection_id: int, kind: AlertKind, *, now: datetime, session_id: int | None = None
) -> bool:
    """End the alert; whether one was open."""
    alert = db.scalar(_open(connection_id, kind, session_id))
    if alert is None:
        return False
    alert.until = now
    return True


def open_alerts(
    db: Database,
    *,
    studio_id: int | None = None,
    connection_id: int | None = None,
    at: datetime | None = None,
    limit: int = 50,
) -> Sequence[Alert]:
    """The alerts that are open, or were ``at`` an earlier instant: of a studio, of one connection, or all.

    The oldest first.
    """
    wanted = select(Alert).where(_standing(at)).order_by(Alert.since, Alert.id).limit(limit)
    if connection_id is not None:
        wanted = wanted.where(Alert.connection_id == connection_id)
    if studio_id is not None:
        wanted = wanted.join(Connection, Connection.id == Alert.connection_id).where(Connection.studio_id == studio_id)
    return db.scalars(wanted).all()


def _standing(at: datetime | None) -> ColumnElement[bool]:
    still = Alert.until.is_(None)
    return still if at is None else and_(Alert.since <= at, or_(still, Alert.until > at))


def _open(connection_id: int, kind: AlertKind, session_id: int | None) -> Select[Alert]:
    same = (Alert.connection_id == connection_id, Alert.kind == kind, Alert.session_id.is_not_distinct_from(session_id))
    return select(Alert).where(*same, Alert.until.is_(None)).order_by(Alert.id).limit(1)
