"""Whether the inventory made available is consistent (2.1 ii, GE-03): the share of capacity listed at each venue.

What counts is the last offer before a class started, as it was decided while decisions went live. A cut made only
because our copy was old is ours, not the studio's (GE-05); a class of which nothing else was decided counts neither
way, and a day without classes is a closure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import day_begins, local_date
from adapter.store.belonging import its_venue
from adapter.store.tables import Connection, Decision, Session, Venue
from connectors.records import SessionStatus

BASELINE_DAYS = 28  # whose median is what is consistent
WARN_DAYS, FAIL_DAYS = 7, 14
LEAST = Fraction(1, 2)  # of the baseline
DAY = timedelta(days=1)

Day = tuple[int, int]  # places listed, places there are
Days = Mapping[date, Day]


@dataclass(frozen=True)
class Level:
    """How much of a venue's capacity was listed lately, against what is usual there."""

    venue: str
    baseline: Fraction
    week: Fraction  # the lowest of any seven days since
    low_now: bool  # the last seven days are below half of the baseline
    fails: bool  # any fourteen days were


def levels_of(db: Db, studio_id: int, start: date, last: date) -> list[Level]:
    """The level of each venue from the first day of the period to ``last``; none before there is a baseline."""
    found = [(name, level(days, start, last)) for (_, name), days in _days(db, studio_id, start, last).items()]
    return [Level(name, *known) for name, known in found if known is not None]


def level(days: Days, start: date, last: date) -> tuple[Fraction, Fraction, bool, bool] | None:
    """Baseline, lowest week, whether it is low now, whether it fails; None before 28 days and a week have passed."""
    shares = [_share([days[day]]) for day in _run(start, BASELINE_DAYS) if day in days]
    weeks = _windows(days, start, last, WARN_DAYS)
    known = [share for share in shares if share is not None]
    if not known or not weeks:
        return None
    baseline = median(known)
    least = baseline * LEAST
    long = _windows(days, start, last, FAIL_DAYS).values()
    return baseline, min(weeks.values()), weeks.get(last, baseline) < least, any(share < least for share in long)


def _windows(days: Days, start: date, last: date, length: int) -> dict[date, Fraction]:
    """The share of every stretch of so many days after the baseline, by its last day; without those all closed."""
    first = start + timedelta(days=BASELINE_DAYS + length - 1)
    ends = _run(first, (last - first).days + 1)
    shares = {
        end: _share(days[day] for day in _run(end - timedelta(days=length - 1), length) if day in days) for end in ends
    }
    return {end: share for end, share in shares.items() if share is not None}


def _run(first: date, length: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(length)]


def _share(days: Iterable[Day]) -> Fraction | None:
    known = list(days)
    capacity = sum(places for _, places in known)
    return Fraction(sum(listed for listed, _ in known), capacity) if capacity else None


def _days(db: Db, studio_id: int, start: date, last: date) -> dict[tuple[int, str], dict[date, Day]]:
    """Places listed and places there are, by venue and day."""
    found: dict[tuple[int, str], dict[date, Day]] = defaultdict(dict)
    for number, name, timezone, starts_at, capacity, listed in db.execute(_offers(studio_id, start, last)):
        day = local_date(starts_at, timezone)
        if start <= day <= last:
            of_venue = found[number, name]
            before = of_venue.get(day, (0, 0))
            of_venue[day] = before[0] + min(listed, capacity), before[1] + capacity
    return found


def _offers(studio_id: int, start: date, last: date) -> Select[*tuple[Any, ...]]:
    in_force = (
        select(Decision.session_id, func.max(Decision.sequence).label("sequence"))
        .join(Session, Session.id == Decision.session_id)
        .join(Connection, Connection.id == Session.connection_id)
        .where(Connection.studio_id == studio_id, Session.starts_at < day_begins(last + 2 * DAY, "UTC"))
        .where(Decision.at <= Session.starts_at, Decision.shadow.is_(False))
        .where(Decision.binding.is_distinct_from("stale"), Session.starts_at >= day_begins(start - DAY, "UTC"))
        .group_by(Decision.session_id)
        .subquery()
    )
    made = and_(Decision.session_id == Session.id, Decision.sequence == in_force.c.sequence)
    return (
        select(Venue.id, Venue.name, Venue.timezone, Session.starts_at, Session.capacity)
        .add_columns(Decision.limit + Decision.premium_limit)
        .join(Connection, Connection.id == Session.connection_id)
        .join(Venue, its_venue())
        .join(in_force, in_force.c.session_id == Session.id)
        .join(Decision, made)
        .where(Connection.studio_id == studio_id, Session.status == SessionStatus.SCHEDULED)
        .where(Session.gone_at.is_(None), Session.hidden.is_(False), Session.capacity > 0)
        .where(
            Session.starts_at >= day_begins(start - DAY, "UTC"), Session.starts_at < day_begins(last + 2 * DAY, "UTC")
        )
    )
