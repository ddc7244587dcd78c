"""Open data: what a studio agreed to publish, and the items that were published (docs/feeds.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Nothing


class Publisher(Base):
    """A studio that publishes what it has on offer. No row: nothing of it is public."""

    __tablename__ = "publisher"

    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), primary_key=True, autoincrement=False)
    organizer: Mapped[str]  # the name under which it is known
    url: Mapped[str]  # its own public page, where classes are explained
    since: Mapped[datetime]
    agreed_by: Mapped[str]


class PublicVenue(Base):
    """Where a venue is to be found: platforms don't tell, and the standards ask."""

    __tablename__ = "public_venue"

    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"), primary_key=True, autoincrement=False)
    street: Mapped[str]
    locality: Mapped[str]
    region: Mapped[str]
    postal_code: Mapped[str]
    country: Mapped[str]  # ISO 3166-1, two letters


class PublicActivity(Base):
    """What a class type is in the words of the standard's activity list."""

    __tablename__ = "public_activity"

    class_type_id: Mapped[int] = mapped_column(ForeignKey("class_type.id"), primary_key=True, autoincrement=False)
    activity: Mapped[str]  # a label of adapter.marketplace.activities


class PublicItem(Base):
    """A class of the feed as it was last published. Each change gives it the next ``modified``."""

    __tablename__ = "public_item"
    __table_args__ = (UniqueConstraint("modified"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), primary_key=True, autoincrement=False)
    modified: Mapped[int] = mapped_column(BigInteger)  # milliseconds since 1970, raised where needed: never twice
    facts: Mapped[dict[str, Any] | None] = mapped_column(Nothing)  # None: deleted
