"""Models, decisions (append-only, with inputs and reasons) and the outbox of pushes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Json, Money, Nothing, Word


class Model(Base):
    """A trained model: where it lies, what it was trained on, how well it did. Never a pickle."""

    __tablename__ = "model"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    trained_at: Mapped[datetime]
    digest: Mapped[str]  # SHA-256 over the model's files: the same data gives the same digest
    folder: Mapped[str]  # below instance/models
    card: Mapped[dict[str, Any]]  # period, rows, held-out error, library versions


class BacktestResult(Base):
    """What SmartTools would have brought a connection in its past weeks, as last worked out."""

    __tablename__ = "backtest"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    made_at: Mapped[datetime]
    result: Mapped[dict[str, Any]] = mapped_column(Json)  # adapter.backtest's, or {"why_not": in words}


class Decision(Base):
    """What was decided for a session at an instant. Never changed: a new one has a higher sequence.

    Amounts are Decimal here; inside smarttools they were floats. ``inputs`` replays to the same bytes (INV-10).
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("session_id", "sequence"),
        Index(None, "connection_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    sequence: Mapped[int]  # 1, 2, … for each session: higher wins
    at: Mapped[datetime]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"))  # None: the plain rule, without a model
    spots: Mapped[int]  # how many more standard marketplace reservations may be made
    rate: Mapped[Decimal] = mapped_column(Money)
    premium_spots: Mapped[int]
    premium_rate: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str]
    limit: Mapped[int]  # spots plus the marketplace reservations already made: what is pushed
    premium_limit: Mapped[int]
    expected_direct: Mapped[float]
    displacement_risk: Mapped[float]
    expected_value: Mapped[float]
    reason: Mapped[str]  # the model's code
    binding: Mapped[str | None]  # the rule of ours that cut the model's number, if one did: stale, excluded, …
    shadow: Mapped[bool]  # decided while nothing was pushed
    inputs: Mapped[dict[str, Any]] = mapped_column(Json)
    explanation: Mapped[dict[str, Any]] = mapped_column(Json)  # parts that sum to the number, in order


class PushState(StrEnum):
    """The life of a push."""

    PENDING = "pending"
    SENDING = "sending"  # claimed and written down before the call
    SENT = "sent"  # accepted, not read back yet
    CONFIRMED = "confirmed"  # read back and equal
    ACCEPTED = "accepted"  # taken by a platform that does not show what it holds
    LOCAL = "local"  # the platform takes none: in force where we sell
    REFUSED = "refused"  # by the platform, for good
    UNKNOWN = "unknown"  # the call's outcome is unknown: read back first, never repeated blindly
    FAILED = "failed"  # tries are used up
    SUPERSEDED = "superseded"  # a later decision took its place before it was sent


IN_FORCE = (PushState.CONFIRMED, PushState.ACCEPTED, PushState.LOCAL)
"""States of a push that has taken effect."""
WAITING = (PushState.PENDING, PushState.SENDING, PushState.SENT, PushState.UNKNOWN)
"""States of a push that has not ended."""
BAD = (PushState.REFUSED, PushState.FAILED)
"""States of a push that ended without effect."""


class Push(Base):
    """The outbox: one row a decision that is to take effect. At most one unfinished row a session."""

    __tablename__ = "push"
    __table_args__ = (
        UniqueConstraint("decision_id"),
        Index(None, "state", "next_try_at"),
        Index(None, "session_id", "state"),
        Index(None, "connection_id", "state", "settled_at"),
        Index(None, "connection_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    wanted: Mapped[dict[str, Any]]  # the offer, as pushed
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())  # the kill switch: before all else
    sequence: Mapped[int | None]  # under which it is sent; None: not sent yet, or the platform knows no sequence
    state: Mapped[PushState] = mapped_column(Word(PushState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)  # raised at each claim: a late worker can't settle
    answer: Mapped[str | None]  # the platform's own words
    read_back: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class TotalWrite(Base):
    """A class's online capacity that we have written, and what the studio had there: so that it can be given back."""

    __tablename__ = "total_write"

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), unique=True)
    before: Mapped[int]  # the studio's own number, read right before our first write
    written: Mapped[int]  # what we last set out to write; noted before the call
    needed: Mapped[int]  # what direct clients may need beside what is listed, as of the last decision
    trial: Mapped[dict[str, Any] | None] = mapped_column(Nothing)  # a proof's: what was there; None: taken back
