"""What has to be tidied now and then: grants still to be revoked, connects that were never finished, idle access,
old readings."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete

from adapter.connecting.connect import revoke_pending
from adapter.connecting.tokens import refresh_idle
from adapter.context import Context
from adapter.marketplace.feed import forget_offers
from adapter.marketplace.messages import forget_messages
from adapter.store.inbox import forget_old
from adapter.store.readings import forget_readings
from adapter.store.tables import OAuthFlow
from sync.events.subscriptions import watch_subscriptions

EVERY = timedelta(minutes=15)
FLOWS_KEPT = timedelta(days=1)

log = structlog.get_logger(__name__)


def sweep(ctx: Context) -> None:
    """Revoke what is still to be revoked, forget what is old, keep quiet access alive, see whether events come."""
    revoke_pending(ctx, ctx.now())
    with ctx.store.write() as db:
        db.execute(delete(OAuthFlow).where(OAuthFlow.created_at < ctx.now() - FLOWS_KEPT))
        forget_readings(db, ctx.now())
        forget_old(db, ctx.now())
        forget_offers(db, ctx.now())
        forget_messages(db, ctx.now())
    refresh_idle(ctx)
    watch_subscriptions(ctx)
