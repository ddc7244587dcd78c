"""Experiments, registered before they begin: what is drawn, for how long, and what is measured."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base


class Holdout(Base):
    """A switchback holdout of a studio (N-03): a share of its slots lists nothing in weeks that are drawn."""

    __tablename__ = "holdout"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    seed: Mapped[str]  # drawn when it was registered; with slot and week it decides
    share: Mapped[float]
    starts_on: Mapped[date]  # a Monday
    ends_on: Mapped[date]  # a Sunday; brought forward to stop it
    metric: Mapped[str]  # what is measured, said beforehand
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
