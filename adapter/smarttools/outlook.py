"""How each session stands: its books, what is to come, at which rates it could be sold. Arrays, one entry a session.

An entry depends on its own session, on its studio's pace and on what guests would pay, which all that are asked about
tell (``pace``, ``appetite``); beside these, never on which others were asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from adapter.smarttools.appetite import Appetite, Belief, Posted, appetite_of, posted
from adapter.smarttools.clockwork import at_lead, cut
from adapter.smarttools.facts import (
    DIRECT,
    MARKETPLACE,
    THIRD_PARTY,
    Bools,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
    count_by,
)
from adapter.smarttools.forecast import WEIGHTS, Forecast, forecast, gamma_points
from adapter.smarttools.model import Model
from adapter.smarttools.response import best_rate, chance
from adapter.smarttools.tempo import Dated
from adapter.smarttools.value import Flow, Singles, Worth, worth

SIZES = np.array([8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024])  # places of the tables; more than STEPS
STEPS = np.array([12, 20, 28, 40, 56, 80, 112, 160, 320, 640])
FULL = 0.95  # of a step, at the most, may be taken up by what happens in it
BUSY = 0.5  # of a reservation, at the most, is usual in one step
UNSEEN = 1.25  # times as much a displaced direct client counts where no session was ever learned from
HEED = 1.1  # times its weight a displaced direct client counts: what is believed of demand is itself in doubt
CAUTION = 0.02  # by so much more a displaced direct client counts, for each week that the model is older than one
DEARER = 1.02  # times the ceiling: a direct client counts for more than any spot, by more than rounding could hide
RUNGS = 4  # rates among which the dynamic program chooses later
HELD = 96_000  # sessions times steps that are solved at a time: few calls, and no array that is large


@dataclass(frozen=True)
class Books:
    """Active reservations of each session at the time of deciding."""

    direct: Ints
    marketplace: Ints
    third_party: Ints
    in_force: Floats  # the rate now on offer; NaN: none
    dated: Dated  # when the direct ones were made
    posted: Posted  # what stood for sale on the marketplace, and what was sold of it


@dataclass(frozen=True)
class Outlook:
    """Sessions as they stand."""

    sessions: Sessions
    books: Books
    expected: Forecast
    capacity: Ints  # 0 where it is not said
    free: Ints
    known: Bools  # its studio was in the history
    median: Floats  # the rate at which half of those who look would book
    scale: Floats
    doubt: Floats  # standard deviation of the median
    appetite: Appetite  # how far its upcoming sessions' sales moved these
    floor: Floats  # in major units, as ``ceiling``
    ceiling: Floats
    stands: Floats  # the chance that a reservation made now stands at the start
    paid: Floats  # the share of a rate that it brings: it must stand, and be attended
    free_rate: Floats  # the best rate if the place were worth nothing else

    def __len__(self) -> int:
        return len(self.free)


def read_books(sessions: Sessions, reservations: Reservations, offers: Offers, at: float) -> Books:
    """The books at ``at``: nothing made later counts."""
    active = reservations.active(at)
    direct, marketplace, third_party = (
        count_by(reservations.session[active & (reservations.channel == channel)], len(sessions)).astype(np.int64)
        for channel in (DIRECT, MARKETPLACE, THIRD_PARTY)
    )
    in_force = np.full(len(sessions), np.nan)
    latest = offers.latest(at, len(sessions))
    in_force[latest >= 0] = offers.rate[latest[latest >= 0]]
    timed = active & (reservations.channel == DIRECT) & ~np.isnan(reservations.booked)
    session = reservations.session[timed]
    dated = Dated(session, sessions.starts[session] - reservations.booked[timed])
    return Books(direct, marketplace, third_party, in_force, dated, posted(sessions, reservations, offers, at))


def look(sessions: Sessions, books: Books, at: float, model: Model) -> Outlook:
    """Each session's outlook, in order."""
    capacity = np.nan_to_num(sessions.capacity).astype(np.int64)
    free = np.maximum(capacity - books.direct - books.marketplace - books.third_party, 0)
    expected = forecast(sessions, books.direct, at, model, full=free == 0, dated=books.dated)
    belief, appetite = _appetite(sessions, books, expected, model)
    median, scale, doubt = appetite.sharpened(belief, sessions.profiles[1])
    expected = replace(expected, looks=expected.looks * appetite.looks)
    coin = 10.0**-sessions.digits
    floor, ceiling = sessions.floor * coin, sessions.ceiling * coin
    stands = at_lead(expected.made, expected.lead, sessions.profiles[1])
    return Outlook(
        sessions=sessions,
        books=books,
        expected=expected,
        capacity=capacity,
        free=free,
        known=_known(sessions, model),
        median=median,
        scale=scale,
        doubt=doubt,
        appetite=appetite,
        floor=floor,
        ceiling=ceiling,
        stands=stands,
        paid=model.market.attended * stands,
        free_rate=np.clip(best_rate(median, scale, np.zeros(len(sessions))), floor, ceiling),
    )


