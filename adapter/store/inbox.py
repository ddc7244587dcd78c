"""The webhook inbox: each verified message once, redacted, until the road works it off."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.booking_times import announce
from adapter.store.client_merges import note_merge
from adapter.store.dialect import insert_new, table_of
from adapter.store.redaction import redact
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, WebhookMessage
from connectors.records import BookingEvent, Delivery, Hint, Stream


def webhook_secret(db: Session, keys: Keyring, platform: str, connection_id: int) -> str | None:
    """The secret with which this connection's subscription signs; None where there is none of its own."""
    row = db.get(Connection, connection_id)
    if row is None or row.platform != platform or row.webhook_secret is None:
        return None
    return keys.open(row.webhook_secret, f"connection:{connection_id}:webhook_secret")


def keep_message(
    db: Session,
    keys: Keyring,
    platform: str,
    connection_id: int | None,
    delivery: Delivery,
    body: bytes,
    *,
    now: datetime,
) -> bool:
    """Store a message in the caller's transaction; False where it had been stored before.

    Without a connection in the address, the site that the message speaks of tells it; a site unknown to us is recorded.
    """
    seen = select(WebhookMessage.id).where(
        WebhookMessage.platform == platform, WebhookMessage.message_id == delivery.message_id
    )
    if db.scalar(seen) is not None:
        return False
    owner = _owner(db, platform, connection_id, delivery)
    row = {
        "platform": platform,
        "message_id": delivery.message_id,
        "event": delivery.event,
        "connection_id": owner,
        "hints": [_plain(hint) for hint in delivery.hints],
        "payload": redact(_parsed(body), keys),
        "received_at": now,
    }
    insert_new(db, table_of(WebhookMessage), ["platform", "message_id"], [row])
    if owner is not None:
        _note_bookings(db, owner, delivery, now)
        _note_merges(db, owner, delivery, now)
    return True


def _note_bookings(db: Session, connection_id: int, delivery: Delivery, now: datetime) -> None:
    """Keep a fact that is taken from an event: when a booking was made. An event from the future is from now."""
    site = db.get_one(Connection, connection_id).site
    for hint in delivery.hints:
        made = hint.booking is BookingEvent.MADE and hint.stream is Stream.RESERVATIONS
        if made and hint.site == site and hint.external_id and hint.occurred_at:
            announce(db, connection_id, hint.external_id, min(hint.occurred_at, now))


def _note_merges(db: Session, connection_id: int, delivery: Delivery, now: datetime) -> None:
    """And the other fact that no answer of the platform's tells: which client took a vanished one's place."""
    site = db.get_one(Connection, connection_id).site
    for hint in delivery.hints:
        if hint.site == site and hint.external_id and hint.absorbed_id:
            note_merge(db, connection_id, hint.absorbed_id, hint.external_id, min(hint.occurred_at or now, now))


def _owner(db: Session, platform: str, connection_id: int | None, delivery: Delivery) -> int | None:
    """The connection of the address where it is one of this platform's, else that of the site spoken of."""
    named = db.get(Connection, connection_id) if connection_id is not None else None
    if named is not None and named.platform == platform:
        return named.id
    sites = {hint.site for hint in delivery.hints}
    mine = select(Connection.id).where(Connection.platform == platform, Connection.site.in_(sites))
    return db.scalar(mine.limit(1)) if len(sites) == 1 else None


def _plain(hint: Hint) -> dict[str, Any]:
    """A hint as JSON; the road reads it back by the same names."""
    plain = asdict(hint)
    plain["occurred_at"] = hint.occurred_at.isoformat() if hint.occurred_at else None
    return plain


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {"body": found}
