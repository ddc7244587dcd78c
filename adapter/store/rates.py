"""What a marketplace reservation was booked at: the offer that was in force at the instant of booking (SR-09).

Knows decisions and reservations; decides nothing. A rate once found stays: what is decided later does not touch it.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import cast

from sqlalchemy import CursorResult, ScalarSelect, select, update
from sqlalchemy.orm import Session as Db

from adapter.store.selling import same_place
from adapter.store.tables import ChannelReservation, Decision, Reservation, Session, SourceMapping
from connectors.records import Channel


def fill_rates(db: Db, connection_id: int, *, sessions: Collection[str] | None = None) -> int:
    """Give every marketplace reservation without a rate the one it was booked at; returns how many got one.

    ``sessions``: of these alone, by the platform's ids.
    A reservation whose booking time is unknown, or that came before anything was offered, keeps none.
    """
    _fill_quoted(db, connection_id)
    offered = _offered_rate()
    marketplace = select(SourceMapping.source).where(
        SourceMapping.connection_id == connection_id, SourceMapping.channel == Channel.MARKETPLACE
    )
    lacking = update(Reservation).where(
        Reservation.connection_id == connection_id,
        Reservation.rate.is_(None),
        Reservation.booked_at.is_not(None),
        Reservation.source.in_(marketplace),
        offered.is_not(None),
    )
    if sessions is not None:
        lacking = lacking.where(Reservation.session_id.in_(sessions))
    filled = db.execute(lacking.values(rate=offered), execution_options={"synchronize_session": False})
    return cast("CursorResult[None]", filled).rowcount


def _fill_quoted(db: Db, connection_id: int) -> None:
    """What was sold through the channel was booked at its quote, whatever was on offer by then."""
    quoted = (
        select(ChannelReservation.payout)
        .where(ChannelReservation.connection_id == connection_id, same_place())
        .correlate(Reservation)
        .scalar_subquery()
    )
    sold = select(ChannelReservation.platform_id).where(
        ChannelReservation.connection_id == connection_id, ChannelReservation.platform_id.is_not(None)
    )
    ours = update(Reservation).where(Reservation.connection_id == connection_id, Reservation.external_id.in_(sold))
    differs = ours.where(Reservation.rate.is_distinct_from(quoted))
    db.execute(differs.values(rate=quoted), execution_options={"synchronize_session": False})


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
