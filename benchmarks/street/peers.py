"""What studios do without SmartTools: a static allocation, and Littlewood's rule with forecasts of pickup."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import poisson

from benchmarks.street.curves import MARKET_HOURS
from benchmarks.street.draw import WEEK, Floats, Ints, Street
from benchmarks.street.season import Books, Offer

LISTED = 3  # spots of a static allocation
PAST_STEP = 24.0  # hours between two decisions of the past's
EVERY = 6  # hours between two leads at which pickup is known
FEWEST = 3  # past classes of a slot before its own pickup is believed


@dataclass
class Static:
    """Three spots at the studio's flat rate; for the past, posted rates may have moved."""

    street: Street
    posted: str = "flat"
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    name: str = "static"
    rate: Floats = field(init=False)

    def __post_init__(self) -> None:
        studio, factor = self.street.studio, self._factor()
        bounds = np.array([(each.posted, each.floor, each.ceiling) for each in self.street.studios])[studio].T
        self.rate = np.round(np.clip(bounds[0] * factor, bounds[1], bounds[2]), 2)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What is left of the three."""
        open_ = self.street.cancelled_from[ids] > at
        left = np.clip(LISTED - books.by_market[ids], 0, books.free(ids))
        listed = np.array([each.kind.listed for each in self.street.studios])[self.street.studio[ids]]
        wanted = open_ & (listed | (self.street.start[ids] >= 0))
        return Offer.flat(np.where(wanted, left, 0), self.rate[ids])

    def _factor(self) -> Floats:
        """Of the flat rate: always 1, anew every five weeks, or anew for every class."""
        classes = len(self.street.slot)
        if self.posted == "flat":
            return np.ones(classes)
        if self.posted == "random":
            return self.rng.uniform(0.6, 1.6, classes)
        era = self.street.studio * 1000 + np.floor(self.street.start / WEEK / 5).astype(np.int64) + 500
        _, which = np.unique(era, return_inverse=True)
        return np.asarray(self.rng.uniform(0.75, 1.35, which.max() + 1)[which])


@dataclass
class Littlewood:
    """EMSR-b of two fares at the static allocation's rate, solved anew at every decision.

    Direct clients still to come are forecast by additive pickup, as a Poisson variable with the mean of a slot's past
    classes; a slot without them takes that of all studios, for as many places. A place is listed where the chance that
    a direct client needs it is below the rate over the retail rate.
    """

    street: Street
    past: Books
    rate: Floats
    name: str = "EMSR-b"
    mean: Floats = field(init=False)

    def __post_init__(self) -> None:
        ids = np.flatnonzero(self.street.past)
        pickup, slot = _pickup(self.past, ids), self.street.slot[ids]
        places = self.street.slots.capacity
        self.mean = np.outer(places, (pickup / places[slot][:, None]).mean(axis=0))
        for each in np.unique(slot):
            if (slot == each).sum() >= FEWEST:
                self.mean[each] = pickup[slot == each].mean(axis=0)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """List what a direct client would probably not need."""
        lead = self.street.start[ids] - at
        retail = self.street.of_studio([each.retail for each in self.street.studios])[ids]
        column = np.minimum(np.round(lead / EVERY).astype(np.int64), MARKET_HOURS // EVERY)
        level = poisson.ppf(1 - self.rate[ids] / retail, self.mean[self.street.slot[ids], column].clip(0))
        spots = (books.free(ids) - level).clip(0).astype(np.int64)
        return Offer.flat(np.where(self.street.cancelled_from[ids] > at, spots, 0), self.rate[ids])


def _pickup(past: Books, ids: Ints) -> Floats:
    """Direct reservations at the start less those at each lead, by class; cancellations counted."""
    people, street = past.people, past.street
    row = np.full(len(street.slot), -1)
    row[ids] = np.arange(len(ids))
    direct = np.flatnonzero(past.booked & ~people.market & (row[people.session] >= 0))
    columns = MARKET_HOURS // EVERY + 1
    net = np.zeros((len(ids), columns + 1))
    for who, when, sign in ((direct, people.comes, 1), (direct[past.gone[direct]], people.cancels, -1)):
        lead = (street.start[people.session[who]] - when[who]) / EVERY
        np.add.at(net, (row[people.session[who]], np.minimum(np.floor(lead).astype(np.int64) + 1, columns)), sign)
    return np.asarray(np.cumsum(net, axis=1)[:, :columns])
