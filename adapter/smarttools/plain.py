"""The plain rule, which answers without a model (requirements A2): list what is free beyond likely direct demand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from itertools import islice

QUANTILE = 0.90


def upper_quantile(mean: float, spread: float = 0.0, q: float = QUANTILE) -> int:
    """The least count that a gamma-Poisson demand stays at or below with chance ``q``; ``spread`` 0 is Poisson's.

    ``spread`` is the squared coefficient of variation of the mean. A mean of 4 gives 7, a mean of 1 gives 2 (SS-02).
    """
    if mean <= 0:
        return 0
    total = 0.0
    for count, chance in enumerate(islice(chances(mean, spread), 10_000)):
        total += chance
        if total >= q:
            return count
    return 10_000


def chances(mean: float, spread: float = 0.0) -> Iterator[float]:
    """The chances of 0, 1, 2, … under a gamma-Poisson with this mean; ``spread`` as above."""
    shape = 1 / spread if spread > 1e-9 else math.inf
    chance = math.exp(-mean) if math.isinf(shape) else (1 + mean / shape) ** -shape
    for count in itertools.count():
        yield chance
        chance *= mean / (count + 1) if math.isinf(shape) else (shape + count) / (count + 1) * mean / (shape + mean)


def listed(free: int, kept: int, booked_through: int, min_spots: int = 0, *, released: bool = False) -> int:
    """Spots: what is free beyond ``kept``, at least Minimum Spots in all, everything once released."""
    if released:
        return free
    return min(max(free - kept, min_spots - booked_through, 0), free)
