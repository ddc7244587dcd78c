"""What guests would pay just now: told by what upcoming sessions sold, at which rates, in what time.

A history of one rate cannot tell what another would bring, and a new studio has none. What is listed tells day by day:
where rates are too high, less is sold than was expected. Willingness to pay is shifted by a ratio, and how many look by
another, told together over a grid (gamma-Poisson, as in ``pace``). What the past sold at its own rates is known: if
fewer than thought would pay so much, more have looked.

What is doubted of one studio beyond how far studios lie apart is doubted of all: what no history shows is then thought
of none. So all studios asked about tell of it together, and each of itself beside that. None of it knows direct
bookings (INV-2).

What was listed from when to when is taken as it is told. Where of a studio only what is in force is, a session counts
as listed since the studio's first sale, at the rate of its next sale and since its last one at that one's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.clockwork import at_lead
from adapter.smarttools.facts import (
    MARKETPLACE,
    TRIAL,
    Bools,
    Columns,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
    count_by,
    least_by,
    shares,
    sum_by,
    sums_by,
)
from adapter.smarttools.listing import ended
from adapter.smarttools.ratios import weighed
from adapter.smarttools.response import LEAST_ACCEPTED, LOGISTIC, chance

RATIOS: Floats = np.exp(np.linspace(-1.2, 0.9, 22))  # of what guests would pay to what is thought
AS_THOUGHT = 12  # the place of 1 among them
KINDRED = 0.03  # squared variation between studios of what guests would pay: doubt beyond it is common to all
STANDING: Floats = np.linspace(-3, 3, 25)  # where guests of all studios may stand, in standard deviations of that doubt
OWN = 0.25  # of the doubt of what they would pay at a new studio is each slot's own: its others tell nothing of it
LEAST_DOUBT = 1e-4  # squared variation of a studio's willingness to pay from week to week
LOOKS, NEW_LOOKS = 0.003, 0.15  # squared variation of how many look at a studio that listed before, and at a new one
APART, NEW_APART = 0.05, 0.25  # the same of each of its slots
LEAST_SEEN = 0.05  # of those who look, at the least, accepted the rates of the past
STEEPEST = 0.3  # of the scale that is told, at the least, is people's own and not doubt of their median


@dataclass(frozen=True)
class Posted(Columns):
    """Stretches in which upcoming sessions stood at one rate, one entry each."""

    session: Ints
    rate: Floats
    begun: Floats  # hours before the start
    ended: Floats
    sold: Floats  # how many were sold in it


@dataclass(frozen=True)
class Stood:
    """The same stretches, as they are held against belief."""

    kind: Ints  # of the session
    rate: Floats  # as a share of the anchor
    looks: Floats  # how many are thought to have looked in it
    sold: Floats


@dataclass(frozen=True)
class Belief:
    """What is thought of guests before a studio's books are looked at, of each kind of session (``Sessions.profiles``).

    Money is in shares of ``anchor``.
    """

    median: Floats
    scale: Floats  # of the logistic curve, flattened by the doubt of its median
    doubt: Floats  # standard deviation of the median
    common: Floats  # squared variation of the medians of a studio that listed before, common to its slots
    seen: Floats  # the rate they mostly saw in the past; NaN: none
    anchor: Floats  # of each session: what its shares stand for (``Responses.anchor``), in major units
    looks: Floats  # of each session: how many look in all


@dataclass(frozen=True)
class Appetite:
    """One entry a session."""

    payable: Floats  # ratio of what guests would pay to what history says
    doubt: Floats  # squared coefficient of variation left of it
    looks: Floats  # ratio of how many look
    told: Bools  # whether anything was: where nothing was, these are 1, the doubt of before, and 1

    def sharpened(self, belief: Belief, kind: Ints) -> tuple[Floats, Floats, Floats]:
        """Median, scale and doubt as they are believed now, in major units."""
        median = belief.median[kind] * self.payable
        doubt = median * np.sqrt(self.doubt)
        scale = np.sqrt(_own(belief)[kind] ** 2 + LOGISTIC * doubt**2)
        return (
            np.where(self.told, median, belief.median[kind]) * belief.anchor,
            np.where(self.told, scale, belief.scale[kind]) * belief.anchor,
            np.where(self.told, doubt, belief.doubt[kind]) * belief.anchor,
        )


def posted(sessions: Sessions, reservations: Reservations, offers: Offers, at: float) -> Posted:
    """What stood for sale until ``at``. Of a session that nobody says to be on offer, nothing is known."""
    told = offers.until(at)
    taken = (reservations.channel == MARKETPLACE) & (reservations.booked <= at)
    sold = taken & (reservations.product != TRIAL)
    return _written(sessions, reservations, taken, told, at).joined(_unwritten(sessions, reservations, sold, told))


def _written(sessions: Sessions, reservations: Reservations, taken: Bools, offers: Offers, at: float) -> Posted:
    start = sessions.starts[offers.session]
    until, many = ended(sessions, reservations, taken, offers)
    until = np.minimum(until, at)
    stood = Posted(offers.session, offers.rate, start - offers.since, start - until, many)
    return stood.take((offers.spots > 0) & (until > offers.since))


def _unwritten(sessions: Sessions, reservations: Reservations, sold: Bools, offers: Offers) -> Posted:
    """Up to each sale, and from the last one to what is in force, where nothing else is told of a studio."""
    last = offers.take(_in_force_alone(sessions, offers))
    since, rate = np.full(len(sessions), -np.inf), np.full(len(sessions), np.nan)
    since[last.session], rate[last.session] = last.since, last.rate
    early, still = sold & (reservations.booked < since[reservations.session]), last.session[last.spots > 0]
    session = np.concatenate([reservations.session[early], still])
    until = np.concatenate([reservations.booked[early], since[still]])
    paid = np.concatenate([reservations.amount[early], np.full(len(still), np.nan)])
    one = np.concatenate([np.ones(int(early.sum())), np.zeros(len(still))])
    order = np.lexsort((until, session))
    session, until, paid, one = session[order], until[order], paid[order], one[order]
    follows = np.append(False, session[1:] == session[:-1])[: len(order)]
    begun = np.where(
        follows, np.append(np.inf, until)[: len(order)], _first_sale(sessions, reservations, sold)[session]
    )
    paid, start = _nearest(session, paid, rate), sessions.starts[session]
    return Posted(session, paid, start - begun, start - until, one).take((until > begun) & ~np.isnan(paid))


def _in_force_alone(sessions: Sessions, offers: Offers) -> Bools:
    """Of each offer, whether its studio's sessions have one each: what was listed before it is not told."""
    houses = len(sessions.studios[0])
    rows = count_by(sessions.houses[offers.session], houses)
    listed = count_by(sessions.houses[np.unique(offers.session)], houses)
    return np.asarray((rows == listed)[sessions.houses[offers.session]], dtype=np.bool_)


