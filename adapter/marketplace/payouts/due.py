"""Which classes the ledger has to look at: all that stand as they are, or those of which something may be new.

Between two looks a class is due if a place of it has no line and a known quote, or if it or one of its reservations was
read anew. What holds for all, the mapping of sources, terms, taxes, shares, venues, makes every class due.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, union
from sqlalchemy.orm import Session as Db

from adapter.guarantee.terms import SETTLES_AFTER
from adapter.marketplace.payouts.quotes import IS_QUOTED
from adapter.store.meaning import meaning
from adapter.store.tables import Audit, Connection, PayoutLine, Reservation, Session, SourceMapping, Venue
from connectors.records import Channel

LATE = timedelta(days=1)  # by how much a row may come later than it is dated: a long pull is one transaction a page
FOR_ALL = ("guarantee.participation", "guarantee.terms", "payouts.share", "sources.mapped")  # acts in the audit log

_WRITTEN = exists().where(PayoutLine.reservation_id == Reservation.id, PayoutLine.seat >= Reservation.seats)
UNWRITTEN = ~_WRITTEN
"""A reservation of which a seat has no line."""


def unwritten(then: datetime) -> ColumnElement[bool]:
    """The same of an earlier instant."""
    return ~_WRITTEN.where(PayoutLine.at <= then)


def due_classes(db: Db, connection: Connection, since: datetime | None, now: datetime) -> list[int]:
    """The settled classes to look at; ``since``: when the last look began, None: there was none."""
    if since is None or _holds_for_all(db, connection, since - LATE):
        return settled_classes(db, connection.id, now)
    anew = or_(Reservation.fetched_at >= since - LATE, Session.fetched_at >= since - LATE)
    booked = _booked(connection.id).where(or_(anew, and_(UNWRITTEN, IS_QUOTED)))
    return _settled(db, union(booked, _written(connection.id).where(anew)), now)


def settled_classes(db: Db, connection_id: int, now: datetime) -> list[int]:
    """The classes of a connection that stand as they are, and have marketplace places or lines in the ledger."""
    return _settled(db, union(_booked(connection_id), _written(connection_id)), now)


def _settled(db: Db, classes: Any, now: datetime) -> list[int]:
    found = classes.subquery()
    return sorted(db.scalars(select(found.c.id).where(found.c.starts_at <= now - SETTLES_AFTER)))


def _booked(connection_id: int) -> Select[int, datetime]:
    """Classes with marketplace reservations."""
    same = Reservation.connection_id == connection_id
    return (
        select(Session.id, Session.starts_at)
        .join(Reservation, and_(same, Reservation.session_id == Session.external_id))
        .join(SourceMapping, meaning())
        .where(Session.connection_id == connection_id, SourceMapping.channel == Channel.MARKETPLACE)
    )


def _written(connection_id: int) -> Select[int, datetime]:
    """Classes with lines."""
    return (
        select(Session.id, Session.starts_at)
        .join(PayoutLine, PayoutLine.session_id == Session.id)
        .join(Reservation, Reservation.id == PayoutLine.reservation_id)
        .where(Session.connection_id == connection_id)
    )


def _holds_for_all(db: Db, connection: Connection, since: datetime) -> bool:
    """Whether what every payout hangs on may have changed."""
    told = exists().where(Audit.studio_id == connection.studio_id, Audit.at >= since, Audit.act.in_(FOR_ALL))
    moved: ColumnElement[bool] = exists().where(Venue.connection_id == connection.id, Venue.fetched_at >= since)
    return bool(db.scalar(select(or_(told, moved))))
