"""Ending a connection: tokens erased here at once, then revoked over there, as often as it takes; its subscription too.

The refresh token waits, sealed, in the row's outbox column (``revoke_pending``) until the platform has taken it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from adapter.connecting.registration import find_server, open_session, read_server, registration
from adapter.connecting.token_row import seal_name
from adapter.context import Context
from adapter.store.alerts import resolve_alert
from adapter.store.audit import note
from adapter.store.sealing import SealBroken
from adapter.store.tables import AlertKind, Connection, ConnectionState, PushMode, RunKind, RunOrigin
from adapter.work import request_run
from connectors import registry
from connectors.errors import ConnectorError
from connectors.oauth import revoke

log = structlog.get_logger(__name__)

GIVE_UP = timedelta(days=30)  # a platform that can't be told for so long won't be; the token is useless without us


def disconnect(ctx: Context, connection_id: int, actor: str) -> None:
    """End a connection. Its data stays; doing it twice does it once. The revocation is for ``revoke_pending``."""
    now = ctx.now()
    with ctx.store.write() as db:
        row = db.get(Connection, connection_id, with_for_update=True)
        if row is None or row.state is ConnectionState.DISCONNECTED:
            return
        before = {"state": row.state}
        row.revoke_pending = _outgoing(ctx, row)
        row.access_token = row.refresh_token = row.webhook_secret = row.webhook_secret_before = None
        row.webhook_state = row.webhook_why = row.webhook_checked_at = row.webhook_gap = None
        for kind in (AlertKind.SUBSCRIPTION, AlertKind.RECONNECT):
            resolve_alert(db, row.id, kind, now=now)
        row.token_version += 1  # a refresh that is under way comes too late
        row.refresh_claimed_until = None
        row.state, row.disconnected_at = ConnectionState.DISCONNECTED, now
        row.state_reason = " ".join(["Disconnected by the studio.", *_still_to_do(ctx, row)])
        row.push_mode = PushMode.SHADOW
        note(db, row, "connection.disconnected", before, {"state": row.state}, actor=actor, now=now)
        if row.webhook_id is not None:
            why = "disconnected: the subscription to its events ends"
            request_run(db, RunKind.SUBSCRIBE, row.id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)
    ctx.wake_engine()


def revoke_pending(ctx: Context, now: datetime) -> int:
    """Tell the platforms of ended connections; answers how many were told. What fails stays for the next time."""
    with ctx.store.read() as db:
        rows = list(db.scalars(select(Connection).where(Connection.revoke_pending.is_not(None))))
    return sum(_tell(ctx, row, now) for row in rows)


def _outgoing(ctx: Context, row: Connection) -> bytes | None:
    """The token whose revocation ends the grant, sealed for the outbox; a staff login's token ends by itself."""
    if row.by_login or not _takes_back(ctx, row):
        return None
    for what, sealed in (("refresh_token", row.refresh_token), ("access_token", row.access_token)):
        if sealed is None:
            continue
        try:
            return ctx.keys.seal(ctx.keys.open(sealed, seal_name(row.id, what)), seal_name(row.id, "revoke_pending"))
        except SealBroken as error:
            log.error("revocation_lost", connection=row.id, why=str(error))
    return None


def _takes_back(ctx: Context, row: Connection) -> bool:
    """Whether the platform has a place where access is given back."""
    oauth = registry.get(row.platform).oauth
    return oauth is None or oauth.revocation or bool(ctx.config.platform(row.platform, row.site).get("REVOKE_URL"))


def _still_to_do(ctx: Context, row: Connection) -> Iterator[str]:
    if not row.by_login and not _takes_back(ctx, row):
        yield f"{registry.get(row.platform).title} takes no access back from us: withdraw it there as well."


def _tell(ctx: Context, row: Connection, now: datetime) -> bool:
    try:
        _revoke(ctx, row)
    except SealBroken as error:
        log.error("revocation_lost", connection=row.id, why=str(error))
    except ConnectorError as error:
        log.warning("revocation_failed", connection=row.id, why=str(error))
        if row.disconnected_at is None or now < row.disconnected_at + GIVE_UP:
            return False
        log.error("revocation_given_up", connection=row.id)
    else:
        log.info("revoked", connection=row.id)
    with ctx.store.write() as db:
        mine = update(Connection).where(Connection.id == row.id, Connection.revoke_pending == row.revoke_pending)
        db.execute(mine.values(revoke_pending=None))
    return True


def _revoke(ctx: Context, row: Connection) -> None:
    token = ctx.keys.open(row.revoke_pending or b"", seal_name(row.id, "revoke_pending"))
    us = registration(ctx, row.platform)
    with open_session(ctx) as http:
        server = read_server(row.server) if row.server else find_server(ctx, us, http, row.site)
        revoke(http, server, us.client, token)
