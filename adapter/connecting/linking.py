"""Writing down a connection: whole or not at all, never another studio's site, never another site in an old row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adapter.connecting.flows import ConnectRefused
from adapter.connecting.token_row import seal_name
from adapter.context import Context
from adapter.store.alerts import resolve_alert
from adapter.store.audit import note
from adapter.store.tables import (
    AlertKind,
    Connection,
    ConnectionState,
    Membership,
    PushMode,
    Role,
    RunKind,
    RunOrigin,
    Studio,
)
from adapter.work import request_run
from connectors.oauth import Grant
from connectors.platform import Platform, Site

_SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})  # not always told back


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All that a consent, or a login, has led to."""

    platform: Platform
    studio_id: int
    user_id: int | None  # who began it; None: an operator, at the machine itself
    connection_id: int | None  # a reconnect of this one
    asked: tuple[str, ...]  # scopes
    server: dict[str, Any] | None  # where the tokens were issued; None: by a staff login, at the platform itself
    grant: Grant = field(repr=False)
    subject: str | None
    site: Site

    @property
    def actor(self) -> str:
        """Whoever began it, for the audit log."""
        return f"user:{self.user_id}" if self.user_id is not None else "system"


def keep_connection(ctx: Context, link: Link) -> Connection:
    """Store the connection, sealed, in shadow mode, and ask for its first pull. Raises ConnectRefused."""
    now = ctx.now()
    try:
        with ctx.store.write() as db:
            _check_owner(db, link)
            row = _row(db, link, now)
            _fill(db, ctx, row, link, now)
            _announce(db, row, link, now)
    except IntegrityError:
        raise ConnectRefused("This account is being connected by somebody else at this moment.", status=409) from None
    ctx.wake_engine()
    return row


def _check_owner(db: Session, link: Link) -> None:
    """The role may have been taken while the person was away at the platform."""
    if link.user_id is None:
        return
    owner = select(Membership.id).where(
        Membership.user_id == link.user_id,
        Membership.role == Role.OWNER,
        or_(Membership.studio_id == link.studio_id, Membership.studio_id.is_(None)),
    )
    if db.scalar(owner.limit(1)) is None:
        raise ConnectRefused("Only an owner of the studio can connect it.", status=403)


def _row(db: Session, link: Link, now: datetime) -> Connection:
    """The row of this account: a new one, or this studio's own old one."""
    site, platform = link.site, link.platform.name
    row = db.scalar(
        select(Connection).where(Connection.platform == platform, Connection.site == site.id).with_for_update()
    )
    if row is not None and row.studio_id != link.studio_id:
        raise ConnectRefused("This account is connected to another studio here. Nothing was changed.", status=409)
    if link.connection_id is not None and (row is None or row.id != link.connection_id):
        raise ConnectRefused(
            f"You signed in to {site.name} ({site.id}), which is not the account of this connection. "
            "Nothing was changed: sign in to the right account, or connect this one by itself.",
            status=409,
        )
    if row is None:
        row = Connection(studio_id=link.studio_id, platform=platform, site=site.id, connected_at=now, token_version=0)
        row.state, row.push_mode = ConnectionState.DISCONNECTED, PushMode.SHADOW
        row.site_name, row.timezone, row.currency = site.name, site.timezone, _currency(db, link)
        db.add(row)
        db.flush()
    return row


def _currency(db: Session, link: Link) -> str:
    """The account's; where the platform names none, the studio's own."""
    return link.site.currency or db.get_one(Studio, link.studio_id).currency


def _fill(db: Session, ctx: Context, row: Connection, link: Link, now: datetime) -> None:
    grant = link.grant
    row.site_name, row.timezone, row.currency = link.site.name, link.site.timezone, _currency(db, link)
    row.access_token = ctx.keys.seal(grant.access_token, seal_name(row.id, "access_token"))
    row.refresh_token = (
        ctx.keys.seal(grant.refresh_token, seal_name(row.id, "refresh_token")) if grant.refresh_token else None
    )
    row.token_issued_at, row.token_expires_at = now, grant.expires_at
    row.token_version += 1
    row.refresh_claimed_until = None
    row.granted_scopes = " ".join(grant.scopes)
    row.subject, row.server, row.by_login = link.subject, link.server, link.server is None
    row.revoke_pending = None  # of an earlier grant that nobody holds any more; revoking it could end the new one
    row.state_reason = _reservations(link)


def _announce(db: Session, row: Connection, link: Link, now: datetime) -> None:
    """First pull, audit line, state: a connection that was only out of order catches up, any other starts over."""
    known = row.state is not ConnectionState.DISCONNECTED and row.last_pulled_at is not None
    if row.state is ConnectionState.DISCONNECTED:
        row.connected_at, row.disconnected_at = now, None
    row.state = ConnectionState.ACTIVE
    resolve_alert(db, row.id, AlertKind.RECONNECT, now=now)
    db.flush()
    kind = RunKind.PULL if known else RunKind.BACKFILL
    request_run(db, kind, row.id, origin=RunOrigin.MANUAL, actor=link.actor, now=now, why="connected")
    after = {"platform": row.platform, "site": row.site, "scopes": row.granted_scopes}
    note(db, row, "connection.connected", None, after, actor=link.actor, now=now)


def _reservations(link: Link) -> str | None:
    """What the studio should know of a connection that works, but not in every way."""
    oauth, grant = link.platform.oauth, link.grant
    if link.server is None or oauth is None:
        return None  # a staff login: there are no scopes, and a new token is always to be had
    notes = []
    if missing := _missing(link.asked, grant.scopes):
        words = ", ".join(oauth.scope_meanings.get(scope, scope) for scope in missing)
        notes.append(f"Connected, but not everything was allowed. Missing: {words}.")
    if grant.refresh_token is None:
        notes.append(f"Access ends on {grant.expires_at:%d %B %Y at %H:%M} UTC: connect again before then.")
    return " ".join(notes) or None


def _missing(asked: Sequence[str], granted: Sequence[str]) -> list[str]:
    return [scope for scope in asked if scope not in granted and scope not in _SIGN_IN_SCOPES]
