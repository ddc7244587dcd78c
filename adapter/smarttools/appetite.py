"""What a studio's guests would pay just now: told by what its upcoming sessions sold, at which rates, in what time.

A history of one rate cannot tell what another would bring, and a new studio has none. What it lists tells day by day:
where rates are too high, less is sold than was expected. Willingness to pay is shifted by a ratio, and how many look by
another, told together over a grid (gamma-Poisson, as in ``pace``). What the past sold at its own rates is known: if
fewer than thought would pay so much, more have looked.

Nobody need say what was listed when: a session counts as listed since the first sale among its studio's upcoming ones,
at the rate of its next sale, and since its last one at the rate in force. None of it knows direct bookings (INV-2).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from adapter.smarttools.curves import EDGES
from adapter.smarttools.facts import (
    MARKETPLACE,
    TRIAL,
    Bools,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
    count_by,
    shares,
    sum_by,
    sums_by,
)
from adapter.smarttools.openness import overlap
from adapter.smarttools.response import LEAST_ACCEPTED, LOGISTIC, chance, weighed

RATIOS: Floats = np.exp(np.linspace(-1.2, 0.9, 22))  # of what guests would pay to what is thought
AS_THOUGHT = 12  # the place of 1 among them
OWN = 0.25  # of the doubt of what they would pay at a new studio is each slot's own: its others tell nothing of it
LEAST_DOUBT = 1e-4  # squared variation of a studio's willingness to pay from week to week
LOOKS, NEW_LOOKS = 0.003, 0.15  # squared variation of how many look at a studio that listed before, and at a new one
APART, NEW_APART = 0.05, 0.25  # the same of each of its slots
TEMPER = 0.7  # of what is told is believed: when exactly what stood for sale is not known
LEAST_SEEN = 0.05  # of those who look, at the least, accepted the rates of the past
STEEPEST = 0.3  # of the scale that is told, at the least, is people's own and not doubt of their median


@dataclass(frozen=True)
class Posted:
    """Stretches in which upcoming sessions stood at one rate, one entry each: up to a sale, or until now."""

    session: Ints
    rate: Floats
    begun: Floats  # hours before the start
    ended: Floats
    sold: Floats  # 1 where a sale ended it, else 0

    def take(self, rows: Bools) -> Posted:
        """Some of them."""
        return Posted(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True)
class Belief:
    """What is thought of the guests of each session before its studio's books are looked at; money in major units."""

    median: Floats
    scale: Floats  # of the logistic curve, flattened by the doubt of its median
    doubt: Floats  # standard deviation of the median
    common: Floats  # squared variation of the medians of a studio that listed before, common to its slots
    seen: Floats  # the rate they mostly saw in the past; NaN: none
    looks: Floats  # how many look in all


@dataclass(frozen=True)
class Appetite:
    """One entry a session."""

    payable: Floats  # ratio of what guests would pay to what history says
    doubt: Floats  # squared coefficient of variation left of it
    looks: Floats  # ratio of how many look
    told: Bools  # whether anything was: where nothing was, these are 1, the doubt of before, and 1

    def sharpened(self, belief: Belief) -> tuple[Floats, Floats, Floats]:
        """Median, scale and doubt as they are believed now."""
        median = belief.median * self.payable
        doubt = median * np.sqrt(self.doubt)
        scale = np.sqrt(_own(belief) ** 2 + LOGISTIC * doubt**2)
        return (
            np.where(self.told, median, belief.median),
            np.where(self.told, scale, belief.scale),
            np.where(self.told, doubt, belief.doubt),
        )


def posted(sessions: Sessions, reservations: Reservations, offers: Offers, at: float) -> Posted:
    """What stood for sale until ``at``. Of a session that nobody says to be on offer, nothing is known."""
    row = offers.latest(at, len(sessions))
    sold = (reservations.channel == MARKETPLACE) & (reservations.product != TRIAL) & (reservations.booked <= at)
    sold &= row[reservations.session] >= 0
    still = row[row >= 0]
    still = still[offers.spots[still] > 0]
    session = np.concatenate([reservations.session[sold], offers.session[still]])
    until = np.concatenate([reservations.booked[sold], np.full(len(still), at)])
    rate = np.concatenate([reservations.amount[sold], offers.rate[still]])
    ended = np.concatenate([np.ones(int(sold.sum())), np.zeros(len(still))])
    order = np.lexsort((until, session))
    session, until, rate, ended = session[order], until[order], rate[order], ended[order]
    begun = _first_sale(sessions, session, until)[session]
    since = np.where(np.append(-1, session[:-1]) == session, np.append(at, until[:-1]), begun) if len(order) else begun
    rate = _next_known(session, rate)
    use = (until > begun) & ~np.isnan(rate)
    start = sessions.starts[session]
    return Posted(*(each[use] for each in (session, rate, start - since, start - until, ended)))


