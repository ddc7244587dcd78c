"""What those who look would pay at the most: shapes of it about the median of their class. SmartTools assumes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri

Floats = NDArray[np.float64]
Shape = Callable[[Floats, Floats, Floats], Floats]  # of what is asked, the median, and the scale: all in money


@dataclass(frozen=True)
class Willing:
    """A shape of willingness to pay."""

    most: Shape  # the highest rate of whoever stands at a quantile
    books: Shape  # the chance that one who looks books at a rate


def _lognormal(spread: float) -> Willing:
    return Willing(
        lambda quantile, median, scale: median * np.exp(spread * ndtri(quantile)),
        lambda rate, median, scale: ndtr(-np.log(rate / median) / spread),
    )


def _two_kinds(quantile: Floats, median: Floats, scale: Floats) -> Floats:
    thrifty = np.random.default_rng(5).random(len(quantile)) < 0.6
    most: Floats = median * np.where(thrifty, 0.8 + 0.08 * logit(quantile), 1.5 + 0.1 * logit(quantile))
    return most


def _either_books(rate: Floats, median: Floats, scale: Floats) -> Floats:
    share = rate / median
    books: Floats = 0.6 * expit((0.8 - share) / 0.08) + 0.4 * expit((1.5 - share) / 0.1)
    return books


SHAPES = {
    "logistic": Willing(
        lambda quantile, median, scale: median + scale * logit(quantile),
        lambda rate, median, scale: expit((median - rate) / scale),
    ),
    "lognormal": _lognormal(0.3),
    "wide lognormal": _lognormal(0.6),
    "exponential": Willing(
        lambda quantile, median, scale: -median * np.log2(1 - quantile),
        lambda rate, median, scale: np.exp2(-rate / median),
    ),
    "uniform": Willing(
        lambda quantile, median, scale: 2 * median * quantile,
        lambda rate, median, scale: np.clip(1 - rate / (2 * median), 0.0, 1.0),
    ),
    "thrifty and rich": Willing(_two_kinds, _either_books),
}
