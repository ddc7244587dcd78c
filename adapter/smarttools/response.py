"""How marketplace demand falls with the rate: weighted logistic curves over the rate as a share of the retail rate.

The weights start from a prior and move with what sold at different rates in the same kind of class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import wrightomega

from adapter.smarttools.facts import (
    Columns,
    Floats,
    Ints,
    Sessions,
    count_by,
    looked_up,
    numbered,
    shares,
    sum_by,
    sums_by,
)
from adapter.smarttools.ratios import gamma_poisson, weighed

_MEDIANS = np.geomspace(0.2, 1.1, 16)  # what people would pay differs by shares, not by amounts
_SCALES = np.geomspace(0.06, 0.54, 7)  # the flattest are near those of guests who never mind much (exponential)
STEPS = len(_SCALES)  # curves of one steepness stand so far apart
MEDIANS: Floats = np.repeat(_MEDIANS, STEPS)  # rate over retail at which half would still book
SCALES: Floats = np.tile(_SCALES, len(_MEDIANS))
ONCE = (np.repeat(_MEDIANS, 5), np.tile(np.geomspace(0.06, 0.26, 5), len(_MEDIANS)))  # whose weights models once kept
ODD = 0.15  # of all studios, beforehand, have guests of any steepness as likely as another


def _bell(values: Floats, middle: Floats | float, spread: float) -> Floats:
    return np.asarray(np.exp(-0.5 * (np.log(values / middle) / spread) ** 2), dtype=np.float64)


_STEEP = (1 - ODD) * shares(_bell(_SCALES, 0.08, 0.4)) + ODD / STEPS
PRIOR: Floats = np.outer(shares(_bell(_MEDIANS, 0.5, 0.25)), _STEEP).ravel()
USUAL_LOOKS, UNUSUAL = 0.42, 0.6  # people who look for each place, beforehand, and how far (log) belief in that goes
LEAST_ACCEPTED = 0.02  # of those who look: a curve that accepts fewer is not told apart
DOUBTED = 0.7  # of what sales in all say of a studio's curve is not believed: looks vary otherwise than is thought
ROUNDS = 4  # of learning what studios have in common
STUDIOS = 3.0  # studios that the prior counts for
LOOKS = 0.3  # squared variation between studios of how many look, for each place
# How far (log) a studio's slots lie apart in it: what it is chosen from.
WITHIN = (0.03, 0.06, 0.1, 0.14, 0.18, 0.22, 0.27, 0.35)
KEEN = (0.05, 0.1, 0.15, 0.22, 0.32)  # squared variation between its slots of how many look
USUAL_WITHIN, USUAL_KEEN, DECADES = 0.2, 0.16, 0.7  # where nothing is known, and how far (log) belief goes
SLOTS = 600  # that are enough to tell
NEVER_LISTED = [np.nan, np.nan]  # what a studio is seen by that did not
LOGISTIC = 3 / np.pi**2  # squared scale of a logistic curve, for each unit of variance
TOGETHER = 40  # slots, and more, that are reckoned at once: what is made of them fits into a processor's cache
PORTION = 20_000  # stretches of which every curve is looked at, at a time


def chance(rate: Floats, median: Floats, scale: Floats) -> Floats:
    """The chance that one who looks books at a rate."""
    return np.asarray(1 / (1 + np.exp(np.clip((rate - median) / scale, -40, 40))), dtype=np.float64)


def best_rate(median: Floats, scale: Floats, cost: Floats) -> Floats:
    """The rate with the highest (rate - cost) x chance: where the logistic's margin is scale x (1 + omega)."""
    return np.asarray(cost + scale * (1 + wrightomega((median - cost) / scale - 1)), dtype=np.float64)


@dataclass(frozen=True)
class Stretches(Columns):
    """Times during which spots were listed, one entry each."""

    session: Ints
    share: Floats  # the rate over the retail rate
    part: Floats  # the share of marketplace bookings usually made in it
    booked: Floats  # marketplace reservations made in it