def _first_sale(sessions: Sessions, session: Ints, until: Floats) -> Floats:
    """When the studio of each session sold the first place of any of them; now, where it sold none."""
    first = np.full(int(sessions.houses.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first, sessions.houses[session], until)
    return first[sessions.houses]


def _next_known(session: Ints, rate: Floats) -> Floats:
    """Each rate, or where nothing was written down, the next one of its session."""
    known = np.where(rate > 0, np.arange(len(rate)), len(rate))
    following = np.minimum.accumulate(known[::-1])[::-1]
    found = np.minimum(following, len(rate) - 1)
    here = (following < len(rate)) & (session[found] == session)
    return np.where(here, rate[found], np.nan)


def appetite_of(sessions: Sessions, posted: Posted, through: Floats, belief: Belief) -> Appetite:
    """``through``: share of marketplace users of each kind who look later than each of EDGES, (kinds, edges).

    Where the sessions say their appetite, that holds; where they say their pace alone, none is asked for.
    """
    said = ~np.isnan(sessions.appetite)
    before = (belief.doubt / belief.median) ** 2
    payable, doubt, looks = (
        np.where(said, told, usual)
        for told, usual in ((sessions.appetite, 1.0), (sessions.appetite_doubt, before), (sessions.interest, 1.0))
    )
    asked = np.isnan(sessions.pace) & ~said
    use = posted.take(asked[posted.session])
    if len(use.session):
        told = _told(sessions, use, _part(use, through, sessions.profiles[1]), belief, before)
        rows = asked & np.isin(sessions.houses, sessions.houses[use.session])
        payable, doubt, looks = (np.where(rows, *pair) for pair in zip(told, (payable, doubt, looks), strict=True))
        said = said | rows
    return Appetite(payable, doubt, looks, said)


def _own(belief: Belief) -> Floats:
    """The scale of the curve if its median were known."""
    doubt = LOGISTIC * belief.doubt**2
    return np.asarray(np.sqrt(np.maximum(belief.scale**2 - doubt, (STEEPEST * belief.scale) ** 2)), dtype=np.float64)


def _part(posted: Posted, through: Floats, kind: Ints) -> Floats:
    """The share of marketplace users who look in each stretch."""
    spent = overlap(posted.begun, posted.ended) / np.diff(EDGES)
    return np.asarray((spent * np.diff(through, axis=1)[kind[posted.session]]).sum(axis=1), dtype=np.float64)


def _told(
    sessions: Sessions, posted: Posted, part: Floats, belief: Belief, before: Floats
) -> tuple[Floats, Floats, Floats]:
    """Ratio of medians, squared doubt left of it, and ratio of looks, of every session."""
    house = sessions.houses
    common = np.minimum(np.where(np.isnan(belief.common), (1 - OWN) * before, belief.common), before)
    prior = weighed(-(np.log(RATIOS) ** 2) / (2 * (_mean(house, common) + LEAST_DOUBT)[:, None]))
    more = _more(belief)
    likely, looks = _likely(sessions, posted, part, belief, more)
    weights = weighed(np.log(np.maximum(prior, 1e-300)) + TEMPER * likely)[house]
    counted = weights * more * looks[house]  # each ratio by how many would look if it held: it is they who would pay
    held = shares(counted)
    usual = (prior @ RATIOS)[house]
    ratio = held @ RATIOS / usual
    left = (held * (RATIOS / usual[:, None] - ratio[:, None]) ** 2).sum(axis=1) / ratio**2 + before - common
    return ratio, np.minimum(left, before / np.minimum(ratio, 1.0) ** 2), counted.sum(axis=1)


def _likely(sessions: Sessions, posted: Posted, part: Floats, belief: Belief, more: Floats) -> tuple[Floats, Floats]:
    """Log likelihood of what each studio sold at each ratio, and ratio of looks that goes with it; (studios, ratios).

    Of each slot: at which of its rates it sold, and how much in all, its looks lying about its studio's.
    """
    house, slot = sessions.houses, sessions.slots
    of = np.zeros(int(slot.max()) + 1, np.int64)
    of[slot] = house
    apart, hold = np.zeros((len(of), 1)), np.zeros((int(house.max()) + 1, 1))
    apart[slot, 0] = np.where(np.isnan(belief.seen), NEW_APART, APART)
    hold[house, 0] = 1 / np.where(np.isnan(belief.seen), NEW_LOOKS, LOOKS)
    mine, here = slot[posted.session], posted.session
    chances = _accepted(posted.rate, belief.median[here], _own(belief)[here], LEAST_ACCEPTED) * more[here]
    means = np.maximum(sums_by(mine, (belief.looks[here] * part)[:, None] * chances, len(of)), 1e-300)
    sold = sums_by(mine, posted.sold[:, None], len(of))
    alone = 1 / (1 + apart * means[:, AS_THOUGHT, None])  # what a slot's count tells of its studio's looks
    looks = (hold + sums_by(of, alone * sold, len(hold))) / (hold + sums_by(of, alone * means, len(hold)))
    expected = looks[of] * means
    counted = sold * np.log(expected) - (1 / apart + sold) * np.log1p(apart * expected)
    rated = sums_by(mine, posted.sold[:, None] * np.log(chances), len(of)) - sold * np.log(means)
    return sums_by(of, rated + counted, len(hold)) + hold * (np.log(looks) - looks), looks


def _more(belief: Belief) -> Floats:
    """How many more have looked in the past at each ratio, as what was sold then is known; (sessions, ratios)."""
    thought = chance(belief.seen, belief.median, belief.scale)[:, None]
    more = thought / _accepted(belief.seen, belief.median, _own(belief), LEAST_SEEN)
    return np.where(np.isnan(more), 1.0, more)


def _accepted(rate: Floats, median: Floats, scale: Floats, least: float) -> Floats:
    """The chance that one who looks books, at each ratio; (entries, ratios)."""
    return np.maximum(chance(rate[:, None], median[:, None] * RATIOS, scale[:, None]), least)


def _mean(group: Ints, values: Floats) -> Floats:
    return sum_by(group, values, int(group.max()) + 1) / count_by(group, int(group.max()) + 1)
