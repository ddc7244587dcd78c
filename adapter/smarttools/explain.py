"""Why a number is what it is, in a studio's words: parts that sum exactly to it, and what one more would take.

The labels of ``rate_parts`` and the codes of ``rate_binding`` tell when the floor binds: who may not see the floor is
shown "limit" instead, by whoever shows it (SR-11).
"""

from __future__ import annotations

import math
from typing import TypedDict

from adapter.smarttools.judge import Verdict
from adapter.smarttools.money import major
from adapter.smarttools.outlook import Case

ONE_MORE = {
    "cancelled": "Nothing: the class is cancelled.",
    "started": "Nothing: the class has started.",
    "no_capacity": "A capacity: the booking platform does not say how many places the class has.",
    "full": "A place that becomes free.",
    "release_all": "A place that becomes free: every free place is listed.",
    "risk_limit": "A higher limit on displacement risk, or fewer direct bookings still expected.",
    "min_spots": "A higher Minimum Spots, or fewer direct bookings still expected.",
}


class Part(TypedDict):
    """One addend, with its sign."""

    label: str
    value: float


def spot_parts(case: Case, verdict: Verdict) -> list[Part]:
    """Places, what takes them, what is kept, what a rule adds: whole numbers that sum to ``spots``."""
    if math.isnan(case.capacity):
        return [_part("places not known, so none is listed", 0)]
    taken = case.direct + case.marketplace + case.third_party
    count, places = verdict.count, int(case.capacity)
    closed = {"cancelled": "not listed: the class is cancelled", "started": "not listed: the class has started"}
    listed = case.free if count.reason in closed else 0
    parts = [
        _part("booked direct", -case.direct),
        _part("booked through the marketplace", -case.marketplace),
        _part("booked through others", -case.third_party),
        _part("booked beyond the places", max(taken - places, 0)),
        _part(closed.get(count.reason, ""), -listed),
        _part("kept for expected direct", count.proposed + verdict.premium_spots - case.free + listed),
        _part("offered as Premium", -verdict.premium_spots),
        _part("kept by the limit on displacement risk", count.allowed - count.proposed),
        _part("listed because of Minimum Spots", count.spots - count.allowed),
    ]
    return [_part("places", places), *(part for part in parts if part["value"])]


def rate_parts(case: Case, verdict: Verdict) -> list[Part]:
    """Steps to the rate, in major units; in minor units they sum to it exactly."""
    rate = verdict.rate
    parts = [
        _part("because a place may be needed for direct clients", major(rate.wanted - rate.free_units, case.digits)),
        _part("kept at the rate in force: the change would be small", major(rate.units - rate.wanted, case.digits)),
    ]
    first = _part("what sells best with places to spare", major(rate.free_units, case.digits))
    return [first, *(part for part in parts if part["value"])]


def one_more(verdict: Verdict) -> str:
    """What would list one spot more."""
    if verdict.count.reason in ONE_MORE:
        return ONE_MORE[verdict.count.reason]
    if math.isinf(verdict.next_place):
        return ONE_MORE["release_all"]
    return (
        f"Fewer direct bookings still expected: kept, the next place is worth {verdict.next_place:.2f}, "
        "more than it would bring sold."
    )


def _part(label: str, value: float) -> Part:
    return {"label": label, "value": value}
