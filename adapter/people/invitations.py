"""Invitations: a link that gives somebody a role, once, within a week.

No mail is sent: whoever invites copies the link. It is bound to no account: who opens it signed in adds the role to the
account they have, anybody else makes one. It signs nobody in to an account that exists, whatever address it names: so
an inviter gains nothing by opening it themselves but what they could give anyway.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, Select, select, update
from sqlalchemy.orm import Session

from adapter.store.addresses import email_id
from adapter.store.audit import write_line
from adapter.store.sealing import Keyring
from adapter.store.tables import Invitation, Membership, Role, User

LIFE = timedelta(days=7)
LONGEST_NAME = 80  # characters


class NotInvited(ValueError):
    """It can't be so; the message says why, and ``field`` which of what was given is to blame."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def invite(
    db: Session,
    keys: Keyring,
    name: str,
    address: str,
    *,
    role: Role,
    studio_id: int | None,
    actor: str,
    now: datetime,
) -> str:
    """The secret part of a link that makes its first user a member. Raises NotInvited where something is missing."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NotInvited("name", f"Give the name of whom you invite, of at most {LONGEST_NAME} characters")
    known = email_id(db, keys, address, now)
    if known is None:
        raise NotInvited("address", "That is no e-mail address")
    token = secrets.token_urlsafe(32)
    row = Invitation(
        token_hash=_hash(keys, token),
        studio_id=studio_id,
        role=role,
        name=name,
        email_id=known,
        invited_by=actor,
        created_at=now,
        expires_at=now + LIFE,
    )
    db.add(row)
    db.flush()
    after = {"name": name, "role": role}
    write_line(db, studio_id, "person.invited", f"invitation:{row.id}", None, after, actor=actor, now=now)
    return token


def look_up(db: Session, keys: Keyring, token: str, now: datetime) -> Invitation | None:
    """The invitation of a link; None: unknown, used, withdrawn or too old. Looking uses nothing up."""
    return db.scalar(_open(now).where(Invitation.token_hash == _hash(keys, token)))


def accept(db: Session, keys: Keyring, token: str, user: User | None, now: datetime) -> User | None:
    """Give the role to ``user``, or to a new account where there is none; None: the link no longer works."""
    hashed = _hash(keys, token)
    row = db.scalar(_open(now).where(Invitation.token_hash == hashed))
    if row is None or not _claim(db, row, now):
        return None
    if user is None:
        user = User(name=row.name, email_id=row.email_id, created_at=now)
        db.add(user)
        db.flush()
    same = select(Membership).where(Membership.user_id == user.id, Membership.role == row.role)
    where = Membership.studio_id.is_(None) if row.studio_id is None else Membership.studio_id == row.studio_id
    if db.scalar(same.where(where)) is None:
        db.add(Membership(user_id=user.id, studio_id=row.studio_id, role=row.role))
    row.accepted_by = user.id
    db.flush()
    after = {"name": user.name, "role": row.role, "invitation": row.id}
    who = f"user:{user.id}"
    write_line(db, row.studio_id, "person.joined", who, None, after, actor=who, now=now)
    db.refresh(user)
    return user


def open_invitations(db: Session, studio_id: int, now: datetime) -> Sequence[Invitation]:
    """Those of a studio that nobody has taken yet."""
    return db.scalars(_open(now).where(Invitation.studio_id == studio_id).order_by(Invitation.id)).all()


def withdraw_invitation(db: Session, studio_id: int, invitation_id: int, *, actor: str, now: datetime) -> bool:
    """From now on the link opens nothing; False: the studio has no such open invitation."""
    row = db.scalar(_open(now).where(Invitation.id == invitation_id, Invitation.studio_id == studio_id))
    if row is None:
        return False
    _withdraw(db, row, actor, now)
    return True


def withdraw_invitations_of(db: Session, studio_id: int, inviter: str, *, actor: str, now: datetime) -> None:
    """What somebody who may no longer invite has left open."""
    for row in db.scalars(_open(now).where(Invitation.studio_id == studio_id, Invitation.invited_by == inviter)):
        _withdraw(db, row, actor, now)


def _withdraw(db: Session, row: Invitation, actor: str, now: datetime) -> None:
    row.withdrawn_at = now
    before = {"name": row.name, "role": row.role}
    write_line(db, row.studio_id, "invitation.withdrawn", f"invitation:{row.id}", before, None, actor=actor, now=now)


def _open(now: datetime) -> Select[Invitation]:
    return select(Invitation).where(
        Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now
    )


def _claim(db: Session, row: Invitation, now: datetime) -> bool:
    """One conditional UPDATE decides, so of two that accept at the same instant one wins."""
    mine = update(Invitation).where(
        Invitation.id == row.id, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    return cast("CursorResult[None]", db.execute(mine.values(accepted_at=now))).rowcount == 1


def _hash(keys: Keyring, token: str) -> str:
    return keys.keyed_hash(f"invitation:{token}")
