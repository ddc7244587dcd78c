"""Spotlight: paid placement at a marketplace, for some venues over some days (SP-01)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money


class Campaign(Base):
    """A campaign as it was bought. Its fee is the studio's expense and enters no payout and no statement."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    name: Mapped[str]
    marketplace: Mapped[str | None]  # who places it; None: not said
    starts_on: Mapped[date]  # venue-local days
    ends_on: Mapped[date]  # the last one included
    fee: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]  # it did not take place


class CampaignVenue(Base):
    """A venue that a campaign places."""

    __tablename__ = "campaign_venue"
    __table_args__ = (UniqueConstraint("campaign_id", "venue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
