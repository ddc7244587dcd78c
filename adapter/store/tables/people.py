"""How people come in, and with what they sign in: invitations, passkeys, passwords with a second factor, our own staff.

Of every secret that only has to be recognised a hash is kept; what has to be used again (a second factor's key) is
sealed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.accounts import Role
from adapter.store.tables.base import Base, Sealed, Word


class Invitation(Base):
    """A link that gives somebody a role, once: only its hash is kept. Without a studio: one of our own staff."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "studio_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    studio_id: Mapped[int | None] = mapped_column(ForeignKey("studio.id"))
    role: Mapped[Role] = mapped_column(Word(Role))
    name: Mapped[str]  # whom it is meant for, as the inviter says
    email_id: Mapped[int | None] = mapped_column(ForeignKey("email_address.id"))
    invited_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None]


class Passkey(Base):
    """A key pair whose private half stays on somebody's device. Ours is the public half."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    credential: Mapped[bytes] = mapped_column(unique=True)  # the id by which the device knows it
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)  # of uses, where the device counts: a smaller one is a copy
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Password(Base):
    """A password's hash and the second factor without which it opens nothing."""

    __tablename__ = "password"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    hash: Mapped[str]  # Argon2id, with its parameters and salt
    second: Mapped[bytes] = mapped_column(Sealed)  # the authenticator app's key (RFC 6238)
    last_step: Mapped[int]  # the latest half minute whose code was used: none is taken twice
    changed_at: Mapped[datetime]


class RecoveryCode(Base):
    """What stands in for the authenticator app, once, when the phone is gone: only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class Challenge(Base):
    """Something that has to come back from the browser that it was given to: once, and soon. Then it is deleted."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    secrets: Mapped[bytes] = mapped_column(Sealed)
    created_at: Mapped[datetime]


class StaffIdentity(Base):
    """Whom our identity provider means by a subject."""

    __tablename__ = "staff_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
