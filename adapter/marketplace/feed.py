"""The change feed: what is on offer of each session, at the position at which it last changed.

A position is taken as the last act of the transaction that changes the offer, under a lock that is held until its
commit: positions become visible in their order, and whoever has read up to one has missed nothing before it. Of each
session only the latest state is kept, in absolute counts, so catching up after a week costs one row a session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session as Database

from adapter.marketplace.offering import Offered, closed_for, offered
from adapter.store.dialect import chunks, insert_new, table_of
from adapter.store.tables import ChannelOffer, ChannelPosition, Connection, Session

KEPT = timedelta(days=30)  # after its start, a session's row goes
TOLD = ("spots", "rate", "premium_spots", "premium_rate")


def announce(db: Database, session_ids: Collection[int], now: datetime) -> int:
    """Bring the feed up to date for these sessions (our ids); how many changed. Last in a transaction: it locks."""
    changed = 0
    for some in chunks(sorted(session_ids)):
        rows = _locked(db, some, now)
        current = offered(db, rows, now)
        changed += _write(db, [(row, current[number]) for number, row in rows.items()], now)
    return changed


def announce_connection(db: Database, connection_id: int, now: datetime) -> int:
    """The same for all sessions of a connection that the feed knows and that have not begun."""
    mine = select(ChannelOffer.session_id).join(Session, Session.id == ChannelOffer.session_id)
    ahead = mine.where(ChannelOffer.connection_id == connection_id, Session.starts_at > now)
    return announce(db, db.scalars(ahead).all(), now)


def announce_due(db: Database, now: datetime) -> int:
    """The same for what is on offer and has begun, or whose connection cannot be sold by: time alone did that."""
    open_now = (
        select(ChannelOffer.session_id, ChannelOffer.connection_id, Session.starts_at)
        .join(Session, Session.id == ChannelOffer.session_id)
        .where(or_(ChannelOffer.spots > 0, ChannelOffer.premium_spots > 0))
    )
    rows = db.execute(open_now).all()
    closed = {number for number in {row.connection_id for row in rows} if closed_for(db, number, now) is not None}
    return announce(db, [row.session_id for row in rows if row.starts_at <= now or row.connection_id in closed], now)


def touch(db: Database, now: datetime, *, studio_id: int | None = None) -> int:
    """Tell all rows anew, of one studio or all: what a marketplace makes of them has changed (market, terms)."""
    wanted = select(ChannelOffer).order_by(ChannelOffer.session_id).with_for_update()
    rows = db.scalars(wanted if studio_id is None else wanted.where(ChannelOffer.studio_id == studio_id)).all()
    _place(db, rows, now)
    return len(rows)


def forget_offers(db: Database, now: datetime) -> None:
    """Drop the rows of sessions that are long over."""
    over = select(Session.id).where(Session.starts_at < now - KEPT)
    db.execute(delete(ChannelOffer).where(ChannelOffer.session_id.in_(over)))


def _locked(db: Database, session_ids: Sequence[int], now: datetime) -> dict[int, ChannelOffer]:
    """The rows of these sessions, made where they are missing, and locked in order: what is reckoned now stays true."""
    held = select(ChannelOffer.session_id).where(ChannelOffer.session_id.in_(session_ids))
    if missing := set(session_ids) - set(db.scalars(held)):
        known = select(Session.id, Session.connection_id, Connection.studio_id, Connection.currency)
        made = known.join(Connection, Connection.id == Session.connection_id).where(Session.id.in_(missing))
        insert_new(db, table_of(ChannelOffer), ("session_id",), [_blank(*row, now) for row in db.execute(made)])
    wanted = select(ChannelOffer).where(ChannelOffer.session_id.in_(session_ids)).order_by(ChannelOffer.session_id)
    rows = db.scalars(wanted.with_for_update().execution_options(populate_existing=True))
    return {row.session_id: row for row in rows}


def _blank(number: int, connection_id: int, studio_id: int, currency: str, now: datetime) -> dict[str, object]:
    """A row with nothing on offer, at a position before all that are told."""
    ids = {"session_id": number, "connection_id": connection_id, "studio_id": studio_id, "position": -number}
    return (
        ids
        | {"changed_at": now, "spots": 0, "rate": None, "premium_spots": 0, "premium_rate": None}
        | {"currency": currency}
    )


def _write(db: Database, rows: Sequence[tuple[ChannelOffer, Offered]], now: datetime) -> int:
    differing = []
    for row, current in rows:
        told = {name: getattr(current.offer, name) for name in TOLD}
        if told != {name: getattr(row, name) for name in TOLD}:
            for name, value in told.items():
                setattr(row, name, value)
            differing.append(row)
    _place(db, differing, now)
    return len(differing)


def _place(db: Database, rows: Sequence[ChannelOffer], now: datetime) -> None:
    """Give rows the next positions."""
    if not rows:
        return
    taken = update(ChannelPosition).values(last=ChannelPosition.last + len(rows)).returning(ChannelPosition.last)
    with db.no_autoflush:  # the rows are written once, with their positions
        last = db.scalar(taken)
        if last is None:  # the first ever
            insert_new(db, table_of(ChannelPosition), ("id",), [{"id": 1, "last": 0}])
            last = db.execute(taken).scalar_one()
    first = last - len(rows) + 1
    for place, row in enumerate(rows):
        row.position, row.changed_at = first + place, now
    db.flush()
