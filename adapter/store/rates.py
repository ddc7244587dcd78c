"""What a marketplace reservation was booked at: the offer that was in force at the instant of booking (SR-09).

Knows decisions and reservations; decides nothing. A rate once found stays: what is decided later does not touch it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ScalarSelect, Select, select, update
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import chunks
from adapter.store.readings import note_rewritten
from adapter.store.selling import same_place
from adapter.store.tables import ChannelReservation, Decision, Reservation, Session, SourceMapping
from connectors.records import Channel


def fill_rates(db: Db, connection_id: int, now: datetime, *, sessions: Collection[str] | None = None) -> int:
    """Give every marketplace reservation without a rate the one it was booked at; returns how many got one.

    ``sessions``: of these alone, by the platform's ids.
    A reservation whose booking time is unknown, or that came before anything was offered, keeps none.
    """
    _fill(db, _quoted(connection_id), now)
    offered = _offered_rate()
    marketplace = select(SourceMapping.source).where(
        SourceMapping.connection_id == connection_id, SourceMapping.channel == Channel.MARKETPLACE
    )
    lacking = select(Reservation.id, offered).where(
        Reservation.connection_id == connection_id,
        Reservation.rate.is_(None),
        Reservation.booked_at.is_not(None),
        Reservation.source.in_(marketplace),
        offered.is_not(None),
    )
    if sessions is not None:
        lacking = lacking.where(Reservation.session_id.in_(sessions))
    return _fill(db, lacking, now)


def _fill(db: Db, rates: Select[int, Decimal], now: datetime) -> int:
    """Write rates by reservation, and keep what stood before."""
    found = [{"id": number, "rate": rate} for number, rate in db.execute(rates)]
    for some in chunks(found):
        note_rewritten(db, Reservation.id.in_([row["id"] for row in some]), ("rate",), now)
        db.execute(update(Reservation), some)
    return len(found)


def _quoted(connection_id: int) -> Select[int, Decimal]:
    """What was sold through the channel was booked at its quote, whatever was on offer by then."""
    quoted = select(Reservation.id, ChannelReservation.payout).join(ChannelReservation, same_place())
    differs = Reservation.rate.is_distinct_from(ChannelReservation.payout)
    return quoted.where(Reservation.connection_id == connection_id, differs)


def _offered_rate() -> ScalarSelect[Decimal]:
    """The rate of the latest decision, not a shadow one, that a reservation's session had when it was booked."""
    return (
        select(Decision.rate)
        .join(Session, Session.id == Decision.session_id)
        .where(
            Session.connection_id == Reservation.connection_id,
            Session.external_id == Reservation.session_id,
            Decision.at <= Reservation.booked_at,
            Decision.shadow.is_(False),
        )
        .order_by(Decision.sequence.desc())
        .limit(1)
        .correlate(Reservation)
        .scalar_subquery()
    )
