"""The decision itself: facts and a model in, one verdict a session out, each number with what led to it.

The order of rules: cancelled, started, no capacity, full; release-all; then the model's number (or the plain rule's),
the studio's risk limit, Minimum Spots.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from adapter.smarttools.curves import EDGES, keys_of, still_to_come
from adapter.smarttools.facts import DIRECT, MARKETPLACE, Floats, Ints, Offers, Reservations, Sessions, count_by_session
from adapter.smarttools.forecast import Forecast, forecast
from adapter.smarttools.model import Model
from adapter.smarttools.money import major
from adapter.smarttools.plain import upper_quantile
from adapter.smarttools.premium import premium_rate, premium_spots
from adapter.smarttools.rates import TOP, Ladder, Rate, ladder, set_rate
from adapter.smarttools.returns import hazard_at, standing
from adapter.smarttools.spots import cuts, risk_of, within_risk, worth_listing
from adapter.smarttools.value import Flow, Worth, steps_for, table_size, worth


@dataclass(frozen=True)
class Books:
    """Active reservations of each session at the time of deciding."""

    direct: Ints
    marketplace: Ints
    third_party: Ints
    in_force: Floats  # the rate now on offer; NaN: none

    @property
    def active(self) -> Ints:
        """Places taken."""
        return self.direct + self.marketplace + self.third_party


@dataclass(frozen=True)
class Verdict:
    """What is decided for one session, with the steps that led there."""

    spots: int
    premium_spots: int
    rate: Rate
    rate_major: float
    premium_major: float  # NaN: none
    expected_direct: float
    risk: float
    value: float
    reason: str
    free: int
    proposed: int  # spots before the risk limit and Minimum Spots
    allowed: int  # spots after the risk limit
    place: float  # worth of the next place
    next_place: float  # worth of the place that would be listed next


def read_books(sessions: Sessions, reservations: Reservations, offers: Offers, at: float) -> Books:
    """The books at ``at``: nothing made later counts."""
    active = reservations.active(at)
    direct, through = (
        count_by_session(reservations.session, active & (reservations.channel == channel), len(sessions)).astype(
            np.int64
        )
        for channel in (DIRECT, MARKETPLACE)
    )
    whole = count_by_session(reservations.session, active, len(sessions)).astype(np.int64)
    in_force = np.full(len(sessions), np.nan)
    past = offers.since <= at
    in_force[offers.session[past]] = offers.rate[past]  # sorted by time: the last one stays
    return Books(direct, through, whole - direct - through, in_force)


def judge(sessions: Sessions, books: Books, at: float, model: Model) -> tuple[list[Verdict], Forecast]:
    """Verdicts in the order of the sessions."""
    lead = np.maximum(sessions.starts - at, 0.0)
    expected = forecast(sessions, books.direct, lead, model.level, model.curves, model.returns)
    capacity = np.nan_to_num(sessions.capacity)
    rungs = _Ladders(model)
    ladders = [rungs.of(sessions, index) for index in range(len(sessions))]
    verdicts: list[Verdict | None] = [None] * len(sessions)
    sizes = np.array([table_size(places) for places in capacity.tolist()], dtype=np.int64)
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        tables = worth(_flow(sessions, rows, expected, ladders, model, size), size)
        for row, index in enumerate(rows.tolist()):
            verdicts[index] = _verdict(sessions, books, expected, index, ladders[index], _row(tables, row), model)
    return [verdict for verdict in verdicts if verdict is not None], expected


class _Ladders:
    """Ladders by what they depend on; studios have few."""

    def __init__(self, model: Model) -> None:
        self._of = lru_cache(maxsize=None)(
            lambda floor, ceiling, digits, retail: ladder(floor, ceiling, digits, retail, model.market.accepts)
        )

    def of(self, sessions: Sessions, index: int) -> Ladder:
        return self._of(
            int(sessions.floor[index]),
            int(sessions.ceiling[index]),
            int(sessions.digits[index]),
            float(sessions.retail[index]),
        )


def _row(tables: Worth, row: int) -> Worth:
    return Worth(tables.place[row], tables.safe[row], tables.served[row])


def _flow(sessions: Sessions, rows: Ints, expected: Forecast, ladders: list[Ladder], model: Model, size: int) -> Flow:
    looks = model.market.mean(sessions)
    steps = [_steps(sessions, index, float(expected.lead[index]), model, steps_for(size)) for index in rows.tolist()]
    rungs = [ladders[index].rungs() for index in rows.tolist()]
    direct, stand, cancelled, marketplace = (np.array(part) for part in zip(*steps, strict=True))
    return Flow(
        capacity=np.nan_to_num(sessions.capacity[rows]),
        direct=direct,
        stand=stand,
        cancelled=cancelled,
        marketplace=marketplace * looks[rows, None],
        nodes=expected.nodes[rows],
        other=model.other,
        served=sessions.displacement_weight[rows] * sessions.retail[rows],
        rates=np.array([rate for rate, _ in rungs]) * model.market.attended,
        accepts=np.array([accepts for _, accepts in rungs]),
    )


def _steps(
    sessions: Sessions, index: int, lead: float, model: Model, steps: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Time to the start cut so that each step sees about as much happen; nothing here depends on the bookings."""
    keys = keys_of(sessions, index)
    direct, market = model.curves.of(keys), model.market.curves.of(keys)
    fine = np.append(EDGES[lead > EDGES], lead)
    fine = np.unique(np.concatenate([np.linspace(a, b, 9) for a, b in zip(fine, fine[1:], strict=False)] or [fine]))
    busy = still_to_come(direct, fine) + 0.5 * still_to_come(market, fine) + 0.2 * fine / max(lead, 1e-9)
    cut = np.interp(np.linspace(0, busy[-1], steps + 1), busy, fine)
    hazard = model.returns.of(sessions.studio[index])
    middle = (cut[1:] + cut[:-1]) / 2
    come = np.diff(still_to_come(direct, cut))
    whole = come.sum()
    return (
        come / whole if whole > 0 else come,
        standing(hazard, middle),
        1 - np.exp(-hazard_at(hazard, middle) * np.diff(cut)),
        np.diff(still_to_come(market, cut)),
    )