def accepted(share: Floats) -> Floats:
    """The chance of booking at each rate (over retail), for each curve of the set (last axis)."""
    return chance(share[..., None], MEDIANS, SCALES)


@dataclass
class Responses:
    """What marketplace users would pay, by key (slot, studio): median, scale and the median's doubt, over retail."""

    usual: list[float] = field(default_factory=lambda: point(PRIOR @ _near(USUAL_WITHIN)))  # the same of any studio
    known: dict[str, list[float]] = field(default_factory=dict)
    retail: dict[str, float] = field(default_factory=dict)  # by slot: the direct price beside which this was seen
    seen: dict[str, list[float]] = field(default_factory=dict)  # by studio: its usual rate, its median's variation

    def of(self, sessions: Sessions) -> tuple[Floats, Floats]:
        """Each session's median and scale."""
        median, scale, _ = self.found(sessions)
        return median, scale

    def levels(self, sessions: Sessions) -> list[tuple[Floats, Floats]]:
        """Median and scale from the general to the particular: of any studio, of each session's own, of its slot."""
        studios = [self.known.get(f"studio|{studio}") or self.usual for studio in sessions.studio]
        any_studio, own = (np.array(rows).reshape(-1, 3) for rows in ([self.usual] * len(sessions), studios))
        return [(any_studio[:, 0], any_studio[:, 1]), (own[:, 0], own[:, 1]), self.of(sessions)]

    def anchor(self, sessions: Sessions) -> Floats:
        """What the shares stand for: the direct price they were seen at, as nobody is richer for a price that rose."""
        told = looked_up(sessions.slot, self.retail, np.nan)
        return np.where(np.isnan(told), sessions.retail, told)

    def seen_by(self, sessions: Sessions) -> tuple[Floats, Floats]:
        """Of each session's studio: the usual rate of its past, and the squared variation of its median."""
        table = np.array([self.seen.get(studio, NEVER_LISTED) for studio in sessions.studio]).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def found(self, sessions: Sessions) -> tuple[Floats, Floats, Floats]:
        """The same, and the standard deviation of the median: how little is known of it."""
        found = [
            self.known.get(f"slot|{slot}") or self.known.get(f"studio|{studio}") or self.usual
            for slot, studio in zip(sessions.slot, sessions.studio, strict=True)
        ]
        median, scale, doubt = np.array(found, dtype=np.float64).reshape(-1, 3).T
        return median, scale, doubt


