"""One who is told how studios and slots of a made-up market vary, and learns each slot by Bayes' rule.

Told are each studio's season and how much is demanded there in all, its curves and shocks, which shape what guests
would pay has and how far slots lie apart in it. Learned, from the very books and offers that SmartTools learns from,
are each slot's part of the demand, how many look, and what they would pay. Nobody could do better on average.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.worlds.draw import MONDAY, WEEK, Bools, Floats, Ints, World
from benchmarks.worlds.kinds import Kind
from benchmarks.worlds.leads import EDGES, curve_through
from benchmarks.worlds.optimum import Belief, Optimum
from benchmarks.worlds.season import Books, Offer
from benchmarks.worlds.willing import SHAPES

OF_MEDIAN: Floats = np.exp(np.linspace(-0.8, 0.8, 65))  # of a slot, beside its kind's
KEEN: Floats = np.exp(-0.08 + np.linspace(-1.4, 1.4, 43))  # how many times as many as usual look at a slot
KEEN_SPREAD = 0.4  # as ``worlds.draw`` has it
FILLS: Floats = np.linspace(-1.6, 1.2, 113)  # how many times as many as usual come to a slot (log)
STUDIO_SPREAD = 0.1  # of studios about their kind (log)
AHEAD = 2 * WEEK  # hours; classes later than that keep what was reckoned of them before


@dataclass(frozen=True)
class Sales:
    """What was listed and sold of each slot."""

    sold: Floats  # (slots,)
    rates: Floats  # (slots, medians) log of the chances at which it sold, summed
    open: Floats  # (slots, medians) share of all who look that would have booked what was listed


def slots_of(world: World) -> tuple[Ints, Ints]:
    """One class of each slot, and the number of each class's slot."""
    _, first, number = np.unique(world.slot, return_index=True, return_inverse=True)
    return first, number


def sales_of(world: World, books: Books, at: float, chosen: Bools) -> Sales:
    """Of the chosen classes, by now; a sale counts whether or not it stood."""
    first, number = slots_of(world)
    session, since, spots, rate, *_ = (np.array(column) for column in zip(*books.offers, strict=True))
    order = np.lexsort((since, session))
    session, since, spots, rate = (column[order] for column in (session, since, spots, rate))
    later = np.append(np.where(session[1:] == session[:-1], since[1:], np.inf), np.inf)
    until = np.minimum(np.minimum(later, world.starts[session]), at)
    made, closed = _sold(world, books, (session, since, until, spots))
    kept = chosen[session] & (spots > 0) & (until > since)
    out = Sales(np.zeros(len(first)), *np.zeros((2, len(first), len(OF_MEDIAN))))
    for studio in np.unique(world.studio[session[kept]]).tolist():
        rows, kind = np.flatnonzero(kept & (world.studio[session] == studio)), world.kinds[studio]
        through, start = curve_through(kind.market_curve, EDGES), world.starts[session[rows]]
        listed = np.interp(start - since[rows], EDGES, through) - np.interp(start - closed[rows], EDGES, through)
        books_at = accepted(kind, rate[rows, None] / kind.retail)
        slot = number[session[rows]]
        np.add.at(out.sold, slot, made[rows])
        np.add.at(out.rates, slot, made[rows, None] * np.log(np.maximum(books_at, 1e-12)))
        np.add.at(out.open, slot, listed[:, None] * books_at)
    return out


def _sold(world: World, books: Books, offers: tuple[Ints, Floats, Floats, Ints]) -> tuple[Floats, Floats]:
    """How many each offer sold, and when its last spot was, or the offer ended. One that is given up is sold again."""
    session, since, until, spots = offers
    who = np.flatnonzero(~np.isnan(books.market))
    of, when = world.market.session[who], books.market[who]
    order = np.lexsort((when, of))
    span = 10 * (world.starts.max() - min(since.min(), when.min()))  # parts the classes on one axis of time
    sales = of[order] * span + when[order]
    begun, over = (np.searchsorted(sales, session * span + time) for time in (since, np.maximum(until, since)))
    made = over - begun
    last = when[order][np.clip(over - 1, 0, len(who) - 1)]
    return made.astype(np.float64), np.where((made > 0) & (made >= spots), last, until)


def accepted(kind: Kind, share: Floats) -> Floats:
    """The chance that one who looks books at a rate (over retail), for each median a slot of the kind may have."""
    return SHAPES[kind.willing].books(share, kind.median * OF_MEDIAN, np.full(1, kind.scale))


