"""The optimum of one who knows every class's true parameters, though not who will come.

A dynamic program over time, the places left and how many direct clients have come. Maximised are payouts of attended
reservations less the weighted retail value of direct clients turned away: those who would be without a marketplace are
a constant that no policy changes, so this is the value of ``scores`` in expectation. Direct clients come as a Poisson
process whose rate has a gamma factor, learned from how many have come; every booking is cancelled at the same hazard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from benchmarks.street import curves
from benchmarks.street.curves import MARKET_HOURS
from benchmarks.street.draw import RATES, Floats, Ints, Street, Studio, pays
from benchmarks.street.season import Books, Offer

Singles = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]
Bytes = npt.NDArray[np.uint8]

WORTHS = 1025  # points at which the best rate for a place's worth is tabulated, from nothing to the ceiling
MOST = 16  # spots listed at once
SMOOTH = 0.3  # expected events within one step of the recursion, at most
HOURLY, COARSE = 72, 3  # hours before the start that are stepped through one by one; and, before them, at once


@dataclass
class Plan:
    """What a place is worth in the classes of one studio's room, in money of a rate that is paid if they come."""

    worth: Halves  # by class, moment, places left less one and direct clients so far
    rates: Floats
    best: Bytes  # by class and worth: the number of the best rate


@dataclass
class Optimum:
    """Lists what the program says; ``prepare`` solves it for the classes and the clock of decisions."""

    street: Street
    weight: float
    step: int
    name: str = "optimum"
    plans: list[Plan] = field(default_factory=list)
    plan: Ints = field(init=False)
    row: Ints = field(init=False)

    def prepare(self, ids: Ints) -> Optimum:
        """Solve for these classes, room by room."""
        self.plan, self.row = np.full((2, len(self.street.slot)), -1)
        room = self.street.studio[ids] * 1000 + self.street.capacity[ids]
        for each in np.unique(room):
            mine = ids[room == each]
            self.plan[mine], self.row[mine] = len(self.plans), np.arange(len(mine))
            self.plans.append(Program(self.street, mine, self.weight, self.step).solve())
        return self

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """The best rate for the next place's worth, and every place that is worth less than it."""
        worth, rate = self.worths(at, ids, books)
        return Offer.flat(listed(worth, rate), rate)

    def worths(self, at: float, ids: Ints, books: Books) -> tuple[Floats, Floats]:
        """What the next places are worth, infinite where there is none, and the best rate for the next."""
        worth, rate = np.full((len(ids), MOST), np.inf), np.zeros(len(ids))
        free, moment = books.free(ids), np.ceil((self.street.start[ids] - at) / self.step).astype(np.int64) - 1
        free = np.where(self.street.cancelled_from[ids] > at, free, 0)
        for number in np.unique(self.plan[ids]):
            own, plan = np.flatnonzero(self.plan[ids] == number), self.plans[number]
            row, came = self.row[ids[own]], np.minimum(books.came[ids[own]], plan.worth.shape[3] - 1)
            place = free[own, None] - 1 - np.arange(MOST)
            found = plan.worth[row[:, None], moment[own, None], place.clip(0), came[:, None]]
            worth[own] = np.where(place >= 0, found, np.inf)
            cell = np.minimum(worth[own, 0] / plan.rates[-1] * (WORTHS - 1) + 0.5, WORTHS - 1).astype(np.int64)
            rate[own] = plan.rates[plan.best[row, cell]]
        return worth, rate


def listed(worth: Floats, rate: Floats) -> Ints:
    """How many places, one after the other, are worth less than the rate."""
    return np.asarray(np.logical_and.accumulate(worth < rate[:, None], axis=1).sum(axis=1))


