"""A season: weeks of a world under one policy, decided every three hours, everybody meeting what is then on offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from benchmarks.worlds.draw import LOOK_AHEAD, MONDAY, Floats, Ints, World

STEP = 3.0  # hours between decisions
DIRECT, LOOK, GONE, LEFT = 0, 1, 2, 3


@dataclass
class Books:
    """Who has booked what, as the season goes on; times in hours since 1970, NaN: not."""

    direct: Floats
    market: Floats
    paid: Floats  # of each marketplace person
    premium: np.ndarray
    refused: np.ndarray  # direct clients who found the class full
    offers: list[tuple[int, float, int, float, int, float]] = field(default_factory=list)

    def after(self, past: Books) -> Books:
        """These, and those of the past."""
        return Books(
            np.where(np.isnan(self.direct), past.direct, self.direct),
            np.where(np.isnan(self.market), past.market, self.market),
            np.where(self.paid > 0, self.paid, past.paid),
            self.premium,
            self.refused,
            past.offers + self.offers,
        )


@dataclass(frozen=True)
class Offer:
    """What is on offer of some classes from now on."""

    spots: Ints
    rate: Floats
    premium: Ints
    premium_rate: Floats
    expected_direct: Floats | None = None
    risk: Floats | None = None


Log = list[tuple[float, Ints, Offer]]  # each decision: when, of which classes, what


class Policy(Protocol):
    """Decides for the classes at hand."""

    name: str

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What is on offer of these classes from now on."""
        ...


def offer_of(spots: Ints, rate: Floats) -> Offer:
    """Standard spots only."""
    return Offer(spots, rate, np.zeros(len(spots), np.int64), np.zeros(len(spots)))


def run(
    world: World, policy: Policy | None, chosen: np.ndarray, *, step: float = STEP, log: Log | None = None
) -> Books:
    """Let the chosen classes happen under a policy; None: nothing is ever listed. ``log`` is given each decision."""
    events, here = _events(world, chosen), np.flatnonzero(chosen)
    starts, shelf = world.starts[here], _Shelf.of(world)
    now = (np.floor(starts.min() / step) * step - LOOK_AHEAD) if len(here) else 0.0
    place = 0
    while place < len(events):
        ids = here[(starts > now) & (starts <= now + LOOK_AHEAD)]
        if policy is not None and len(ids):
            offer = policy.decide(now, ids, shelf.books)
            shelf.put(now, ids, offer)
            if log is not None:
                log.append((now, ids, offer))
        now += step
        while place < len(events) and events[place][0] < now:
            shelf.meet(*events[place])
            place += 1
    return shelf.books


@dataclass
class _Shelf:
    """Places free and what is on offer, by class: plain lists, as they are read and changed one at a time."""

    books: Books
    most: list[float]  # of each marketplace person
    free: list[int]
    on_offer: dict[int, list[float]] = field(default_factory=dict)  # what is left: spots, rate, premium, its rate
    last: dict[int, tuple[int, float, int, float]] = field(default_factory=dict)  # as they were decided

    @classmethod
    def of(cls, world: World) -> _Shelf:
        """Before anybody came."""
        direct, market = len(world.direct), len(world.market)
        books = Books(
            np.full(direct, np.nan), np.full(market, np.nan), np.zeros(market), np.zeros(market, bool),
            np.zeros(direct, bool),
        )  # fmt: skip
        return cls(books, world.market.most.tolist(), world.capacity.tolist())

    def put(self, now: float, ids: Ints, offer: Offer) -> None:
        """What is on offer from now on; a change is written down."""
        columns = (values.tolist() for values in (offer.spots, offer.rate, offer.premium, offer.premium_rate))
        for index, row in zip(ids.tolist(), zip(*columns, strict=True), strict=True):
            self.on_offer[index] = list(row)
            if self.last.get(index) != row:
                self.last[index] = row
                self.books.offers.append((index, now, *row))

    def meet(self, when: float, what: int, person: int, at: int) -> None:
        """Somebody comes, or gives up what they booked."""
        if what == DIRECT:
            self._serve(when, person, at)
        elif what == LOOK:
            self._sell(when, person, at)
        else:
            booked = self.books.direct if what == GONE else self.books.market
            self.free[at] += bool(booked[person] == booked[person])  # NaN: they never had a place

    def _serve(self, when: float, person: int, at: int) -> None:
        if self.free[at] > 0:
            self.free[at] -= 1
            self.books.direct[person] = when
        else:
            self.books.refused[person] = True

    def _sell(self, when: float, person: int, at: int) -> None:
        """A standard spot while there is one, else a premium spot, to who would pay for it."""
        if self.free[at] <= 0 or at not in self.on_offer:
            return
        shelf = self.on_offer[at]
        kind = 0 if shelf[0] > 0 else 2
        if shelf[kind] > 0 and self.most[person] >= shelf[kind + 1]:
            self.free[at] -= 1
            shelf[kind] -= 1
            self.books.market[person], self.books.paid[person] = when, shelf[kind + 1]
            self.books.premium[person] = kind == 2


def _events(world: World, chosen: np.ndarray) -> list[tuple[float, int, int, int]]:
    """When somebody comes or gives up: the time, which of the two, who, and the class; in order of time."""
    parts = []
    for people, comes, goes in ((world.direct, DIRECT, GONE), (world.market, LOOK, LEFT)):
        ids = np.flatnonzero(chosen[people.session])
        start = world.starts[people.session[ids]]
        parts.append((start - people.lead[ids], np.full(len(ids), comes), ids, people.session[ids]))
        gone = ids[~np.isnan(people.until[ids])]
        left = world.starts[people.session[gone]] - people.until[gone]
        parts.append((left, np.full(len(gone), goes), gone, people.session[gone]))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return list(zip(*(column[order].tolist() for column in joined), strict=True))


@dataclass(frozen=True)
class Score:
    """What a season brought, by class."""

    payouts: Floats
    displaced: Floats  # direct clients who would have come and found no place because of the marketplace
    visitors: Floats
    filled: Floats  # reservations that stood, of all channels
    retail: Floats
    direct: Floats  # direct reservations that stood without a marketplace

    def value(self, weight: float) -> Floats:
        """Payouts less the weighted retail value of displaced direct clients."""
        return self.payouts - weight * self.retail * self.displaced


def score(world: World, books: Books, alone: Books) -> Score:
    """Against the same arrivals with no marketplace at all (``alone``)."""
    size = len(world.starts)
    stood = ~np.isnan(books.market) & np.isnan(world.market.until)
    came = stood & world.market.shows
    direct_stood = ~np.isnan(books.direct) & np.isnan(world.direct.until)
    lost = books.refused & ~alone.refused & np.isnan(world.direct.until)
    displaced = np.bincount(world.direct.session[lost], minlength=size).astype(float)
    return Score(
        payouts=np.bincount(world.market.session[came], books.paid[came], size).astype(float),
        displaced=displaced,
        visitors=np.bincount(world.market.session[came], minlength=size).astype(float),
        filled=(
            np.bincount(world.direct.session[direct_stood], minlength=size)
            + np.bincount(world.market.session[stood], minlength=size)
        ).astype(float),
        retail=np.array([world.kinds[number].retail for number in world.studio.tolist()]),
        direct=np.bincount(
            world.direct.session[~np.isnan(alone.direct) & np.isnan(world.direct.until)], minlength=size
        ).astype(float),
    )


def season_of(world: World) -> np.ndarray:
    """The classes that are judged: the last weeks, from the second on, so that bookings began under the policy."""
    return ~world.past & (world.starts >= MONDAY)
