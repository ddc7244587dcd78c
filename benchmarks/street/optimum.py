"""The optimum of one who knows every class's true parameters, though not who will come.

A dynamic program over time, the places left and how many direct clients have come. Maximised are payouts of attended
reservations less the weighted retail value of direct clients turned away: those who would be without a marketplace are
a constant that no policy changes, so this is the value of ``scores`` in expectation. Direct clients come as a Poisson
process whose rate has a gamma factor, learned from how many have come; every booking is cancelled at the same hazard.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.street import curves
from benchmarks.street.curves import MARKET_HOURS
from benchmarks.street.draw import RATES, Floats, Ints, Street, Studio, pays
from benchmarks.street.season import Books, Offer

Singles = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

WORTHS = 1025  # points at which the best rate for a place's worth is tabulated, from nothing to the ceiling
MOST = 12  # spots listed at once
SMOOTH = 0.3  # expected events within one step of the recursion, at most
HOURLY, COARSE = 72, 3  # hours before the start that are stepped through one by one; and, before them, together


@dataclass
class Plan:
    """Decisions for the classes of one studio's room: by class, moment, places left and direct clients so far."""

    rates: Floats
    rate: Bytes
    spots: Bytes


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
        """Look up the program's decisions."""
        spots, rate = np.zeros(len(ids), np.int64), np.full(len(ids), np.nan)
        lead, free, plan = self.street.start[ids] - at, books.free(ids), self.plan[ids]
        moment = np.ceil(lead / self.step).astype(np.int64) - 1
        for number in np.unique(plan):
            own, known = np.flatnonzero(plan == number), self.plans[number]
            came = np.minimum(books.came[ids[own]], known.rate.shape[3] - 1)
            cell = (self.row[ids[own]], moment[own], free[own], came)
            spots[own], rate[own] = known.spots[cell], known.rates[known.rate[cell]]
        open_ = self.street.cancelled_from[ids] > at
        return Offer.flat(np.where(open_, spots, 0), rate)


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
        self.first = np.where(
            street.start[ids] % step == 0, step, street.start[ids] % step
        )  # of the last moment, hours

    def solve(self) -> Plan:
        """Step backwards through the hours, keeping the decisions of each class's moments."""
        size = (len(self.ids), self.capacity + 1, len(self.came))
        value = np.zeros(size, np.float32)
        worth, weight = np.zeros((size[0], self.capacity, size[2]), np.float32), np.zeros(size[0], np.float32)
        moments = -(-MARKET_HOURS // self.step)
        plan = Plan(self.rates, *(np.zeros((size[0], moments, *size[1:]), np.uint8) for _ in range(2)))
        for near, far in _blocks():
            value = self._back(value, near, far, worth, weight)
            moment, left = np.divmod(far - self.first, self.step)
            due = np.flatnonzero((left < far - near) & (moment >= 0))
            if len(due):
                rate, spots = self._decisions(due, worth[due] / np.maximum(weight[due, None, None], 1e-9))
                plan.rate[due, moment[due].astype(np.int64), 1:] = rate
                plan.spots[due, moment[due].astype(np.int64), 1:] = spots
                worth[due], weight[due] = 0, 0
        return plan

    def _back(self, value: Singles, near: int, far: int, worth: Singles, weight: Singles) -> Singles:
        """The value at the block's beginning; a place's worth while users look is added up for the decision."""
        coming = self.curve[:, near:far].sum(axis=1)
        before = self.curve[:, far:].sum(axis=1) + coming / 2
        believed = (self.shape + self.came) / (self.shape + (self.direct * before)[:, None])
        arrive = (self.direct * coming)[:, None] * believed
        looks, leave = self.looks[:, near:far].sum(axis=1), self.hazard[far] - self.hazard[near]
        stays = (1 - self.studio.no_show) * np.exp(-(self.hazard[far] + self.hazard[near]) / 2)
        busiest = arrive.max() + looks.max() + leave * self.capacity
        parts = int(np.ceil(busiest / SMOOTH))
        for _ in range(parts):
            value = self._once(
                value,
                (arrive[:, None, :] / parts).astype(np.float32),
                (looks[:, None, None] / parts * stays).astype(np.float32),
                np.float32(leave / parts),
                np.float32(stays),
            )
        drop = value[:, 1:] - value[:, :-1]
        worth += drop * looks.astype(np.float32)[:, None, None]
        weight += (looks * stays).astype(np.float32)
        return value

    def _once(self, value: Singles, arrive: Singles, looks: Singles, leave: np.float32, stays: np.float32) -> Singles:
        """One step of the recursion: a direct client comes, a user looks, somebody cancels, or nothing happens."""
        drop = value[:, 1:] - value[:, :-1]
        gained = np.take(self.gain, self._cell(drop / stays, np.arange(len(self.ids))))
        after = np.concatenate([value[:, :, 1:], value[:, :, -1:]], axis=2)
        new = value.copy()
        new[:, 1:] += arrive * (after[:, :-1] - value[:, 1:]) + looks * gained
        new[:, :1] += arrive * (after[:, :1] - value[:, :1] - self.loss)
        taken = np.arange(self.capacity, 0, -1, dtype=np.float32)[:, None]
        new[:, :-1] += leave * taken * drop
        return new

    def _cell(self, worth: Singles, rows: Ints) -> npt.NDArray[np.int32]:
        """Where the tables of best rates hold a place's worth."""
        scale = np.float32((WORTHS - 1) / self.rates[-1])
        cell = np.clip(worth * scale + np.float32(0.5), 0, WORTHS - 1).astype(np.int32)
        return np.asarray(cell + (rows * WORTHS).astype(np.int32)[:, None, None])

    def _decisions(self, rows: Ints, worth: Singles) -> tuple[Bytes, Bytes]:
        """The best rate for the next place's worth, and how many more are worth less than it."""
        number = np.take(self.best, self._cell(worth, rows))
        rate = self.rates.astype(np.float32)[number]
        fine, spots = np.ones(worth.shape, bool), np.zeros(worth.shape, np.uint8)
        for further in range(min(MOST, self.capacity)):
            fine[:, further:] &= worth[:, : self.capacity - further] < rate[:, further:]
            fine[:, :further] = False
            spots += fine
        return number, spots


def _blocks() -> list[tuple[int, int]]:
    """Hours before the start, nearest first."""
    edges = [*range(HOURLY), *range(HOURLY, MARKET_HOURS + 1, COARSE)]
    return list(zip(edges, edges[1:], strict=False))


def _best_rates(studio: Studio, median: Floats, rates: Floats) -> tuple[Bytes, Singles]:
    """By class and a place's worth: the best rate's number, and (rate − worth) × chance that a user pays it."""
    worth = np.linspace(0, rates[-1], WORTHS)
    unlike, which = np.unique(median, return_inverse=True)
    earned = pays(studio, unlike, rates)[:, None, :] * (rates - worth[:, None])
    return earned.argmax(axis=2).astype(np.uint8)[which], np.maximum(earned.max(axis=2), 0).astype(np.float32)[which]
