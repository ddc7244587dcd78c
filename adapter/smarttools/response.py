"""How marketplace demand falls with the rate: weighted logistic curves over the rate as a share of the retail rate.

The weights start from a prior and move with what sold at different rates in the same kind of class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import wrightomega

from adapter.smarttools.facts import Floats, Ints, numbered, sum_by

_MEDIANS = np.linspace(0.25, 1.1, 18)
_SCALES = np.array([0.08, 0.14, 0.22])
MEDIANS: Floats = np.repeat(_MEDIANS, len(_SCALES))  # rate over retail at which half would still book
SCALES: Floats = np.tile(_SCALES, len(_MEDIANS))
_LIKELY: Floats = np.exp(-0.5 * ((MEDIANS - 0.6) / 0.2) ** 2)
PRIOR: Floats = _LIKELY / _LIKELY.sum()
TEMPER = 0.5  # rates were not set at random: their evidence counts half


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


def learned_weights(cell: list[str], stretches: Stretches) -> Floats:
    """Posterior weights: within one kind of class (``cell`` by session), which rates sold beyond their time."""
    listed = stretches.part > 0
    if not stretches.booked[listed].any():
        return PRIOR.copy()
    names, number = numbered([cell[index] for index in stretches.session[listed].tolist()])
    likely, part, booked = accepted(stretches.share[listed]), stretches.part[listed], stretches.booked[listed]
    open_to = np.zeros((len(names), len(MEDIANS)))
    np.add.at(open_to, number, part[:, None] * likely)
    sold = sum_by(number, booked, len(names))
    told = booked @ np.log(likely) - sold @ np.log(np.maximum(open_to, 1e-300))
    posterior = np.log(PRIOR) + TEMPER * told
    weights = np.exp(posterior - posterior.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)
