"""The webhook inbox: each verified message once, redacted, until the road works it off; its id for much longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from adapter.store.booking_times import announce
from adapter.store.client_merges import note_merge
from adapter.store.dialect import insert, table_of
from adapter.store.redaction import about_person, redact
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState, RunKind, RunOrigin, WebhookMessage
from adapter.work import request_run
from connectors import strict_json
from connectors.records import BookingEvent, Delivery, Hint, Stream

SAID_KEPT = timedelta(days=30)  # what a message said, after it was worked off
IDS_KEPT = timedelta(days=400)  # a replay after a year is still known
UNKNOWN_SITE = "about a site that is not connected here"

log = structlog.get_logger(__name__)


def webhook_secrets(db: Session, keys: Keyring, platform: str, connection_id: int, now: datetime) -> tuple[str, ...]:
    """The keys with which this connection's subscription may sign: the one in use, and until its end the one before."""
    row = db.get(Connection, connection_id)
    if row is None or row.platform != platform:
        return ()
    holds = row.webhook_secret_before_until is not None and now < row.webhook_secret_before_until
    before = row.webhook_secret_before if holds else None
    kept = (("webhook_secret", row.webhook_secret), ("webhook_secret_before", before))
    return tuple(keys.open(sealed, secret_name(connection_id, what)) for what, sealed in kept if sealed is not None)


def secret_name(connection_id: int, what: str = "webhook_secret") -> str:
    """What a sealed signing key is bound to."""
    return f"connection:{connection_id}:{what}"


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
    """Store a message in the caller's transaction, and ask for a look; False where there is nothing new to look at.

    Without a connection in the address, the site that the message speaks of tells it; a site unknown to us is recorded.
    At a connection's own address nothing is taken that speaks of another site: that is for its own address to bring.
    """
    owner = _owner(db, platform, connection_id, delivery)
    if owner is not None and connection_id == owner.id and _is_foreign(owner, delivery):
        log.info("an event about another site was not taken", connection=owner.id, platform=platform)
        return False
    hints = tuple(hint for hint in delivery.hints if owner is None or hint.site == owner.site)
    ended = _nothing_to_do(owner, hints)
    row = {
        "platform": platform,
        "message_id": delivery.message_id,
        "event": delivery.event,
        "connection_id": None if owner is None else owner.id,
        "hints": [_plain(hint) for hint in hints],
        "payload": redact(_parsed(body), keys, person=about_person(delivery.event)),
        "received_at": now,
        "processed_at": now if ended else None,
        "result": ended,
    }
    added = insert(db, table_of(WebhookMessage)).on_conflict_do_nothing(index_elements=["platform", "message_id"])
    if db.execute(added.values(row).returning(WebhookMessage.id)).first() is None or ended or owner is None:
        return False
    _note_bookings(db, owner.id, hints, now)
    _note_merges(db, owner.id, hints, now)
    request_run(db, RunKind.WEBHOOKS, owner.id, origin=RunOrigin.WEBHOOK, actor="webhook", now=now)
    return True


def forget_old(db: Session, now: datetime) -> None:
    """Drop what old messages said; their ids are remembered, so that a replay is known as one (F37)."""
    done = WebhookMessage.processed_at
    empty: dict[str, Any] = {"payload": {}, "hints": []}
    db.execute(update(WebhookMessage).where(done < now - SAID_KEPT, WebhookMessage.payload != {}).values(empty))
    db.execute(delete(WebhookMessage).where(done < now - IDS_KEPT))


def _is_foreign(owner: Connection, delivery: Delivery) -> bool:
    return bool(delivery.hints) and all(hint.site != owner.site for hint in delivery.hints)


def _nothing_to_do(owner: Connection | None, hints: Sequence[Hint]) -> str | None:
    """Why a message is done with as soon as it is kept."""
    if owner is None:
        return UNKNOWN_SITE
    if owner.state is ConnectionState.DISCONNECTED:
        return "the studio has disconnected"
    return None if hints else "nothing to look at"


def _note_bookings(db: Session, connection_id: int, hints: Sequence[Hint], now: datetime) -> None:
    """Keep the one fact that is taken from an event: when a booking was made. An event from the future is from now."""
    for hint in hints:
        made = hint.booking is BookingEvent.MADE and hint.stream is Stream.RESERVATIONS
        if made and hint.external_id and hint.occurred_at:
            announce(db, connection_id, hint.external_id, min(hint.occurred_at, now), now)


def _note_merges(db: Session, connection_id: int, hints: Sequence[Hint], now: datetime) -> None:
    """And the other fact that no answer of the platform's tells: which client took a vanished one's place."""
    for hint in hints:
        if hint.external_id and hint.absorbed_id:
            note_merge(db, connection_id, hint.absorbed_id, hint.external_id, min(hint.occurred_at or now, now))


def _owner(db: Session, platform: str, connection_id: int | None, delivery: Delivery) -> Connection | None:
    """The connection of the address where it is one of this platform's, else that of the site spoken of."""
    named = db.get(Connection, connection_id) if connection_id is not None else None
    if named is not None and named.platform == platform:
        return named
    sites = {hint.site for hint in delivery.hints}
    mine = select(Connection).where(Connection.platform == platform, Connection.site.in_(sites))
    return db.scalar(mine.limit(1)) if len(sites) == 1 else None


def _plain(hint: Hint) -> dict[str, Any]:
    """A hint as JSON; the road reads it back by the same names."""
    plain = asdict(hint)
    plain["occurred_at"] = hint.occurred_at.isoformat() if hint.occurred_at else None
    return plain


def _parsed(body: bytes) -> dict[str, Any]:
    """What a message says, or nothing: what the strict reader refuses, not every database would take either."""
    try:
        found = strict_json.loads(body)
    except strict_json.NotJson:
        return {}
    return found if isinstance(found, dict) else {"body": found}
