"""Events from platforms, as a studio is told of them: whether they come, since when, what was missed; and asking again.

Knows what is kept on the connection; asks no platform itself: a run does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapter.steering.resync import Asked, How, WrongResync
from adapter.store.audit import note_run
from adapter.store.tables import (
    Connection,
    ConnectionState,
    EventsState,
    RunKind,
    RunOrigin,
    WebhookMessage,
)
from adapter.work import request_run
from connectors import registry

WORDS = {
    EventsState.ACTIVE: "Events come as they happen",
    EventsState.OFF: "The platform has switched them off",
    EventsState.MISSING: "Not subscribed",
    EventsState.UNREACHABLE: "The platform can't reach us",
    None: "Not asked yet",
}


@dataclass(frozen=True, slots=True)
class Events:
    """How a connection's events stand. ``gap``: the last stretch without them, {"from", "to", "run"}."""

    state: EventsState | None
    words: str
    why: str | None
    since: datetime | None
    checked_at: datetime | None
    last_event_at: datetime | None
    given_up: int  # messages that the platform could not deliver, since it was last switched on
    gap: dict[str, Any] | None
    shared: bool  # one subscription of our own account serves every studio


def events_of(db: Session, connection: Connection) -> Events | None:
    """How they stand; None: the platform sends none."""
    declared = registry.get(connection.platform).webhooks
    if declared is None:
        return None
    last = select(func.max(WebhookMessage.received_at)).where(WebhookMessage.connection_id == connection.id)
    return Events(
        state=connection.webhook_state,
        words=WORDS[connection.webhook_state],
        why=connection.webhook_why,
        since=connection.webhook_since,
        checked_at=connection.webhook_checked_at,
        last_event_at=db.scalar(last),
        given_up=connection.webhook_given_up,
        gap=_read(connection.webhook_gap),
        shared=declared.shared,
    )


def request_events(db: Session, connection: Connection, *, actor: str, now: datetime) -> Asked:
    """Ask for the subscription to be seen to: switched on again, made anew, or renewed where all is well.

    Raises WrongResync where there is none to be had. Call ``context.wake_engine()`` after the commit.
    """
    declared = registry.get(connection.platform).webhooks
    if declared is None or declared.subscribe is None:
        raise WrongResync("This platform has no events to subscribe to")
    if connection.state is not ConnectionState.ACTIVE:
        raise WrongResync("Connect again first: without access nobody's events are ours")
    run, new = request_run(
        db,
        RunKind.SUBSCRIBE,
        connection.id,
        origin=RunOrigin.MANUAL,
        actor=actor,
        now=now,
        why="asked to subscribe again",
        params={"again": True},
    )
    if new:
        note_run(db, run, actor=actor, now=now)
    return Asked(run, How.NEW if new else How.JOINED)


def _read(gap: dict[str, Any] | None) -> dict[str, Any] | None:
    if gap is None:
        return None
    ends = {name: datetime.fromisoformat(gap[name]) if gap[name] else None for name in ("from", "to")}
    return {**gap, **ends}
