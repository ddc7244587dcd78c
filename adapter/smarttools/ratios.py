"""Shrinkage: what a group shows against what was expected of it, held to 1 by pseudo-counts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammaln

from adapter.smarttools.facts import Floats, looked_up, numbered, shares, sum_by

LEAST_HOLD, MOST_HOLD = 3.0, 1000.0
GROUPS_TO_LEARN = 8  # fewer tell nothing of how much groups differ


@dataclass
class Ratios:
    """Each group's ratio, and how sure it is (pseudo-counts, and the expected reservations it was seen against)."""

    hold: float
    ratio: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    usual: float = 1.0  # of a group nobody knows: groups count alike here, large or small

    def of(self, groups: list[str]) -> Floats:
        """The ratio of each group."""
        return looked_up(groups, self.ratio, self.usual)


def shrunk(
    groups: list[str], demand: Floats, means: Floats, weight: Floats, default_hold: float, dispersion: float = 1.0
) -> Ratios:
    """Ratios of demand to means in each group of positive weight; the hold is learned where groups are many."""
    names, number = numbered(groups)
    expected, shown = (sum_by(number, weight * values, len(names)) for values in (means, demand))
    noise = dispersion * sum_by(number, weight**2 * means, len(names))
    hold = _hold(expected, shown, noise, default_hold)
    usual = _usual(expected / dispersion, shown / dispersion, hold)
    ratio = (hold * usual + shown / dispersion) / (hold + expected / dispersion)
    known = [(name, index) for index, name in enumerate(names) if expected[index] > 0]
    return Ratios(
        hold,
        {name: float(ratio[index]) for name, index in known},
        {name: float(expected[index]) for name, index in known},
        usual,
    )


def gamma_poisson(counts: Floats, means: Floats, varies: float) -> Floats:
    """Log likelihood of counts whose means vary by ``varies`` (squared), less what neither of these changes."""
    shape = 1 / varies
    constant = gammaln(shape + counts) - gammaln(shape) + counts * np.log(varies)
    return np.asarray(constant + counts * np.log(means) - (shape + counts) * np.log1p(varies * means), dtype=np.float64)


def weighed(logs: Floats) -> Floats:
    """Log likelihoods as shares of each row."""
    return shares(np.exp(logs - logs.max(axis=-1, keepdims=True)))


def _usual(expected: Floats, shown: Floats, hold: float) -> float:
    """The mean over groups, each by how sure its own ratio is (Buhlmann and Straub 1970); 1 counts as one group."""
    sure = expected / (hold + expected)
    return float((1 + (sure * shown / np.maximum(expected, 1e-9)).sum()) / (1 + sure.sum()))


def _hold(expected: Floats, shown: Floats, noise: Floats, default: float) -> float:
    """The inverse of the variance between groups beyond counting noise (method of moments)."""
    if np.count_nonzero(expected) < GROUPS_TO_LEARN:
        return default
    between = float(((shown - expected) ** 2 - noise).sum() / (expected**2).sum())
    return min(max(1 / max(between, 1e-9), LEAST_HOLD), MOST_HOLD)
