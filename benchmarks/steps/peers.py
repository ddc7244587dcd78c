"""What studios do without SmartTools: three spots at a flat rate, and EMSR-b with forecasts of pickup."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from benchmarks.steps.curves import STEP, STEPS, WEEK_STEPS, step_of
from benchmarks.steps.draw import Market
from benchmarks.street.draw import Bools, Floats, Ints
from benchmarks.street.season import Books, Offer

LISTED = 3  # spots of a static allocation
WEEKS = 9  # whose classes a forecast is made of
PLATFORM, OWN = 3, 1  # classes that the platform's mean counts for in a studio's, and the studio's in a slot's
VARIANCE, LEAST_MEAN = 1.1, 0.05  # of direct clients to come, over the mean; and the mean it is taken of, at least


@dataclass
class Static:
    """Three spots at the studio's flat rate; one that is cancelled is not listed again."""

    market: Market
    name: str = "static"
    rate: Floats = field(init=False)

    def __post_init__(self) -> None:
        posted, before, since = (self.market.of_studio(name) for name in ("posted", "before", "since"))
        self.rate = np.where(self.market.week >= since, posted, before)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What is left of the three."""
        people, street = books.people, self.market.street
        sold = np.bincount(people.session[books.booked & people.market], minlength=len(street.slot))[ids]
        listed = np.array([each.kind.listed for each in self.market.studios])[street.studio[ids]]
        wanted = np.where(listed | ~self.market.past[ids], LISTED - sold, 0)
        return Offer.flat(np.clip(wanted, 0, books.free(ids)), self.rate[ids])


@dataclass
class Emsr:
    """EMSR-b of two fares, a direct client's weighted retail rate and the flat rate, solved anew at every step.

    Direct clients still to come are forecast by additive pickup, each week anew, as a normal variable with the mean
    of a slot's last classes, shrunk to the studio's and the platform's.
    """

    market: Market
    past: Books
    weight: float
    rate: Floats
    name: str = "EMSR-b"
    mean: Floats = field(init=False)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """List what a direct client would probably not need."""
        step, street = step_of(at), self.market.street
        if step % WEEK_STEPS == 0:
            self.mean = self._forecast(step, books)
        mean = self.mean[street.slot[ids], self.market.last[ids] - step]
        rate, worth = self.rate[ids], self.weight * self.market.of_studio("retail")[ids]
        chance = ndtri(1 - np.minimum(rate / worth, 0.999))
        kept = mean + np.sqrt(np.maximum(mean, LEAST_MEAN) * VARIANCE) * chance
        free = books.free(ids)
        spots = np.clip(np.floor(free - np.maximum(kept, 0) + 0.5), 0, free).astype(np.int64)
        return Offer.flat(spots, rate)

    def _forecast(self, step: int, books: Books) -> Floats:
        """By slot and step: the mean of direct clients to come who do not cancel."""
        market, street = self.market, self.market.street
        done = (market.last < step) & (market.week >= step / WEEK_STEPS - WEEKS)
        pickup, slot, studio = self._pickup(books, done), street.slot[done], street.studio[done]
        places = np.array([each.places for each in market.studios])
        platform = (pickup / street.capacity[done][:, None]).mean(axis=0)
        total, classes = _by(studio, pickup, len(places))
        own = (total + PLATFORM * platform * places[:, None]) / (classes + PLATFORM)[:, None]
        total, classes = _by(slot, pickup, len(street.slots.studio))
        return np.asarray((total + OWN * own[street.slots.studio]) / (classes + OWN)[:, None])

    def _pickup(self, books: Books, done: Bools) -> Floats:
        """Of classes that are over: direct reservations that stood, made in a step or later."""
        people, last = books.people, self.market.last
        stood = (books.booked | self.past.booked) & ~people.market & np.isinf(people.cancels) & done[people.session]
        before = last[people.session[stood]] - np.floor(people.comes[stood] / STEP).astype(np.int64)
        made = np.zeros((len(last), STEPS))
        np.add.at(made, (people.session[stood], before), 1)
        return np.asarray(np.cumsum(made[done], axis=1))


def _by(group: Ints, values: Floats, groups: int) -> tuple[Floats, Ints]:
    """Sums of rows by group, and how many there are."""
    total = np.zeros((groups, values.shape[1]))
    np.add.at(total, group, values)
    return total, np.bincount(group, minlength=groups)