def _first_sale(sessions: Sessions, reservations: Reservations, sold: Bools) -> Floats:
    """When the studio of each session sold the first place of any of them; never, where it sold none."""
    studio = sessions.houses[reservations.session[sold]]
    return least_by(studio, reservations.booked[sold], len(sessions.studios[0]))[sessions.houses]


def _nearest(session: Ints, paid: Floats, in_force: Floats) -> Floats:
    """Each rate, or where nothing was written down, the next one of its session, the one before, or that in force."""
    place, known, found = np.arange(len(paid)), paid > 0, in_force[session]
    before = np.maximum.accumulate(np.where(known, place, -1))
    after = np.minimum.accumulate(np.where(known, place, len(paid))[::-1])[::-1]
    for near in (before, after):
        there = np.clip(near, 0, len(paid) - 1)
        found = np.where((there == near) & (session[there] == session), paid[there], found)
    return found


def appetite_of(sessions: Sessions, posted: Posted, through: Floats, belief: Belief) -> Appetite:
    """``through``: share of marketplace users of each kind who look later than each of EDGES, (kinds, edges).

    Where the sessions say their appetite, that holds; where they say their pace alone, none is asked for.
    """
    said, (known, kind) = ~np.isnan(sessions.appetite), sessions.profiles
    before = (belief.doubt / belief.median) ** 2
    payable, doubt, looks = (
        np.where(said & ~np.isnan(told), told, usual)
        for told, usual in ((sessions.appetite, 1.0), (sessions.appetite_doubt, before[kind]), (sessions.interest, 1.0))
    )
    asked = np.isnan(sessions.pace) & ~said
    use = posted.take(asked[posted.session])
    if len(use.session):
        told = _told(known, _stood(use, through, kind, belief), belief, before)
        payable, doubt, looks = (
            np.where(asked, new[kind], old) for new, old in zip(told, (payable, doubt, looks), strict=True)
        )
        said = said | asked
    return Appetite(payable, doubt, looks, said)


def _own(belief: Belief) -> Floats:
    """The scale of the curve if its median were known."""
    doubt = LOGISTIC * belief.doubt**2
    return np.asarray(np.sqrt(np.maximum(belief.scale**2 - doubt, (STEEPEST * belief.scale) ** 2)), dtype=np.float64)


def _stood(posted: Posted, through: Floats, kind: Ints, belief: Belief) -> Stood:
    here = posted.session
    begun, ended = (at_lead(through, lead, kind[here]) for lead in (posted.begun, posted.ended))
    return Stood(kind[here], posted.rate / belief.anchor[here], belief.looks[here] * (begun - ended), posted.sold)


