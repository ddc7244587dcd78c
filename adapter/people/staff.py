"""Our own people, by the word of an identity provider (OpenID Connect, authorization code with PKCE, RFC 9700).

Who they are is its subject, never an address; what they may do follows from its groups, anew at each sign-in. They are
asked for again twice a day, so that who leaves the company loses access here as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.connecting.registration import open_session, read_server, write_server
from adapter.context import Context
from adapter.people.accounts import sign_out_everywhere
from adapter.people.challenges import Purpose, claim_challenge, open_challenge
from adapter.people.invitations import LONGEST_NAME
from adapter.people.staff_settings import StaffSettings
from adapter.store.audit import write_line
from adapter.store.tables import Membership, Role, StaffIdentity, User
from connectors.errors import ConnectorError, Misconfigured
from connectors.oauth import (
    Ask,
    Client,
    authorize_url,
    discover,
    exchange_code,
    read_callback,
    read_id_token,
    sole_values,
)
from connectors.platform import OAuth

log = structlog.get_logger(__name__)

ACCESS = timedelta(hours=12)
CALLBACK = "/sign-in/staff/callback"


class StaffRefused(Exception):
    """A sign-in that did not come about; the message is for the person in front of it."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def begin_staff(ctx: Context, settings: StaffSettings) -> tuple[str, str]:
    """Where to send the browser, and the token for its session, which is the flow's `state`. Raises StaffRefused."""
    try:
        with open_session(ctx) as http:
            server = discover(http, settings.issuer, ctx.config.allowed_addresses, trusted=settings.hosts)
    except ConnectorError as error:
        raise _unavailable(error) from None
    fresh = Ask.fresh()
    carried = {"verifier": fresh.verifier, "nonce": fresh.nonce, "server": write_server(server)}
    with ctx.store.write() as db:
        state = open_challenge(db, ctx.keys, Purpose.STAFF, carries=json.dumps(carried), now=ctx.now())
    url = authorize_url(
        server,
        OAuth(scopes=settings.scopes),
        Ask(state, fresh.verifier, fresh.nonce),
        client_id=settings.client_id,
        redirect_uri=_redirect_uri(ctx),
        scopes=settings.scopes,
        site=None,
    )
    return url, state


def finish_staff(ctx: Context, settings: StaffSettings, given: Mapping[str, Sequence[str]], token: str) -> User:
    """The member of staff that the provider names, with the roles of their groups. Raises StaffRefused."""
    try:
        claims = _claims(ctx, settings, given, token)
    except ConnectorError as error:
        if isinstance(error, Misconfigured):
            raise _unavailable(error) from None
        log.warning("staff_not_believed", why=str(error))
        raise StaffRefused("Your company's sign-in did not say who you are. Nothing was changed; try again.") from None
    roles = _roles(settings, claims)
    with ctx.store.write() as db:
        user = _known(db, settings.issuer, claims) or (_new(db, settings.issuer, claims, ctx.now()) if roles else None)
        if user is not None:
            _set_roles(db, user, roles, ctx.now())
            if roles and user.active:
                user.access_until = ctx.now() + ACCESS
                return user
            sign_out_everywhere(db, user.id)
    raise StaffRefused("Your company account has no role here. Who manages its groups can give you one.", status=403)


def _claims(ctx: Context, settings: StaffSettings, given: Mapping[str, Sequence[str]], token: str) -> Mapping[str, Any]:
    values = sole_values(given)
    if not token or not compare_digest(values.get("state", "").encode(), token.encode()):
        raise StaffRefused("This sign-in was begun in another browser, or is over. Please start again.")
    with ctx.store.write() as db:
        carried = claim_challenge(db, ctx.keys, Purpose.STAFF, token, now=ctx.now())
    if carried is None:
        raise StaffRefused("This took longer than ten minutes, or was done already. Please start again.")
    flow = json.loads(carried)
    server = read_server(flow["server"])
    consent = read_callback(server, OAuth(scopes=settings.scopes), values)
    client = Client(settings.client_id, settings.client_secret)
    with open_session(ctx) as http:
        grant = exchange_code(
            http,
            server,
            client,
            code=consent.code,
            verifier=flow["verifier"],
            redirect_uri=_redirect_uri(ctx),
            scopes=settings.scopes,
            now=ctx.now(),
            extra={},
        )
        id_token = grant.id_token or ""
        return read_id_token(http, server, id_token, client_id=settings.client_id, now=ctx.now(), nonce=flow["nonce"])


def _known(db: Session, issuer: str, claims: Mapping[str, Any]) -> User | None:
    mine = select(User).join(StaffIdentity, StaffIdentity.user_id == User.id)
    return db.scalar(mine.where(StaffIdentity.issuer == issuer, StaffIdentity.subject == str(claims["sub"])))


def _new(db: Session, issuer: str, claims: Mapping[str, Any], now: datetime) -> User:
    user = User(name=_name(claims), created_at=now, access_until=now)
    db.add(user)
    db.flush()
    db.add(StaffIdentity(issuer=issuer, subject=str(claims["sub"]), user_id=user.id))
    db.flush()
    return user


def _name(claims: Mapping[str, Any]) -> str:
    """What they are called; never an address, which may stand in one place only."""
    name = claims.get("name")
    usable = isinstance(name, str) and name.strip() and "@" not in name
    return " ".join(str(name).split())[:LONGEST_NAME] if usable else "One of our staff"


def _roles(settings: StaffSettings, claims: Mapping[str, Any]) -> frozenset[Role]:
    groups = claims.get(settings.claim)
    named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return frozenset(settings.roles[group] for group in named if isinstance(group, str) and group in settings.roles)


def _set_roles(db: Session, user: User, roles: frozenset[Role], now: datetime) -> None:
    """Make these the roles that hold everywhere, and no others."""
    held = [membership for membership in user.memberships if membership.studio_id is None]
    before = frozenset(membership.role for membership in held)
    for membership in held:
        if membership.role not in roles:
            user.memberships.remove(membership)
            db.delete(membership)
    user.memberships.extend(Membership(studio_id=None, role=role) for role in sorted(roles - before))
    db.flush()
    if roles != before:
        told = [{"roles": sorted(one)} for one in (before, roles)]
        who = f"user:{user.id}"
        write_line(db, None, "staff.roles_changed", who, *told, actor=who, now=now)


def _redirect_uri(ctx: Context) -> str:
    return f"{ctx.config.public_url}{CALLBACK}"


def _unavailable(error: ConnectorError) -> StaffRefused:
    log.error("staff_sign_in_unavailable", why=str(error))
    return StaffRefused("Your company's sign-in can't be reached just now. Please try again in a minute.", status=503)
