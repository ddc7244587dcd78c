"""Live through the steps: a policy says what is listed, then people come and cancel, in order of time."""

from __future__ import annotations

import numpy as np

from benchmarks.steps.curves import STEP, STEPS
from benchmarks.steps.draw import Market
from benchmarks.street.draw import Bools, Floats
from benchmarks.street.people import Events, People
from benchmarks.street.season import Books, Offer, Policy, happen


def run(market: Market, people: People, events: Events, which: Bools, policy: Policy | None) -> Books:
    """Live through the time of some classes: those of the past, or those of the season from its first hour on.

    What is listed is logged where it is not what was left of the last listing.
    """
    street = market.street
    books, listed = Books.empty(street, people), _unlisted(len(street.slot))
    mine = which[people.session[events.person]]
    time, person, cancels = events.time[mine], events.person[mine], events.cancels[mine]
    ticks = _ticks(market, which)
    bounds = np.searchsorted(time, ticks)
    happen(books, listed, person[: bounds[0]], cancels[: bounds[0]], time[: bounds[0]])
    for number, at in enumerate(ticks[:-1].tolist()):
        ids = np.flatnonzero(which & (street.start > at) & (street.start <= at + STEP * STEPS))
        if policy is not None and len(ids):
            offer = policy.decide(at, ids, books)
            books.list_anew(at, ids, offer, listed.of(ids))
            listed.put(ids, offer)
        part = slice(bounds[number], bounds[number + 1])
        happen(books, listed, person[part], cancels[part], time[part])
    return books


def _ticks(market: Market, which: Bools) -> Floats:
    """When each step begins, and when the last one ends."""
    last = market.last[which]
    first, end = (0, last.max() + 1) if not market.past[which].any() else (last.min() - STEPS + 1, 0)
    return STEP * np.arange(first, end + 1, dtype=np.float64)


def _unlisted(classes: int) -> Offer:
    """Not even nothing is listed yet, so that the first listing of each class is logged."""
    offer = Offer.nothing(classes)
    offer.spots -= 1
    return offer
