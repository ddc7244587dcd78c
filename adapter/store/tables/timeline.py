"""What is kept so that it can be told afterwards what we believed, and when: append-only, swept when it is old."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Nothing, Word
from adapter.store.tables.decisions import PushState
from connectors.records import Outcome, SessionStatus


def _moves(name: str) -> Index:
    """The few readings that tell of a move: what else stood in a class then is found by its present rows."""
    return Index(
        f"ix_{name}_moved", "connection_id", "at", sqlite_where=text("moved = 1"), postgresql_where=text("moved")
    )


class SessionReading(Base):
    """What an upcoming session said of its places when it was read; only where that differs from the reading before.

    ``was``: of where, when and what is taught and whether it is held, what was changed by this reading, as it was.
    """

    __tablename__ = "session_reading"
    __table_args__ = (
        Index(None, "connection_id", "session_id", "at"),
        Index(None, "at"),
        _moves("session_reading"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[str]  # the platform's id
    at: Mapped[datetime]
    capacity: Mapped[int | None]
    online_capacity: Mapped[int | None]
    booked: Mapped[int | None]
    waitlisted: Mapped[int]
    status: Mapped[SessionStatus] = mapped_column(Word(SessionStatus))
    was: Mapped[dict[str, Any] | None] = mapped_column(Nothing)
    moved: Mapped[bool] = mapped_column(default=False, server_default=false())  # it had another start, venue or class


class PushStep(Base):
    """A state that a push came into, and when: each attempt is one ``sending`` and what became of it."""

    __tablename__ = "push_step"
    __table_args__ = (Index(None, "push_id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    push_id: Mapped[int] = mapped_column(ForeignKey("push.id"))
    at: Mapped[datetime]
    state: Mapped[PushState] = mapped_column(Word(PushState))
    answer: Mapped[str | None]  # the platform's own words, where it said why not


class ListingStep(Base):
    """How an offer of ours stood at the platform from an instant on, where that is not simply as we sent it.

    A session without a step: nothing was found there but ours.
    """

    __tablename__ = "listing_step"
    __table_args__ = (Index(None, "connection_id", "at"), Index(None, "session_id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    at: Mapped[datetime]
    drifting: Mapped[bool]  # another state than ours was found there, and not ours since
    own: Mapped[bool]  # the studio's own number stands, and is not fought
    mended: Mapped[int]  # how often another state had been mended in all


class ReservationReading(Base):
    """What a reservation became, and when we came to know it; of those first read long after class, only the changes.

    ``before`` is what we believed until then; None: we did not know of it. ``was``: of all that its payout hangs on,
    what changed, as it was; None: it was not in the mirror. Who made it is not kept here.
    """

    __tablename__ = "reservation_reading"
    __table_args__ = (
        Index(None, "connection_id", "session_id", "at"),
        Index(None, "at"),
        _moves("reservation_reading"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[str]  # the platform's id
    reservation_id: Mapped[str]  # the platform's id
    at: Mapped[datetime]
    before: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    after: Mapped[Outcome] = mapped_column(Word(Outcome))
    was: Mapped[dict[str, Any] | None] = mapped_column(Nothing)
    moved: Mapped[bool] = mapped_column(default=False, server_default=false())  # it had another class or source