def _known(sessions: Sessions, model: Model) -> Bools:
    known, kind = sessions.profiles
    return np.array([model.level.knows(name) for name in known.studio], dtype=np.bool_)[kind]


def _appetite(sessions: Sessions, books: Books, expected: Forecast, model: Model) -> tuple[Belief, Appetite]:
    (known, kind), responses = sessions.profiles, model.market.responses
    median, scale, doubt = responses.found(known)
    seen, common = responses.seen_by(known)
    belief = Belief(
        median=median,
        scale=scale,
        doubt=doubt,
        common=common,
        seen=seen,
        anchor=responses.anchor(sessions),
        looks=expected.looks / np.maximum(at_lead(expected.market, expected.lead, kind), 1e-12),
    )
    return belief, appetite_of(sessions, books.posted, expected.market, belief)


def portions(outlook: Outlook) -> list[tuple[Ints, int, int]]:
    """Sessions that can be solved side by side: their rows, the places of their tables and the number of steps."""
    size, steps = _size(outlook), _steps(outlook)
    return [
        (rows[first : first + HELD // count], places, count)
        for places, count in sorted(set(zip(size.tolist(), steps.tolist(), strict=True)))
        for rows in [np.flatnonzero((size == places) & (steps == count))]
        for first in range(0, len(rows), HELD // count)
    ]


def tables(outlook: Outlook, rows: Ints, places: int, steps: int, model: Model) -> Worth:
    """The worth of places of some sessions."""
    return worth(_flow(outlook, rows, steps, model), WEIGHTS, places)


def _size(outlook: Outlook) -> Ints:
    return SIZES[np.minimum(np.searchsorted(SIZES, outlook.capacity), len(SIZES) - 1)]


def _steps(outlook: Outlook) -> Ints:
    """How many steps, by what is usual of the session and not by what is on its books (INV-2)."""
    usual = outlook.expected.level * outlook.expected.to_come + outlook.expected.looks
    return STEPS[np.minimum(np.searchsorted(STEPS, usual / BUSY), len(STEPS) - 1)]


def _flow(outlook: Outlook, rows: Ints, count: int, model: Model) -> Flow:
    expected, kind = outlook.expected, outlook.sessions.profiles[1][rows]
    looks, market = expected.looks[rows], expected.market[kind]
    to_come = np.maximum(expected.to_come[rows], 1e-12)
    in_all = looks / np.maximum(at_lead(market, expected.lead[rows]), 1e-12)
    steps = cut(
        expected.lead[rows], expected.direct[rows], market, expected.hazard[kind],
        expected.made[kind], expected.level[rows], in_all, count,
    )  # fmt: skip
    # At most one client comes in a step, which makes a count calmer than Poisson's: the mean's doubt makes up for it.
    spread, share = expected.spread[rows], steps.direct / (steps.stand * to_come)
    direct, valued = (
        gamma_points(expected.remaining[rows], each + 1 / count).T for each in (spread, spread * expected.wary[rows])
    )
    seen = steps.market * in_all
    back = -np.expm1(-steps.hazard)
    # What is held together below 1 in a step: rounding a busy step must not turn arrivals into debts.
    busy, worthy = (each[-1] * share * (1 + model.others) for each in (direct, valued))  # the last point is the highest
    returns = back * outlook.capacity[rows]
    fit = FULL / np.maximum(busy + seen + returns, FULL)
    value_fit = np.minimum((FULL - returns * fit) / np.maximum(worthy + seen, 1e-9), 1.0)
    cheapest, dearest = outlook.free_rate[rows], outlook.ceiling[rows]
    rates = cheapest + np.linspace(0, 1, RUNGS)[:, None] * (dearest - cheapest)
    accept = chance(rates, outlook.median[rows], outlook.scale[rows])
    parts = {
        "capacity": outlook.capacity[rows],
        "direct": direct,
        "share": share * fit,
        "valued": valued,
        "valued_share": share * value_fit,
        "other": np.full(len(rows), model.others),
        "stand": steps.stand,
        "cancelled": back * fit,
        "looks": seen * value_fit,
        "served": _served(outlook, rows) * (UNSEEN if model.fitted and not model.sessions else 1.0),
        "bring": rates * accept * model.market.attended,
        "accept": accept,
    }
    return Flow(**{each.name: _single(parts[each.name]) for each in fields(Flow)})


def _served(outlook: Outlook, rows: Ints) -> Floats:
    """What serving one direct client is worth: more than the dearest spot, whatever weight the studio gives it.

    Else who books direct would stand in the way of better business, and one more of them could list more (INV-2).
    One who knows the true parameters displaces fewer than one who believes the right ones on average. HEED makes up for
    it: on nine made-up markets some 11 % fewer were displaced, for 0.1 % of the optimum's value.
    """
    sessions = outlook.sessions
    worth = np.maximum(sessions.displacement_weight[rows] * sessions.retail[rows], DEARER * outlook.ceiling[rows])
    return np.asarray(HEED * worth * (1 + CAUTION * outlook.expected.weeks_old), dtype=np.float64)


def _single(values: Floats | Ints) -> Singles:
    return np.ascontiguousarray(values, dtype=np.float32)
