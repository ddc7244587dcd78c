"""Who may do what: studios (the tenants), users and their roles, API tokens, sign-in links, the audit log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adapter.store.tables.base import Base, Sealed, Word


class Role(StrEnum):
    """What somebody may do. Staff roles without a studio hold for all studios."""

    OWNER = "owner"  # everything of the studio, floors included
    OPERATIONS = "operations"  # the studio's daily work, no floors
    FINANCE = "finance"  # money and floors, no settings
    SUPPORT = "support"  # repairs: no floors, masked addresses, no settings
    FRANCHISOR = "franchisor"  # sees venues and its share, no client data
    MARKETPLACE = "marketplace"  # the channel only
    READONLY = "readonly"


class Studio(Base):
    """A business that lists its spots: the tenant."""

    __tablename__ = "studio"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str]  # IANA; for what belongs to no venue
    currency: Mapped[str]  # ISO 4217
    created_at: Mapped[datetime]


class User(Base):
    """Somebody who may sign in. The address is one of ``email_address``."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email_id: Mapped[int | None] = mapped_column(ForeignKey("email_address.id"))
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)  # raised at sign-out everywhere: older cookies are dead
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]  # the last time
    access_until: Mapped[datetime | None]  # staff of an identity provider, which is asked again then; None: no end

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", lazy="selectin")


class Membership(Base):
    """A role that a user has at a studio, or, without one, at all of them (our own staff)."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "studio_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    studio_id: Mapped[int | None] = mapped_column(ForeignKey("studio.id"))
    role: Mapped[Role] = mapped_column(Word(Role))

    user: Mapped[User] = relationship(back_populates="memberships")


class SignInLink(Base):
    """A one-time link: only its hash is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token for the API: only its hash is kept. Without a studio it holds for all (staff)."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    studio_id: Mapped[int | None] = mapped_column(ForeignKey("studio.id"))
    marketplace: Mapped[str | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class KeptKey(Base):
    """A key of ours that belongs to this database, sealed with the encryption keys."""

    __tablename__ = "kept_key"

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(Sealed)


class Audit(Base):
    """What somebody did, with before and after. Append-only; never an address or a secret."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "studio_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # "user:3", "token:5", "system"
    studio_id: Mapped[int | None] = mapped_column(ForeignKey("studio.id"))
    act: Mapped[str]  # e.g. "settings.changed"
    about: Mapped[str]  # e.g. "studio:1"
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class IdempotentAnswer(Base):
    """The answer once given to an Idempotency-Key, per caller: the same key gets the same answer."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]
