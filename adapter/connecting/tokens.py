"""Fresh tokens for a connection: renewed early, by one process at a time.

Whoever renews holds a lease on the row and no transaction over the call; the others read the row again. A new refresh
token is committed before the new access token is used (RFC 9700 4.14). A passing fault loses nothing; the platform's
refusal marks the connection as needing to be connected again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import select

from adapter.connecting.login import login_grant
from adapter.connecting.registration import find_server, open_session, read_server, registration
from adapter.connecting.token_row import Tokens, claim, keep, needs_reconnect, read_tokens, release, seal_name
from adapter.context import Context
from adapter.store.database import UNAVAILABLE, cause_of
from adapter.store.tables import Connection, ConnectionState
from connectors import registry
from connectors.errors import ConnectorError, Reconnect, TryAgain
from connectors.oauth import Grant, refresh_grant

__all__ = ["fresh_token", "fresh_tokens", "needs_reconnect", "refresh_idle", "seal_name"]

log = structlog.get_logger(__name__)

PAUSE = 0.2  # seconds between looks at the row while another renews
LOOKS = 300
STORE_AGAIN, STORES = 1.0, 20  # seconds between tries to commit new tokens, and tries: within the lease

Wait = Callable[[float], object]
_wait: Wait = threading.Event().wait  # an event that is never set: a pause that tests replace


def fresh_token(ctx: Context, connection_id: int, *, force: bool = False) -> str:
    """An access token that holds for the next minutes; with ``force`` a newer one than the row holds now.

    Raises Reconnect (and marks the connection) where the grant has ended, TryAgain on a passing fault, Misconfigured
    where the platform refuses us.
    """
    newer_than = read_tokens(ctx, connection_id).version if force else None
    return fresh_tokens(ctx, connection_id, newer_than=newer_than).access


def fresh_tokens(ctx: Context, connection_id: int, *, newer_than: int | None = None, wait: Wait = _wait) -> Tokens:
    """The row's tokens, refreshed if due or no newer than ``newer_than``: the version that the platform refused."""
    for _ in range(LOOKS):
        now = ctx.now()
        tokens = read_tokens(ctx, connection_id)
        refused = newer_than is not None and tokens.version <= newer_than
        if not refused and not tokens.is_due(now):
            return tokens
        if tokens.refresh is None and not tokens.by_login:
            raise needs_reconnect(ctx, connection_id, "The access that was granted has ended. Connect again.")
        usable = None if refused or now >= tokens.expires_at else tokens
        if claim(ctx, tokens, now):
            return _refresh(ctx, tokens, now, usable, wait)
        if usable is not None:
            return usable
        wait(PAUSE)
    raise TryAgain("another process is still renewing the platform's access")


def refresh_idle(ctx: Context) -> None:
    """Renew every active connection's access that is due, so that a quiet studio stays connected. For a daily job."""
    with ctx.store.read() as db:
        wanted = select(Connection.id).where(
            Connection.state == ConnectionState.ACTIVE, Connection.refresh_token.is_not(None)
        )
        connection_ids = list(db.scalars(wanted))
    for connection_id in connection_ids:
        try:
            fresh_tokens(ctx, connection_id)
        except ConnectorError as error:
            log.warning("idle_refresh_failed", connection=connection_id, why=str(error))


def _refresh(ctx: Context, tokens: Tokens, now: datetime, usable: Tokens | None, wait: Wait) -> Tokens:
    """As the holder of the lease: ask, store, and only then hand out."""
    try:
        grant = _ask(ctx, tokens, now)
    except Reconnect as error:
        log.warning("refresh_refused", connection=tokens.connection_id, why=str(error))
        return _after_refusal(ctx, tokens)
    except TryAgain:
        release(ctx, tokens, now)
        if usable is not None:
            return usable  # still good for a while: the next call asks again
        raise
    except BaseException:
        release(ctx, tokens, now)
        raise
    _keep(ctx, tokens, grant, now, wait)
    return read_tokens(ctx, tokens.connection_id)


def _keep(ctx: Context, tokens: Tokens, grant: Grant, now: datetime, wait: Wait) -> None:
    """Commit the new tokens. They are nowhere else, and the old ones may have ended: a database that is away for a
    moment is waited for."""
    for _ in range(STORES - 1):
        try:
            return keep(ctx, tokens, grant, now)
        except UNAVAILABLE as error:
            log.warning("refresh_not_stored", connection=tokens.connection_id, why=cause_of(error))
            wait(STORE_AGAIN)
    return keep(ctx, tokens, grant, now)


def _ask(ctx: Context, tokens: Tokens, now: datetime) -> Grant:
    """The token call; once more where its answer was lost (a server with a grace period then heals)."""
    if tokens.by_login:
        return login_grant(ctx, registry.get(tokens.platform), tokens.site)
    us = registration(ctx, tokens.platform)
    with ctx.store.read() as db:
        stored = db.scalar(select(Connection.server).where(Connection.id == tokens.connection_id))
    extra = us.site_fields(tokens.site)
    if us.oauth.refresh_with_scope:
        extra["scope"] = " ".join(us.scopes)
    with open_session(ctx) as http:
        server = read_server(stored) if stored else find_server(ctx, us, http, tokens.site)

        def ask() -> Grant:
            return refresh_grant(
                http,
                server,
                us.client,
                refresh_token=tokens.refresh or "",
                scopes=tokens.scopes,
                now=now,
                extra=extra,
            )

        try:
            return ask()
        except TryAgain as error:
            if not error.unknown:
                raise
            log.warning("refresh_answer_lost", connection=tokens.connection_id, why=str(error))
            return ask()


def _after_refusal(ctx: Context, tokens: Tokens) -> Tokens:
    """The grant was refused: perhaps because another process was faster. The row knows."""
    now_there = read_tokens(ctx, tokens.connection_id)
    if now_there.version != tokens.version:
        return now_there
    why = (
        "The booking platform has ended our access (it was withdrawn, or has run out). Connect again: nothing is lost."
    )
    raise needs_reconnect(ctx, tokens.connection_id, why, version=tokens.version)
