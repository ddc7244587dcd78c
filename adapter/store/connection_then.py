"""A connection as we believed it to be at an earlier instant: its switches, reads, runs, events and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.store.alerts import open_alerts
from adapter.store.push_health import PushHealth
from adapter.store.push_health_then import push_health_then
from adapter.store.settings import NAMES, Settings, about_of, effective_settings, sources
from adapter.store.tables import (
    Alert,
    AlertKind,
    Connection,
    ConnectionState,
    Run,
    RunState,
    Scope,
    WebhookMessage,
)
from adapter.store.taken_back import befores_since, meanings_then
from adapter.store.then import READS, mode_then
from connectors.records import Channel

AMOUNTS = frozenset({"rate_floor", "rate_ceiling", "retail_rate"})  # an audit line has them as text
UNKNOWABLE = (
    "Calls to the platform: they are counted by the day",
    "Records set aside: only what stands now is kept",
    "When the platform was last compared, and what it had answered while it took nothing",
    "What a run had counted by then: how it ended is shown where it had",
    "Whether the platform knew of our subscription: the last answer alone is kept",
)
"""What cannot be shown as of then, in words."""


@dataclass(frozen=True, slots=True)
class ConnectionThen:
    """All that is shown of it."""

    connection: Connection  # a picture: its state, mode and last whole read are those of then
    alerts: Sequence[Alert]
    runs: Sequence[tuple[Run, RunState]]  # each with its state of then, the latest first
    events: int  # that came on that day (UTC) up to then
    waiting: int  # of all that had come, not worked on yet
    settings: Settings  # of the studio as a whole
    sources: dict[str, str]  # what each booking source was said to mean
    pushing: PushHealth


def connection_then(db: Db, row: Connection, then: datetime) -> Connection:
    """The row as it stood: a picture, not to be written."""
    mode, state = mode_then(db, row, then), _state(db, row, then)
    read = select(func.max(Run.started_at)).where(
        Run.connection_id == row.id, Run.kind.in_(READS), Run.state == RunState.DONE, Run.finished_at <= then
    )
    last = db.scalar(read)
    db.expunge(row)
    row.push_mode, row.state, row.last_pulled_at = mode, state, last
    return row


def picture_of(db: Db, connection_id: int, then: datetime, *, runs: int = 20) -> ConnectionThen:
    """Everything that can be shown of a connection as of then; it must exist."""
    row = db.get_one(Connection, connection_id)
    midnight = then.replace(hour=0, minute=0, second=0, microsecond=0)
    came = and_(WebhookMessage.connection_id == connection_id, WebhookMessage.received_at <= then)
    late = or_(WebhookMessage.processed_at.is_(None), WebhookMessage.processed_at > then)
    today = select(func.count()).where(came, WebhookMessage.received_at >= midnight)
    return ConnectionThen(
        settings=settings_then(db, row.studio_id, then),
        sources=_sources_then(db, row, then),
        pushing=push_health_then(db, connection_id, then),
        alerts=open_alerts(db, connection_id=connection_id, at=then),
        runs=_runs(db, connection_id, then, runs),
        events=db.scalar(today) or 0,
        waiting=db.scalar(select(func.count()).where(came, late)) or 0,
        connection=connection_then(db, row, then),
    )


def settings_then(db: Db, studio_id: int, then: datetime, scope: Scope = Scope.STUDIO, scope_id: int = 0) -> Settings:
    """What was set at a scope, by default the studio, with every change since taken back."""
    own = effective_settings(db, studio_id).own(scope, scope_id)
    held = {name: getattr(own, name) for name in NAMES}
    about = about_of(studio_id, scope, scope_id)
    for before in befores_since(db, studio_id, "settings.changed", about, then):
        held |= {name: Decimal(value) if name in AMOUNTS and value else value for name, value in before.items()}
    return Settings(**{name: held[name] for name in NAMES})


def _sources_then(db: Db, row: Connection, then: datetime) -> dict[str, str]:
    used = {use.source: Channel.UNKNOWN for use in sources(db, row.id)}
    return {source: channel.value for source, channel in (used | meanings_then(db, row, then)).items()}


def _state(db: Db, row: Connection, then: datetime) -> ConnectionState:
    if row.disconnected_at is not None and row.disconnected_at <= then:
        return ConnectionState.DISCONNECTED
    ended = open_alerts(db, connection_id=row.id, at=then)
    shut = any(alert.kind is AlertKind.RECONNECT for alert in ended)
    return ConnectionState.NEEDS_RECONNECT if shut else ConnectionState.ACTIVE


def _runs(db: Db, connection_id: int, then: datetime, most: int) -> list[tuple[Run, RunState]]:
    begun = select(Run).where(Run.connection_id == connection_id, Run.due_at <= then).order_by(Run.id.desc())
    return [(row, _run_state(row, then)) for row in db.scalars(begun.limit(most))]


def _run_state(row: Run, then: datetime) -> RunState:
    if row.finished_at is not None and row.finished_at <= then:
        return row.state
    return RunState.RUNNING if row.started_at is not None and row.started_at <= then else RunState.QUEUED
