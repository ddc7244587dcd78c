"""The watch over how old our copies are: an alert while nothing may be listed for that, over by itself (SS-19)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.freshness import Age, Freshness, freshness_of
from adapter.store.settings import effective_settings
from adapter.store.tables import AlertKind, Connection, ConnectionState, PushMode

ADVICE = (
    "It goes on by itself with the next complete read. If that does not come: see the runs of this connection for what "
    "the platform answers, and connect again where access has ended."
)


def watch(db: Database, now: datetime) -> None:
    """Raise or end the alert of each connection. A copy read by a clock that ran ahead is as of now, not of then (F19):
    it would not grow old until our clock gets there."""
    for connection in db.scalars(select(Connection).order_by(Connection.id)).all():
        if connection.last_pulled_at is not None and connection.last_pulled_at > now:
            connection.last_pulled_at = now
        found = freshness_of(connection, effective_settings(db, connection.studio_id).studio, now)
        if found.age is Age.TOO_OLD and connection.state is not ConnectionState.DISCONNECTED:
            words = f"The booking platform could not be read. {_done(connection, found)} {ADVICE}"
            open_alert(db, connection.id, AlertKind.STALE, words, now=now, since=found.read_at)
        else:
            resolve_alert(db, connection.id, AlertKind.STALE, now=now)


def _done(connection: Connection, found: Freshness) -> str:
    """What was done about it, in words."""
    if connection.push_mode is not PushMode.LIVE:
        return "Nothing is pushed at present, so nothing is sold by old numbers."
    first, second = (int(limit.total_seconds() // 60) for limit in (found.no_increase_after, found.nothing_after))
    return f"After {first} minutes no class got more spots; after {second} every class was set to 0 spots."
