"""Where a person's first reservation ever came from, by e-mail (GI-02).

The person of a reservation is the address that the platform keeps on it, else the one its client had when it was booked
(EC-13). First is by the instant of booking, by the session's start where that is unknown; at the same instant the
earlier session, then direct, third party, marketplace (EC-05, EC-06). What was cancelled later was booked all the same
(EC-07). Clients that the platform merged are one person under all their addresses (EC-14). Who shares an address, and
what the dates mean at a venue, is for the guarantee to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, delete, func, literal, or_, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import aliased

from adapter.store.belonging import its_session
from adapter.store.client_merges import joined_addresses
from adapter.store.dialect import chunks, table_of, upsert
from adapter.store.meaning import meaning
from adapter.store.tables import (
    Client,
    ClientEmail,
    ClientMerge,
    Connection,
    FirstBooking,
    Reservation,
    Session,
    SourceMapping,
)
from connectors.records import Channel

ORDER: Mapping[Channel, int] = {
    Channel.DIRECT: 0,
    Channel.THIRD_PARTY: 1,
    Channel.UNKNOWN: 2,
    Channel.MARKETPLACE: 3,
}
"""Who comes first at the same instant."""

Place = tuple[datetime, datetime, int, int]  # at, start, channel, reservation: the order of bookings
Columns = Select[*tuple[Any, ...]]

_CHANNELS = {place: channel for channel, place in ORDER.items()}


@dataclass(frozen=True)
class First:
    """Somebody's first reservation."""

    email_id: int
    reservation_id: int  # ours
    channel: Channel
    booked_at: datetime  # the instant that decided
    exact: bool  # False: the booking time is unknown, the session's start stands in
    tie: bool  # another channel had a reservation at the same instant (EC-06)


def refresh_first_bookings(db: Db, studio_id: int) -> int:
    """Bring the first bookings ever of a studio's clients up to date; returns how many were written."""
    firsts = {first.email_id: first for first in _firsts(db, studio_id)}
    known = {
        row.email_id: row
        for row in db.execute(
            select(
                FirstBooking.email_id,
                FirstBooking.reservation_id,
                FirstBooking.channel,
                FirstBooking.booked_at,
                FirstBooking.exact,
                FirstBooking.tie,
            ).where(FirstBooking.studio_id == studio_id)
        )
    }
    moved = [first for email, first in sorted(firsts.items()) if email not in known or first != First(*known[email])]
    rows = [{"studio_id": studio_id, **vars(first)} for first in moved]
    upsert(db, table_of(FirstBooking), ("studio_id", "email_id"), rows, differs=list(vars(moved[0])) if moved else [])
    for some in chunks(sorted(known.keys() - firsts.keys())):
        db.execute(delete(FirstBooking).where(FirstBooking.studio_id == studio_id, FirstBooking.email_id.in_(some)))
    return len(moved)


def direct_of_those_from(db: Db, studio_id: int, channel: Channel, since: datetime) -> set[int]:
    """The direct reservations, by our ids, of people whose first one ever came through a channel; of classes since."""
    made = _bookings(studio_id).c
    theirs = and_(FirstBooking.studio_id == studio_id, FirstBooking.email_id == made.email_id)
    wanted = select(made.reservation_id).join(FirstBooking, theirs).where(FirstBooking.channel == channel)
    return set(db.scalars(wanted.where(made.channel == ORDER[Channel.DIRECT], made.starts_at >= since)))


def _firsts(db: Db, studio_id: int) -> list[First]:
    """Each person's first reservation, by their id of address."""
    of_person = _of_person(_bookings(studio_id))
    first = select(of_person).where(of_person.c.place == 1).order_by(of_person.c.email_id)
    found = {row["email_id"]: (_order(row), _first(row)) for row in db.execute(first).mappings()}
    for addresses in joined_addresses(db, studio_id):
        _join(found, addresses)
    return [first for _, (_, first) in sorted(found.items())]


def _order(row: Mapping[Any, Any]) -> Place:
    return row["at"], row["starts_at"] or row["at"], row["channel"], row["reservation_id"]


