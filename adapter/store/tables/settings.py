"""What the studio decided: SmartSpot and SmartRate settings by scope, what its booking sources mean, what members may
read."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money, Word
from connectors.records import Channel


class Scope(StrEnum):
    """What a setting holds for; the most specific one that has a value wins (SS-13)."""

    STUDIO = "studio"
    VENUE = "venue"
    CLASS_TYPE = "class_type"
    SESSION = "session"


class Setting(Base):
    """One scope's settings. None: not set here, the wider scope's value holds."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("studio_id", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    scope: Mapped[Scope] = mapped_column(Word(Scope))
    scope_id: Mapped[int] = mapped_column(default=0)  # our id of the venue, class type or session; 0 for the studio
    min_spots: Mapped[int | None]
    release_all_hours: Mapped[int | None]  # 2 to 72
    rate_floor: Mapped[Decimal | None] = mapped_column(Money)  # confidential: roles owner and finance (SR-11)
    rate_ceiling: Mapped[Decimal | None] = mapped_column(Money)
    retail_rate: Mapped[Decimal | None] = mapped_column(Money)
    displacement_weight: Mapped[float | None]
    max_displacement_risk: Mapped[float | None]
    excluded: Mapped[bool | None]  # never listed
    shadow: Mapped[bool | None]  # decided and scored, and not pushed, though the connection is live (N-06)
    premium: Mapped[bool | None]  # further spots at a higher rate (PR-01): off unless the studio chooses it
    no_increase_after_minutes: Mapped[int | None]  # of the studio: how old our copy may be (SS-19, T1)
    nothing_after_minutes: Mapped[int | None]  # of the studio: the same, until nothing is listed (SS-19, T2)
    updated_at: Mapped[datetime]


class SourceMapping(Base):
    """What a booking source means, confirmed by the studio. A source without a row is ``unknown``."""

    __tablename__ = "source_mapping"
    __table_args__ = (UniqueConstraint("connection_id", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    source: Mapped[str]
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[datetime]


class MemberPage(Base):
    """A page about one class that anybody with its link may read: no rate, no floor, nobody's name (N-22)."""

    __tablename__ = "member_page"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), unique=True)
    token: Mapped[str] = mapped_column(unique=True)  # what the link ends with: hard to guess, and no secret
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # None: it can be read
