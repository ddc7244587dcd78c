"""How the places of sessions are taken, the channel's own reservations counted once each.

A reservation made through the channel is on our books at once and in the mirror only later; the two are the same place
where the mirrored one has the platform's id of ours. Knows the tables; knows nothing of what may be sold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session as Database

from adapter.store.dialect import chunks
from adapter.store.meaning import meaning
from adapter.store.tables import ChannelReservation, Reservation, ReservationState, Session, SourceMapping
from connectors.records import ACTIVE_OUTCOMES, Channel, Product

HOLDING = (
    ReservationState.REQUESTED,
    ReservationState.CONFIRMED,
    ReservationState.ATTENDED,
    ReservationState.NO_SHOW,
)
"""States in which a reservation of the channel takes up a place."""

LET_GO = (ReservationState.REFUSED, ReservationState.CANCELLED, ReservationState.LATE_CANCELLED)
"""States in which it takes up none any more, whatever the mirror still says."""

PREMIUM = (Product.PREMIUM, Product.A_LA_CARTE)
"""What takes a premium place."""


@dataclass(slots=True)
class Taken:
    """Places of one session: what the roster we read says beside the channel, and the channel's own."""

    roster: int = 0  # places on the roster we read, whoever they are
    others: Mapping[Channel, int] = field(default_factory=dict)  # of these not made through the channel
    standard: int = 0  # held through the channel
    premium: int = 0

    @property
    def channel(self) -> int:
        """Places held through the channel."""
        return self.standard + self.premium

    @property
    def marketplace(self) -> int:
        """Places held through the marketplace: the channel's, and what the platform lists as its."""
        return self.channel + self.others.get(Channel.MARKETPLACE, 0)

    def taken(self, booked: int | None) -> int:
        """Places that are gone. ``booked`` is the platform's own count, which may be ahead of the roster we read."""
        return sum(self.others.values()) + self.channel + max(0, (booked or 0) - self.roster)


def taken_of(db: Database, session_ids: Collection[int]) -> dict[int, Taken]:
    """How the places of these sessions (our ids) are taken."""
    found = {number: Taken() for number in session_ids}
    for some in chunks(sorted(found)):
        for number, channel, ours, seats in db.execute(_rostered(some)):
            row = found[number]
            row.roster += seats
            if not ours:
                said = channel or Channel.UNKNOWN
                row.others = {**row.others, said: row.others.get(said, 0) + seats}
        for number, product, count in db.execute(_sold(some)):
            found[number].premium += count if product in PREMIUM else 0
            found[number].standard += 0 if product in PREMIUM else count
    return found


def sold_unseen(db: Database, connection_id: int) -> set[int]:
    """Sessions (our ids) of which the platform booked a place for us that no roster we read has shown."""
    unseen = (
        select(ChannelReservation.session_id)
        .outerjoin(Reservation, same_place())
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.state == ReservationState.CONFIRMED,
            ChannelReservation.platform_id.is_not(None),
            Reservation.id.is_(None),
        )
    )
    return set(db.scalars(unseen))


def same_place() -> ColumnElement[bool]:
    """The reservation of the channel that a mirrored one stands for."""
    return and_(
        ChannelReservation.connection_id == Reservation.connection_id,
        ChannelReservation.platform_id == Reservation.external_id,
    )


def _rostered(session_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Places on rosters, and whether the channel counts them: not where only the studio can take a guest out again."""
    ours = and_(
        ChannelReservation.id.is_not(None), or_(~ChannelReservation.on_ledger, ChannelReservation.state.in_(HOLDING))
    )
    return (
        select(Session.id, SourceMapping.channel, ours, func.sum(Reservation.seats))
        .join(
            Reservation,
            and_(Reservation.connection_id == Session.connection_id, Reservation.session_id == Session.external_id),
        )
        .outerjoin(SourceMapping, meaning())
        .outerjoin(ChannelReservation, same_place())
        .where(Session.id.in_(session_ids), Reservation.outcome.in_(ACTIVE_OUTCOMES))
        .group_by(Session.id, SourceMapping.channel, ours)
    )


def _sold(session_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    held = ChannelReservation.session_id.in_(session_ids), ChannelReservation.state.in_(HOLDING)
    counted = select(ChannelReservation.session_id, ChannelReservation.product, func.count())
    return counted.where(*held).group_by(ChannelReservation.session_id, ChannelReservation.product)
