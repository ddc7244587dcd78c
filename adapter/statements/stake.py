"""What hangs on a class before somebody moves or closes it: marketplace guests and payouts (N-21). Counts only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.meaning import meaning
from adapter.store.tables import Reservation, Session, SourceMapping
from connectors.records import ACTIVE_OUTCOMES, Channel


@dataclass(frozen=True)
class Stake:
    """What a cancellation by the studio would undo (GQ-07: such a reservation pays nothing)."""

    guests: int  # places of marketplace guests that stand
    payouts: Decimal  # what they pay, by the rate each was booked at
    unpriced: int  # of the guests: booked before a rate was set here


def stake_of(db: Db, session: Session) -> Stake:
    """What hangs on a class now."""
    mine = Reservation.connection_id == session.connection_id, Reservation.session_id == session.external_id
    standing = select(Reservation.seats, Reservation.rate).join(SourceMapping, meaning()).where(*mine)
    ours = standing.where(SourceMapping.channel == Channel.MARKETPLACE, Reservation.outcome.in_(ACTIVE_OUTCOMES))
    rows = db.execute(ours).all()
    return Stake(
        guests=sum(seats for seats, _ in rows),
        payouts=sum((rate * seats for seats, rate in rows if rate is not None), Decimal(0)),
        unpriced=sum(seats for seats, rate in rows if rate is None),
    )