@dataclass(frozen=True)
class _Slots:
    """What the stretches of each recurring slot tell; (slots, curves)."""

    prior: Floats  # (curves,) of any studio's
    house: Ints  # (slots,) the number of its studio
    told: Floats  # log likelihood of which rates sold, whatever the number in all
    open_to: Floats  # places that would be booked if one looked for each place
    booked: Floats  # (slots,) reservations in all

    def some(self) -> _Slots:
        """Enough of them to tell how they vary."""
        few = slice(None, None, max(len(self.house) // SLOTS, 1))
        return _Slots(self.prior, self.house[few], self.told[few], self.open_to[few], self.booked[few])

    def by_studio(self, values: Floats, studios: int) -> Floats:
        """Summed."""
        return sums_by(self.house, values, studios)


def learn_responses(sessions: Sessions, stretches: Stretches) -> Responses:
    """How demand falls with the rate, from which rates sold within a slot, and from how much each slot sold in all.

    A slot that sells more than others at the same rates either has more who look or ones who would pay more. How likely
    either is is learned too: the latter answer less to a higher rate. Studios are held to all, slots to their studio.
    Empirical Bayes over a set of curves.
    """
    listed = stretches.part > 0
    if not stretches.booked[listed].any():
        return Responses()
    exposed = stretches.part[listed] * np.nan_to_num(sessions.capacity)[stretches.session[listed]]
    slots, number = numbered([sessions.slot[index] for index in stretches.session[listed].tolist()])
    told, open_to, booked = _told(number, len(slots), stretches.share[listed], exposed, stretches.booked[listed])
    house_of = dict(zip(sessions.slot, sessions.studio, strict=True))
    studios, house = numbered([house_of[slot] for slot in slots])
    own = _Slots(_plausible(open_to, booked), house, told, open_to, booked)
    spread = _variation(own.some(), len(studios))
    weights = own.prior
    for _ in range(ROUNDS):
        found = _learned(own, len(studios), weights, *spread)
        weights = found.weights
    near = _near(spread[0])  # a slot that nobody knows lies somewhere about its studio's
    whose = shares(found.studios * found.looks)
    fresh, rows = whose @ near, _slots(own, found, *spread)
    known = {f"studio|{name}": point(row) for name, row in zip(studios, fresh, strict=True)}
    known |= {f"slot|{name}": point(row) for name, row in zip(slots, rows, strict=True)}
    seen = _seen(house[number], exposed, stretches.share[listed], whose)
    return Responses(point(found.usual @ near), known, _usual_retail(sessions), dict(zip(studios, seen, strict=True)))


def _plausible(open_to: Floats, booked: Floats) -> Floats:
    """The prior, and how many would look for each place if a curve held in all studios: much sold at a dear rate tells
    of guests who would pay it rather than of a crowd that would not.
    """
    return shares(PRIOR * _bell(booked.sum() / open_to.sum(axis=0), USUAL_LOOKS, UNUSUAL))


def _seen(house: Ints, exposed: Floats, share: Floats, weights: Floats) -> list[list[float]]:
    """As ``Responses`` has it; ``weights`` of the curves around which each studio's slots lie."""
    usual = sum_by(house, exposed * share, len(weights)) / np.maximum(sum_by(house, exposed, len(weights)), 1e-300)
    points = [point(row) for row in weights]
    return [[rate, (doubt / median) ** 2] for rate, (median, _, doubt) in zip(usual.tolist(), points, strict=True)]


def _usual_retail(sessions: Sessions) -> dict[str, float]:
    slots, number = numbered(sessions.slot)
    usual = sum_by(number, sessions.retail, len(slots)) / count_by(number, len(slots))
    return dict(zip(slots, usual.tolist(), strict=True))


def _variation(own: _Slots, studios: int) -> tuple[float, float]:
    """How much slots differ in what is paid, then in how many look: what made their sales likeliest."""

    def likely(within: float, keen: float) -> float:
        belief = np.log(within / USUAL_WITHIN) ** 2 + np.log(keen / USUAL_KEEN) ** 2
        return _learned(own, studios, own.prior, within, keen).likely - float(belief) / (2 * DECADES**2)

    within = max(WITHIN, key=lambda each: likely(each, USUAL_KEEN))
    return within, max(KEEN, key=lambda each: likely(within, each))


@dataclass(frozen=True)
class _Found:
    """Weights of the curves; (curves,) or (studios, curves).

    ``usual`` counts each curve by how many would look if it held: what sold is known, so if fewer than thought would
    pay so much, then more have looked, and lower rates sell the more.
    """

    weights: Floats  # over all studios
    usual: Floats  # the same, of one nobody knows
    studios: Floats  # of each, around which its slots lie
    looks: Floats  # people who look for each place of a studio, if a curve is its own
    likely: float  # log likelihood of it all


def _learned(own: _Slots, studios: int, weights: Floats, within: float, keen: float) -> _Found:
    """How many look for each place of a studio is reckoned for each curve that might be the studio's."""
    near = _near(within)
    many, open_to = own.by_studio(own.booked[:, None], studios), own.by_studio(own.open_to @ near.T, studios)
    usual = float(many.sum() / (open_to @ weights).sum())
    looks = usual * (1 / LOOKS + many) / (1 / LOOKS + usual * open_to)
    slot = _likely(own, looks[own.house], near, keen)
    whole = own.by_studio(slot, studios) + (1 - DOUBTED) * (np.log(looks / usual) - looks / usual) / LOOKS
    joint = np.log(weights) + whole
    posterior = weighed(joint)
    together = STUDIOS * own.prior + posterior.sum(axis=0)
    looked = (STUDIOS * own.prior * usual + (posterior * looks).sum(axis=0)) / together
    return _Found(
        weights=together / together.sum(),
        usual=together * looked / (together @ looked),
        studios=posterior,
        looks=looks,
        likely=float(_log_sum(joint[:, None], np.ones((1, len(weights)))).sum()),
    )


def _likely(own: _Slots, looks: Floats, near: Floats, keen: float) -> Floats:
    """Log likelihood of what each slot sold if each curve were its studio's, whose slots lie ``near`` it."""
    found = np.zeros_like(own.told)
    for some in np.split(np.arange(len(found)), range(TOGETHER, len(found) - TOGETHER + 1, TOGETHER)):
        for steep in range(STEPS):
            kin = slice(steep, None, STEPS)  # curves as steep as one another: of the studio's, then of the slot's
            means = looks[some, kin, None] * own.open_to[some, None, kin]
            counted = gamma_poisson(own.booked[some, None, None], means, keen)
            both, alone = (_log_sum(logs, near[kin, kin]) for logs in (own.told[some, None, kin] + counted, counted))
            found[some, kin] = both - DOUBTED * alone
    return found


def _slots(own: _Slots, found: _Found, within: float, keen: float) -> Floats:
    """Weights of each slot's curves: near its studio's, whichever of them that is, and as its own sales tell."""
    near, rows = _near(within), np.zeros_like(own.told)
    for curve in range(len(MEDIANS)):
        mine = found.looks[own.house, curve][:, None]
        part = _kin(own.told, curve) + gamma_poisson(own.booked[:, None], mine * _kin(own.open_to, curve), keen)
        held = _kin(near[curve], curve) * np.exp(part - part.max(axis=1, keepdims=True))
        held *= (found.studios[own.house, curve] / held.sum(axis=1))[:, None]
        more = (1 / keen + own.booked[:, None]) / (1 / keen + mine * _kin(own.open_to, curve))
        _kin(rows, curve)[...] += held * mine * more
    return shares(rows)


def _kin(table: Floats, curve: int) -> Floats:
    """The entries (last axis) of the curves as steep as ``curve``."""
    return table[..., curve % STEPS :: STEPS]


def _log_sum(logs: Floats, weights: Floats) -> Floats:
    """Log of the weighted sum of each row's curves, for each set of them: (rows, sets, curves) by (sets, curves)."""
    top = logs.max(axis=-1, keepdims=True)
    total = np.exp(logs - top).transpose(1, 0, 2) @ weights[..., None]
    return np.asarray(np.log(total[..., 0].T) + top[..., 0], dtype=np.float64)


def _near(within: float) -> Floats:
    return shares(_bell(MEDIANS[:, None], MEDIANS, within) * (SCALES[:, None] == SCALES))


def _told(number: Ints, groups: int, share: Floats, exposed: Floats, booked: Floats) -> tuple[Floats, Floats, Floats]:
    """What groups of stretches tell, as ``_Slots`` has it; some at a time, as there are millions."""
    open_to, told = np.zeros((groups, len(MEDIANS))), np.zeros((groups, len(MEDIANS)))
    for first in range(0, len(number), PORTION):
        some = slice(first, first + PORTION)
        likely = np.maximum(accepted(share[some]), LEAST_ACCEPTED)
        np.add.at(open_to, number[some], exposed[some, None] * likely)
        np.add.at(told, number[some], booked[some, None] * np.log(likely))
    total = sum_by(number, booked, groups)
    return told - total[:, None] * np.log(np.maximum(open_to, 1e-300)), np.maximum(open_to, 1e-9), total


def point(weights: Floats, medians: Floats = MEDIANS, scales: Floats = SCALES) -> list[float]:
    """One logistic curve for a mixture of them, as ``Responses`` has it: the doubt about the median flattens it."""
    median = float(weights @ medians)
    doubt = float(weights @ (medians - median) ** 2)
    return [median, float(np.sqrt((weights @ scales) ** 2 + LOGISTIC * doubt)), float(np.sqrt(doubt))]
