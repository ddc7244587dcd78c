"""Where the studio, its platform and the marketplace go by different rules, and how much it matters (N-16).

Each line says what holds on each side, and how many bookings or classes it would touch. Says no rate and no floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import aliased

from adapter.guarantee.terms import TERMS
from adapter.showing.counting import BOOKINGS, CLASSES, counted
from adapter.store.settings import effective_settings
from adapter.store.tables import (
    Connection,
    Decision,
    Participation,
    PriceOption,
    Reservation,
    Session,
    Studio,
    Venue,
)
from connectors.records import Outcome, PriceKind, SessionStatus

LOOKED_AT = timedelta(days=30)
UNSAID = "not said"


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule on three sides; ``differ`` counts what it touches, ``words`` say it. 0: all agree, or none can tell."""

    what: str
    studio: str
    platform: str
    marketplace: str
    differ: int
    words: str
    money: bool = False  # the sides name prices: for whoever may see the settings


def policies_of(db: Db, connection: Connection, now: datetime) -> list[Policy]:
    """The rules of one connection, compared as of now."""
    return [
        _cancelling(db, connection, now),
        _places(db, connection, now),
        _prices(db, connection, now),
        _zones(db, connection, now),
    ]


def labelled_differently(notice: Sequence[tuple[timedelta, bool]], studio: int, marketplace: int) -> tuple[int, int]:
    """Of cancellations (how long before the start, whether the platform calls it late): how many the two windows would
    label differently, and how many the platform labels otherwise than the studio's window does. Hours.
    """
    ours, theirs = timedelta(hours=studio), timedelta(hours=marketplace)
    windows = sum((ahead < ours) != (ahead < theirs) for ahead, _ in notice)
    return windows, sum((ahead < ours) != late for ahead, late in notice)


def _cancelling(db: Db, connection: Connection, now: datetime) -> Policy:
    part = db.scalar(select(Participation).where(Participation.studio_id == connection.studio_id))
    marketplace = TERMS[part.terms if part else max(TERMS)].cancel_hours
    studio = part.cancellation_policy_hours if part else None
    windows, labels = labelled_differently(_cancelled(db, connection, now), studio or marketplace, marketplace)
    platform = "labels as the studio does" if not labels else f"labels {labels} otherwise"
    words = f"{counted(max(windows, labels), *BOOKINGS)} of the last 30 days would be labelled differently"
    if studio is None:
        words = "The studio's own window is not entered: it is taken to be the marketplace's"
    here = UNSAID if studio is None else f"{studio} h before"
    return Policy("Free to cancel until", here, platform, f"{marketplace} h before", max(windows, labels), words)


def _cancelled(db: Db, connection: Connection, now: datetime) -> list[tuple[timedelta, bool]]:
    """By clients, of classes of the last 30 days, where the platform says when."""
    held = and_(Session.connection_id == Reservation.connection_id, Session.external_id == Reservation.session_id)
    wanted = (
        select(Session.starts_at, Reservation.cancelled_at, Reservation.outcome)
        .join(Session, held)
        .where(
            Reservation.connection_id == connection.id,
            Reservation.cancelled_at.is_not(None),
            Reservation.gone_at.is_(None),  # one that vanished was cancelled at some time before we looked
            Reservation.outcome.in_([Outcome.CANCELLED, Outcome.LATE_CANCELLED]),
            Session.starts_at.between(now - LOOKED_AT, now),
            Session.status != SessionStatus.CANCELLED,
        )
    )
    return [(start - at, outcome is Outcome.LATE_CANCELLED) for start, at, outcome in db.execute(wanted) if at]


def _places(db: Db, connection: Connection, now: datetime) -> Policy:
    coming = and_(Session.connection_id == connection.id, Session.starts_at > now, Session.gone_at.is_(None))
    fewer = Session.online_capacity < Session.capacity
    online = db.scalar(select(func.count()).select_from(Session).where(coming, fewer)) or 0
    later = aliased(Decision)
    last = select(func.max(later.sequence)).where(later.session_id == Session.id).scalar_subquery()
    over = (
        select(func.count())
        .select_from(Session)
        .join(Decision, and_(Decision.session_id == Session.id, Decision.sequence == last))
        .where(coming, Decision.limit > Session.online_capacity)
    )
    above = db.scalar(over) or 0
    words = f"{counted(above, *CLASSES)} to come would let the marketplace take more than may be booked online"
    platform = f"fewer online in {counted(online, *CLASSES)}" if online else "all of them online"
    return Policy("Places of a class", "its capacity", platform, "up to our limit", above, words)


def _prices(db: Db, connection: Connection, now: datetime) -> Policy:
    retail = effective_settings(db, connection.studio_id).studio.retail_rate
    single = select(PriceOption.price).where(
        PriceOption.connection_id == connection.id,
        PriceOption.kind == PriceKind.DROP_IN,
        PriceOption.gone_at.is_(None),
        PriceOption.hidden.is_(False),
        PriceOption.intro_only.is_(False),
    )
    sold = sorted(set(db.scalars(single)))
    ahead = select(func.count()).where(Session.connection_id == connection.id, Session.starts_at > now)
    apart = retail is not None and bool(sold) and retail not in sold
    differ = db.scalar(ahead.where(Session.gone_at.is_(None))) or 0 if apart else 0
    words = f"{counted(differ, *CLASSES)} to come are decided with a direct price that nobody can buy at the platform"
    if retail is None:
        words = "No direct price is entered here: it is taken from the platform's"
    here = UNSAID if retail is None else _amount(retail, connection.currency)
    there = ", ".join(_amount(price, connection.currency) for price in sold[:3]) or UNSAID
    return Policy("Direct price of one visit", here, there, "set for each class", differ, words, money=True)


def _zones(db: Db, connection: Connection, now: datetime) -> Policy:
    studio = db.get_one(Studio, connection.studio_id).timezone
    place = and_(Venue.connection_id == Session.connection_id, Venue.external_id == Session.venue_id)
    other = (
        select(func.count())
        .select_from(Session)
        .join(Venue, place)
        .where(
            Session.connection_id == connection.id,
            Session.starts_at > now,
            Session.gone_at.is_(None),
            Session.timezone != Venue.timezone,
        )
    )
    zones = select(Venue.timezone).where(Venue.connection_id == connection.id, Venue.gone_at.is_(None)).distinct()
    venues = sorted(db.scalars(zones))
    differ = db.scalar(other) or 0
    words = f"{counted(differ, *CLASSES)} to come stand in another zone than their venue"
    if not differ and venues and studio not in venues:
        words = "The account's zone is none of its venues': days on the calendar begin by the account's"
        differ = 1
    there = ", ".join(_zone(zone) for zone in venues) or _zone(connection.timezone)
    return Policy("Time zone", _zone(studio), there, "the venue's", differ, words)


def _zone(name: str) -> str:
    return name.replace("_", " ")


def _amount(value: Decimal, currency: str) -> str:
    return f"{value:.2f} {currency}"
