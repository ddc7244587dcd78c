"""Which readings a day's calls still pay for, and what to say about it (N-14). Pure.

Calls are given to the readings in the order of their worth. Each gets as many as it wants until midnight UTC, or as
many as are left: it is then made less often, evenly over the rest of the day, or not at all. What pushing and reading
back may need is kept out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

KEPT_FOR_PUSHING = 0.04  # of a day's calls: no reading takes them
MIDNIGHT_UTC = "midnight UTC"


@dataclass(frozen=True, slots=True)
class Budget:
    """A connection's calls of one day (UTC). ``allowed`` None: as many as one likes."""

    allowed: int | None
    used: int
    now: datetime

    @property
    def left(self) -> float:
        """Calls that may still be read with today."""
        return float("inf") if self.allowed is None else max(0.0, self.allowed * (1 - KEPT_FOR_PUSHING) - self.used)

    @property
    def day_left(self) -> timedelta:
        """How long the day still is."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=1) - self.now


@dataclass(frozen=True, slots=True)
class Wish:
    """A reading as it is wanted until midnight."""

    what: str
    words: str  # what is read, for people
    calls: float  # that one reading costs, about
    times: int  # wanted until midnight, now included
    ripe: bool  # due now, if calls were no matter
    since: timedelta | None = None  # the last reading; None: never


@dataclass(frozen=True, slots=True)
class Grant:
    """What becomes of a wish: how often until midnight, and whether now."""

    wish: Wish
    times: int
    now: bool

    @property
    def whole(self) -> bool:
        """Whether all of it is granted."""
        return self.times >= self.wish.times


@dataclass(frozen=True)
class Plan:
    """What is read now, and what a day's calls still allow."""

    budget: Budget
    grants: tuple[Grant, ...] = field(default=())

    def reads(self, what: str) -> bool:
        """Whether this is to be read now."""
        return any(grant.now for grant in self.grants if grant.wish.what == what)

    def times(self, what: str) -> int:
        """How often this may still be read today."""
        return sum(grant.times for grant in self.grants if grant.wish.what == what)

    @property
    def words(self) -> str:
        """What the plan means, for a person; one sentence or two."""
        if self.budget.allowed is None:
            return "This platform sets no limit to a day's calls."
        short = [grant for grant in self.grants if not grant.whole]
        if not short:
            return "The day's calls are enough: everything is read as often as it should be."
        allowed, used = self.budget.allowed, self.budget.used
        if self.budget.left <= 0:
            return f"{used:,} of {allowed:,} calls are used: the rest of today is kept for pushing."
        dropped = [grant.wish.words for grant in short if not grant.times]
        rarer = [f"{grant.wish.words} (every {_apart(self.budget, grant)} minutes)" for grant in short if grant.times]
        told = [f"Not before {MIDNIGHT_UTC}: {'; '.join(dropped)}."] if dropped else []
        told += [f"Less often: {'; '.join(rarer)}."] if rarer else []
        many = f"{used:,} of {allowed:,} calls are used, too many to go on like this until {MIDNIGHT_UTC}."
        return " ".join([many, *told])


def plan_reads(budget: Budget, wishes: Sequence[Wish]) -> Plan:
    """Grant the wishes, the first one first."""
    left, grants = budget.left, []
    for wish in wishes:
        affordable = wish.times if wish.times * wish.calls <= left else int(left // wish.calls)
        times = min(wish.times, affordable)
        left -= times * wish.calls
        grants.append(Grant(wish, times, _is_due(budget, wish, times)))
    return Plan(budget, tuple(grants))


def runs_out_at(budget: Budget) -> datetime | None:
    """When the day's calls end at the pace of the day so far; None: not before midnight."""
    if budget.allowed is None or not budget.used:
        return None
    gone = timedelta(days=1) - budget.day_left
    whole = gone * (budget.allowed / budget.used)
    return None if whole >= timedelta(days=1) else budget.now + max(whole - gone, timedelta(0))


def _is_due(budget: Budget, wish: Wish, times: int) -> bool:
    if not times or not wish.ripe:
        return False
    return times >= wish.times or wish.since is None or wish.since >= budget.day_left / times


def _apart(budget: Budget, grant: Grant) -> int:
    """Minutes between two readings."""
    return budget.day_left // grant.times // timedelta(minutes=1)
