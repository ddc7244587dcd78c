"""Messages to marketplaces: written in the transaction they tell of, signed by the Standard Webhooks specification.

A message has one id at every try, by which its receiver tells a repetition; the time of the try is signed with it. No
guest is in it: the marketplace knows its reservation by its own id.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session as Database

from adapter.marketplace.sellers import SECRET_PREFIX
from adapter.showing.currency import money_text
from adapter.store.tables import ChannelMessage, ChannelReservation, Marketplace, RunKind, RunOrigin
from adapter.work import request_run
from connectors.signatures import sha256_base64_of

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)  # the specification's own example
)
KEPT = timedelta(days=30)


def tell(db: Database, row: ChannelReservation, now: datetime) -> None:
    """Tell a marketplace, where it wants to be told, how its reservation stands now; the engine delivers it."""
    marketplace = db.get_one(Marketplace, row.marketplace_id)
    if marketplace.webhook_url is None:
        return
    kind = f"reservation.{row.state.value}"
    message = ChannelMessage(
        marketplace_id=marketplace.id,
        message_id=f"msg_{secrets.token_urlsafe(18)}",
        kind=kind,
        payload={"type": kind, "timestamp": now.isoformat(), "data": shown(row)},
        created_at=now,
        next_try_at=now,
    )
    db.add(message)
    db.flush()
    request_run(db, RunKind.TELL, None, origin=RunOrigin.SCHEDULE, actor="channel", now=now, why=kind)


def shown(row: ChannelReservation) -> dict[str, Any]:
    """A reservation as its marketplace sees it. Amounts are text."""
    times = ("requested_at", "confirmed_at", "cancelled_at")
    return {
        "id": row.caller_id,
        "state": row.state.value,
        "refusal": row.refusal.value if row.refusal else None,
        "session_id": row.session_id,
        "product": row.product.value,
        "premium": bool(row.reasons),
        "reasons": row.reasons,
        "payout": money_text(row.payout, row.currency),
        "currency": row.currency,
        "credits": row.credits,
        "price": money_text(row.price, row.currency),
        "cancel_asked_at": row.cancel_asked_at.isoformat() if row.cancel_asked_at else None,
        **{name: None if getattr(row, name) is None else getattr(row, name).isoformat() for name in times},
    }


def body_of(message: ChannelMessage) -> bytes:
    """The bytes that are sent and signed."""
    return json.dumps(message.payload, separators=(",", ":"), sort_keys=True).encode()


def headers_of(message: ChannelMessage, body: bytes, secret: str, now: datetime) -> Mapping[str, str]:
    """The specification's headers: id, time of this try, and the signature over both and the body."""
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signature = sha256_base64_of(key, f"{message.message_id}.{stamp}.".encode() + body)
    return {
        "Content-Type": "application/json",
        "webhook-id": message.message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }


def wait_after(attempts: int) -> timedelta | None:
    """How long after the so-manieth failed try the next one is made; None: it is given up, after 75 hours."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None


def forget_messages(db: Database, now: datetime) -> None:
    """Drop what was delivered, or given up, long ago."""
    done = ChannelMessage.next_try_at.is_(None), ChannelMessage.created_at < now - KEPT
    db.execute(delete(ChannelMessage).where(*done))
