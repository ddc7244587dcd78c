"""Whether the direct reservations come that SmartTools tells.

They are told of a case that is not lived, in which nothing more is listed. So it is replayed from the moment, with
those who have booked and those who really come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.steps.draw import Market
from benchmarks.steps.smart import LEADS, Told, starts_in
from benchmarks.street.draw import Bools, Floats, Ints
from benchmarks.street.people import Events, People
from benchmarks.street.season import Books, Offer, happen


@dataclass(frozen=True)
class Came:
    """Told and come, by class, at one lead."""

    lead: float
    ids: Ints
    expected: Floats
    direct: Floats


def what_came(market: Market, people: People, events: Events, told: list[Told]) -> list[Came]:
    """What came of all that was told, by lead."""
    return [_at_lead(market, people, events, told, lead) for lead in LEADS]


def _at_lead(market: Market, people: People, events: Events, told: list[Told], lead: float) -> Came:
    classes = len(market.week)
    since, expected, inside = np.full(classes, np.inf), np.zeros(classes), np.zeros(len(people.session), bool)
    for each in told:
        now = starts_in(market, each.at, each.ids, lead)
        ids = each.ids[now]
        since[ids], expected[ids] = each.at, each.expected[now]
        inside[each.booked[since[people.session[each.booked]] == each.at]] = True
    later = ~people.market & (people.comes > since[people.session])
    books = _replay(market, people, events, since, inside)
    stand = np.bincount(people.session[books.booked & ~books.gone & later], minlength=classes)
    ids = np.flatnonzero(np.isfinite(since))
    return Came(lead, ids, expected[ids], stand[ids].astype(float))


def _replay(market: Market, people: People, events: Events, since: Floats, inside: Bools) -> Books:
    """From each class's moment on with nothing listed, and with those inside."""
    books = Books.empty(market.street, people)
    books.booked |= inside
    books.active += np.bincount(people.session[inside], minlength=len(since))
    later = events.time > since[people.session[events.person]]
    happen(books, Offer.nothing(len(since)), events.person[later], events.cancels[later], events.time[later])
    return books
