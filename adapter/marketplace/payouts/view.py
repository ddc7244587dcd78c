"""A period of the payout ledger as it is shown: what is final, from its lines; what is not yet, from the mirror.

The period is one of class days at their venues. A place that has lines is final and counts by them alone; one without
is provisional, and counts as things stand now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import day_begins, local_date
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.due import UNWRITTEN
from adapter.marketplace.payouts.earlier import booked_then, rules_then, unentered_then
from adapter.marketplace.payouts.mirrored import Booked, Rules, Seat, booked_in, rules_of
from adapter.marketplace.payouts.owed import MOVED
from adapter.statements.reservations import key, seat_key
from adapter.store.dialect import chunks
from adapter.store.meaning import meaning
from adapter.store.selling import same_place
from adapter.store.tables import (
    ChannelReservation,
    ClassType,
    Connection,
    PayoutLine,
    Reservation,
    ReservationState,
    Session,
    SourceMapping,
    Venue,
)
from adapter.store.taken_back import Moves, moves_since
from connectors.records import Channel, Outcome

BOOKED = "booked"  # the reason of a place that stands, while nobody has said that its guest came
OWED = (
    *(ReservationState.CONFIRMED, ReservationState.ATTENDED),
    *(ReservationState.NO_SHOW, ReservationState.LATE_CANCELLED),
)
AROUND = timedelta(days=1)  # a day at a venue lies within the same day in UTC and one on either side


class Held(NamedTuple):
    """A class as it is shown."""

    id: int
    starts_at: datetime
    timezone: str
    name: str
    venue: str
    venue_id: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One place of a period, in one currency: what it pays, in minor units, and why."""

    number: str  # our id of the place, as a guarantee statement has it
    reservation: str  # of its reservation: connection and the platform's id
    external_id: str  # the platform's id of it
    sold: ChannelReservation | None  # where the channel sold it
    held: Held
    day: date
    currency: str
    rate: Decimal  # at which it was booked
    reason: str
    product: str | None
    amount: int  # the franchisor's part included
    franchisor: int
    tax: Fraction  # on top, not rounded yet
    lines: tuple[PayoutLine, ...]  # of the ledger; none: provisional

    @property
    def final(self) -> bool:
        """It stands in the ledger."""
        return bool(self.lines)


@dataclass(frozen=True)
class Period:
    """The places of a period, by class start; and what is in no total."""

    days: Days
    places: Sequence[Shown]
    unpriced: int  # places that qualify, and whose payout is not known
    unentered: int  # sold through the channel, and never entered into the booking system


def period_of(db: Db, studio_id: int, days: Days, now: datetime) -> Period:
    """Everything of a studio whose class was, or will be, in these days."""
    booked = _unwritten(db, rules_of(db, studio_id), days, now)
    return _period(db, days, _lines(db, studio_id, days), booked, _unentered(db, studio_id, days), {})


def period_then(db: Db, studio_id: int, days: Days, then: datetime) -> Period:
    """The same as it stood at an earlier instant (N-23): final by the lines of until then, provisional by the rest."""
    mine = select(Connection.id).where(Connection.studio_id == studio_id)
    moves, around = moves_since(db, db.scalars(mine).all(), then), _around(days)
    rows = _lines(db, studio_id, days, PayoutLine.at <= then)
    places = list(booked_then(db, rules_then(db, studio_id, then), around, moves, then))
    written = _written(db, {place.reservation_id for place, _ in places}, then=then)
    unentered = _counted(db, unentered_then(studio_id, around, then), days)
    return _period(db, days, rows, [each for each in places if each[0] not in written], unentered, moves)


def _period(
    db: Db, days: Days, rows: Sequence[Any], places: Iterable[tuple[Seat, Booked]], unentered: int, moves: Moves
) -> Period:
    booked = [each for _, each in places if _within(each, days)]
    held = _classes(db, {row.session_id for row, *_ in rows} | {each.held.id for each in booked}, moves)
    found = sorted([*_final(rows, held), *_provisional(booked, held)], key=lambda one: (one.held.starts_at, one.number))
    return Period(days, found, sum(each.owed is None and each.verdict.qualifying for each in booked), unentered)


def _lines(db: Db, studio_id: int, days: Days, *which: ColumnElement[bool]) -> Sequence[Any]:
    """The ledger's lines of the period with their reservations, a place's in their order."""
    wanted = select(PayoutLine, Reservation.connection_id, Reservation.external_id, ChannelReservation)
    return db.execute(
        wanted.join(Reservation, Reservation.id == PayoutLine.reservation_id)
        .outerjoin(ChannelReservation, same_place())
        .where(PayoutLine.studio_id == studio_id, PayoutLine.day.between(days.first, days.last), *which)
        .order_by(PayoutLine.reservation_id, PayoutLine.seat, PayoutLine.sequence)
    ).all()


def _final(rows: Sequence[Any], held: dict[int, Held]) -> Iterator[Shown]:
    """The places that have lines in the period: what these add up to."""
    groups: dict[tuple[int, int, date, str], list[Any]] = {}
    for row in rows:
        line = row[0]
        groups.setdefault((line.reservation_id, line.seat, line.day, line.currency), []).append(row)
    for group in groups.values():
        last, connection_id, external_id, sold = group[-1]
        if last.reason == MOVED:  # nothing is left of it here
            continue
        lines = tuple(row[0] for row in group)
        reservation = key(connection_id, external_id)
        yield Shown(
            number=seat_key(reservation, last.seat),
            reservation=reservation,
            external_id=external_id,
            sold=sold,
            held=held[last.session_id],
            day=last.day,
            currency=last.currency,
            rate=last.rate,
            reason=last.reason,
            product=last.product,
            amount=sum(line.amount for line in lines),
            franchisor=sum(line.franchisor for line in lines),
            tax=sum((line.amount * Fraction(line.tax_rate) for line in lines if line.tax_rate), Fraction(0)),
            lines=lines,
        )