def _join(found: dict[int, tuple[Place, First]], addresses: set[int]) -> None:
    """The addresses of a person who was once several clients: the first booking under any of them is each one's."""
    theirs = [found[address] for address in addresses & found.keys()]
    if not theirs:
        return
    order, first = min(theirs, key=lambda one: one[0])
    tie = any(one.tie or one.channel is not first.channel for (at, *_), one in theirs if at == order[0])
    for address in addresses:
        found[address] = (order, replace(first, email_id=address, tie=tie))


def _first(row: Mapping[Any, Any]) -> First:
    return First(
        email_id=row["email_id"],
        reservation_id=row["reservation_id"],
        channel=_CHANNELS[row["channel"]],
        booked_at=row["at"],
        exact=bool(row["exact"]),
        tie=row["nearest"] != row["farthest"],
    )


def _of_person(bookings: Subquery) -> Subquery:
    """The bookings of each person in their order."""
    there = bookings.c
    order = (there.at, there.starts_at, there.channel, there.reservation_id)
    place = func.row_number().over(partition_by=there.email_id, order_by=order)
    same_instant = (there.email_id, there.at)
    nearest = func.min(there.channel).over(partition_by=same_instant).label("nearest")
    farthest = func.max(there.channel).over(partition_by=same_instant).label("farthest")
    return (
        select(bookings, place.label("place"), nearest, farthest)
        .where(there.email_id.is_not(None), there.at.is_not(None))
        .subquery()
    )


def _bookings(studio_id: int) -> Subquery:
    """Every reservation with the person it belongs to."""
    at = func.coalesce(Reservation.booked_at, Session.starts_at)
    held = _held_addresses()
    wanted = select(
        Reservation.id.label("reservation_id"),
        at.label("at"),
        Session.starts_at.label("starts_at"),
        Reservation.booked_at.is_not(None).label("exact"),
        func.coalesce(Reservation.guest_email_id, held.c.email_id, _lost_address()).label("email_id"),
        _channel_order().label("channel"),
    )
    return _joined(wanted, held, at).where(Connection.studio_id == studio_id).subquery()


def _held_addresses() -> Subquery:
    """Each client's addresses, and until when each was held. The first one stands for all the time before, too."""
    client, order = ClientEmail.client_id, (ClientEmail.since.nulls_first(), ClientEmail.id)
    return select(
        ClientEmail.client_id,
        ClientEmail.email_id,
        ClientEmail.since,
        func.lead(ClientEmail.since).over(partition_by=client, order_by=order).label("until"),
        (func.row_number().over(partition_by=client, order_by=order) == 1).label("first"),
    ).subquery()


def _lost_address() -> ColumnElement[Any]:
    """Where a client has no address, one of a client that was merged into it."""
    lost = aliased(Client)
    same = ClientMerge.connection_id == Reservation.connection_id
    return (
        select(func.min(ClientEmail.email_id))
        .join(lost, lost.id == ClientEmail.client_id)
        .join(
            ClientMerge, and_(ClientMerge.connection_id == lost.connection_id, ClientMerge.lost_id == lost.external_id)
        )
        .where(same, ClientMerge.kept_id == Reservation.client_id)
        .correlate(Reservation)
        .scalar_subquery()
    )


def _joined(wanted: Columns, held: Subquery, at: ColumnElement[Any]) -> Columns:
    same = Reservation.connection_id
    client = and_(Client.connection_id == same, Client.external_id == Reservation.client_id)
    then = and_(or_(held.c.first, held.c.since <= at), or_(held.c.until.is_(None), at < held.c.until))
    return (
        wanted.select_from(Reservation)
        .join(Connection, Connection.id == same)
        .outerjoin(Session, its_session())
        .outerjoin(Client, client)
        .outerjoin(held, and_(held.c.client_id == Client.id, then))
        .outerjoin(SourceMapping, meaning())
    )


def _channel_order() -> ColumnElement[int]:
    placed = [(SourceMapping.channel == channel, literal(place)) for channel, place in ORDER.items()]
    return case(*placed, else_=literal(ORDER[Channel.UNKNOWN]))
