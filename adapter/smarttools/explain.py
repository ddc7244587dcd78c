"""Why a number is what it is, in a studio's words: parts that sum exactly to it, and what one more would take.

The labels of ``rate_parts`` and the codes of ``rate_binding`` tell when the floor binds: who may not see the floor is
shown "limit" instead, by whoever shows it (SR-11).
"""

from __future__ import annotations

import math
from typing import TypedDict

import numpy as np

from adapter.smarttools.exploring import SHARE
from adapter.smarttools.facts import Ints
from adapter.smarttools.judge import Verdicts
from adapter.smarttools.money import major
from adapter.smarttools.outlook import Outlook
from adapter.smarttools.rates import BOUNDED
from adapter.smarttools.response import Responses, best_rate

IN_FORCE = {
    False: "kept at the rate in force: the change would be small",
    True: "not all at once: a rate moves by half at the most",
}
DEAREST = "so that the last place listed brings what it is worth"
KEPT, OFFERED = "kept for expected direct", "offered as Premium"
NOT_CHOSEN = "not offered: the studio's choice"
HIGHER = {
    "floor": "More demand: what sells best lies at or below the floor.",
    "in_force": "A greater change: the one that is due is too small to be made.",
    "bounded": "Time: a rate moves by half at the most in one change.",
    "explored": "Nothing: this rate is tried, to learn what people would pay.",
}
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


class Exploration(TypedDict):
    """What was tried, kept with the decision so that what came of it can be weighed."""

    share: float  # of the classes whose rate is tried a step off
    propensity: float  # the chance with which this rate was drawn
    step: float  # from the best rate known to the one tried, in major units
    costs: float  # expected, at most, in major units


def spot_parts(outlook: Outlook, verdicts: Verdicts, row: int) -> list[Part]:
    """Places, what takes them, what is kept, what a rule adds: whole numbers that sum to ``spots``."""
    if math.isnan(outlook.sessions.capacity[row]):
        return [_part("places not known, so none is listed", 0)]
    direct, marketplace, others = (
        int(count[row]) for count in (outlook.books.direct, outlook.books.marketplace, outlook.books.third_party)
    )
    places, free = int(outlook.capacity[row]), int(outlook.free[row])
    closed = {"cancelled": "not listed: the class is cancelled", "started": "not listed: the class has started"}
    reason, premium = verdicts.reason[row], int(verdicts.premium_spots[row])
    proposed, allowed, spots = (int(n[row]) for n in (verdicts.proposed, verdicts.allowed, verdicts.spots))
    listed = free if reason in closed else 0
    parts = [
        _part("booked direct", -direct),
        _part("booked through the marketplace", -marketplace),
        _part("booked through others", -others),
        _part("booked beyond the places", max(direct + marketplace + others - places, 0)),
        _part(closed.get(reason, ""), -listed),
        _part(KEPT, proposed + premium - free + listed),
        _part(OFFERED, -premium),
        _part("kept by the limit on displacement risk", allowed - proposed),
        _part("listed because of Minimum Spots", spots - allowed),
    ]
    return [_part("places", places), *(part for part in parts if part["value"])]


def rate_levels(outlook: Outlook, responses: Responses) -> Ints:
    """The best rates with places to spare, in minor units, from the general to the particular, (levels, sessions).

    At any studio, at each session's own, for its slot, and by what sells just now. What bounds a rate is no part of it.
    """
    anchor, coins = responses.anchor(outlook.sessions), 10.0**outlook.sessions.digits
    known = [(median * anchor, scale * anchor) for median, scale in responses.levels(outlook.sessions)]
    free = np.zeros(len(outlook))
    levels = [best_rate(median, scale, free) for median, scale in (*known, (outlook.median, outlook.scale))]
    return np.asarray(np.rint(np.array(levels) * coins), dtype=np.int64)


