"""The leaves of a connection's counts."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import defer

from adapter.lineage.asking import Asked, Leaf
from adapter.lineage.records import Kind
from adapter.store.tables import ApiCalls, Quarantine, Session, WebhookMessage


def set_aside(asked: Asked) -> list[Leaf]:
    """Records that could not be read."""
    rows = asked.db.scalars(select(Quarantine).where(Quarantine.connection_id == asked.connection_id))
    return [Leaf(Decimal(1), f"{row.stream} {row.external_id or ''}: {row.reason}", Kind.ASIDE, row.id) for row in rows]


def classes_ahead(asked: Asked) -> list[Leaf]:
    """Sessions still to come, as they stand in the mirror."""
    rows = asked.db.scalars(
        select(Session)
        .options(defer(Session.raw, raiseload=True))
        .where(Session.connection_id == asked.connection_id, Session.starts_at >= asked.now, Session.gone_at.is_(None))
        .order_by(Session.starts_at)
    )
    return [Leaf(Decimal(1), f"class {row.external_id}", Kind.SESSION, row.id) for row in rows]


def events_today(asked: Asked) -> list[Leaf]:
    """The platform's events since midnight (UTC)."""
    midnight = asked.now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = asked.db.scalars(
        select(WebhookMessage).where(
            WebhookMessage.connection_id == asked.connection_id, WebhookMessage.received_at >= midnight
        )
    )
    return [Leaf(Decimal(1), f"{row.event}, {row.received_at:%H:%M:%S} UTC", Kind.EVENT, row.id) for row in rows]


def calls_today(asked: Asked) -> list[Leaf]:
    """Our own count of calls, by what was called."""
    mine = select(ApiCalls).where(ApiCalls.connection_id == asked.connection_id, ApiCalls.day == asked.now.date())
    return [Leaf(Decimal(row.calls), row.what) for row in asked.db.scalars(mine.order_by(ApiCalls.what))]
