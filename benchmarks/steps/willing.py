"""What marketplace users would pay: a demand curve by studio, of one of four families.

Each has a steepness of its own, and half of the users pay ``median`` or more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from benchmarks.street.draw import Floats, Ints

FAMILIES = ("logit", "lognormal", "linear", "Weibull")
STEEPNESS = ((4, 8), (0.28, 0.5), (0.25, 0.5), (1.8, 3.5))  # the range by family
Family = int | Ints


def share_paying(family: Family, steepness: float | Floats, median: Floats, rate: Floats) -> Floats:
    """The share of users who would pay a rate."""
    over = rate / median
    return _of_family(
        family,
        1 / (1 + np.exp((over - 1) * steepness)),
        ndtr(-np.log(over) / steepness),
        np.clip((2 - steepness - over) / (2 - 2 * steepness), 0, 1),
        np.exp(-np.log(2) * over**steepness),
    )


def most_paid(family: Family, steepness: float | Floats, median: Floats, above: Floats) -> Floats:
    """The most that a user would pay above whom a share of the users stands: the inverse of ``share_paying``."""
    return median * _of_family(
        family,
        1 + np.log(1 / above - 1) / steepness,
        np.exp(-steepness * ndtri(above)),
        2 - steepness - above * (2 - 2 * steepness),
        (-np.log(above) / np.log(2)) ** (1 / steepness),
    )


def _of_family(family: Family, *values: npt.NDArray[np.float64]) -> Floats:
    which = np.broadcast_to(np.asarray(family), values[0].shape)
    return np.asarray(np.choose(which, values), np.float64)