def _told(known: Sessions, stood: Stood, belief: Belief, before: Floats) -> tuple[Floats, Floats, Floats]:
    """Ratio of medians, squared doubt left of it, and ratio of looks, of every kind."""
    house = known.houses
    common = np.minimum(np.where(np.isnan(belief.common), (1 - OWN) * before, belief.common), before)
    apart = _mean(house, common)
    more = _more(belief)
    likely, looks = _likely(known, stood, belief, more)
    weights = _weights(apart, likely)[house]
    counted = weights * more * looks[house]  # each ratio by how many would look if it held: it is they who would pay
    held = shares(counted)
    usual = (_bell(0.0, apart) @ RATIOS)[house]
    ratio = held @ RATIOS / usual
    left = (held * (RATIOS / usual[:, None] - ratio[:, None]) ** 2).sum(axis=1) / ratio**2 + before - common
    return ratio, np.minimum(left, before / np.minimum(ratio, 1.0) ** 2), counted.sum(axis=1)


def _weights(apart: Floats, likely: Floats) -> Floats:
    """Of each ratio for each studio, (studios, ratios), as its own sales tell, and those of all where all may stand.

    ``apart``: squared variation of each studio's; ``likely``: log likelihood of what it sold.
    """
    common = np.maximum(apart - KINDRED, 0.0)
    before = np.array([_bell(np.sqrt(common) * point, apart - common) for point in STANDING])
    shown = np.exp(likely - likely.max(axis=1, keepdims=True))
    each = np.log(np.maximum((before * shown).sum(axis=2), 1e-300))  # (standing, studios)
    others = (each.sum(axis=1) - STANDING**2 / 2)[:, None] - each
    return shares((weighed(others.T).T[:, :, None] * before).sum(axis=0) * shown)


def _bell(middle: Floats | float, variation: Floats) -> Floats:
    """How likely each ratio is beforehand, (studios, ratios); ``middle``: its logarithm's mean."""
    off = np.log(RATIOS) - np.broadcast_to(middle, variation.shape)[:, None]
    return weighed(-(off**2) / (2 * (variation + LEAST_DOUBT)[:, None]))


def _likely(known: Sessions, stood: Stood, belief: Belief, more: Floats) -> tuple[Floats, Floats]:
    """Log likelihood of what each studio sold at each ratio, and ratio of looks that goes with it; (studios, ratios).

    Of each slot: at which of its rates it sold, and how much in all, its looks lying about its studio's.
    """
    house, slot = known.houses, known.slots
    of = np.zeros(int(slot.max()) + 1, np.int64)
    of[slot] = house
    apart, hold = np.zeros((len(of), 1)), np.zeros((int(house.max()) + 1, 1))
    apart[slot, 0] = np.where(np.isnan(belief.seen), NEW_APART, APART)
    hold[house, 0] = 1 / np.where(np.isnan(belief.seen), NEW_LOOKS, LOOKS)
    mine, here = slot[stood.kind], stood.kind
    chances = _accepted(stood.rate, belief.median[here], _own(belief)[here], LEAST_ACCEPTED) * more[here]
    means = np.maximum(sums_by(mine, stood.looks[:, None] * chances, len(of)), 1e-300)
    sold = sums_by(mine, stood.sold[:, None], len(of))
    alone = 1 / (1 + apart * means[:, AS_THOUGHT, None])  # what a slot's count tells of its studio's looks
    looks = (hold + sums_by(of, alone * sold, len(hold))) / (hold + sums_by(of, alone * means, len(hold)))
    expected = looks[of] * means
    counted = sold * np.log(expected) - (1 / apart + sold) * np.log1p(apart * expected)
    rated = sums_by(mine, stood.sold[:, None] * np.log(chances), len(of)) - sold * np.log(means)
    return sums_by(of, rated + counted, len(hold)) + hold * (np.log(looks) - looks), looks


def _more(belief: Belief) -> Floats:
    """How many more have looked in the past at each ratio, as what was sold then is known; (kinds, ratios)."""
    thought = chance(belief.seen, belief.median, belief.scale)[:, None]
    more = thought / _accepted(belief.seen, belief.median, _own(belief), LEAST_SEEN)
    return np.where(np.isnan(more), 1.0, more)


def _accepted(rate: Floats, median: Floats, scale: Floats, least: float) -> Floats:
    """The chance that one who looks books, at each ratio; (entries, ratios)."""
    return np.maximum(chance(rate[:, None], median[:, None] * RATIOS, scale[:, None]), least)


def _mean(group: Ints, values: Floats) -> Floats:
    return sum_by(group, values, int(group.max()) + 1) / count_by(group, int(group.max()) + 1)
