"""What setting something by hand was worth beside leaving it to the model (N-18). Pure.

For each class: what came in afterwards, less what the model expected of its own proposal when it was put aside. The
sum has an interval by Student's t over classes, since one class says little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit

LEVEL = 0.95
FEWEST = 2  # classes, below which nobody can say how much is chance


@dataclass(frozen=True)
class Overridden:
    """One class that was held under an override."""

    session_id: int
    earned: float  # payouts after it was set, less the direct price of clients turned away
    expected: float  # what the model expected of its own proposal then, reckoned alike

    @property
    def difference(self) -> float:
        """By how much the person did better than the model expected to."""
        return self.earned - self.expected


@dataclass(frozen=True)
class Worth:
    """What one override, or all, have been worth."""

    classes: Sequence[Overridden]

    @property
    def total(self) -> float:
        """The sum of the differences."""
        return math.fsum(one.difference for one in self.classes)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which the sum lies with 95 %, by what classes vary; None for too few."""
        differences = [one.difference for one in self.classes]
        if len(differences) < FEWEST:
            return None
        count = len(differences)
        reach = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * stdev(differences) * math.sqrt(count)
        centre = fmean(differences) * count
        return centre - reach, centre + reach

    @property
    def says(self) -> str:
        """``better``, ``worse``, or ``chance`` where the interval spans 0 or there is none."""
        span = self.interval
        if span is None or span[0] <= 0 <= span[1]:
            return "chance"
        return "better" if span[0] > 0 else "worse"
