"""What people set by hand over the model's head, for a time: blackouts, numbers of spots, frozen rates. Append-only."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money, Word
from adapter.store.tables.settings import Scope


class OverrideKind(StrEnum):
    """What is set by hand."""

    BLACKOUT = "blackout"  # nothing is listed
    SPOTS = "spots"  # so many marketplace places in all, those already booked counted, as far as places are free
    RATE = "rate"  # this rate, whatever the model thinks; never below the floor or above the ceiling


class Override(Base):
    """One override: it holds for the sessions of its scope that start in [starts_at, ends_at), until withdrawn."""

    __tablename__ = "override"

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    kind: Mapped[OverrideKind] = mapped_column(Word(OverrideKind))
    scope: Mapped[Scope] = mapped_column(Word(Scope))
    scope_id: Mapped[int]  # as in ``setting``: 0 for the studio
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    spots: Mapped[int | None]
    rate: Mapped[Decimal | None] = mapped_column(Money)
    reason: Mapped[str]  # in the words of who set it
    actor: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
