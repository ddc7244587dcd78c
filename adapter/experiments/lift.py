"""How many bookings more came than comparable days bring: a campaign's lift, with an interval (SP-01). Pure.

Comparable are the same slots in other weeks. What the classes of a week share (weather, season, a holiday) makes them
no independent witnesses, so the week is the unit: each week says what the campaign's classes would have brought in it,
and the spread of those answers is the doubt (Student's t). Nobody drew the days by lot: a campaign that was
bought for a week that would have been good anyway looks better than it was, and no interval tells that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

LEAST_WEEKS = 4  # to compare with; before that an interval would promise too much
HELD = 0.5  # of those weeks, at the least, a slot must have been held in to be compared
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Lift:
    """Bookings beyond what comparable days bring, with a 95 % interval."""

    came: int  # in the classes compared
    usual: float  # in as many classes of comparable days
    error: float  # standard error of the difference
    low: float
    high: float
    classes: int  # compared
    left_out: int  # that have nothing to be compared with
    weeks: int  # compared with

    @property
    def extra(self) -> float:
        """What came beyond the usual."""
        return self.came - self.usual


def lift(came: Sequence[tuple[str, int]], others: Mapping[int, Mapping[str, int]], *, days: int) -> Lift | None:
    """The lift of classes that ``came`` (slot and bookings of each, over ``days`` days).

    ``others``: the bookings of each slot by comparable week; a slot that was not held in one is missing there. None:
    too few weeks, or no class that can be compared.
    """
    usual = {slot: _usual(slot, others) for slot, _ in came}
    compared = [(slot, count) for slot, count in came if usual[slot] is not None]
    if len(others) < LEAST_WEEKS or not compared:
        return None
    weeks = np.array([sum(week.get(slot, usual[slot] or 0.0) for slot, _ in compared) for week in others.values()])
    total = sum(count for _, count in compared)
    error = float(weeks.std(ddof=1)) * math.sqrt(1 / max(days / 7, 1.0) + 1 / len(weeks))
    reach = float(stdtrit(len(weeks) - 1, (1 + CONFIDENCE) / 2)) * error
    extra = total - float(weeks.mean())
    counts = len(compared), len(came) - len(compared), len(weeks)
    return Lift(total, float(weeks.mean()), error, extra - reach, extra + reach, *counts)


def net(extra: float, payout: float, fee: float) -> float:
    """What a lift brings after the fee: +14 bookings at 11 for a fee of 100 are +54."""
    return extra * payout - fee


def _usual(slot: str, others: Mapping[int, Mapping[str, int]]) -> float | None:
    """What a slot brings in a comparable week; None: it was held in too few of them."""
    held = [week[slot] for week in others.values() if slot in week]
    return sum(held) / len(held) if held and len(held) >= HELD * len(others) else None
