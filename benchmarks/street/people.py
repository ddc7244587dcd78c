"""Draw everyone who ever comes: the same people for every policy, in order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from benchmarks.street import curves
from benchmarks.street.draw import Bools, Floats, Ints, Street


@dataclass(frozen=True)
class People:
    """One person an element; times in hours since the season's first."""

    session: Ints
    comes: Floats
    market: Bools
    pays: Floats  # the most a marketplace user would pay
    cancels: Floats  # when, if booked; inf: never
    shows: Bools  # if booked and not cancelled
    new: Bools  # a marketplace user who has not been to the studio


@dataclass(frozen=True)
class Events:
    """Somebody comes, or cancels; ``rank`` counts a class's events within one step."""

    time: Floats
    person: Ints
    cancels: Bools


def frailty(street: Street, rng: np.random.Generator) -> Floats:
    """Each class's random factor of direct demand: its own, and one that the studio's classes of a day share."""
    own, shared = np.array([street.studios[number].noise for number in street.studio]).T
    day = street.studio * 100_000 + np.floor(street.start / 24).astype(np.int64)
    _, first, which = np.unique(day, return_index=True, return_inverse=True)
    shock = rng.gamma(1 / shared[first], shared[first])
    return np.asarray(rng.gamma(1 / own, own) * shock[which])


def draw_people(street: Street, rng: np.random.Generator) -> People:
    """By class: direct clients and marketplace users, each a Poisson number along its curve."""
    direct = rng.poisson(street.direct * frailty(street, rng))
    looks = rng.poisson(street.slots.market[street.slot])
    session = np.repeat(np.tile(np.arange(len(street.slot)), 2), np.concatenate([direct, looks]))
    market = np.arange(len(session)) >= direct.sum()
    lead = np.where(market, leads(street, session, street.slots.market_curve, rng), 0)
    lead = np.where(market, lead, leads(street, session, street.slots.direct_curve, rng))
    comes = street.start[session] - lead
    cancels = cancelling(street, session, comes, rng)
    shows = rng.random(len(session)) >= street.of_studio([each.no_show for each in street.studios])[session]
    most, rank = _pays(street, session, rng)
    new = rng.random(len(session)) < 0.85 - 0.5 * rank  # those who don't know a studio would pay less
    return People(session, comes, market, most, cancels, shows, new)


def cancelling(street: Street, session: Ints, comes: Floats, rng: np.random.Generator) -> Floats:
    """When those who book at a time cancel; inf: never."""
    start, hours = street.start[session], np.arange(curves.DIRECT_HOURS + 1)
    left, drawn = np.zeros(len(session)), rng.exponential(size=len(session))
    for number, studio in enumerate(street.studios):
        mine = np.flatnonzero(street.studio[session] == number)
        hazard = curves.cancelled_by(studio.cancelling)
        left[mine] = np.interp(
            np.interp(start[mine] - comes[mine], hours, hazard) - drawn[mine], hazard, hours, left=np.nan
        )
    return np.asarray(np.where(np.isnan(left), np.inf, start - left))


def events_of(people: People) -> Events:
    """All that could happen, in order of time."""
    leaving = np.flatnonzero(np.isfinite(people.cancels))
    time = np.concatenate([people.comes, people.cancels[leaving]])
    person = np.concatenate([np.arange(len(people.comes)), leaving])
    order = np.argsort(time, kind="stable")
    return Events(time[order], person[order], (np.arange(len(time)) >= len(people.comes))[order])


def leads(street: Street, session: Ints, curve: Floats, rng: np.random.Generator) -> Floats:
    """Hours before the start, by the slot's curve."""
    slot = street.slot[session]
    total = np.cumsum(curve, axis=1)
    flat = (total / total[:, -1:] + np.arange(len(curve))[:, None]).ravel()
    hour = np.searchsorted(flat, slot + rng.random(len(session)), side="right") - slot * curve.shape[1]
    return np.asarray(np.clip(hour, 0, curve.shape[1] - 1) + rng.random(len(session)))


def _pays(street: Street, session: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The most a user would pay, and where that stands among the slot's users, from 0 to 1."""
    median, drawn = street.slots.willing[street.slot[session]], rng.normal(size=len(session))
    spread = np.array([each.spread for each in street.studios])[street.studio[session]]
    normal = np.array([each.normal for each in street.studios])[street.studio[session]]
    most = np.where(normal, median * (1 + spread * drawn), median * np.exp(spread * drawn))
    return most, np.asarray(ndtr(drawn))
