"""A connection's tokens in its row: sealed, versioned, leased to one process at a time while it renews them.

Knows the row and the keys; calls nobody. Every write is a short transaction of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update

from adapter.context import Context
from adapter.store.alerts import open_alert
from adapter.store.sealing import SealBroken
from adapter.store.tables import AlertKind, Connection, ConnectionState
from connectors.errors import Reconnect
from connectors.oauth import Grant

log = structlog.get_logger(__name__)

EARLY = timedelta(minutes=5)  # before expiry
EARLY_SHARE = 0.8  # of a life too short for that
LONGEST_IDLE = timedelta(days=1)  # a grant that is used daily does not go stale
LEASE = timedelta(seconds=60)  # two token calls at their longest, and the commit


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
    by_login: bool  # got with a staff login: there is no refresh token, and a new one is always to be had

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for new ones: 5 minutes before the end, at 80 % of a short life, and once a day."""
        if self.refresh is None and not self.by_login:
            return now >= self.expires_at
        life = self.expires_at - self.issued_at
        early = max(self.expires_at - EARLY, self.issued_at + EARLY_SHARE * life)
        return now >= min(early, self.issued_at + LONGEST_IDLE)


def seal_name(connection_id: int, what: str) -> str:
    """What a secret of a connection is bound to."""
    return f"connection:{connection_id}:{what}"


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
        by_login=row.by_login,
    )


def needs_reconnect(ctx: Context, connection_id: int, why: str, *, version: int | None = None) -> Reconnect:
    """Mark a connection whose grant has ended; its tokens and all data stay. Answers the error to raise."""
    mark = update(Connection).where(Connection.id == connection_id, Connection.state == ConnectionState.ACTIVE)
    if version is not None:
        mark = mark.where(Connection.token_version == version)
    marked = mark.values(state=ConnectionState.NEEDS_RECONNECT, state_reason=why, refresh_claimed_until=None)
    with ctx.store.write() as db:
        if db.scalar(marked.returning(Connection.id)) is not None:
            open_alert(db, connection_id, AlertKind.RECONNECT, why, now=ctx.now())
    log.warning("needs_reconnect", connection=connection_id, why=why)
    return Reconnect(why)


def claim(ctx: Context, tokens: Tokens, now: datetime) -> bool:
    """Take the lease on renewing these tokens; False where somebody else holds it, or was faster."""
    mine = (
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
        return db.scalar(mine) is not None


def release(ctx: Context, tokens: Tokens, claimed_at: datetime) -> None:
    """Give the lease back; not one that ran out and was taken by another."""
    mine = (
        Connection.id == tokens.connection_id,
        Connection.token_version == tokens.version,
        Connection.refresh_claimed_until == claimed_at + LEASE,
    )
    with ctx.store.write() as db:
        db.execute(update(Connection).where(*mine).values(refresh_claimed_until=None))


def keep(ctx: Context, tokens: Tokens, grant: Grant, now: datetime) -> None:
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
