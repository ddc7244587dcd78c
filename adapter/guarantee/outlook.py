"""How a guarantee may end: where day 90 would be if the rest goes as so far, and when a payment is possible at all.

Not money but expectation: floats, with an interval that says how little is known. Pure, from a statement alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Z_80 = 1.2816  # of ten such days in a row, eight intervals hold what comes
LEAST_DAYS = 14  # before that, a forecast would be a guess
SHARES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


@dataclass(frozen=True)
class Forecast:
    """Lost Revenue less ClassPass Revenue on the last day: below 0, nothing is paid. With an 80 % interval."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class BreakEven:
    """At this payout, as a share of the retail rate, a payment needs more than this share of lost customers' visits."""

    payout_share: float
    lost_share: float | None  # None: whatever is lost, nothing can be paid


def days_done(statement: Mapping[str, Any], today: date) -> int:
    """Which day of the period it is: 1 on the first, 0 before there is one, and no more than there are."""
    if statement["start_date"] is None:
        return 0
    start, last = (date.fromisoformat(statement[name]) for name in ("start_date", "last_day"))
    return max(0, min((today - start).days + 1, (last - start).days + 1))


def forecast(daily: Iterable[float], days_left: int) -> Forecast | None:
    """The balance at the end from the balance of each finished day; None where too few are finished.

    The rest is the mean day times the days left; its spread is the days' own, theirs and that of the mean.
    """
    days = list(daily)
    if len(days) < LEAST_DAYS:
        return None
    so_far, mean = math.fsum(days), math.fsum(days) / len(days)
    variance = math.fsum((day - mean) ** 2 for day in days) / (len(days) - 1)
    spread = Z_80 * math.sqrt(variance * days_left * (1 + days_left / len(days)))
    middle = so_far + mean * days_left
    return Forecast(middle, middle - spread, middle + spread)


def daily_balance(statement: Mapping[str, Any], dates: Mapping[str, date], until: date) -> list[float]:
    """Lost Revenue less ClassPass Revenue of each day from the start until before ``until``."""
    start = date.fromisoformat(statement["start_date"])
    by_day: dict[date, float] = defaultdict(float)
    for line in statement["lines"]:
        earned = sum(float(line[name] or 0) for name in ("payout", "switcher_revenue", "tax"))
        by_day[dates[line["reservation_id"]]] += float(line["lost_revenue"] or 0) - earned
    last = min(until.toordinal() - 1, date.fromisoformat(statement["last_day"]).toordinal())
    return [by_day[date.fromordinal(day)] for day in range(start.toordinal(), last + 1)]


def break_even(switchers_share: float = 0.0) -> list[BreakEven]:
    """When a payment is possible: lost x (R - P) > all x P + what Switchers bring, as a share of all x R (trap 4)."""
    return [BreakEven(share, _needed(share, switchers_share)) for share in SHARES]


def _needed(payout_share: float, switchers_share: float) -> float | None:
    needed = (payout_share + switchers_share) / (1 - payout_share)
    return needed if needed < 1 else None


def people(statement: Mapping[str, Any]) -> dict[str, int]:
    """How many people of the period came first through what; nobody known is not counted."""
    seen = {line["person"]: (line["switcher"], line["lost"]) for line in statement["lines"] if line["person"]}
    kinds = {(True, True): "both", (True, False): "switchers", (False, True): "lost", (False, False): "neither"}
    counted = dict.fromkeys((*kinds.values(), "unknown"), 0)
    for standing in seen.values():
        counted[kinds.get(standing, "unknown")] += 1
    return counted
