"""How many come, when they book, and what becomes of it: the draws for one class.

Each class draws from a generator of its own, keyed by seed, site, slot and date, and draws everything at once, before
anybody acts; its direct clients first. So the same direct clients turn up whatever was listed, and whatever happened
elsewhere (common random numbers). Shapes are fitted to published figures: lead times with a median of 48 hours and
quartiles of 5 and 161; counts within a slot a little less dispersed than Poisson; 6 to 10 % no-shows, about 12 %
cancellations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from connectors.sandbox.market.people import Floats, People
from connectors.sandbox.market.plans import StudioPlan

LONGEST_LEAD = 28 * 24.0
"""Hours before the start at which booking opens."""

_SEASON = np.array([1.12, 1.10, 1.06, 1.02, 1.0, 0.95, 0.88, 0.87, 1.03, 1.05, 1.01, 0.89])
_REGULAR_COMES = 0.75
_KNOWN_MARKET = 0.05  # the share of a real history's clients that is taken to have come through the marketplace
_OFFICE, _WEATHER = 1_000_001, 1_000_002  # apart from every slot's number


class Arrival(NamedTuple):
    """A direct client who wants a place, and what they will do with it. Instants are Unix seconds; 0 is never."""

    at: int
    person: int
    cancel_at: int
    misses: bool
    web: bool
    comped: bool
    waits: bool  # goes on the waiting list where the class is full
    certain: bool = False  # known from a real history: gets a place in any case


class MarketArrival(NamedTuple):
    """A marketplace user who looks at a class. Books at a rate up to ``wtp``."""

    at: int
    user: int
    wtp: float
    cancel_at: int
    misses: bool
    returns: int  # if it is a first visit and they came: how often they come back directly
    certain: bool = False  # known from a real history: booked, whatever was listed


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """All who will want a place in one class."""

    direct: tuple[Arrival, ...]
    market: tuple[MarketArrival, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a real history says of a class."""

    capacity: int
    booked: int


