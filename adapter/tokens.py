"""The tokens of a connection: sealed at rest, refreshed early, by one process at a time.

Whoever refreshes holds a lease on the row (``refresh_claimed_until``) and no transaction over the call; the others read
the row again. A new refresh token is committed before the new access token is used (RFC 9700 4.14). A passing fault
loses nothing; the platform's refusal marks the connection as needing to be connected again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from adapter.context import Context
from adapter.registration import find_server, open_session, read_server, registration
from adapter.store.sealing import SealBroken
from adapter.store.tables import Connection, ConnectionState
from connectors.errors import ConnectorError, Reconnect, TryAgain
from connectors.oauth import Grant, refresh_grant

log = structlog.get_logger(__name__)

EARLY = timedelta(minutes=5)  # before expiry
EARLY_SHARE = 0.8  # of a life too short for that
LONGEST_IDLE = timedelta(days=1)  # a grant that is used daily does not go stale
LEASE = timedelta(seconds=60)  # two token calls at their longest, and the commit
PAUSE = 0.2  # seconds between looks at the row while another refreshes
LOOKS = 300

Wait = Callable[[float], object]
_wait: Wait = threading.Event().wait  # an event that is never set: a pause that tests replace


@dataclass(frozen=True, slots=True)
class Tokens:
    """A connection's tokens as the row holds them at one instant."""

    connection_id: int
    platform: str
    site: str
    version: int
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    claimed_until: datetime | None
    scopes: tuple[str, ...]

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for new ones: 5 minutes before the end, at 80 % of a short life, and once a day."""
        if self.refresh is None:
            return now >= self.expires_at
        life = self.expires_at - self.issued_at
        early = max(self.expires_at - EARLY, self.issued_at + EARLY_SHARE * life)
        return now >= min(early, self.issued_at + LONGEST_IDLE)


def seal_name(connection_id: int, what: str) -> str:
    """What a secret of a connection is bound to."""
    return f"connection:{connection_id}:{what}"


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
        if tokens.refresh is None:
            raise needs_reconnect(ctx, connection_id, "The access that was granted has ended. Connect again.")
        usable = None if refused or now >= tokens.expires_at else tokens
        if _claim(ctx, tokens, now):
            return _refresh(ctx, tokens, now, usable)
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


def read_tokens(ctx: Context, connection_id: int) -> Tokens:
    """The tokens as they are. Raises Reconnect where there are none, or where they do not open."""
    with ctx.store.read() as db:
        row = db.get(Connection, connection_id)
    if row is None or row.state is not ConnectionState.ACTIVE or row.access_token is None:
        raise Reconnect((row.state_reason if row else None) or "This connection has ended. Connect again.")
    try:
        access = ctx.keys.open(row.access_token, seal_name(row.id, "access_token"))
        refresh = ctx.keys.open(row.refresh_token, seal_name(row.id, "refresh_token")) if row.refresh_token else None
    except SealBroken as error:
        log.error("seal_broken", connection=connection_id, why=str(error))
        why = "The stored access can't be opened with our keys. Connect again, or restore ADAPTER_ENCRYPTION_KEYS."
        raise needs_reconnect(ctx, connection_id, why) from None
    begun = row.token_issued_at or row.connected_at
    return Tokens(
        connection_id=row.id,
        platform=row.platform,
        site=row.site,
        version=row.token_version,
        access=access,
        refresh=refresh,
        issued_at=begun,
        expires_at=row.token_expires_at or begun,
        claimed_until=row.refresh_claimed_until,
        scopes=tuple(row.granted_scopes.split()),
    )


def needs_reconnect(ctx: Context, connection_id: int, why: str, *, version: int | None = None) -> Reconnect:
    """Mark a connection whose grant has ended; its tokens and all data stay. Answers the error to raise."""
    mark = update(Connection).where(Connection.id == connection_id, Connection.state == ConnectionState.ACTIVE)
    if version is not None:
        mark = mark.where(Connection.token_version == version)
    with ctx.store.write() as db:
        db.execute(mark.values(state=ConnectionState.NEEDS_RECONNECT, state_reason=why, refresh_claimed_until=None))
    log.warning("needs_reconnect", connection=connection_id, why=why)
    return Reconnect(why)


def _claim(ctx: Context, tokens: Tokens, now: datetime) -> bool:
    claim = (
        update(Connection)
        .where(
            Connection.id == tokens.connection_id,
            Connection.token_version == tokens.version,
            Connection.state == ConnectionState.ACTIVE,
            or_(Connection.refresh_claimed_until.is_(None), Connection.refresh_claimed_until <= now),
        )
        .values(refresh_claimed_until=now + LEASE)
        .returning(Connection.id)
    )
    if tokens.claimed_until is not None and tokens.claimed_until > now:
        return False  # spares the write lock while another's lease runs
    with ctx.store.write() as db:
        return db.scalar(claim) is not None


def _refresh(ctx: Context, tokens: Tokens, now: datetime, usable: Tokens | None) -> Tokens:
    """As the holder of the lease: ask, store, and only then hand out."""
    try:
        grant = _ask(ctx, tokens, now)
    except Reconnect as error:
        log.warning("refresh_refused", connection=tokens.connection_id, why=str(error))
        return _after_refusal(ctx, tokens)
    except TryAgain:
        _release(ctx, tokens)
        if usable is not None:
            return usable  # still good for a while: the next call asks again
        raise
    except BaseException:
        _release(ctx, tokens)
        raise
    _keep(ctx, tokens, grant, now)
    return read_tokens(ctx, tokens.connection_id)


def _ask(ctx: Context, tokens: Tokens, now: datetime) -> Grant:
    """The token call; once more where its answer was lost (a server with a grace period then heals)."""
    us = registration(ctx, tokens.platform)
    with ctx.store.read() as db:
        stored = db.scalar(select(Connection.server).where(Connection.id == tokens.connection_id))
    extra = us.site_fields(tokens.site)
    if us.oauth.refresh_with_scope:
        extra["scope"] = " ".join(us.scopes)
    with open_session(ctx) as http:
        server = read_server(stored) if stored else find_server(ctx, us, http)

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


def _keep(ctx: Context, tokens: Tokens, grant: Grant, now: datetime) -> None:
    """Commit the new tokens, unless the row went on without us."""
    connection_id = tokens.connection_id
    refresh = grant.refresh_token or tokens.refresh
    with ctx.store.write() as db:
        row = db.get(Connection, connection_id, with_for_update=True)
        if row is None or row.token_version != tokens.version:
            log.warning("refresh_superseded", connection=connection_id)
            if row is not None and row.state is ConnectionState.DISCONNECTED and refresh:
                row.revoke_pending = ctx.keys.seal(refresh, seal_name(connection_id, "revoke_pending"))
            return
        row.access_token = ctx.keys.seal(grant.access_token, seal_name(connection_id, "access_token"))
        row.refresh_token = ctx.keys.seal(refresh, seal_name(connection_id, "refresh_token")) if refresh else None
        row.token_issued_at, row.token_expires_at = now, grant.expires_at
        row.token_version += 1
        row.refresh_claimed_until = None
        row.granted_scopes = " ".join(grant.scopes)


def _after_refusal(ctx: Context, tokens: Tokens) -> Tokens:
    """The grant was refused: perhaps because another process was faster. The row knows."""
    now_there = read_tokens(ctx, tokens.connection_id)
    if now_there.version != tokens.version:
        return now_there
    why = (
        "The booking platform has ended our access (it was withdrawn, or has run out). Connect again: nothing is lost."
    )
    raise needs_reconnect(ctx, tokens.connection_id, why, version=tokens.version)


def _release(ctx: Context, tokens: Tokens) -> None:
    with ctx.store.write() as db:
        db.execute(
            update(Connection)
            .where(Connection.id == tokens.connection_id, Connection.token_version == tokens.version)
            .values(refresh_claimed_until=None)
        )
