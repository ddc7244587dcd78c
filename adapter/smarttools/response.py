"""How marketplace demand falls with the rate: weighted logistic curves over the rate as a share of the retail rate.

The weights start from a prior and move with what sold at different rates in the same kind of class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import wrightomega

from adapter.smarttools.facts import Floats, Ints, Sessions, count_by, looked_up, numbered, sum_by

_MEDIANS = np.linspace(0.25, 1.1, 18)
_SCALES = np.array([0.08, 0.14, 0.22])
MEDIANS: Floats = np.repeat(_MEDIANS, len(_SCALES))  # rate over retail at which half would still book
SCALES: Floats = np.tile(_SCALES, len(_MEDIANS))
_LIKELY: Floats = np.exp(-0.5 * ((MEDIANS - 0.6) / 0.2) ** 2)
PRIOR: Floats = _LIKELY / _LIKELY.sum()
TILT = 0.4
LEAST_ACCEPTED = 0.05  # of those who look: a curve that accepts fewer is not believed to have so many look
TEMPER = 0.7  # rates were not set at random: their evidence counts less than it says
ROUNDS = 4  # of learning what studios have in common
STUDIOS = 3.0  # studios that the prior counts for
WITHIN = 0.12  # how far the medians of a studio's slots lie apart
_NEAR: Floats = np.exp(-0.5 * ((MEDIANS[:, None] - MEDIANS) / WITHIN) ** 2) * (SCALES[:, None] == SCALES)
_NEAR /= _NEAR.sum(axis=1, keepdims=True)


def chance(rate: Floats, median: Floats, scale: Floats) -> Floats:
    """The chance that one who looks books at a rate."""
    return np.asarray(1 / (1 + np.exp(np.clip((rate - median) / scale, -40, 40))), dtype=np.float64)


def best_rate(median: Floats, scale: Floats, cost: Floats) -> Floats:
    """The rate with the highest (rate - cost) x chance: where the logistic's margin is scale x (1 + omega)."""
    return np.asarray(cost + scale * (1 + wrightomega((median - cost) / scale - 1)), dtype=np.float64)


@dataclass(frozen=True)
class Stretches:
    """Times during which spots were listed, one entry each."""

    session: Ints
    share: Floats  # the rate over the retail rate
    part: Floats  # the share of marketplace bookings usually made in it
    booked: Floats  # marketplace reservations made in it

    def joined(self, other: Stretches) -> Stretches:
        """Both."""
        names = ("session", "share", "part", "booked")
        session, *rest = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in names)
        return Stretches(session, *rest)


def accepted(share: Floats) -> Floats:
    """The chance of booking at each rate (over retail), for each curve of the set (last axis)."""
    return np.asarray(1 / (1 + np.exp(np.clip((share[..., None] - MEDIANS) / SCALES, -40, 40))), dtype=np.float64)


@dataclass
class Responses:
    """What marketplace users would pay, by key (slot, studio): median, scale and the median's doubt, over retail."""

    weights: Floats = field(default_factory=PRIOR.copy)  # of the curves of the set, over all studios
    known: dict[str, list[float]] = field(default_factory=dict)
    retail: dict[str, float] = field(default_factory=dict)  # by slot: the direct price beside which this was seen

    def of(self, sessions: Sessions) -> tuple[Floats, Floats]:
        """Each session's median and scale."""
        table = self._found(sessions)
        return table[:, 0], table[:, 1]

    def anchor(self, sessions: Sessions) -> Floats:
        """What the shares stand for: the direct price they were seen at, as nobody is richer for a price that rose."""
        told = looked_up(sessions.slot, self.retail, np.nan)
        return np.where(np.isnan(told), sessions.retail, told)

    def doubt(self, sessions: Sessions) -> Floats:
        """Standard deviation of each session's median: how little is known of it."""
        return self._found(sessions)[:, 2]

    def _found(self, sessions: Sessions) -> Floats:
        usual = _point(self.weights)
        found = [
            self.known.get(f"slot|{slot}") or self.known.get(f"studio|{studio}") or usual
            for slot, studio in zip(sessions.slot, sessions.studio, strict=True)
        ]
        return np.array(found, dtype=np.float64).reshape(-1, 3)


def learn_responses(sessions: Sessions, stretches: Stretches) -> Responses:
    """Which rates sold beyond their time, within a recurring slot; pooled by studio, and studios towards all.

    Total demand is conditioned on, so how many look plays no part. Empirical Bayes over a set of curves.
    """
    listed = stretches.part > 0
    if not stretches.booked[listed].any():
        return Responses()
    slots, number = numbered([sessions.slot[index] for index in stretches.session[listed].tolist()])
    told, open_to = _told(number, len(slots), stretches.share[listed], stretches.part[listed], stretches.booked[listed])
    house_of = dict(zip(sessions.slot, sessions.studio, strict=True))
    studios, house = numbered([house_of[slot] for slot in slots])
    together, opened = np.zeros((len(studios), len(MEDIANS))), np.zeros((len(studios), len(MEDIANS)))
    np.add.at(together, house, told)
    np.add.at(opened, house, open_to)
    weights = PRIOR
    for _ in range(ROUNDS):
        posterior = _weighed(np.log(weights) + TEMPER * together)
        weights = (STUDIOS * PRIOR + posterior.sum(axis=0)) / (STUDIOS + len(studios))
    own = _weighed(np.log(posterior @ _NEAR + 1e-12)[house] + TEMPER * told)
    posterior, own = _tilted(posterior, opened), _tilted(own, open_to)
    known = {f"studio|{name}": _point(row) for name, row in zip(studios, posterior, strict=True)}
    known |= {f"slot|{name}": _point(row) for name, row in zip(slots, own, strict=True)}
    return Responses(weights, known, _usual_retail(sessions))


def _usual_retail(sessions: Sessions) -> dict[str, float]:
    slots, number = numbered(sessions.slot)
    usual = sum_by(number, sessions.retail, len(slots)) / count_by(number, len(slots))
    return dict(zip(slots, usual.tolist(), strict=True))


def _tilted(weights: Floats, open_to: Floats) -> Floats:
    """Curves by how much demand they imply: what booked is known, so a curve that accepts less means that more looked.

    Not by all of it (``TILT``): how many look is not without bounds.
    """
    accept = np.maximum(open_to / np.maximum(open_to.max(axis=1, keepdims=True), 1e-300), LEAST_ACCEPTED)
    tilted = weights * accept**-TILT
    return np.asarray(tilted / tilted.sum(axis=1, keepdims=True), dtype=np.float64)


def _told(number: Ints, groups: int, share: Floats, part: Floats, booked: Floats) -> tuple[Floats, Floats]:
    """Log likelihood of each curve in each group, given how many were booked in all; and what it would let book."""
    likely = accepted(share)
    open_to, told = np.zeros((groups, len(MEDIANS))), np.zeros((groups, len(MEDIANS)))
    np.add.at(open_to, number, part[:, None] * likely)
    np.add.at(told, number, booked[:, None] * np.log(likely))
    total = sum_by(number, booked, groups)[:, None]
    return np.asarray(told - total * np.log(np.maximum(open_to, 1e-300)), dtype=np.float64), open_to


def _weighed(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _point(weights: Floats) -> list[float]:
    """One logistic curve for a mixture of them: the doubt about the median flattens it."""
    median = float(weights @ MEDIANS)
    doubt = float(weights @ (MEDIANS - median) ** 2)
    return [median, float(np.sqrt((weights @ SCALES) ** 2 + 3 / np.pi**2 * doubt)), float(np.sqrt(doubt))]
