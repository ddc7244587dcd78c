"""What was owed, at an earlier instant, for the marketplace places that were known then and in no line yet (N-23).

From the mirror with what changed since taken back, under the rules of then: the mapping of sources, the guarantee's
readings, taxes and shares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.marketplace.payouts.due import unwritten
from adapter.marketplace.payouts.mirrored import Booked, Rules, Seat, judged, rules_from
from adapter.marketplace.payouts.shares import shares_of
from adapter.statements.case import terms_then
from adapter.statements.reservations import Mirrored
from adapter.store.dialect import chunks
from adapter.store.tables import (
    ChannelReservation,
    Connection,
    Reservation,
    ReservationReading,
    ReservationState,
    Session,
    Studio,
    Venue,
)
from adapter.store.taken_back import Moves, changes_since, meanings_then, reservations_then, sessions_of
from connectors.records import Channel


def rules_then(db: Db, studio_id: int, then: datetime) -> Rules:
    """The rules as they stood."""
    return rules_from(
        db.get_one(Studio, studio_id), terms_then(db, studio_id, then), shares_of(db, studio_id, then=then)
    )


def booked_then(
    db: Db, rules: Rules, around: Sequence[ColumnElement[bool]], moves: Moves, then: datetime
) -> Iterator[tuple[Seat, Booked]]:
    """The marketplace places as they stood, of every class that may then have had one without a line; ``around`` is
    when these are held."""
    mine = select(Connection).where(Connection.studio_id == rules.studio.id, Connection.connected_at <= then)
    for connection in db.scalars(mine.order_by(Connection.id)).all():
        meant = meanings_then(db, connection, then)
        ours = {source for source, channel in meant.items() if channel is Channel.MARKETPLACE}
        for some in chunks(_open_classes(db, connection.id, ours, around, moves, then)):
            yield from judged(_mirrored(db, connection.id, some, ours, then), rules, then).items()


def unentered_then(studio_id: int, around: Sequence[ColumnElement[bool]], then: datetime) -> Select[int, datetime, str]:
    """How many stood on our own ledger alone, by class."""
    held = ChannelReservation
    still = or_(held.platform_id.is_(None), held.entered_at > then)
    let_go = and_(held.state == ReservationState.CANCELLED, held.changed_at <= then)
    counted = select(func.count(), Session.starts_at, Session.timezone).select_from(held)
    return (
        counted.join(Session, Session.id == held.session_id)
        .join(Connection, Connection.id == held.connection_id)
        .where(Connection.studio_id == studio_id, held.on_ledger, held.confirmed_at <= then, still, ~let_go, *around)
        .group_by(Session.id)
    )


def _open_classes(
    db: Db,
    connection_id: int,
    ours: Collection[str],
    around: Sequence[ColumnElement[bool]],
    moves: Moves,
    then: datetime,
) -> list[int]:
    """Classes with a marketplace reservation that had no line: here now, or moved away since."""
    same = Reservation.connection_id == Session.connection_id
    here = select(Session.id).join(Reservation, same & (Reservation.session_id == Session.external_id))
    found = set(
        db.scalars(
            here.where(Session.connection_id == connection_id, *around)
            .where(Reservation.source.in_(sorted(ours)), unwritten(then))
            .distinct()
        )
    )
    gone = select(ReservationReading.session_id, ReservationReading.was).where(
        ReservationReading.connection_id == connection_id, ReservationReading.moved, ReservationReading.at > then
    )
    left = {(connection_id, (was or {}).get("session_id", name)) for name, was in db.execute(gone)}
    return sorted(found | set(sessions_of(db, left | {key for key in moves if key[0] == connection_id})))


def _mirrored(
    db: Db, connection_id: int, sessions: Sequence[int], ours: Collection[str], then: datetime
) -> list[Mirrored]:
    classes = _classes_then(db, connection_id, sessions, then)
    venues = select(Venue).options(defer(Venue.raw)).where(Venue.connection_id == connection_id)
    by_name = {venue.external_id: venue for venue in db.scalars(venues)}
    known = reservations_then(db, connection_id, list(classes), then, ours)
    made = [each for each in known if each.booked_at is None or each.booked_at <= then]
    sold = _sold_then(db, connection_id, [each.external_id for each in made], then)
    found = []
    for each in sorted(made, key=lambda each: each.id):
        held = classes[each.session_id]
        venue = by_name.get(held.venue_id)
        if venue is not None:
            found.append(Mirrored(each, held, venue, Channel.MARKETPLACE, sold.get(each.external_id)))
    return found


def _classes_then(db: Db, connection_id: int, sessions: Sequence[int], then: datetime) -> dict[str, Session]:
    """The classes as they were to be, by the platform's id: pictures, not to be written."""
    rows = db.scalars(select(Session).options(defer(Session.raw)).where(Session.id.in_(sessions))).all()
    changes = changes_since(db, connection_id, [row.external_id for row in rows], then)
    for row in rows:
        db.expunge(row)
        for column, value in changes.get(row.external_id, {}).items():
            setattr(row, column, value)
    return {row.external_id: row for row in rows}


def _sold_then(db: Db, connection_id: int, names: Sequence[str], then: datetime) -> dict[str, ChannelReservation]:
    """The channel's own that mirrored reservations were known to stand for, by the platform's id."""
    found: dict[str, ChannelReservation] = {}
    for some in chunks(names):
        mine = ChannelReservation.connection_id == connection_id, ChannelReservation.platform_id.in_(some)
        for row in db.scalars(select(ChannelReservation).where(*mine)):
            since = row.entered_at or row.confirmed_at
            if row.platform_id is not None and (since is None or since <= then):
                found[row.platform_id] = row
    return found