def _unwritten(db: Db, rules: Rules, days: Days, now: datetime) -> Iterator[tuple[Seat, Booked]]:
    """The places around the period that have no lines yet, as they stand now."""
    for some in chunks(_open_classes(db, rules.studio.id, days)):
        booked = booked_in(db, rules, some, now)
        written = _written(db, {place.reservation_id for place in booked})
        yield from ((place, each) for place, each in booked.items() if place not in written)


def _open_classes(db: Db, studio_id: int, days: Days) -> list[int]:
    """The classes around the period that have a marketplace reservation without a line."""
    same = Reservation.connection_id == Session.connection_id
    query = (
        select(Session.id)
        .distinct()
        .join(Connection, Connection.id == Session.connection_id)
        .join(Reservation, same & (Reservation.session_id == Session.external_id))
        .join(SourceMapping, meaning())
        .where(Connection.studio_id == studio_id, SourceMapping.channel == Channel.MARKETPLACE)
        .where(UNWRITTEN, *_around(days))
    )
    return sorted(db.scalars(query))


def _written(db: Db, reservations: Collection[int], *, then: datetime | None = None) -> set[Seat]:
    wanted = select(PayoutLine.reservation_id, PayoutLine.seat).distinct()
    if then is not None:
        wanted = wanted.where(PayoutLine.at <= then)
    pieces = chunks(sorted(reservations))
    return {Seat(*row) for some in pieces for row in db.execute(wanted.where(PayoutLine.reservation_id.in_(some)))}


def _unentered(db: Db, studio_id: int, days: Days) -> int:
    """What stands on our own ledger alone, because the booking system takes no bookings: it has no record there."""
    query = (
        select(func.count(), Session.starts_at, Session.timezone)
        .select_from(ChannelReservation)
        .join(Session, Session.id == ChannelReservation.session_id)
        .join(Connection, Connection.id == ChannelReservation.connection_id)
        .where(Connection.studio_id == studio_id, ChannelReservation.platform_id.is_(None))
        .where(ChannelReservation.state.in_(OWED), *_around(days))
        .group_by(Session.id)
    )
    return _counted(db, query, days)


def _counted(db: Db, query: Select[int, datetime, str], days: Days) -> int:
    return sum(
        count for count, starts, zone in db.execute(query) if days.first <= local_date(starts, zone) <= days.last
    )


def _around(days: Days) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Classes that may lie in these days, wherever they are."""
    first, last = (day_begins(day, "UTC") for day in (days.first, days.last))
    return Session.starts_at >= first - AROUND, Session.starts_at < last + 2 * AROUND


def _provisional(booked: Sequence[Booked], held: dict[int, Held]) -> Iterator[Shown]:
    for each in booked:
        owed = each.owed
        if owed is None:
            continue
        yield Shown(
            number=each.number,
            reservation=key(each.made.connection_id, each.made.external_id),
            external_id=each.made.external_id,
            sold=each.sold,
            held=held[each.held.id],
            day=owed.account.day,
            currency=owed.account.currency,
            rate=owed.quote.rate,
            reason=_so_far(each, owed.reason),
            product=owed.quote.product,
            amount=owed.amount,
            franchisor=owed.franchisor,
            tax=owed.amount * Fraction(owed.account.tax_rate),
            lines=(),
        )


def _so_far(each: Booked, reason: str) -> str:
    """Nobody has attended yet what is only booked."""
    return BOOKED if each.made.outcome is Outcome.BOOKED and reason == "attended" else reason


def _within(each: Booked, days: Days) -> bool:
    return days.first <= each.day <= days.last


def _classes(db: Db, sessions: Collection[int], moves: Moves) -> dict[int, Held]:
    """The classes by id, with the names of what they are and where; of what moved since, of where it was."""
    venue = and_(Venue.connection_id == Session.connection_id, Venue.external_id == Session.venue_id)
    kind = and_(ClassType.connection_id == Session.connection_id, ClassType.external_id == Session.class_type_id)
    wanted = (
        select(Session.id, Session.starts_at, Session.timezone, ClassType.name, Venue.name, Venue.id)
        .outerjoin(ClassType, kind)
        .outerjoin(Venue, venue)
    )
    found = {}
    for some in chunks(sorted(sessions)):
        for number, starts, zone, name, place, venue_id in db.execute(wanted.where(Session.id.in_(some))):
            found[number] = Held(number, starts, zone, name or "Class", place or "Venue", venue_id)
    for number, was in _moved(db, moves):
        if number in found:
            found[number] = found[number]._replace(**was)
    return found


def _moved(db: Db, moves: Moves) -> Iterator[tuple[int, dict[str, Any]]]:
    """Of classes that moved since: their id, and what was of all that is shown of a class."""
    for (connection_id, external_id), was in moves.items():
        row = Session.connection_id == connection_id, Session.external_id == external_id
        shown = {"starts_at": was["starts_at"]} if "starts_at" in was else {}
        if "venue_id" in was:
            mine = Venue.connection_id == connection_id, Venue.external_id == was["venue_id"]
            venue = db.execute(select(Venue.name, Venue.id).where(*mine)).first()
            shown |= {"venue": venue[0], "venue_id": venue[1]} if venue else {}
        if "class_type_id" in was:
            taught = ClassType.connection_id == connection_id, ClassType.external_id == was["class_type_id"]
            name = db.scalar(select(ClassType.name).where(*taught))
            shown |= {"name": name} if name else {}
        for number in db.scalars(select(Session.id).where(*row)):
            yield number, shown