def _verdict(
    sessions: Sessions, books: Books, expected: Forecast, index: int, steps: Ladder, tables: Worth, model: Model
) -> Verdict:
    capacity = sessions.capacity[index]
    free = 0 if np.isnan(capacity) else max(int(capacity) - int(books.active[index]), 0)
    paid, digits = model.market.attended, int(sessions.digits[index])
    closed = _closed(sessions, expected, index, free)
    standard, premium, proposed, allowed, reason = 0, 0, 0, 0, closed
    if not closed:
        standard, premium, proposed, allowed, reason = _spots(
            sessions, books, expected, index, steps, tables, model, free
        )
    first = float(tables.place[free]) if free else float("inf")
    last = float(tables.place[free - allowed + 1]) if allowed and reason != "release_all" else 0.0
    rate = set_rate(steps, first, min(last, first) if not allowed else last, paid, digits, float(books.in_force[index]))
    higher = premium_rate(steps, rate.units)
    if higher is None:
        premium = 0
    listed = standard + premium
    rate_major = major(rate.units, digits)
    premium_major = major(higher, digits) if premium and higher is not None else float("nan")
    open_for_more = not closed or closed == "full"
    return Verdict(
        spots=standard,
        premium_spots=premium,
        rate=rate,
        rate_major=rate_major,
        premium_major=premium_major,
        expected_direct=float(tables.served[free]) if open_for_more else 0.0,
        risk=risk_of(tables.safe, free, listed),
        value=_value(sessions, expected, index, tables, model, free, listed, rate_major) if listed else 0.0,
        reason=reason,
        free=free,
        proposed=proposed,
        allowed=allowed,
        place=first,
        next_place=float(tables.place[free - listed]) if free > listed else float("inf"),
    )


def _closed(sessions: Sessions, expected: Forecast, index: int, free: int) -> str:
    if sessions.cancelled[index]:
        return "cancelled"
    if expected.lead[index] <= 0:
        return "started"
    if np.isnan(sessions.capacity[index]):
        return "no_capacity"
    return "" if free else "full"


def _spots(
    sessions: Sessions,
    books: Books,
    expected: Forecast,
    index: int,
    steps: Ladder,
    tables: Worth,
    model: Model,
    free: int,
) -> tuple[int, int, int, int, str]:
    """Standard and premium spots, the proposal, what the risk limit left of it, and the rule that decided."""
    if expected.lead[index] <= sessions.release_hours[index]:
        return free, 0, free, free, "release_all"
    limit = float(sessions.max_risk[index])
    premium = 0
    reason = "forecast" if model.level.knows(sessions.studio[index]) else "cold_start"
    cap = within_risk(tables.safe, free, limit)
    if model.sessions:
        limits = _cuts(sessions, steps, model, index)
        proposed = worth_listing(tables.place, free, limits)
        allowed = min(proposed, cap)
    else:
        proposed = max(free - _kept(sessions, books, expected, index, model), 0)
        allowed = min(proposed, cap)
    wanted = min(int(sessions.min_spots[index] - books.marketplace[index]), free)
    if wanted > allowed:
        return wanted, 0, proposed, allowed, "min_spots"
    if model.sessions:
        premium = premium_spots(tables.place, tables.safe, free, allowed, limit, limits[1].worth)
    if allowed < proposed:
        reason = "risk_limit"
    return allowed, premium, proposed, allowed, reason


def _cuts(sessions: Sessions, steps: Ladder, model: Model, index: int):  # type: ignore[no-untyped-def]
    digits, paid = int(sessions.digits[index]), model.market.attended
    return cuts(major(steps.best(0.0, paid), digits), major(int(steps.units[-1]), digits), paid, TOP)


def _kept(sessions: Sessions, books: Books, expected: Forecast, index: int, model: Model) -> int:
    """What the plain rule keeps: a high quantile of direct demand to come, less the cancellations expected."""
    stand = float(standing(model.returns.of(sessions.studio[index]), float(expected.lead[index])))
    likely = upper_quantile(float(expected.remaining[index]), float(expected.spread[index]))
    return max(likely - int(books.direct[index] * (1 - stand)), 0)


def _value(
    sessions: Sessions,
    expected: Forecast,
    index: int,
    tables: Worth,
    model: Model,
    free: int,
    listed: int,
    rate: float,
) -> float:
    """Expected payouts of what is listed less the retail value of direct clients it displaces."""
    keys = keys_of(sessions, index)
    looks = float(
        model.market.mean(sessions)[index] * still_to_come(model.market.curves.of(keys), expected.lead[index])
    )
    demand = looks * float(model.market.accepts(np.array([rate / sessions.retail[index]]))[0])
    total, chance, left = 0.0, np.exp(-demand), 1.0
    for sold in range(listed + 1):
        likely = left if sold == listed else chance
        displaced = max(float(tables.served[free] - tables.served[free - sold]), 0.0)
        total += likely * (sold * rate * model.market.attended - displaced * float(sessions.retail[index]))
        left -= chance
        chance *= demand / (sold + 1)
    return float(total)
