"""SmartRate: the rate with the highest (rate - worth of the place) x chance that it sells, in minor units.

Between floor (rounded up, SR-06) and ceiling, always. A change that hardly matters is not made: the rate in force
stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Floats, Ints
from adapter.smarttools.money import major, units_near, units_up

FINEST = 240  # rates that are compared at most
RUNGS = 9  # rates among which the dynamic program chooses later
SMALL_CHANGE = 0.03  # of the rate in force: smaller changes are not made (SS-20)


@dataclass(frozen=True)
class Ladder:
    """The rates possible for a session, in minor units, and how likely each sells."""

    units: Ints
    rates: Floats  # the same in major units
    accepts: Floats

    def best(self, cost: float, paid: float, *, above: int = 0) -> int:
        """The best rate, in minor units, where a place is worth ``cost`` and ``paid`` of a rate counts.

        The highest one where none of those from ``above`` on brings more than the place is worth.
        """
        gains = np.where(self.units >= above, (self.rates * paid - cost) * self.accepts, -np.inf)
        return int(self.units[int(np.argmax(gains))]) if gains.max() > 0 else int(self.units[-1])

    def rungs(self) -> tuple[Floats, Floats]:
        """A few rates over the whole range with their chances, for the dynamic program."""
        chosen = np.linspace(0, len(self.units) - 1, RUNGS).round().astype(np.int64)
        return self.rates[chosen], self.accepts[chosen]

    def accepts_at(self, rate: float) -> float:
        """The chance that one who looks books at ``rate``."""
        return float(np.interp(rate, self.rates, self.accepts))


def ladder(floor: int, ceiling: int, digits: int, retail: float, accepts: Callable[[Floats], Floats]) -> Ladder:
    """Every minor unit from floor to ceiling, or as many as ``FINEST`` evenly spread ones."""
    units = np.unique(np.linspace(floor, ceiling, min(FINEST, ceiling - floor + 1)).round().astype(np.int64))
    rates = np.array([major(unit, digits) for unit in units.tolist()], dtype=np.float64)
    return Ladder(units, rates, accepts(rates / retail))


@dataclass(frozen=True)
class Rate:
    """A rate with how it came about, all in minor units."""

    units: int
    free_units: int  # the best rate if the place were worth nothing else
    wanted: int  # the best rate at what the place is worth
    binding: str  # floor, ceiling, in_force or model


def set_rate(steps: Ladder, first: float, dearest: float, paid: float, digits: int, in_force: float) -> Rate:
    """``first``: worth of the first place listed, ``dearest``: of the last; ``in_force`` NaN: nothing is listed."""
    least, most = int(steps.units[0]), int(steps.units[-1])
    free = steps.best(0.0, paid)
    lowest = min(max(units_up(dearest / paid, digits), least), most)
    wanted = steps.best(first, paid, above=lowest)
    if not np.isnan(in_force):
        held = units_near(in_force, digits)
        if lowest <= held <= most and held != wanted and abs(held - wanted) <= SMALL_CHANGE * held:
            return Rate(held, free, wanted, "in_force")
    return Rate(wanted, free, wanted, "floor" if wanted == least else "ceiling" if wanted == most else "model")
