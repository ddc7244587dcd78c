"""The optimum of one who knows every class's true parameters, though not who will come.

A dynamic program over the steps and the places left, each class by itself. Maximised are payouts of guests who come
and the weighted retail value of direct clients served, so this is the value of ``scores`` in expectation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, poisson

from benchmarks.steps.curves import FIRM, STEPS, step_of
from benchmarks.steps.draw import Market, Studio
from benchmarks.street.draw import Floats, Ints
from benchmarks.street.season import Books, Offer

RATES = 41  # between the floor and the ceiling
MOST = 16  # spots listed at once
HAIR = 1e-12
NEVER = 1e9  # worth of a place that there is not

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """What is best by class, step before the last and places left; the value is from there on."""

    spots: npt.NDArray[np.int8]
    rate: Singles
    worth: Singles  # of the next place, in money of a rate that is paid if its guest comes
    value: Singles


@dataclass(frozen=True)
class Belief:
    """What is thought of every class, ``direct`` and ``looks`` by class and step as ``Market`` has them."""

    direct: Floats
    looks: Floats
    pays: Floats  # the share of those who look who would pay each rate of their studio; (classes, RATES)


def rates_of(studio: Studio) -> Floats:
    """The rates that may be listed."""
    return np.asarray(np.round(np.linspace(studio.floor, studio.ceiling, RATES), 2), np.float64)


def truth(market: Market) -> Belief:
    """What is so."""
    rates = np.array([rates_of(each) for each in market.studios])[market.street.studio].T
    ids = np.arange(len(market.week))
    pays = np.array([market.share_paying(ids, each) for each in rates]).T
    return Belief(market.direct, market.looks, pays)


@dataclass
class Optimum:
    """Lists what the program says; ``prepare`` solves it for the classes asked about."""

    market: Market
    weight: float
    name: str = "optimum"
    belief: Belief | None = None  # None: the truth
    plan: Plan = field(init=False)
    row: Ints = field(init=False)

    def prepare(self, ids: Ints) -> Optimum:
        """Solve for these classes, studio by studio."""
        street = self.market.street
        self.row = np.full(len(street.slot), -1)
        self.row[ids] = np.arange(len(ids))
        belief = self.belief or truth(self.market)
        size = (len(ids), STEPS, street.capacity[ids].max() + 1)
        rate, worth, value = (np.full(size, each, np.float32) for each in (0, np.inf, 0))
        self.plan = Plan(np.zeros(size, np.int8), rate, worth, value)
        for number in np.unique(street.studio[ids]):
            mine = ids[street.studio[ids] == number]
            studio = self.market.studios[int(number)]
            Program(studio, mine, belief, self.weight).solve(self.plan, self.row[mine])
        return self

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What the program says of each class's state."""
        free = books.free(ids)
        cell = self.state(at, ids, free)
        return Offer.flat(np.minimum(self.plan.spots[cell], free).astype(np.int64), self.rate(cell))

    def state(self, at: float, ids: Ints, free: Ints) -> tuple[Ints, Ints, Ints]:
        """Where the plan holds the classes' states."""
        return self.row[ids], self.market.last[ids] - step_of(at), free

    def rate(self, cell: tuple[Ints, Ints, Ints]) -> Floats:
        """In cents' steps."""
        return np.asarray(np.round(np.asarray(self.plan.rate[cell], np.float64), 2), np.float64)


class Program:
    """The recursion for some classes of one studio, from the start backwards."""

    def __init__(self, studio: Studio, ids: Ints, belief: Belief, weight: float) -> None:
        self.direct, self.looks, self.pays = belief.direct[ids], belief.looks[ids], belief.pays[ids]
        self.leave, self.loss, self.shows = studio.cancelling, weight * studio.retail, 1 - studio.no_show
        self.left = np.arange(studio.places + 1)
        self.rates = rates_of(studio)
        self.most = min(studio.places, MOST)
        taken = studio.places - self.left
        self.freed = binom.pmf(self.left[None, :] - self.left[:, None], taken[:, None], self.leave)

    def solve(self, plan: Plan, rows: Ints) -> None:
        """Step backwards, writing what is best into the classes' rows of the plan."""
        value, places = np.zeros((len(rows), len(self.left))), len(self.left)
        for before in range(STEPS):
            later = self._served(value @ self.freed.T if before >= FIRM else value, before)
            comes = self.shows * (1 - self.leave) ** max(0, before - FIRM + 1)
            gained, rate, spots = self._listed(later, before, comes)
            value = later + gained
            plan.value[rows, before, :places] = value
            plan.rate[rows, before, :places], plan.spots[rows, before, :places] = rate, spots
            plan.worth[rows, before, 1:places] = (later[:, 1:] - later[:, :-1]) / comes

    def _served(self, after: Floats, before: int) -> Floats:
        """The value before the step's direct clients come, each of whom takes a free place."""
        come = poisson.pmf(self.left, self.direct[:, before][:, None])
        as_many = np.concatenate([np.ones((len(come), 1)), 1 - np.cumsum(come, axis=1)], axis=1)
        served = self.left[:, None] - self.left[None, :]
        chance = np.where(served >= 0, come[:, np.maximum(served, 0)], 0.0)
        chance[:, :, 0] = as_many[:, self.left]
        kept = np.einsum("nxy,ny->nx", chance, after)
        return np.asarray(kept + self.loss * np.einsum("nxy,xy->nx", chance, np.maximum(served, 0)))

    def _listed(self, later: Floats, before: int, comes: float) -> tuple[Floats, Floats, Ints]:
        """By class and places left: the most that marketplace users of the step bring, at which rate and spots."""
        place = self.left[:, None] - np.arange(1, self.most + 1)  # left once the first, second … is taken
        worth = later[:, np.maximum(place + 1, 0)] - later[:, np.maximum(place, 0)]
        worth = np.where(place < 0, NEVER, worth)
        sold = self._sold(before)
        margin = self.rates[None, None, :, None] * comes - worth[:, :, None, :]
        gain = np.einsum("nxrj,nrj->nxr", np.maximum(margin, 0), sold)
        best = gain.argmax(axis=2)
        gained = np.take_along_axis(gain, best[:, :, None], axis=2)[:, :, 0]
        least_loss = (sold[:, None, :, 0] * margin[:, :, :, 0]).argmax(axis=2)
        best = np.where(gained > HAIR, best, least_loss)
        chosen = np.take_along_axis(margin, best[:, :, None, None], axis=2)[:, :, 0, :]
        return gained, self.rates[best], (chosen > 0).sum(axis=2)

    def _sold(self, before: int) -> Floats:
        """By class, rate and spot: the chance that at least so many users of the step would pay."""
        mean = self.looks[:, before][:, None] * self.pays
        exactly = np.exp(-mean)
        fewer, sold = exactly.copy(), np.empty((*mean.shape, self.most))
        for number in range(self.most):
            sold[:, :, number] = 1 - fewer
            exactly = exactly * mean / (number + 1)
            fewer += exactly
        return sold
