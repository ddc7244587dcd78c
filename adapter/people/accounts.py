"""Studios, users, and the ways in: one-time sign-in links for people, bearer tokens for programs.

Knows the accounts' tables. Knows no HTTP. Of a link or a token only the keyed hash is kept, so a stolen database opens
no door; the text is shown once, to whoever asked for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from adapter.people.permissions import Caller
from adapter.store.addresses import email_id
from adapter.store.sealing import Keyring
from adapter.store.tables import ApiToken, Membership, Role, SignInLink, Studio, User

LINK_LIFE = timedelta(minutes=15)
TOKEN_PREFIX = "spot_"  # noqa: S105  lets a secret scanner recognise a token that got lost


def create_studio(db: Session, name: str, *, timezone: str, currency: str, now: datetime) -> Studio:
    """A new tenant. ``timezone`` is an IANA name, ``currency`` ISO 4217."""
    studio = Studio(name=name, timezone=timezone, currency=currency, created_at=now)
    db.add(studio)
    db.flush()
    return studio


def create_user(
    db: Session, keys: Keyring, name: str, address: str, *, role: Role, studio_id: int | None, now: datetime
) -> User:
    """Somebody who may sign in, with a first role; without a studio the role holds at all of them (our own staff)."""
    user = User(name=name, email_id=email_id(db, keys, address, now), created_at=now)
    user.memberships = [Membership(studio_id=studio_id, role=role)]
    db.add(user)
    db.flush()
    return user


def sign_in_link(db: Session, keys: Keyring, user_id: int, now: datetime) -> str:
    """The secret part of a link that signs this user in once, within 15 minutes."""
    token = secrets.token_urlsafe(32)
    hashed = keys.keyed_hash(f"sign-in:{token}")
    db.add(SignInLink(token_hash=hashed, user_id=user_id, expires_at=now + LINK_LIFE))
    db.flush()
    return token


def redeem(db: Session, keys: Keyring, token: str, now: datetime) -> User | None:
    """The user whose link this is, and the link is used up; None: unknown, used, too old, or the user is gone.

    One conditional UPDATE decides, so of two redemptions at the same instant one wins.
    """
    hashed = keys.keyed_hash(f"sign-in:{token}")
    mine = update(SignInLink).where(
        SignInLink.token_hash == hashed, SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    used = cast("CursorResult[None]", db.execute(mine.values(used_at=now)))
    if used.rowcount != 1:
        return None
    whose = select(User).join(SignInLink, SignInLink.user_id == User.id)
    return db.scalar(whose.where(SignInLink.token_hash == hashed, User.active))


def sign_out_everywhere(db: Session, user_id: int) -> None:
    """Every cookie given to this user before is dead."""
    db.execute(update(User).where(User.id == user_id).values(session_epoch=User.session_epoch + 1))


def caller_of(user: User) -> Caller:
    """A signed-in user as whoever is asking."""
    roles = _by_studio((membership.studio_id, membership.role) for membership in user.memberships)
    return Caller(actor=f"user:{user.id}", name=user.name, roles=roles, user_id=user.id)


def name_of(db: Session, actor: str) -> str | None:
    """The name of the user who did something, from what the audit log and the runs keep; None: it was no user."""
    kind, _, number = actor.partition(":")
    return db.scalar(select(User.name).where(User.id == int(number))) if kind == "user" and number.isdigit() else None


def create_token(
    db: Session, keys: Keyring, role: Role, studio_id: int | None, marketplace: str | None, now: datetime
) -> str:
    """A new API token; the text is not kept and can't be shown again."""
    if (role == Role.MARKETPLACE) != (marketplace is not None):
        raise ValueError("--role marketplace needs --marketplace NAME, and no other role has one")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    hashed = keys.keyed_hash(f"token:{token}")
    db.add(ApiToken(token_hash=hashed, role=role, studio_id=studio_id, marketplace=marketplace, created_at=now))
    db.flush()
    return token


def authenticate(db: Session, keys: Keyring, token: str) -> Caller | None:
    """Whose token this is; None: nobody's, or it was revoked."""
    hashed = keys.keyed_hash(f"token:{token}")
    row = db.scalar(select(ApiToken).where(ApiToken.token_hash == hashed, ApiToken.revoked_at.is_(None)))
    if row is None:
        return None
    roles = _by_studio([(row.studio_id, row.role)])
    return Caller(actor=f"token:{row.id}", name=f"token {row.id}", roles=roles, marketplace=row.marketplace)


def _by_studio(memberships: Iterable[tuple[int | None, Role]]) -> dict[int | None, frozenset[Role]]:
    roles: dict[int | None, frozenset[Role]] = {}
    for studio_id, role in memberships:
        roles[studio_id] = roles.get(studio_id, frozenset()) | {role}
    return roles