def rate_parts(outlook: Outlook, verdicts: Verdicts, levels: Ints, row: int) -> list[Part]:
    """Steps to the rate, in major units; in minor units they sum to it exactly (SR-01). ``levels``: `rate_levels`."""
    units, asked, best, wanted = (
        int(n[row]) for n in (verdicts.units, verdicts.asked_units, verdicts.best_units, verdicts.wanted_units)
    )
    usual, studio, slot, now = levels[:, row].tolist()
    digits = int(outlook.sessions.digits[row])
    parts = [
        _part("what guests of this studio pay", major(studio - usual, digits)),
        _part("what guests pay for this class at this hour", major(slot - studio, digits)),
        _part("what upcoming classes sell just now", major(now - slot, digits)),
        _part("because a place may be needed for direct clients", major(asked - now, digits)),
        _part(_bound(outlook, row, asked, best), major(best - asked, digits)),
        _part("tried a little higher or lower, to learn what people would pay", major(wanted - best, digits)),
        _part(IN_FORCE[verdicts.rate_binding[row] == BOUNDED], major(units - wanted, digits)),
    ]
    odd = float(outlook.sessions.odd_rate[row])
    if not math.isnan(odd):
        parts.append(_part("no whole coin lies between floor and ceiling", odd - major(units, digits)))
    first = _part("what sells best at any studio at this direct price", major(usual, digits))
    return [first, *(p for p in parts if p["value"])]


def _bound(outlook: Outlook, row: int, asked: int, best: int) -> str:
    """What moved the rate that would be asked for. Who may not see the floor is told of a limit."""
    if best < asked:
        return "no more than the ceiling"
    return "no less than the agreed floor" if best == outlook.sessions.floor[row] else DEAREST


def premium_parts(outlook: Outlook, verdicts: Verdicts, row: int) -> list[Part]:
    """What is free beyond the standard spots, and what of it is kept: whole numbers that sum to the premium spots."""
    spots, further = int(verdicts.spots[row]), int(verdicts.further[row])
    beyond, unchosen = int(outlook.free[row]) - spots, further - int(verdicts.premium_spots[row])
    return [
        _part("free beyond the standard spots", beyond),
        _part("kept: not unlikely to be needed", further - beyond),
        *([_part(NOT_CHOSEN, -unchosen)] if unchosen else []),
    ]


def premium_rate_parts(outlook: Outlook, verdicts: Verdicts, row: int) -> list[Part]:
    """Steps to the premium rate in major units; none where nothing is offered as Premium."""
    if not verdicts.premium_spots[row]:
        return []
    units, premium = int(verdicts.units[row]), int(verdicts.premium_units[row])
    digits = int(outlook.sessions.digits[row])
    return [
        _part("the standard rate", major(units, digits)),
        _part("above it as Premium", major(premium - units, digits)),
    ]


def exploration(outlook: Outlook, verdicts: Verdicts, row: int) -> Exploration:
    """What was tried of the rate, how likely that was, and what it costs."""
    step = int(verdicts.wanted_units[row] - verdicts.best_units[row])
    return {
        "share": SHARE,
        "propensity": float(verdicts.propensity[row]),
        "step": major(step, int(outlook.sessions.digits[row])),
        "costs": round(float(verdicts.lost[row] * outlook.expected.looks[row]), 4),
    }


def higher_rate(outlook: Outlook, verdicts: Verdicts, row: int) -> str:
    """What would make the rate one step higher."""
    if verdicts.units[row] >= outlook.sessions.ceiling[row]:
        return "A higher ceiling."
    return HIGHER.get(verdicts.rate_binding[row], "Fewer places left, or more demand for them.")


def one_more_premium(outlook: Outlook, verdicts: Verdicts, row: int) -> str:
    """What would offer one more place as Premium."""
    reason = verdicts.reason[row]
    if verdicts.further[row] > verdicts.premium_spots[row]:
        return "Premium, if the studio chooses it."
    if reason == "min_spots":
        return "Nothing: Minimum Spots lists more than is advised already."
    if reason in ONE_MORE and reason != "risk_limit":
        return ONE_MORE[reason]
    if verdicts.units[row] >= outlook.sessions.ceiling[row]:
        return "A ceiling above the standard rate."
    return "Fewer direct bookings still expected: a place that may be needed is not offered."


def one_more(verdicts: Verdicts, row: int) -> str:
    """What would list one spot more."""
    if verdicts.reason[row] in ONE_MORE:
        return ONE_MORE[verdicts.reason[row]]
    if math.isinf(verdicts.next_place[row]):
        return ONE_MORE["release_all"]
    return (
        f"Fewer direct bookings still expected: kept, the next place is worth {verdicts.next_place[row]:.2f}, "
        "more than it would bring sold."
    )


def _part(label: str, value: float) -> Part:
    return {"label": label, "value": value}
