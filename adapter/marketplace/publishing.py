"""What of a studio is public: the classes on offer that it agreed to publish, and the feed's items that tell of them.

A floor, a payout and a person never get here: what is told are the class, where and when it is, the direct price, its
places, and how many of them are on offer. An item is written when what it says has changed, with the next ``modified``:
whoever has read up to one has missed nothing before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session as Db

from adapter.marketplace.offering import offered
from adapter.showing.currency import money_text
from adapter.store.prices import prices_of
from adapter.store.settings import StudioSettings, effective_settings
from adapter.store.tables import (
    ClassType,
    Connection,
    PublicActivity,
    PublicItem,
    PublicVenue,
    Publisher,
    Session,
    Venue,
)

AHEAD = timedelta(days=28)
KEPT = timedelta(days=30)  # a deleted item; the standard asks for seven days


@dataclass(frozen=True)
class OnOffer:
    """A class that is public and on offer."""

    session: Session
    venue: Venue
    place: PublicVenue
    kind: ClassType
    activity: str
    spots: int
    price: Decimal
    currency: str


def on_offer(db: Db, studio_id: int, now: datetime, until: datetime) -> list[OnOffer]:
    """The classes of a publisher that are on offer, sold out or not, in order; those it said too little of are not."""
    found: list[OnOffer] = []
    settings = effective_settings(db, studio_id)
    for connection in db.scalars(select(Connection).where(Connection.studio_id == studio_id).order_by(Connection.id)):
        found.extend(_of_connection(db, connection, settings, now, until))
    return found


def publish(db: Db, now: datetime) -> int:
    """Bring the feed up to date; how many items changed. One writer at a time: it locks the publishers."""
    publishers = db.scalars(select(Publisher).order_by(Publisher.studio_id).with_for_update()).all()
    wanted = {
        each.session.id: _facts(each, publisher)
        for publisher in publishers
        for each in on_offer(db, publisher.studio_id, now, now + AHEAD)
    }
    there = {row.session_id: row for row in db.scalars(select(PublicItem))}
    changed = [key for key, facts in wanted.items() if key not in there or there[key].facts != facts]
    gone = [key for key, row in there.items() if key not in wanted and row.facts is not None]
    first = max((db.scalar(select(func.max(PublicItem.modified))) or 0) + 1, _milliseconds(now))
    for place, key in enumerate([*changed, *gone]):
        row = there.get(key) or PublicItem(session_id=key)
        row.modified, row.facts = first + place, wanted.get(key)
        db.add(row)
    db.flush()
    old = PublicItem.modified < _milliseconds(now - KEPT)
    db.execute(delete(PublicItem).where(PublicItem.facts.is_(None), old))
    return len(changed) + len(gone)


def items_after(db: Db, after: tuple[int, int] | None, limit: int) -> Sequence[PublicItem]:
    """The items that come after one (``modified``, ``session_id``), in order of change."""
    wanted = select(PublicItem).order_by(PublicItem.modified, PublicItem.session_id)
    if after is not None:
        instant, session_id = after
        later = and_(PublicItem.modified == instant, PublicItem.session_id > session_id)
        wanted = wanted.where((PublicItem.modified > instant) | later)
    return db.scalars(wanted.limit(limit)).all()


def _of_connection(
    db: Db, connection: Connection, settings: StudioSettings, now: datetime, until: datetime
) -> Iterator[OnOffer]:
    mine = Session.connection_id == connection.id
    rows = db.execute(
        select(Session, Venue, PublicVenue, ClassType, PublicActivity.activity)
        .join(Venue, and_(Venue.connection_id == connection.id, Venue.external_id == Session.venue_id))
        .join(PublicVenue, PublicVenue.venue_id == Venue.id)
        .join(ClassType, and_(ClassType.connection_id == connection.id, ClassType.external_id == Session.class_type_id))
        .join(PublicActivity, PublicActivity.class_type_id == ClassType.id)
        .where(mine, Session.starts_at > now, Session.starts_at <= until, ClassType.hidden.is_(False))
        .order_by(Session.starts_at, Session.id)
    ).all()
    prices, offers = prices_of(db, connection.id), offered(db, [row[0].id for row in rows], now)
    for session, venue, place, kind, activity in rows:
        own = settings.of(venue_id=venue.id, class_type_id=kind.id, session_id=session.id)
        price = own.retail_rate if own.retail_rate is not None else prices.retail(kind.external_id)
        offer = offers[session.id].offer
        if offer.closed is None and offer.listed and price is not None:
            yield OnOffer(session, venue, place, kind, activity, offer.spots, price, connection.currency)


def _facts(each: OnOffer, publisher: Publisher) -> dict[str, Any]:
    """What is told of a class, as JSON can hold it."""
    zone = ZoneInfo(each.session.timezone)
    place = {name: getattr(each.place, name) for name in ("street", "locality", "region", "postal_code", "country")}
    return {
        "starts_at": each.session.starts_at.astimezone(zone).isoformat(),
        "ends_at": each.session.ends_at.astimezone(zone).isoformat(),
        "capacity": each.session.capacity,
        "spots": each.spots,
        "price": money_text(each.price, each.currency),
        "currency": each.currency,
        "name": each.kind.name,
        "activity": each.activity,
        "venue": each.venue.name,
        "series": f"{each.kind.id}-{each.venue.id}",
        "organizer": publisher.organizer,
        "url": publisher.url,
        **place,
    }


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
