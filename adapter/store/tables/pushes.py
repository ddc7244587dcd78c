"""Beside the outbox: what stands at the platform of each session, and whether it takes writes at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Nothing


class Listing(Base):
    """A session of which the platform holds an offer of ours. The row goes when the studio's own state holds again."""

    __tablename__ = "listing"

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), unique=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(Nothing)  # the studio's own, noted before our first push
    noted_at: Mapped[datetime]
    sequence: Mapped[int]  # the highest that we sent or saw there
    conflicts: Mapped[int] = mapped_column(default=0)  # refusals in a row because the platform's state was newer
    checked_at: Mapped[datetime | None]  # the last look of the parity check
    drift: Mapped[dict[str, Any] | None] = mapped_column(Nothing)  # what was last found there instead of ours
    drift_since: Mapped[datetime | None]  # when it was; None: by now it is ours again
    suspect: Mapped[str | None]  # who may have changed it, in words
    drifts: Mapped[int] = mapped_column(default=0)  # how often in a row the same drift was found
    mended: Mapped[int] = mapped_column(default=0)  # how often it was mended in all
    own: Mapped[dict[str, Any] | None] = mapped_column(Nothing)  # the studio's own state, not fought any more


class Breaker(Base):
    """The circuit breaker of a connection's writes, as sync/pushing/breaker.py reads and writes it."""

    __tablename__ = "breaker"

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), unique=True)
    failures: Mapped[int] = mapped_column(default=0)
    trips: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
    probe_until: Mapped[datetime | None]
    words: Mapped[str | None]  # the last failure, in the platform's words
