"""The decisions themselves: each number with what led to it. Arrays, one entry a session.

The order of rules: cancelled, started, no capacity, full; release-all; then the model's number (without a model the
plain rule's), the studio's risk limit, Minimum Spots. The model proposes, the rules here dispose.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Ints, Words
from adapter.smarttools.outlook import Outlook
from adapter.smarttools.plain import listed, upper_quantile
from adapter.smarttools.premium import premium_spots, premium_units
from adapter.smarttools.rates import set_rates
from adapter.smarttools.response import chance
from adapter.smarttools.spots import LIKELY, TOP, at, risk_of, within_risk, worth_listing
from adapter.smarttools.value import Worth

AN_INSTANT = 1e-6  # hours: what rounding takes from a difference of two times
CROWD = 700  # marketplace users: of more, as many come as are expected; twice as many never come of fewer
NOT_HELD = frozenset({"cancelled", "started", "no_capacity"})  # nothing is expected of these


@dataclass(frozen=True)
class Verdicts:
    """What is decided."""

    spots: Ints
    premium_spots: Ints
    further: Ints  # premium spots, whether the studio offers them or not
    proposed: Ints  # spots before the risk limit and Minimum Spots
    allowed: Ints  # after the risk limit
    reason: Words
    units: Ints  # the rate in minor units; so are the next four
    asked_units: Ints  # before its bounds
    best_units: Ints
    wanted_units: Ints
    premium_units: Ints  # what means nothing where there are no further spots
    rate_binding: Words
    lost: Floats  # what trying a rate costs for each one who looks
    propensity: Floats  # the chance with which the rate was drawn
    expected_direct: Floats
    risk: Floats
    value: Floats
    next_place: Floats  # worth of the place that would be listed next; infinite: there is none
    safe: Ints  # the most spots that hardly ever displace anyone, whatever is listed (OP-02)
    demand: Floats  # marketplace reservations still to come at the rate that would stand, places not limiting
    premium_demand: Floats  # the same at the premium rate


def judge(outlook: Outlook, rows: Ints, tables: Worth, way: Floats, *, fitted: bool) -> Verdicts:
    """Decide some sessions; ``way``: of rates that are tried; ``fitted`` False answers by the plain rule."""
    free = outlook.free[rows]
    closed, released = _closed(outlook, rows), _released(outlook, rows)
    model = _proposed(outlook, rows, tables, fitted=fitted)
    proposed = np.where(closed != "", 0, np.where(released, free, model))
    limit = np.where(released, np.nan, outlook.sessions.max_risk[rows])
    allowed = np.minimum(proposed, within_risk(tables.safe, free, limit))
    least = np.minimum(outlook.sessions.min_spots[rows] - outlook.books.marketplace[rows], free)
    forced = (least > allowed) & (closed == "")
    spots = np.where(forced, least, allowed)
    reason = _reasons(outlook, rows, closed, released, forced, allowed < proposed)
    dearest = _dearest(tables, free, allowed, released)
    rates = set_rates(outlook, rows, at(tables.place, np.maximum(free, 1)), dearest, way)
    higher = premium_units(rates.units, outlook.sessions.ceiling[rows])
    open_to = fitted & (closed == "") & ~released & ~forced & (higher > rates.units)
    further = np.where(open_to, _premium(outlook, rows, tables, allowed), 0)
    premium = np.where(outlook.sessions.premium[rows], further, 0)
    total = spots + premium
    risk, value = weigh(outlook, rows, tables, total, rates.units)
    safe = _safe(outlook, rows, tables, model, fitted=fitted)
    stands = outlook.stands[rows]
    return Verdicts(
        spots=spots,
        premium_spots=premium,
        further=further,
        proposed=proposed,
        allowed=allowed,
        reason=reason,
        units=rates.units,
        asked_units=rates.asked,
        best_units=rates.best,
        wanted_units=rates.tried.units,
        premium_units=higher,
        rate_binding=rates.binding,
        lost=rates.tried.lost,
        propensity=rates.tried.propensity,
        expected_direct=np.where(np.isin(closed, list(NOT_HELD)), 0.0, _to_come(outlook, rows, tables)),
        risk=risk,
        value=value,
        next_place=at(tables.place, free - total),
        safe=np.where(closed != "", 0, safe),
        demand=_demand(outlook, rows, rates.units) * stands,
        premium_demand=_demand(outlook, rows, higher) * stands,
    )


def weigh(outlook: Outlook, rows: Ints, tables: Worth, listed: Ints, units: Ints) -> tuple[Floats, Floats]:
    """What listing so many spots at a rate, whoever chose them, risks and brings."""
    return risk_of(tables.safe, outlook.free[rows], listed), _value(outlook, rows, tables, listed, units)


def gathered(parts: list[tuple[Ints, Verdicts]], size: int) -> Verdicts:
    """Verdicts on some sessions each, as one on all of them in order."""
    back = np.zeros(size, np.int64)
    back[np.concatenate([rows for rows, _ in parts] or [back])] = np.arange(size)
    return Verdicts(
        **{
            each.name: np.concatenate([getattr(part, each.name) for _, part in parts] or [np.zeros(0)])[back]
            for each in fields(Verdicts)
        }
    )


def _closed(outlook: Outlook, rows: Ints) -> Words:
    sessions = outlook.sessions
    return np.select(
        [
            sessions.cancelled[rows],
            outlook.expected.lead[rows] <= 0,
            np.isnan(sessions.capacity[rows]),
            outlook.free[rows] == 0,
        ],
        ["cancelled", "started", "no_capacity", "full"],
        "",
    )


def _released(outlook: Outlook, rows: Ints) -> Bools:
    return np.asarray(outlook.expected.lead[rows] <= outlook.sessions.release_hours[rows] + AN_INSTANT, dtype=np.bool_)


def _proposed(outlook: Outlook, rows: Ints, tables: Worth, *, fitted: bool) -> Ints:
    free = outlook.free[rows]
    if fitted:
        limits = (outlook.free_rate[rows], outlook.ceiling[rows], outlook.paid[rows])
        return worth_listing(tables.place, free, *limits)
    kept = [_kept(outlook, row) for row in rows.tolist()]
    through = outlook.books.marketplace[rows].tolist()
    return np.array([listed(*each) for each in zip(free.tolist(), kept, through, strict=True)], dtype=np.int64)


def _kept(outlook: Outlook, row: int) -> int:
    """What the plain rule keeps: a high quantile of direct demand to come, less the cancellations expected."""
    expected = outlook.expected
    likely = upper_quantile(float(expected.remaining[row]), float(expected.spread[row]))
    return max(likely - int(outlook.books.direct[row] * (1 - expected.stand[row])), 0)


def _reasons(outlook: Outlook, rows: Ints, closed: Words, released: Bools, forced: Bools, risky: Bools) -> Words:
    usual = np.where(outlook.known[rows], "forecast", "cold_start")
    return np.select([closed != "", released, forced, risky], [closed, "release_all", "min_spots", "risk_limit"], usual)


def _premium(outlook: Outlook, rows: Ints, tables: Worth, standard: Ints) -> Ints:
    rate, ceiling, paid = outlook.free_rate[rows], outlook.ceiling[rows], outlook.paid[rows]
    against = (rate + (rate + TOP * (ceiling - rate))) / 2 * paid
    limit = outlook.sessions.max_risk[rows]
    return premium_spots(tables.place, tables.safe, outlook.free[rows], standard, limit, against)


def _dearest(tables: Worth, free: Ints, allowed: Ints, released: Bools) -> Floats:
    """Worth of the last place that the model lists: the rate must bring more. What a rule forces may bring less."""
    nothing = released | (allowed == 0)
    return np.where(nothing, 0.0, at(tables.place, np.where(nothing, 1, free - allowed + 1)))


def _safe(outlook: Outlook, rows: Ints, tables: Worth, model: Ints, *, fitted: bool) -> Ints:
    """Spots within the studio's risk limit, else within `LIKELY`; the plain rule's own number without a model."""
    free, own = outlook.free[rows], outlook.sessions.max_risk[rows]
    likely = np.where(np.isnan(own), LIKELY, own) if fitted else own
    within = within_risk(tables.safe, free, likely)
    return within if fitted else np.minimum(model, within)


def _to_come(outlook: Outlook, rows: Ints, tables: Worth) -> Floats:
    """Direct reservations to come that would stand: not more than the places, whatever comes back and is taken anew."""
    return np.minimum(at(tables.served, outlook.free[rows]), outlook.capacity[rows])


def _demand(outlook: Outlook, rows: Ints, units: Ints) -> Floats:
    """Marketplace users still to come who would book at a rate."""
    rate = units / 10.0 ** outlook.sessions.digits[rows]
    return outlook.expected.looks[rows] * chance(rate, outlook.median[rows], outlook.scale[rows])


def _value(outlook: Outlook, rows: Ints, tables: Worth, total: Ints, units: Ints) -> Floats:
    """Expected payouts of what is listed less the expected retail value of the direct clients it displaces."""
    rate = units / 10.0 ** outlook.sessions.digits[rows]
    demand = _demand(outlook, rows, units)
    free, brings, retail = outlook.free[rows], rate * outlook.paid[rows], outlook.sessions.retail[rows]
    alone = at(tables.served, free)

    def worth_of(sold: Ints) -> Floats:
        displaced = np.maximum(alone - at(tables.served, free - sold), 0.0)
        return np.asarray(sold * brings - displaced * retail)

    worth, likely, left = np.zeros(len(rows)), np.exp(-demand), np.ones(len(rows))
    most = np.minimum(total, 2 * CROWD)
    for sold in range(int(most.max(initial=0)) + 1):
        share = np.where(sold == most, left, likely)
        worth += np.where(sold <= most, share * worth_of(np.minimum(sold, most)), 0.0)
        left, likely = left - likely, likely * demand / (sold + 1)
    crowded = demand > CROWD
    return np.where(crowded, worth_of(np.minimum(total, demand).astype(np.int64)), worth) if crowded.any() else worth
