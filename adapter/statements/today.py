"""The figures of the studio's first page: twelve weeks of places and payouts, and how the shadow's decisions did.

Aggregates in a few queries; the arithmetic of the shadow is ``adapter.experiments``'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.orm import Session as Db

from adapter.experiments.shadow import Shadowed
from adapter.statements.kept import Json
from adapter.store.meaning import meaning
from adapter.store.tables import (
    ClassType,
    Connection,
    Decision,
    Reservation,
    Session,
    SourceMapping,
    Studio,
)
from connectors.records import ACTIVE_OUTCOMES, Channel, Outcome, SessionStatus

NAME = "today"
WEEKS = 12
COUNTED = ("classes", "places", "direct", "marketplace", "other", "unmapped", "late_cancelled", "unpriced")
SHADOW_DAYS = 28
BEFORE = timedelta(hours=24)  # the decision that is scored is the one in force then


def figures_of(db: Db, studio_id: int, now: datetime) -> Json:
    """Everything, as JSON takes it: ``weeks``, the newest last, and ``shadowed``, the classes decided in shadow."""
    return {"weeks": _weeks(db, studio_id, now), "shadowed": [asdict(one) for one in _shadowed(db, studio_id, now)]}


def _weeks(db: Db, studio_id: int, now: datetime) -> list[Json]:
    """Whole weeks and the one at hand: places by channel, places in all, and what the marketplace pays."""
    zone = ZoneInfo(db.get_one(Studio, studio_id).timezone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    found = {monday: _empty(monday) for monday in mondays}
    span = datetime.combine(first, time(), zone), now
    for starts_at, capacity in db.execute(_held(studio_id, *span, Session.starts_at, Session.capacity)):
        week = found[_monday(starts_at, zone)]
        week["classes"] += 1
        week["places"] += capacity or 0
    for starts_at, channel, *counted in db.execute(_booked(studio_id, *span)):
        _count(found[_monday(starts_at, zone)], channel or Channel.UNKNOWN, *counted)
    return [{**week, "payouts": str(week["payouts"])} for week in found.values()]


def _empty(monday: date) -> Json:
    counts = dict.fromkeys(COUNTED, 0)
    return {"monday": monday.isoformat(), **counts, "payouts": Decimal(0)}


def _count(week: Json, channel: Channel, outcome: Outcome, seats: int, paid: Decimal, unpriced: int) -> None:
    ours = channel is Channel.MARKETPLACE
    if outcome in ACTIVE_OUTCOMES:
        week[channel.value if ours or channel is Channel.DIRECT else "other"] += seats
        week["unmapped"] += seats if channel is Channel.UNKNOWN else 0  # of the others
        week["payouts"] += paid if ours else 0
        week["unpriced"] += unpriced if ours else 0
    elif ours and outcome is Outcome.LATE_CANCELLED:
        week["late_cancelled"] += seats


def _monday(instant: datetime, zone: ZoneInfo) -> date:
    day = instant.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _held(studio_id: int, start: datetime, end: datetime, *columns: Any) -> Select[Any]:
    """Classes of a studio that took place in a span."""
    return (
        select(*columns)
        .join(Connection, Connection.id == Session.connection_id)
        .where(Connection.studio_id == studio_id, Session.starts_at >= start, Session.starts_at < end)
        .where(Session.gone_at.is_(None), Session.status != SessionStatus.CANCELLED)
    )


def _booked(studio_id: int, start: datetime, end: datetime) -> Select[Any]:
    seats, paid = func.sum(Reservation.seats), func.coalesce(func.sum(Reservation.rate * Reservation.seats), 0)
    unpriced = func.sum(case((Reservation.rate.is_(None), Reservation.seats), else_=0))
    columns = Session.starts_at, SourceMapping.channel, Reservation.outcome, seats, paid, unpriced
    wanted = _held(studio_id, start, end, *columns)
    return _with_reservations(wanted).group_by(Session.starts_at, SourceMapping.channel, Reservation.outcome)


def _with_reservations(wanted: Select[Any]) -> Select[Any]:
    same = Session.connection_id
    inside = and_(Reservation.connection_id == same, Reservation.session_id == Session.external_id)
    return wanted.join(Reservation, inside).outerjoin(SourceMapping, meaning())


def _shadowed(db: Db, studio_id: int, now: datetime) -> Iterable[Shadowed]:
    """The classes of the last weeks whose decision of a day before was in shadow, with what they came to."""
    span = now - timedelta(days=SHADOW_DAYS), now
    decisions = _decisions_of_the_day_before(db, studio_id, *span)
    outcomes = _outcomes(db, studio_id, *span, decisions)
    for number, (decision, kind) in decisions.items():
        taken, came = outcomes[number]
        yield Shadowed(
            session_id=number,
            kind=kind,
            listed=decision.spots + decision.premium_spots,
            rate=float(decision.rate),
            empty=max(0, decision.capacity - taken),
            expected_direct=decision.expected_direct,
            came_direct=came,
        )


def _decisions_of_the_day_before(
    db: Db, studio_id: int, start: datetime, end: datetime
) -> dict[int, tuple[Row[Any], str]]:
    """By session: what is scored of its decision, without what that was made from, which is most of it."""
    kind = and_(ClassType.connection_id == Session.connection_id, ClassType.external_id == Session.class_type_id)
    amounts = Decision.spots, Decision.premium_spots, Decision.rate, Decision.expected_direct
    scored = Decision.session_id, Decision.at, Decision.shadow, *amounts
    told = Session.starts_at, Session.capacity, ClassType.name, Session.class_type_id
    wanted = _held(studio_id, start, end, *scored, *told)
    rows = wanted.join(Decision, Decision.session_id == Session.id).outerjoin(ClassType, kind)
    found: dict[int, tuple[Row[Any], str]] = {}
    for row in db.execute(rows.order_by(Decision.session_id, Decision.sequence)):
        if row.at <= row.starts_at - BEFORE and row.capacity is not None:
            found[row.session_id] = row, row.name or row.class_type_id
    return {number: row for number, row in found.items() if row[0].shadow}


def _outcomes(
    db: Db, studio_id: int, start: datetime, end: datetime, decisions: dict[int, tuple[Row[Any], str]]
) -> dict[int, tuple[int, int]]:
    """Of each session: places taken in the end, and direct clients who booked after it was decided."""
    columns = Session.id, Reservation.booked_at, SourceMapping.channel, Reservation.seats
    rows = _with_reservations(_held(studio_id, start, end, *columns)).where(Reservation.outcome.in_(ACTIVE_OUTCOMES))
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for number, booked_at, channel, seats in db.execute(rows):
        if number in decisions:
            taken, came = found[number]
            later = booked_at is not None and booked_at > decisions[number][0].at
            direct = channel in (None, Channel.DIRECT, Channel.UNKNOWN)
            found[number] = taken + seats, came + (seats if later and direct else 0)
    return found
