"""What a franchisor sees (J8): venues, how far SmartTools cover them, marketplace bookings. Counts; nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Db

from adapter.store.belonging import its_session, its_venue
from adapter.store.meaning import meaning
from adapter.store.tables import Connection, Decision, PushMode, Reservation, Session, SourceMapping, Studio, Venue
from connectors.records import ACTIVE_OUTCOMES, Channel, SessionStatus

AHEAD = timedelta(days=14)
BEHIND = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Covered:
    """One venue: its classes of the next 14 days, and those of them that SmartTools decide."""

    studio_id: int
    studio: str
    venue: str
    mode: PushMode
    classes: int
    decided: int
    booked: int  # through the marketplace, in classes of the last 30 days

    @property
    def share(self) -> int | None:
        """Per cent of the classes that are decided and pushed; None: there are none."""
        covered = self.decided if self.mode is PushMode.LIVE else 0
        return covered * 100 // self.classes if self.classes else None


def coverage_of(db: Db, studio_ids: frozenset[int] | None, now: datetime) -> list[Covered]:
    """Every venue of these studios (None: all), by studio and name."""
    place = and_(Session.connection_id == Venue.connection_id, Session.venue_id == Venue.external_id)
    coming = and_(
        place,
        Session.starts_at.between(now, now + AHEAD),
        Session.gone_at.is_(None),
        Session.status != SessionStatus.CANCELLED,
    )
    decided = select(Decision.id).where(Decision.session_id == Session.id).exists()
    wanted = (
        select(
            Venue.id,
            Studio.id,
            Studio.name,
            Venue.name,
            Connection.push_mode,
            func.count(Session.id),
            func.count(Session.id).filter(decided),
        )
        .select_from(Venue)
        .join(Connection, Connection.id == Venue.connection_id)
        .join(Studio, Studio.id == Connection.studio_id)
        .outerjoin(Session, coming)
        .where(Venue.gone_at.is_(None))
        .group_by(Venue.id, Studio.id, Studio.name, Venue.name, Connection.push_mode)
        .order_by(Studio.name, Venue.name)
    )
    if studio_ids is not None:
        wanted = wanted.where(Studio.id.in_(studio_ids))
    booked = _booked(db, studio_ids, now)
    return [Covered(*row[1:], booked.get(row[0], 0)) for row in db.execute(wanted).all()]


def _booked(db: Db, studio_ids: frozenset[int] | None, now: datetime) -> Mapping[int, int]:
    every = select(Connection.id)
    here = db.scalars(every if studio_ids is None else every.where(Connection.studio_id.in_(studio_ids))).all()
    counted = (
        select(Venue.id, func.sum(Reservation.seats))
        .select_from(Reservation)
        .join(Session, its_session())
        .join(SourceMapping, meaning())
        .join(Venue, its_venue())
        .where(
            Session.connection_id.in_(here),
            SourceMapping.channel == Channel.MARKETPLACE,
            Reservation.outcome.in_(ACTIVE_OUTCOMES),
            Session.starts_at.between(now - BEHIND, now),
        )
        .group_by(Venue.id)
    )
    return {venue: int(seats) for venue, seats in db.execute(counted)}