def willingness(kind: Kind, places: int, sales: Sales | None = None, slot: int = 0) -> Floats:
    """How many would look, times how likely each median is, by Bayes' rule; without sales, of a slot nobody knows."""
    log = -0.5 * (np.log(OF_MEDIAN)[:, None] / kind.median_spread) ** 2
    log = log - 0.5 * ((np.log(KEEN)[None] + 0.08) / KEEN_SPREAD) ** 2
    looks = kind.market * places * KEEN[None]
    if sales is not None:
        log = log + sales.rates[slot][:, None] + sales.sold[slot] * np.log(looks) - sales.open[slot][:, None] * looks
    likely = np.exp(log - log.max())
    return np.asarray((likely * looks).sum(axis=1) / likely.sum(), dtype=np.float64)


def popularity(kind: Kind, usual: Floats, came: Floats) -> tuple[float, float]:
    """How many times as many as usual want to come to a slot, and the squared variation of that belief.

    From how many wanted to come to each of its classes, those that found it full among them (gamma-Poisson).
    """
    shape = 1 / (1 / kind.own_shape + kind.day_sigma**2)
    spread = kind.slot_spread**2 + STUDIO_SPREAD**2
    means = usual[None] * np.exp(FILLS)[:, None]
    log = -0.5 * (FILLS + kind.slot_spread**2 / 2) ** 2 / spread
    log = log + (came * np.log(means) - (came + shape) * np.log(shape + means)).sum(axis=1)
    likely = np.exp(log - log.max())
    likely /= likely.sum()
    return float(likely @ np.exp(FILLS)), float(likely @ (FILLS - likely @ FILLS) ** 2)


@dataclass
class Learner:
    """Decides as the optimum would if what was learned were the truth, and each doubt a shock of the class."""

    world: World
    past: Books
    weight: float = 2.0
    every: float = 0.0  # hours after which it learns anew; 0: never
    upcoming: bool = False  # whether it learns of no class that is over, but those of the past
    name: str = "ideal learner"
    fitted: float = MONDAY
    optimum: Optimum = field(init=False)

    def __post_init__(self) -> None:
        self.optimum = Optimum(self.world, self.weight, belief=self._belief(MONDAY, self.past))

    def prepare(self, ids: Ints) -> None:
        """Solve the dynamic program of each of these classes."""
        self.optimum.prepare(ids)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """As the latest belief says."""
        if self.every and at >= self.fitted + self.every:
            self.fitted = at
            self.optimum.belief = self._belief(at, books.after(self.past))
            self.prepare(ids[self.world.starts[ids] < at + AHEAD])
        return self.optimum.decide(at, ids, books)

    def _belief(self, at: float, books: Books) -> Belief:
        world = self.world
        first, number = slots_of(world)
        over = world.past if self.upcoming else world.starts < at
        sales = sales_of(world, books, at, over | (world.starts > at))
        usual, wanted = _usual(world), np.bincount(world.direct.session, minlength=len(world.starts))
        early, level, doubt, looks = world.early.copy(), np.array(usual), np.zeros_like(usual), np.zeros_like(usual)
        medians, likely = np.zeros((2, len(usual), len(OF_MEDIAN)))
        for slot, one in enumerate(first.tolist()):
            kind, own = world.kinds[int(world.studio[one])], number == slot
            if not kind.weeks:  # nobody has seen when its clients book
                early[own] = kind.curve.early
            times, doubt[own] = popularity(kind, usual[own & over], wanted[own & over])
            level[own] *= times
            believed = willingness(kind, int(world.capacity[one]), sales, slot)
            looks[own], medians[own] = believed.sum(), kind.retail * kind.median * OF_MEDIAN
            likely[own] = believed / believed.sum()
        return Belief(level, doubt, early, looks, medians, likely)


def _usual(world: World) -> Floats:
    """Direct demand of each class if its slot were like any other of its studio's."""
    first, number = slots_of(world)
    slot = np.bincount(number, np.log(world.level / world.capacity)) / np.bincount(number)
    house = world.studio[first]
    studio = np.bincount(house, slot) / np.bincount(house)
    least = np.array([kind.slot_spread**2 / 2 for kind in world.kinds])
    return np.asarray(world.level * np.exp((studio + least)[world.studio] - slot[number]), dtype=np.float64)
