"""What somebody should know about a connection: raised once, told in plain words, over by itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Word


class AlertKind(StrEnum):
    """What is wrong."""

    STALE = "stale"  # the platform could not be read for long: nothing is listed (SS-19)
    BREAKER_OPEN = "breaker_open"  # writes failed one after the other: nothing is sent for a while
    PUSH_FAILING = "push_failing"  # an offer was refused again and again (OR-05)
    DRIFT = "drift"  # somebody sets a number of their own at the platform, again and again
    SUBSCRIPTION = "subscription"  # the platform's events do not reach us
    GUARANTEE = "guarantee"  # a requirement of the guarantee is, or soon will be, not met (N-15)
    TO_ENTER = "to_enter"  # sold here, and not yet in the studio's own books
    RECONNECT = "reconnect"  # access has ended


class Alert(Base):
    """One thing that is, or was, wrong. Open while ``until`` is None; at most one is open for the same thing."""

    __tablename__ = "alert"
    __table_args__ = (Index(None, "connection_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("class_session.id"))  # None: the connection as a whole
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    words: Mapped[str]  # what happened, what was done, what to do: for the studio, without a secret or an amount
