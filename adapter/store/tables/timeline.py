"""What is kept so that it can be told afterwards what we believed, and when: append-only, swept when it is old."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Word
from adapter.store.tables.decisions import PushState
from connectors.records import Outcome, SessionStatus


class SessionReading(Base):
    """What an upcoming session said of its places when it was read; only where that differs from the reading before."""

    __tablename__ = "session_reading"
    __table_args__ = (Index(None, "connection_id", "session_id", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[str]  # the platform's id
    at: Mapped[datetime]
    capacity: Mapped[int | None]
    online_capacity: Mapped[int | None]
    booked: Mapped[int | None]
    waitlisted: Mapped[int]
    status: Mapped[SessionStatus] = mapped_column(Word(SessionStatus))


class PushStep(Base):
    """A state that a push came into, and when: each attempt is one ``sending`` and what became of it."""

    __tablename__ = "push_step"
    __table_args__ = (Index(None, "push_id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    push_id: Mapped[int] = mapped_column(ForeignKey("push.id"))
    at: Mapped[datetime]
    state: Mapped[PushState] = mapped_column(Word(PushState))


class ReservationReading(Base):
    """What a reservation became, and when we came to know it; only of classes still to come, or just over.

    ``before`` is what we believed until then; None: we did not know of it. Who made it is not kept here.
    """

    __tablename__ = "reservation_reading"
    __table_args__ = (Index(None, "connection_id", "session_id", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[str]  # the platform's id
    reservation_id: Mapped[str]  # the platform's id
    at: Mapped[datetime]
    before: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    after: Mapped[Outcome] = mapped_column(Word(Outcome))
