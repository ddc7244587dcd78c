"""The payout ledger, the franchisor's share, and payout statements that were uploaded. Amounts are in minor units.

Ledger lines are appended and never changed: what turns out otherwise later is a line of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Json, Money

Share = Numeric(9, 6)  # of an amount: 0 to 1


class PayoutLine(Base):
    """What one line adds to the payout of one place; the places of a reservation are its seats, from 1 on."""

    __tablename__ = "payout_line"
    __table_args__ = (
        UniqueConstraint("reservation_id", "seat", "sequence"),
        Index(None, "studio_id", "day"),
        Index(None, "session_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id"))
    seat: Mapped[int]
    sequence: Mapped[int]  # of the place's lines, from 1 on
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    kind: Mapped[str]  # payout, correction
    reason: Mapped[str]  # what became of the place: attended, rebooked, ...
    product: Mapped[str | None]
    quote: Mapped[str | None]  # the id of the quote it was booked at, where one was given
    rate: Mapped[Decimal] = mapped_column(Money)  # at which it was booked, in major units
    currency: Mapped[str]
    day: Mapped[date]  # of the class, at its venue
    amount: Mapped[int] = mapped_column(BigInteger)  # the franchisor's part included
    franchisor: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal] = mapped_column(Share)  # of the tax that comes on top
    why: Mapped[str]  # of a correction: what changed
    at: Mapped[datetime]


class FranchisorShare(Base):
    """From a class's day on, the franchisor's share of each payout: of a venue, or of all that have none of their own.

    A later row for the same day replaces the earlier one.
    """

    __tablename__ = "franchisor_share"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    since: Mapped[date]
    share: Mapped[Decimal] = mapped_column(Share)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class PayoutStatement(Base):
    """A marketplace's payout statement as it was uploaded, compared with the ledger as it was then. Never changed."""

    __tablename__ = "payout_statement"
    __table_args__ = (UniqueConstraint("studio_id", "digest", "first_day", "last_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    name: Mapped[str]
    digest: Mapped[str]  # SHA-256 of the file: the same one for the same days is the same statement
    first_day: Mapped[date]
    last_day: Mapped[date]
    rows: Mapped[int]
    sums: Mapped[list[Any]] = mapped_column(Json)  # [{class, cause, currency, entries, ours, theirs}]
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]


class PayoutDifference(Base):
    """What is not as our ledger has it, and why."""

    __tablename__ = "payout_difference"
    __table_args__ = (UniqueConstraint("statement_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("payout_statement.id"))
    position: Mapped[int]
    kind: Mapped[str]  # the class
    cause: Mapped[str]
    named: Mapped[str]  # as their statement names it, else as we do
    reservation: Mapped[str | None]  # ours: connection and the platform's id
    file_rows: Mapped[list[Any]] = mapped_column(Json)
    currency: Mapped[str]
    ours: Mapped[int] = mapped_column(BigInteger)
    theirs: Mapped[int] = mapped_column(BigInteger)
