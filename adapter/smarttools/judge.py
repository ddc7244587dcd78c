"""The decision itself: one case in, one verdict out, each number with what led to it.

The order of rules: cancelled, started, no capacity, full; release-all; then the model's number (without a model the
plain rule's), the studio's risk limit, Minimum Spots. The model proposes, the rules here dispose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from adapter.smarttools.money import major
from adapter.smarttools.outlook import Case
from adapter.smarttools.plain import listed, upper_quantile
from adapter.smarttools.premium import premium_rate, premium_spots
from adapter.smarttools.rates import Rate, set_rate
from adapter.smarttools.spots import Cut, cuts, risk_of, within_risk, worth_listing

AN_INSTANT = 1e-6  # hours: what rounding takes from a difference of two times
NOT_HELD = frozenset({"cancelled", "started", "no_capacity"})  # nothing is expected of these


@dataclass(frozen=True)
class Count:
    """How many spots, and by which steps."""

    spots: int
    premium: int
    proposed: int  # before the risk limit and Minimum Spots
    allowed: int  # after the risk limit
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What is decided for one session."""

    count: Count
    premium_spots: int
    rate: Rate
    premium_rate: float  # NaN: none
    expected_direct: float
    risk: float
    value: float
    next_place: float  # worth of the place that would be listed next; infinite: there is none


def judge(case: Case, *, fitted: bool) -> Verdict:
    """Decide one session; ``fitted`` False answers by the plain rule."""
    count = _count(case, fitted=fitted)
    rate = set_rate(case.ladder, _first(case), _dearest(case, count), case.paid, case.digits, case.in_force)
    higher = premium_rate(case.ladder, rate.units)
    premium = 0 if higher is None else count.premium
    total = count.spots + premium
    return Verdict(
        count=count,
        premium_spots=premium,
        rate=rate,
        premium_rate=major(higher, case.digits) if higher is not None and premium else math.nan,
        expected_direct=0.0 if count.reason in NOT_HELD else float(case.served[case.free]),
        risk=risk_of(case.safe, case.free, total),
        value=_value(case, total, major(rate.units, case.digits)),
        next_place=float(case.place[case.free - total]),
    )


def _count(case: Case, *, fitted: bool) -> Count:
    closed = _closed(case)
    if closed:
        return Count(0, 0, 0, 0, closed)
    if case.lead <= case.release_hours + AN_INSTANT:
        return Count(case.free, 0, case.free, case.free, "release_all")
    limits = _cuts(case)
    proposed = (
        worth_listing(case.place, case.free, limits) if fitted else listed(case.free, _kept(case), case.marketplace)
    )
    allowed = min(proposed, within_risk(case.safe, case.free, case.max_risk))
    forced = min(case.min_spots - case.marketplace, case.free)
    if forced > allowed:
        return Count(forced, 0, proposed, allowed, "min_spots")
    premium = premium_spots(case.place, case.safe, case.free, allowed, case.max_risk, limits[1].worth) if fitted else 0
    usual = "forecast" if case.known else "cold_start"
    return Count(allowed, premium, proposed, allowed, "risk_limit" if allowed < proposed else usual)


def _closed(case: Case) -> str:
    if case.cancelled:
        return "cancelled"
    if case.lead <= 0:
        return "started"
    if math.isnan(case.capacity):
        return "no_capacity"
    return "" if case.free else "full"


def _cuts(case: Case) -> tuple[Cut, ...]:
    free_rate = major(case.ladder.best(0.0, case.paid), case.digits)
    return cuts(free_rate, major(int(case.ladder.units[-1]), case.digits), case.paid)


def _kept(case: Case) -> int:
    """What the plain rule keeps: a high quantile of direct demand to come, less the cancellations expected."""
    return max(upper_quantile(case.remaining, case.spread) - int(case.direct * (1 - case.stand)), 0)


def _first(case: Case) -> float:
    """Worth of the next place; of a full class, of the first that comes back."""
    return float(case.place[max(case.free, 1)])


def _dearest(case: Case, count: Count) -> float:
    """Worth of the last place that the model lists: the rate must bring more. What a rule forces may bring less."""
    if count.reason == "release_all" or not count.allowed:
        return 0.0
    return float(case.place[case.free - count.allowed + 1])


def _value(case: Case, total: int, rate: float) -> float:
    """Expected payouts of what is listed less the retail value of the direct clients it displaces."""
    demand = case.looks * float(case.ladder.accepts_at(rate))
    worth, chance, left = 0.0, math.exp(-demand), 1.0
    for sold in range(total + 1):
        displaced = max(float(case.served[case.free] - case.served[case.free - sold]), 0.0)
        worth += (left if sold == total else chance) * (sold * rate * case.paid - displaced * case.retail)
        left, chance = left - chance, chance * demand / (sold + 1)
    return worth
