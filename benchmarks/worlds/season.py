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


class Policy(Protocol):
    """Decides for the classes at hand."""

    name: str

    def decide(self, at: float, ids: Ints, books: Books) -> Offer: ...


def run(
    world: World, policy: Policy | None, chosen: np.ndarray, *, step: float = STEP, log: list | None = None
) -> Books:
    """Let the chosen classes happen under a policy; None: nothing is ever listed."""
    books = Books(
        np.full(len(world.direct), np.nan), np.full(len(world.market), np.nan), np.zeros(len(world.market)),
        np.zeros(len(world.market), bool), np.zeros(len(world.direct), bool),
    )  # fmt: skip
    events = _events(world, chosen)
    time, kind, who, session = (column.tolist() for column in events)
    free = world.capacity.tolist()
    spots, rate = [0] * len(free), [0.0] * len(free)
    premium, premium_rate = [0] * len(free), [0.0] * len(free)
    most = world.market.most.tolist()
    booked_direct, booked_market = books.direct, books.market
    here = np.flatnonzero(chosen)
    starts = world.starts[here]
    now = (np.floor(starts.min() / step) * step - LOOK_AHEAD) if len(here) else 0.0
    place, count = 0, len(time)
    last: dict[int, tuple[int, float, int, float]] = {}
    while place < count:
        if policy is not None:
            ids = here[(starts > now) & (starts <= now + LOOK_AHEAD)]
            if len(ids):
                offer = policy.decide(now, ids, books)
                if log is not None:
                    log.append((now, ids, offer))
                rows = zip(
                    ids.tolist(),
                    offer.spots.tolist(),
                    offer.rate.tolist(),
                    offer.premium.tolist(),
                    offer.premium_rate.tolist(),
                    strict=True,
                )
                for index, a, b, c, d in rows:
                    spots[index], rate[index], premium[index], premium_rate[index] = a, b, c, d
                    if last.get(index) != (a, b, c, d):
                        last[index] = (a, b, c, d)
                        books.offers.append((index, now, a, b, c, d))
        until = now + step
        while place < count and time[place] < until:
            what, person, at = kind[place], who[place], session[place]
            if what == DIRECT:
                if free[at] > 0:
                    free[at] -= 1
                    booked_direct[person] = time[place]
                else:
                    books.refused[person] = True
            elif what == LOOK:
                if free[at] > 0 and spots[at] > 0 and most[person] >= rate[at]:
                    free[at] -= 1
                    spots[at] -= 1
                    booked_market[person] = time[place]
                    books.paid[person] = rate[at]
                elif free[at] > 0 and spots[at] <= 0 and premium[at] > 0 and most[person] >= premium_rate[at]:
                    free[at] -= 1
                    premium[at] -= 1
                    booked_market[person] = time[place]
                    books.paid[person] = premium_rate[at]
                    books.premium[person] = True
            elif what == GONE:
                if booked_direct[person] == booked_direct[person]:
                    free[at] += 1
            elif booked_market[person] == booked_market[person]:
                free[at] += 1
            place += 1
        now = until
    return books


def _events(world: World, chosen: np.ndarray) -> tuple[np.ndarray, ...]:
    parts = []
    for people, comes, goes in ((world.direct, DIRECT, GONE), (world.market, LOOK, LEFT)):
        ids = np.flatnonzero(chosen[people.session])
        start = world.starts[people.session[ids]]
        parts.append((start - people.lead[ids], np.full(len(ids), comes), ids, people.session[ids]))
        gone = ids[~np.isnan(people.until[ids])]
        parts.append(
            (
                world.starts[people.session[gone]] - people.until[gone],
                np.full(len(gone), goes),
                gone,
                people.session[gone],
            )
        )
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return tuple(column[order] for column in joined)


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
    paid = np.bincount(world.market.session[came], books.paid[came], size)
    direct_stood = ~np.isnan(books.direct) & np.isnan(world.direct.until)
    lost = books.refused & ~alone.refused & np.isnan(world.direct.until)
    displaced = np.bincount(world.direct.session[lost], minlength=size).astype(float)
    return Score(
        payouts=paid,
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
