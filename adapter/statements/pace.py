"""How a class books beside the same slot in the weeks before: direct reservations standing, by time before the start.

Counts only. A reservation that was cancelled counts until it was. Where a platform does not tell when a reservation was
made, and nobody saw it come, there is no pace to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.meaning import meaning
from adapter.store.tables import Reservation, Session, SourceMapping
from connectors.records import ACTIVE_OUTCOMES, BookingTime, Channel, SessionStatus

WEEKS = 8
FEWEST = 3  # weeks, below which nothing is usual
MOST_UNKNOWN = 0.2  # of a class's reservations, whose time of booking nobody knows
HOURS = (336, 240, 168, 120, 96, 72, 48, 36, 24, 18, 12, 6, 3, 1, 0)  # before the start


@dataclass(frozen=True)
class Pace:
    """Direct reservations standing at each of HOURS before the start."""

    weeks: int
    low: Sequence[float]  # the second lowest of the weeks, the lowest where they are few
    usual: Sequence[float]  # their median
    high: Sequence[float]
    so_far: Sequence[float | None]  # this class; None: still to come

    @property
    def now(self) -> tuple[float, float, float] | None:
        """How many stand at the last hour that has passed, and from and to how many is usual there."""
        passed = [place for place, count in enumerate(self.so_far) if count is not None]
        if not passed:
            return None
        place = passed[-1]
        return self.so_far[place] or 0.0, self.low[place], self.high[place]

    @property
    def says(self) -> str:
        """``ahead``, ``behind`` or ``usual``."""
        if self.now is None:
            return "usual"
        stand, low, high = self.now
        return "ahead" if stand > high else "behind" if stand < low else "usual"


def pace_of(db: Db, session: Session, now: datetime) -> Pace | None:
    """The pace of a class; None where its slot has not been held often enough."""
    found = [_standing(db, one, one.starts_at) for one in _before(db, session)]
    before = [curve for curve in found if curve is not None]
    mine = _standing(db, session, now)
    if len(before) < FEWEST or mine is None:
        return None
    curves = np.array(before)
    cut = 10 if len(before) >= 5 else 0
    low, usual, high = np.percentile(curves, (cut, 50, 100 - cut), axis=0)
    open_ = [session.starts_at - timedelta(hours=hours) > now for hours in HOURS]
    so_far = [None if later else float(count) for later, count in zip(open_, mine, strict=True)]
    return Pace(len(before), low.tolist(), usual.tolist(), high.tolist(), so_far)


def _before(db: Db, session: Session) -> Sequence[Session]:
    """The same slot's last classes that took place before it."""
    if session.template_id is None:
        return []
    wanted = (
        select(Session)
        .where(Session.connection_id == session.connection_id, Session.template_id == session.template_id)
        .where(Session.starts_at < session.starts_at, Session.gone_at.is_(None))
        .where(Session.status != SessionStatus.CANCELLED, Session.starts_at >= session.starts_at - timedelta(weeks=12))
        .order_by(Session.starts_at.desc())
    )
    return db.scalars(wanted.limit(WEEKS)).all()


def _standing(db: Db, session: Session, until: datetime) -> NDArray[np.float64] | None:
    """Direct reservations of a class at each of HOURS; None where it is not known when they were made."""
    known = Reservation.booked_at_source != BookingTime.UNKNOWN
    wanted = (
        select(Reservation.booked_at, Reservation.cancelled_at, Reservation.outcome, Reservation.seats, known)
        .outerjoin(SourceMapping, meaning())
        .where(Reservation.connection_id == session.connection_id, Reservation.session_id == session.external_id)
        .where(SourceMapping.channel.is_(None) | SourceMapping.channel.in_((Channel.DIRECT, Channel.UNKNOWN)))
    )
    counts = np.zeros(len(HOURS))
    moments = [session.starts_at - timedelta(hours=hours) for hours in HOURS]
    rows = db.execute(wanted).all()
    if sum(not told for *_, told in rows) > MOST_UNKNOWN * len(rows):
        return None
    for booked, cancelled, outcome, seats, _ in rows:
        ends = cancelled or (None if outcome in ACTIVE_OUTCOMES else booked)
        stands = [(booked or until) <= moment and (ends is None or ends > moment) for moment in moments]
        counts += seats * np.array(stands)
    return counts
