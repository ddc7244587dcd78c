"""Webhook subscriptions: made where a platform lets us make them, and where it can reach us."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import structlog
from sqlalchemy import select

from adapter.connecting.opening import open_subscriptions
from adapter.context import Context
from adapter.store.tables import Connection, ConnectionState
from connectors import registry
from connectors.errors import ConnectorError

log = structlog.get_logger(__name__)


def subscribe(ctx: Context, connection_id: int) -> bool:
    """Subscribe to a connection's events; False where the platform or our address does not allow it.

    The secret is sealed and bound to the row. Raises ConnectorError.
    """
    with ctx.store.read() as db:
        row = db.get_one(Connection, connection_id)
    webhooks = registry.get(row.platform).webhooks
    if webhooks is None or webhooks.subscribe is None or row.webhook_id or not reachable(ctx):
        return False
    callback = f"{ctx.config.public_url}/webhooks/{row.platform}/{connection_id}"
    with open_subscriptions(ctx, connection_id) as api:
        number, secret = webhooks.subscribe(api, callback)
    with ctx.store.write() as db:
        row = db.get_one(Connection, connection_id)
        row.webhook_id = number
        row.webhook_secret = ctx.keys.seal(secret, f"connection:{connection_id}:webhook_secret")
    return True


def subscribe_missing(ctx: Context) -> None:
    """Subscribe wherever it is still to be done; what fails is tried again the next time."""
    with ctx.store.read() as db:
        wanted = select(Connection.id).where(
            Connection.state == ConnectionState.ACTIVE, Connection.webhook_id.is_(None)
        )
        connection_ids = db.scalars(wanted).all()
    for connection_id in connection_ids:
        try:
            subscribe(ctx, connection_id)
        except ConnectorError as error:
            log.warning("subscribe_failed", connection=connection_id, why=str(error))


def reachable(ctx: Context) -> bool:
    """Whether a platform could call us: by https at a public name, or anywhere if it may be on this machine itself."""
    parts = urlsplit(ctx.config.public_url)
    if ctx.config.allow_private_addresses or ctx.config.allowed_addresses:
        return True
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return parts.scheme == "https" and parts.hostname != "localhost"
    return parts.scheme == "https" and address.is_global