class Program:
    """The recursion for the classes of one studio's room, from the start backwards."""

    def __init__(self, street: Street, ids: Ints, weight: float, step: int) -> None:
        slot = street.slot[ids]
        self.studio = street.studios[int(street.studio[ids[0]])]
        self.ids, self.step, self.loss = ids, step, np.float32(weight * self.studio.retail)
        self.capacity = int(street.capacity[ids[0]])
        self.hazard = curves.cancelled_by(self.studio.cancelling)
        self.direct, self.curve = street.direct[ids], street.slots.direct_curve[slot]
        self.looks = street.slots.market[slot][:, None] * street.slots.market_curve[slot]
        self.rates = np.round(np.linspace(self.studio.floor, self.studio.ceiling, RATES), 2)
        self.best, self.gain = _best_rates(self.studio, street.slots.willing[slot], self.rates)
        own, shared = self.studio.noise
        self.shape = 1 / (own + shared + own * shared)
        spread = np.sqrt(self.direct + self.direct**2 / self.shape)
        self.came = np.arange(int(np.ceil((self.direct + 3.5 * spread).max())) + 1)
        self.first = (street.start[ids] - 1) % step + 1  # hours before the start, of the last decision

    def solve(self) -> Plan:
        """Step backwards through the hours, keeping what places are worth at each class's moments."""
        size = (len(self.ids), self.capacity + 1, len(self.came))
        value = np.zeros(size, np.float32)
        worth, chance = np.zeros((2, size[0], self.capacity, size[2]), np.float32)
        kept = np.zeros((size[0], -(-MARKET_HOURS // self.step), self.capacity, size[2]), np.float16)
        for near, far in _blocks(self.step):
            value, worth, chance = self._back(value, worth, chance, near, far)
            moment, left = np.divmod(far - self.first, self.step)
            due = np.flatnonzero((left < far - near) & (moment >= 0))
            mean = worth[due] / np.maximum(chance[due], np.float32(1e-9))
            kept[due, moment[due].astype(np.int64)] = np.clip(mean, 0, 2 * self.rates[-1])
            worth[due], chance[due] = 0, 0
        return Plan(kept, self.rates, self.best)

    def _back(
        self, value: Singles, worth: Singles, chance: Singles, near: int, far: int
    ) -> tuple[Singles, Singles, Singles]:
        """The value at the block's beginning, and sums over the users who look until the next decision.

        Added up are what the place that a user may take is then worth, and that one is left, as direct clients come
        meanwhile: the decision holds for them all.
        """
        coming = self.curve[:, near:far].sum(axis=1)
        before = self.curve[:, far:].sum(axis=1) + coming / 2
        believed = (self.shape + self.came) / (self.shape + (self.direct * before)[:, None])
        arrive = (self.direct * coming)[:, None] * believed
        looks, leave = self.looks[:, near:far].sum(axis=1), self.hazard[far] - self.hazard[near]
        stays = np.float32((1 - self.studio.no_show) * np.exp(-(self.hazard[far] + self.hazard[near]) / 2))
        parts = int(np.ceil((arrive.max() + looks.max() + leave * self.capacity) / SMOOTH))
        come = (arrive[:, None, :] / parts).astype(np.float32)
        look = (looks[:, None, None] / parts * stays).astype(np.float32)
        for _ in range(parts):
            value = self._once(value, come, look, np.float32(leave / parts), stays)
            worth = _carried(worth, come) + look / stays * (value[:, 1:] - value[:, :-1])
            chance = _carried(chance, come) + look
        return value, worth, chance

    def _once(self, value: Singles, arrive: Singles, looks: Singles, leave: np.float32, stays: np.float32) -> Singles:
        """One step of the recursion: a direct client comes, a user looks, somebody cancels, or nothing happens."""
        drop = value[:, 1:] - value[:, :-1]
        gained = np.take(self.gain, self._cell(drop / stays))
        after = np.concatenate([value[:, :, 1:], value[:, :, -1:]], axis=2)
        new = value.copy()
        new[:, 1:] += arrive * (after[:, :-1] - value[:, 1:]) + looks * gained
        new[:, :1] += arrive * (after[:, :1] - value[:, :1] - self.loss)
        taken = np.arange(self.capacity, 0, -1, dtype=np.float32)[:, None]
        new[:, :-1] += leave * taken * drop
        return new

    def _cell(self, worth: Singles) -> npt.NDArray[np.int32]:
        """Where the table of gains holds a place's worth."""
        scale = np.float32((WORTHS - 1) / self.rates[-1])
        cell = np.clip(worth * scale + np.float32(0.5), 0, WORTHS - 1).astype(np.int32)
        return np.asarray(cell + np.arange(len(self.ids), dtype=np.int32)[:, None, None] * np.int32(WORTHS))


def _blocks(step: int) -> list[tuple[int, int]]:
    """Hours before the start between which nothing changes, nearest first; none holds two decisions."""
    return list(pairwise([*range(HOURLY), *range(HOURLY, MARKET_HOURS + 1, min(COARSE, step))]))


def _carried(total: Singles, come: Singles) -> Singles:
    """A sum over the time until the next decision, from a moment before which a direct client may have come."""
    fewer = np.zeros_like(total)
    fewer[:, 1:, :-1], fewer[:, 1:, -1] = total[:, :-1, 1:], total[:, :-1, -1]
    return total + come * (fewer - total)


def _best_rates(studio: Studio, median: Floats, rates: Floats) -> tuple[Bytes, Singles]:
    """By class and a place's worth: the best rate's number, and (rate − worth) × chance that a user pays it."""
    worth = np.linspace(0, rates[-1], WORTHS)
    unlike, which = np.unique(median, return_inverse=True)
    earned = pays(studio, unlike, rates)[:, None, :] * (rates - worth[:, None])
    return earned.argmax(axis=2).astype(np.uint8)[which], np.maximum(earned.max(axis=2), 0).astype(np.float32)[which]
