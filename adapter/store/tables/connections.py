"""A studio's account at a booking platform: tokens, OAuth flows, cursors, the call meter, webhooks in."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adapter.store.tables.accounts import Studio
from adapter.store.tables.base import Base, Money, Sealed, Word


class ConnectionState(StrEnum):
    """Whether we may call the platform."""

    ACTIVE = "active"
    NEEDS_RECONNECT = "needs_reconnect"  # the grant has ended; nothing is lost
    DISCONNECTED = "disconnected"  # by the studio: tokens erased


class PushMode(StrEnum):
    """What is done with decisions."""

    SHADOW = "shadow"  # decided and stored, nothing is pushed: the default after connecting
    LIVE = "live"  # pushed
    PAUSED = "paused"  # the kill switch: nothing more sells, caps of the studio's own are back


class EventsState(StrEnum):
    """Whether a platform tells us of events, as it said when it was last asked."""

    ACTIVE = "active"
    OFF = "off"  # it has switched our subscription off
    MISSING = "missing"  # there is no subscription of ours over there
    UNREACHABLE = "unreachable"  # it could not reach us: none is made


class Connection(Base):
    """One account at one platform. Tokens are sealed, bound to this row and its studio."""

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("platform", "site"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    platform: Mapped[str]
    site: Mapped[str]  # the platform's id of the account
    site_name: Mapped[str]
    timezone: Mapped[str]
    currency: Mapped[str]
    state: Mapped[ConnectionState] = mapped_column(Word(ConnectionState), default=ConnectionState.ACTIVE)
    state_reason: Mapped[str | None]  # in plain words
    push_mode: Mapped[PushMode] = mapped_column(Word(PushMode), default=PushMode.SHADOW)
    total_push_proven_at: Mapped[datetime | None]  # SPOTS_TOTAL: proof run passed on this site
    total_push_on: Mapped[bool] = mapped_column(default=False)
    catalog_rate_on: Mapped[bool] = mapped_column(default=False)
    catalog_option: Mapped[str | None]  # RATE_CATALOG: the price option whose price follows the rate
    catalog_before: Mapped[dict[str, Any] | None]  # its prices before our first write: {"desk", "online"}
    catalog_sent: Mapped[Decimal | None] = mapped_column(Money)  # the price last sent; noted before it is
    catalog_seen_at: Mapped[datetime | None]  # when that price was read back; None: not seen yet
    access_token: Mapped[bytes | None] = mapped_column(Sealed)
    refresh_token: Mapped[bytes | None] = mapped_column(Sealed)
    token_expires_at: Mapped[datetime | None]
    token_issued_at: Mapped[datetime | None]
    token_version: Mapped[int] = mapped_column(default=0)  # raised at each refresh
    refresh_claimed_until: Mapped[datetime | None]  # the lease of whoever refreshes now
    granted_scopes: Mapped[str] = mapped_column(default="")
    subject: Mapped[str | None]  # who consented, as the platform's `sub`
    server: Mapped[dict[str, Any] | None]  # where the tokens were issued: they are refreshed and revoked nowhere else
    by_login: Mapped[bool] = mapped_column(default=False, server_default=false())  # a staff login instead of OAuth
    webhook_id: Mapped[str | None]
    webhook_secret: Mapped[bytes | None] = mapped_column(Sealed)
    webhook_secret_before: Mapped[bytes | None] = mapped_column(Sealed)  # the key in use before: holds until its end
    webhook_secret_before_until: Mapped[datetime | None]
    webhook_state: Mapped[EventsState | None] = mapped_column(Word(EventsState))  # None: never asked
    webhook_why: Mapped[str | None]  # in plain words, where no events come
    webhook_since: Mapped[datetime | None]  # since when it is in this state
    webhook_checked_at: Mapped[datetime | None]
    webhook_given_up: Mapped[int] = mapped_column(default=0, server_default="0")  # messages, when last asked
    webhook_gap: Mapped[dict[str, Any] | None]  # the last stretch without events: {"from", "to", "run"}
    connected_at: Mapped[datetime]
    disconnected_at: Mapped[datetime | None]
    history_since: Mapped[datetime | None]  # from when all that pages as of then show is kept; None: from the beginning
    revoke_pending: Mapped[bytes | None] = mapped_column(Sealed)  # a refresh token still to be revoked over there
    clock_ahead: Mapped[int | None]  # seconds, by the platform's own answers (F20); None: it does not tell the time
    last_pulled_at: Mapped[datetime | None]  # start of the last complete pull: how fresh the mirror is

    studio: Mapped[Studio] = relationship()


class OAuthFlow(Base):
    """A connect that has begun: single use, short life, bound to a browser session and a studio."""

    __tablename__ = "oauth_flow"

    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    browser_hash: Mapped[str]  # hash of the browser's own secret (a cookie)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))  # a reconnect of this one
    site: Mapped[str | None]  # the account asked for, where the studio named it
    secrets: Mapped[bytes] = mapped_column(Sealed)  # PKCE verifier and nonce
    server: Mapped[dict[str, Any]]  # issuer, endpoints and redirect URI of this flow
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Cursor(Base):
    """How far a stream has been read. Moves in the same transaction as the rows; the value is the source's text."""

    __tablename__ = "cursor"
    __table_args__ = (UniqueConstraint("connection_id", "stream"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    stream: Mapped[str]
    value: Mapped[dict[str, Any]]


class ApiCalls(Base):
    """The call meter: calls to a platform, by connection and day (UTC)."""

    __tablename__ = "api_calls"
    __table_args__ = (UniqueConstraint("connection_id", "day", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    day: Mapped[date]
    what: Mapped[str]  # method and path without ids
    calls: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # of these, for a backfill or a resync


class CallPace(Base):
    """The token bucket of our key at a platform, or of one connection: one row that every process shares."""

    __tablename__ = "call_pace"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    taken_until: Mapped[datetime]  # the calls taken so far, made at an even pace, last until then
    paused_until: Mapped[datetime | None]  # the platform wants no calls before then


class LastReading(Base):
    """When each part of a site was last read whole: by it the cadence goes."""

    __tablename__ = "last_reading"
    __table_args__ = (UniqueConstraint("connection_id", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    what: Mapped[str]  # a word of adapter/planning/cadence.py
    read_at: Mapped[datetime]


class WebhookMessage(Base):
    """A verified message, stored once before it is worked on; the payload is redacted."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        UniqueConstraint("platform", "message_id"),
        Index(None, "processed_at"),
        Index(None, "connection_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    message_id: Mapped[str]
    event: Mapped[str]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))  # None: a site we don't know
    hints: Mapped[list[Any]]
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    result: Mapped[str | None]
