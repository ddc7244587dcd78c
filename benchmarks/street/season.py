"""Live through the time: a policy lists by a regular clock, and people come and cancel in between, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from benchmarks.street.curves import MARKET_HOURS
from benchmarks.street.draw import Bools, Floats, Ints, Street
from benchmarks.street.people import Events, People

LOGGED = ("session_id", "from_at", "spots", "rate", "premium_spots", "premium_rate")


@dataclass
class Offer:
    """What is listed of each class from now on; by class."""

    spots: Ints
    rate: Floats
    premium: Ints
    premium_rate: Floats

    @staticmethod
    def flat(spots: Ints, rate: Floats) -> Offer:
        """Without premium spots."""
        return Offer(spots, rate, np.zeros_like(spots), np.full(len(spots), np.nan))

    @staticmethod
    def decided(table: pd.DataFrame) -> Offer:
        """As SmartTools decides."""
        return Offer(
            table["spots"].to_numpy(np.int64),
            table["rate"].to_numpy(np.float64, na_value=np.nan),
            table["premium_spots"].to_numpy(np.int64),
            table["premium_rate"].to_numpy(np.float64, na_value=np.nan),
        )

    @staticmethod
    def nothing(classes: int) -> Offer:
        """Of so many classes."""
        return Offer.flat(np.zeros(classes, np.int64), np.full(classes, np.nan))

    def put(self, ids: Ints, other: Offer) -> None:
        """Take over what is listed of some classes."""
        for name, values in vars(self).items():
            values[ids] = getattr(other, name)

    def of(self, ids: Ints | Bools) -> Offer:
        """Of some classes only."""
        return Offer(*(values[ids] for values in vars(self).values()))

    def differs(self, other: Offer) -> Bools:
        """Where other spots are listed, or at another rate; what lists nothing has no rate."""
        spots, premium = self.spots != other.spots, self.premium != other.premium
        rate = (self.rate != other.rate) & (other.spots > 0)
        return np.asarray(spots | premium | rate | ((self.premium_rate != other.premium_rate) & (other.premium > 0)))


@dataclass
class Books:
    """The bookings so far: by class how many are active, by person what became of them."""

    street: Street
    people: People
    active: Ints
    by_market: Ints  # active marketplace reservations
    came: Ints  # direct clients so far, turned away or not
    booked: Bools
    gone: Bools
    refused: Bools  # direct clients who found the class full
    paid: Floats  # the rate agreed; NaN: not through the marketplace
    premium: Bools
    log: list[Floats]  # rows of what was listed anew, by ``LOGGED``

    @staticmethod
    def empty(street: Street, people: People) -> Books:
        """Before anybody comes."""
        active, by_market, came = np.zeros((3, len(street.slot)), np.int64)
        booked, gone, refused, premium = np.zeros((4, len(people.comes)), bool)
        paid = np.full(len(people.comes), np.nan)
        return Books(street, people, active, by_market, came, booked, gone, refused, paid, premium, [])

    def list_anew(self, at: float, ids: Ints, offer: Offer, before: Offer) -> None:
        """Log what is listed of some classes where it is not what it was before."""
        changed = before.differs(offer)
        self.log.append(np.column_stack([ids[changed], np.full(changed.sum(), at), *vars(offer.of(changed)).values()]))

    def free(self, ids: Ints) -> Ints:
        """Places left."""
        return np.asarray(self.street.capacity[ids] - self.active[ids])


class Policy(Protocol):
    """Says at a moment what is listed of the classes asked about."""

    @property
    def name(self) -> str: ...

    def decide(self, at: float, ids: Ints, books: Books) -> Offer: ...


def run(street: Street, people: People, events: Events, which: Bools, policy: Policy | None, step: float) -> Books:
    """Live through the time of some classes; a policy lists the season's from its first hour, the past's all along."""
    books = Books.empty(street, people)
    mine = which[people.session[events.person]]
    time, person, cancels = events.time[mine], events.person[mine], events.cancels[mine]
    ticks = np.arange(_begin(street.start[which], step), street.start[which].max(), step)
    bounds = np.searchsorted(time, np.append(ticks, np.inf))
    listed, told = Offer.nothing(len(street.slot)), Offer.nothing(len(street.slot))
    happen(books, listed, person[: bounds[0]], cancels[: bounds[0]], time[: bounds[0]])
    for number, at in enumerate(ticks.tolist()):
        ids = np.flatnonzero(which & (street.start > at) & (street.start <= at + MARKET_HOURS))
        if policy is not None and len(ids):
            offer = policy.decide(at, ids, books)
            books.list_anew(at, ids, offer, told.of(ids))
            told.put(ids, offer)
            listed.put(ids, offer)
        part = slice(bounds[number], bounds[number + 1])
        happen(books, listed, person[part], cancels[part], time[part])
    return books


def _begin(start: Floats, step: float) -> float:
    return 0.0 if start.min() >= 0 else float(np.floor((start.min() - MARKET_HOURS) / step) * step)


def happen(books: Books, listed: Offer, person: Ints, cancels: Bools, time: Floats) -> None:
    """What happens within one step: the first event of each class, then the second of each, and so on."""
    session = books.people.session[person]
    order = np.argsort(session, kind="stable")
    person, cancels, session, time = person[order], cancels[order], session[order], time[order]
    rank = np.arange(len(session)) - np.searchsorted(session, session)
    for turn in range(rank.max(initial=-1) + 1):
        now = rank == turn
        leave = now & cancels
        _leave(books, person[leave], session[leave])
        come = now & ~cancels & (time < books.street.cancelled_from[session])
        _come(books, listed, person[come], session[come])


def _leave(books: Books, person: Ints, session: Ints) -> None:
    """Cancel what was booked; the place is free again, the marketplace's listing is as it was."""
    held = books.booked[person]
    person, session = person[held], session[held]
    books.gone[person] = True
    books.active[session] -= 1
    books.by_market[session] -= books.people.market[person]


def _come(books: Books, listed: Offer, person: Ints, session: Ints) -> None:
    """A direct client takes any free place; a marketplace user a listed one that is worth its rate to them."""
    market, pays, free = books.people.market[person], books.people.pays[person], books.free(session) > 0
    standard = market & free & (listed.spots[session] > 0) & (listed.rate[session] <= pays)
    premium = market & free & (listed.spots[session] == 0) & (listed.premium[session] > 0)
    premium &= listed.premium_rate[session] <= pays
    books.came[session] += ~market
    books.refused[person] = ~market & ~free
    taken = (~market & free) | standard | premium
    books.booked[person[taken]] = True
    books.active[session[taken]] += 1
    books.by_market[session[standard | premium]] += 1
    listed.spots[session[standard]] -= 1
    listed.premium[session[premium]] -= 1
    books.paid[person[standard]] = listed.rate[session[standard]]
    books.paid[person[premium]] = listed.premium_rate[session[premium]]
    books.premium[person[premium]] = True
