"""The Revenue Guarantee of a studio: its participation, what people recorded and judged, and the statements made.

Nothing here holds an address: the people of a statement are opaque.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money, Word


class JudgementKind(StrEnum):
    """What the terms leave to somebody's judgement: two people decide it, with reason and evidence."""

    WAIVER = "waiver"  # a requirement is waived in writing (2.1)
    BREACH = "breach"  # a breach, a termination, lost tracking, fraud (3)
    EQUIVALENT = "equivalent"  # a close equivalent to a missing retail rate (GR-03)
    START_DATE = "start_date"  # a displayed start date is corrected (GP-05)
    FINAL = "final"  # a statement is declared final


class Participation(Base):
    """A studio that takes part: acknowledged, started, and what the terms need to know about it."""

    __tablename__ = "participation"
    __table_args__ = (UniqueConstraint("studio_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    terms: Mapped[str]  # the version in force when it was acknowledged (GT-01)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    displayed_start_date: Mapped[date | None]  # binding once displayed (GP-05)
    displayed_at: Mapped[datetime | None]
    earlier_participation: Mapped[bool]
    sign_up: Mapped[str]  # assisted, online_tool
    cancellation_policy_hours: Mapped[int]
    owes: Mapped[Decimal | None] = mapped_column(Money)  # for set-off (2.3)
    readings: Mapped[dict[str, Any]]
    tax_rates: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))  # on payouts: by venue
    floor_share: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))  # the floor agreed, as a share of the price
    prices: Mapped[list[Any] | None]  # the direct prices as they were when the period started (GR-04)
    prices_at: Mapped[datetime | None]


class EligibilityFact(Base):
    """An interval in which a requirement held (2.1), as somebody recorded it."""

    __tablename__ = "eligibility_fact"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    requirement: Mapped[str]
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))  # SmartTools are held at a venue
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # None: still
    evidence: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Judgement(Base):
    """Something that two people decide: it holds once the second has agreed."""

    __tablename__ = "judgement"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    kind: Mapped[JudgementKind] = mapped_column(Word(JudgementKind))
    content: Mapped[dict[str, Any]]
    reason: Mapped[str]
    evidence: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    agreed_by: Mapped[str | None]
    agreed_at: Mapped[datetime | None]


class ExchangeRate(Base):
    """One ``base`` was ``rate`` ``quote`` on a day."""

    __tablename__ = "exchange_rate"
    __table_args__ = (UniqueConstraint("base", "quote", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    quote: Mapped[str]
    day: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    source: Mapped[str]


class GuaranteeStatement(Base):
    """A statement as it was made: never changed, only followed by another version that says what changed."""

    __tablename__ = "guarantee_statement"
    __table_args__ = (UniqueConstraint("studio_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    version: Mapped[int]
    made_at: Mapped[datetime]
    final: Mapped[bool]
    body: Mapped[dict[str, Any]]
    digest: Mapped[str]  # SHA-256 of the canonical JSON
    public_key: Mapped[str]
    signature: Mapped[str]
    changes: Mapped[list[Any]]  # against the version before: path, before, after
