"""Whether what SmartTools tells comes: expected direct reservations, and the risk of displacing a direct client.

Both are told of a case that is not lived: nothing more is listed, or all that is listed is taken at once and nothing
later. So both cases are replayed from the moment, with the people who really come; those who take all that is listed
cancel as others do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.street.draw import Bools, Floats, Ints, Street
from benchmarks.street.people import People, cancelling, events_of
from benchmarks.street.season import Books, Offer, happen
from benchmarks.street.smart import LEADS, Told


@dataclass(frozen=True)
class Came:
    """Told and come, by class, at one lead."""

    lead: float
    ids: Ints
    listed: Ints
    expected: Floats
    direct: Floats
    risk: Floats
    displaced: Bools


def what_came(street: Street, people: People, told: list[Told], rng: np.random.Generator) -> list[Came]:
    """What came of all that was told, by lead."""
    return [_at_lead(street, people, [each for each in told if each.lead == lead], rng) for lead in LEADS]


def _at_lead(street: Street, people: People, told: list[Told], rng: np.random.Generator) -> Came:
    ids, listed, booked = (
        np.concatenate([getattr(each, name) for each in told]) for name in ("ids", "listed", "booked")
    )
    expected, risk = (np.concatenate([getattr(each, name) for each in told]) for name in ("expected", "risk"))
    since = np.full(len(street.slot), np.inf)
    since[ids] = np.repeat([each.at for each in told], [len(each.ids) for each in told])
    nothing, taken = (
        _replay(street, people, since, booked, np.repeat(ids, spots), rng) for spots in (0 * listed, listed)
    )
    later = ~people.market & (people.comes > since[people.session])
    stand, turned = nothing.booked & ~nothing.gone & later, nothing.booked & later & taken.refused[: len(later)]
    direct, displaced = (np.bincount(people.session[each], minlength=len(since))[ids] for each in (stand, turned))
    return Came(told[0].lead, ids, listed, expected, direct.astype(float), risk, displaced > 0)


def _replay(
    street: Street, people: People, since: Floats, booked: Ints, taken: Ints, rng: np.random.Generator
) -> Books:
    """From each class's moment on, with those who have booked and a guest in each place that is taken at once."""
    guests = np.arange(len(people.session), len(people.session) + len(taken))
    everyone = _with_guests(street, people, taken, since[taken], rng)
    books = Books.empty(street, everyone)
    inside = np.concatenate([booked, guests])
    books.booked[inside] = True
    books.active += np.bincount(everyone.session[inside], minlength=len(since))
    events = events_of(everyone)
    session = everyone.session[events.person]
    later = events.time > since[session]
    happen(books, Offer.nothing(len(since)), events.person[later], events.cancels[later], events.time[later])
    return books


def _with_guests(street: Street, people: People, session: Ints, comes: Floats, rng: np.random.Generator) -> People:
    yes = np.ones(len(session), bool)
    guests = People(session, comes, yes, comes, cancelling(street, session, comes, rng), yes, yes)
    pairs = zip(vars(people).values(), vars(guests).values(), strict=True)
    return People(*(np.concatenate(pair) for pair in pairs))