class Demand:
    """The draws for one studio's classes."""

    def __init__(self, seed: int, plan: StudioPlan, people: People) -> None:
        self._key = (seed, plan.site & 0xFFFFFFFF)
        self._plan = plan
        self._people = people
        self._day_levels: dict[date, float] = {}

    def of_class(self, slot: int, day: date, start: int, known: Known | None = None) -> ClassPlan:
        """Everybody who will want a place in the class of a slot on a day that starts at ``start``."""
        level = self.day_level(day)
        rng = np.random.default_rng((*self._key, slot, day.toordinal()))
        if known is not None:
            return self._known(rng, slot, start, known)
        direct = self._direct(rng, slot, start, level)
        looking = int(rng.poisson(self._plan.slots[slot].market * level))
        return ClassPlan(direct, self._market(rng, slot, start, looking))

    def day_rng(self, day: date) -> np.random.Generator:
        """The generator for what happens at the studio on a day, demand apart."""
        return np.random.default_rng((*self._key, _OFFICE, day.toordinal()))

    def day_level(self, day: date) -> float:
        """How much more or less than usual a day draws: season, and weather that a studio's day shares."""
        if day not in self._day_levels:
            self._day_levels[day] = self._draw_level(day)
        return self._day_levels[day]

    def _draw_level(self, day: date) -> float:
        rng = np.random.default_rng((*self._key, _WEATHER, day.toordinal()))
        storm = 0.72 if rng.random() < 0.04 else 1.0
        return season(day, southern=self._plan.southern) * storm * float(rng.lognormal(-0.006, 0.11))

    def _direct(self, rng: np.random.Generator, slot: int, start: int, level: float) -> tuple[Arrival, ...]:
        shape = self._plan.slots[slot]
        mean = shape.demand * level
        regulars = round(mean * shape.regulars / _REGULAR_COMES)
        count = int(rng.binomial(regulars, _REGULAR_COMES) + rng.poisson(max(0.0, mean - regulars * _REGULAR_COMES)))
        return self._arrivals(rng, slot, start, count)

    def _known(self, rng: np.random.Generator, slot: int, start: int, known: Known) -> ClassPlan:
        """Exactly those who had booked in the end, and some who cancel early where there is room for them."""
        sold = int(rng.binomial(known.booked, _KNOWN_MARKET))
        market = [arrival._replace(cancel_at=0, certain=True) for arrival in self._market(rng, slot, start, sold)]
        room = max(0, known.capacity - known.booked)
        fickle = min(room, int(rng.poisson(0.13 * known.booked)))
        drawn = list(self._arrivals(rng, slot, start, known.booked - len(market) + fickle, certain=True))
        for index in rng.choice(len(drawn), fickle, replace=False):
            arrival = drawn[index]
            leaves = arrival.at + max(60, (start - arrival.at) // 2)
            drawn[index] = arrival._replace(cancel_at=leaves, certain=False, waits=False)
        return ClassPlan(tuple(drawn), tuple(market))

    def _arrivals(
        self, rng: np.random.Generator, slot: int, start: int, count: int, *, certain: bool = False
    ) -> tuple[Arrival, ...]:
        people = self._people.choose(slot, start, count, rng)
        count = len(people)
        lead = direct_leads(rng, count, self._plan.slots[slot].late)
        cancel = np.zeros(count) if certain else cancel_leads(rng, lead)
        misses, web, comped, waits = rng.random((4, count))
        at = start - (lead * 3600).astype(int)
        cancel_at = np.where(cancel > 0, start - (cancel * 3600).astype(int), 0)
        drawn = zip(
            at.tolist(),
            people,
            cancel_at.tolist(),
            misses < 0.078,
            web < 0.86,
            comped < 0.008,
            waits < 0.5,
            strict=True,
        )
        return tuple(
            sorted(
                Arrival(a, p, c, bool(m), bool(w) and not x, bool(x), bool(q), certain) for a, p, c, m, w, x, q in drawn
            )
        )

    def _market(self, rng: np.random.Generator, slot: int, start: int, count: int) -> tuple[MarketArrival, ...]:
        traits = self._plan.marketplace
        users = np.unique((traits.users * rng.random(count) ** 1.6).astype(int))  # some book far more often than others
        rng.shuffle(users)
        count = users.size
        lead = market_leads(rng, count)
        cancel = cancel_leads(rng, lead)
        wtp = self._plan.slots[slot].wtp + rng.logistic(0.0, traits.wtp_scale, count)
        misses, comes_back = rng.random((2, count))
        returns = np.where(comes_back < traits.returning, rng.geometric(0.22, count), 0)
        at = start - (lead * 3600).astype(int)
        cancel_at = np.where(cancel > 0, start - (cancel * 3600).astype(int), 0)
        drawn = zip(
            at.tolist(), users.tolist(), wtp.tolist(), cancel_at.tolist(), misses < 0.09, returns.tolist(), strict=True
        )
        return tuple(sorted(MarketArrival(a, u, w, c, bool(m), r) for a, u, w, c, m, r in drawn))


def season(day: date, *, southern: bool) -> float:
    """How busy a time of year is, 1 on average: full in January, empty in high summer and before the holidays."""
    position = (day.timetuple().tm_yday / 365.25 * 12 - 0.5 + (6 if southern else 0)) % 12
    return float(np.interp(position, np.arange(13), np.append(_SEASON, _SEASON[0])))


def direct_leads(rng: np.random.Generator, count: int, late: float) -> Floats:
    """Hours before the start at which direct clients book: a week ahead, in between, and the last hours."""
    kind = rng.random(count)
    planned = rng.gamma(2.2, 90.0, count)
    between = rng.exponential(40.0, count)
    last = rng.exponential(4.5, count)
    lead = np.where(kind < late, last, np.where(kind < late + 0.12, between, planned))
    return np.clip(lead, 0.05, LONGEST_LEAD)


def market_leads(rng: np.random.Generator, count: int) -> Floats:
    """Hours before the start at which marketplace users look: later than direct clients."""
    lead = np.where(rng.random(count) < 0.3, rng.gamma(2.0, 45.0, count), rng.exponential(16.0, count))
    return np.clip(lead, 0.3, LONGEST_LEAD)


def cancel_leads(rng: np.random.Generator, lead: Floats) -> Floats:
    """Hours before the start at which a booking is cancelled; 0: it is not. Early bookings are given up more often."""
    chance = 0.05 + 0.235 * np.minimum(1.0, lead / 110.0)
    when = np.maximum(0.25, lead * rng.random(lead.size) ** 1.15)
    return np.where((rng.random(lead.size) < chance) & (when < lead - 0.1), when, 0.0)
