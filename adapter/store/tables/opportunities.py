"""Opportunities: spots that a studio's own limits keep back, what was expected of them, and what the studio said."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money, Word


class OpportunityState(StrEnum):
    """What the studio said to a card."""

    OPEN = "open"  # nothing yet
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"  # not asked again for this session
    SNOOZED = "snoozed"  # asked again later


class Opportunity(Base):
    """A card: so many spots more of one session (OP-01). Its numbers stay as they were when it was accepted.

    The row of a card that nobody answered goes when it no longer holds.
    """

    __tablename__ = "opportunity"
    __table_args__ = (UniqueConstraint("session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    cause: Mapped[str]  # the limit that keeps them back: excluded, blackout, by_hand, own_cap, premium, shadow
    made_at: Mapped[datetime]
    open: Mapped[int]  # places free
    offered: Mapped[int]  # spots on offer as it is
    add: Mapped[int]  # spots more, within what is safe
    rate: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str]
    fills: Mapped[float]  # reservations expected in them
    fills_low: Mapped[int]  # eight times in ten between this
    fills_high: Mapped[int]  # and this
    state: Mapped[OpportunityState] = mapped_column(Word(OpportunityState))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    reason: Mapped[str | None]  # why, in the studio's words
    until: Mapped[datetime | None]  # snoozed until then
    granted: Mapped[int | None]  # accepted: marketplace reservations allowed in all, those made before counted
