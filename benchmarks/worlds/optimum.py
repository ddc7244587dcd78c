"""The best that could be done: a policy that knows every parameter of the market, and not what will happen.

Or the best for somebody who only believes something of it (``Belief``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from benchmarks.worlds.draw import Floats, Ints, World
from benchmarks.worlds.kinds import Kind
from benchmarks.worlds.leads import EDGES, curve_through, fine_steps, pooled_hazard
from benchmarks.worlds.program import Flow, resumed
from benchmarks.worlds.season import Books, Offer, offer_of
from benchmarks.worlds.standing import active, bounds, made
from benchmarks.worlds.willing import SHAPES

RUNGS = 16  # rates from floor to ceiling


@dataclass(frozen=True)
class Prices:
    """What one class may be sold at."""

    rates: Floats
    accepts: Floats  # the chance that one who looks books at each
    paid: float  # the share of a rate that a reservation brings: it must stand, and be attended


@dataclass(frozen=True)
class Belief:
    """What is thought of each class of a world, a row each."""

    level: Floats  # (classes,) mean direct demand, shocks apart
    doubt: Floats  # (classes,) its squared variation
    early: Floats  # (classes,) of the slot's curve
    looks: Floats  # (classes,) mean marketplace users who look
    medians: Floats  # (classes, points) of what they would pay, in money
    likely: Floats  # (classes, points) how likely each is, for one who looks


def truth(world: World) -> Belief:
    """As it is."""
    medians = world.median[:, None]
    return Belief(world.level, np.zeros_like(world.level), world.early, world.looks, medians, np.ones_like(medians))


@dataclass
class Optimum:
    """Learns a class's own shock from its bookings; ``told``: knows that as well. ``prepare`` comes first."""

    world: World
    weight: float = 2.0
    told: bool = False
    belief: Belief | None = None  # None: the truth
    name: str = "optimum"
    costs: dict[int, Floats] = field(default_factory=dict)  # worth of places: (EDGES, shocks, places)
    prices: dict[int, Prices] = field(default_factory=dict)
    through: dict[int, Floats] = field(default_factory=dict)  # direct bookings made later than each fine step
    fine: Floats = field(default_factory=fine_steps)
    SHOCKS: ClassVar[Floats] = np.exp(np.linspace(-1.2, 1.0, 12))

    @property
    def believed(self) -> Belief:
        """What it goes by."""
        self.belief = self.belief or truth(self.world)
        return self.belief

    def prepare(self, ids: Ints) -> None:
        """Solve the dynamic program of each of these classes."""
        for number in np.unique(self.world.studio[ids]).tolist():
            self._prepare(ids[self.world.studio[ids] == number], self.world.kinds[number])

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """List what would bring more than it is worth kept, at the best rate for the place worth least."""
        direct, through = active(self.world, books, at, len(self.world.starts))
        booked = made(self.world, books, at, len(self.world.starts))
        free = self.world.capacity - direct - through
        made_up = [self._decided(one, at, int(free[one]), int(booked[one])) for one in ids.tolist()]
        spots, rate = zip(*made_up, strict=True) if made_up else ((), ())
        return offer_of(np.array(spots, dtype=np.int64), np.array(rate, dtype=np.float64))

    def _prepare(self, ids: Ints, kind: Kind) -> None:
        """``ids``: all of one studio."""
        retail, floor, ceiling = bounds(self.world, ids)
        rates = np.linspace(floor, ceiling, RUNGS).T
        books = SHAPES[kind.willing].books
        medians, likely = self.believed.medians[ids][:, None], self.believed.likely[ids][:, None]
        accepts = (books(rates[..., None], medians, np.full(1, kind.scale * kind.retail)) * likely).sum(axis=2)
        through = np.array([curve_through(kind.curve, self.fine, early) for early in self.believed.early[ids].tolist()])
        shows = 1 - kind.no_show
        flow = Flow(
            capacity=self.world.capacity[ids].astype(float),
            direct=self._levels(ids) * np.diff(through)[:, None, :],
            looks=self.believed.looks[ids][:, None] * np.diff(curve_through(kind.market_curve, self.fine)),
            stand=np.full((len(ids), len(self.fine) - 1), 1 - kind.cancels),
            cancelled=np.array([pooled_hazard(kind.cancels, own, self.fine) for own in through]),
            served=self.weight * retail,
            rates=rates * shows,
            accepts=accepts,
        )
        costs = self._costs(flow, int(self.world.capacity[ids].max()) + 2)
        for row, one in enumerate(ids.tolist()):
            self.costs[one], self.through[one] = costs[:, row], through[row]
            self.prices[one] = Prices(rates[row], accepts[row], shows * (1 - kind.cancels))

    def _levels(self, ids: Ints) -> Floats:
        """Direct clients of each class for each shock that it may have had; (classes, shocks, 1)."""
        base = self.world.demand[ids] if self.told else self.believed.level[ids]
        shocks = np.ones(1) if self.told else self.SHOCKS
        return base[:, None, None] * shocks[None, :, None]

    def _costs(self, flow: Flow, places: int) -> Floats:
        """What one place less would cost, at each of EDGES; (EDGES, classes, shocks, places)."""
        value = np.zeros((*flow.direct.shape[:2], places + 1))
        costs = np.zeros((len(EDGES), *flow.direct.shape[:2], places), np.float32)
        stops = np.searchsorted(self.fine, EDGES).tolist()
        for edge in range(1, len(EDGES)):
            value = resumed(value, flow.between(stops[edge - 1], stops[edge]))
            costs[edge] = np.diff(value, axis=2)
        return costs

    def _decided(self, one: int, at: float, free: int, booked: int) -> tuple[int, float]:
        """Spots and rate of one class."""
        prices, lead = self.prices[one], float(self.world.starts[one]) - at
        dearest = float(prices.rates[-1])
        if free <= 0:
            return 0, dearest
        cost = self._shocks(one, lead, booked) @ self._cost_at(one, lead)
        gains = (prices.rates * prices.paid - cost[free - 1]) * prices.accepts
        if gains.max() <= 0:
            return 0, dearest
        rate = float(prices.rates[int(np.argmax(gains))])
        return int(np.count_nonzero(cost[:free] < rate * prices.paid)), rate

    def _cost_at(self, one: int, lead: float) -> Floats:
        """Worth of places for each shock, between the edges."""
        tables, place = self.costs[one], int(np.searchsorted(EDGES, lead))
        if place >= len(EDGES):
            return tables[-1, :]
        near, far = EDGES[place - 1], EDGES[place]
        cost: Floats = tables[place - 1] + (tables[place] - tables[place - 1]) * ((lead - near) / (far - near))
        return cost

    def _shocks(self, one: int, lead: float, booked: int) -> Floats:
        """How likely each shock is, once so many have booked: a gamma distribution on the grid."""
        if self.told:
            return np.ones(1)
        kind = self.world.kinds[int(self.world.studio[one])]
        seen = 1 - float(np.interp(lead, self.fine, self.through[one]))
        level, doubt = float(self.believed.level[one]), float(self.believed.doubt[one])
        shape = 1 / (1 / kind.own_shape + kind.day_sigma**2 + doubt)
        logs = (shape - 1 + booked) * np.log(self.SHOCKS) - (shape + level * seen) * self.SHOCKS
        logs = logs + np.log(self.SHOCKS)
        weights: Floats = np.exp(logs - logs.max())
        likely: Floats = weights / weights.sum()
        return likely
