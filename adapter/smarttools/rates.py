"""SmartRate: the rate with the highest (rate - worth of the place) x chance that it sells, in minor units.

Between floor (rounded up, SR-06) and ceiling, always. A change that hardly matters is not made: the rate in force stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Floats, Ints
from adapter.smarttools.money import major, units_near

FINEST = 240  # rates that are compared at most
RUNGS = 9  # rates among which the dynamic program chooses later
SMALL_CHANGE = 0.03  # of the rate in force: smaller changes are not made (SS-20)
TOP = 0.9  # of the way from the best free rate to the ceiling: the most a single scarce place is listed against


@dataclass(frozen=True)
class Ladder:
    """The rates possible for a session, in minor units, and how likely each sells."""

    units: Ints
    rates: Floats
    accepts: Floats

    def best(self, cost: float, paid: float, *, above: int = 0) -> int:
        """The best rate's minor units where a place is worth ``cost`` and ``paid`` of a rate counts."""
        possible = self.units >= above
        if not possible.any():
            return int(self.units[-1])
        gains = np.where(possible, (self.rates * paid - cost) * self.accepts, -np.inf)
        return int(self.units[int(np.argmax(gains))]) if gains.max() > 0 else int(self.units[-1])

    def rungs(self) -> tuple[Floats, Floats]:
        """A few rates over the whole range, for the dynamic program."""
        chosen = np.linspace(0, len(self.units) - 1, RUNGS).round().astype(np.int64)
        return self.rates[chosen], self.accepts[chosen]


def ladder(floor: int, ceiling: int, digits: int, retail: float, accepts: Callable[[Floats], Floats]) -> Ladder:
    """Every minor unit from floor to ceiling, or as many as ``FINEST`` evenly spread ones."""
    units = np.unique(np.linspace(floor, ceiling, min(FINEST, ceiling - floor + 1)).round().astype(np.int64))
    rates = np.array([major(unit, digits) for unit in units.tolist()])
    return Ladder(units, rates, accepts(rates / retail))


@dataclass(frozen=True)
class Rate:
    """A rate with how it came about, all in minor units."""

    units: int
    free_units: int  # the best rate if places were worth nothing else
    wanted: int  # the best rate at what the place is worth
    binding: str  # floor, ceiling, in_force or model


def set_rate(steps: Ladder, cost: float, last_cost: float, paid: float, digits: int, in_force: float) -> Rate:
    """``cost``: worth of the first place listed, ``last_cost``: of the last; ``in_force`` NaN: nothing is listed."""
    least, most = int(steps.units[0]), int(steps.units[-1])
    free = steps.best(0.0, paid)
    lowest = units_near(last_cost / paid, digits) + 1 if last_cost > 0 and np.isfinite(last_cost) else 0
    wanted = steps.best(cost, paid, above=min(lowest, most)) if np.isfinite(cost) else most
    if not np.isnan(in_force):
        held = units_near(in_force, digits)
        if (
            max(least, min(lowest, most)) <= held <= most
            and held != wanted
            and abs(held - wanted) <= SMALL_CHANGE * held
        ):
            return Rate(held, free, wanted, "in_force")
    binding = "floor" if wanted == least else "ceiling" if wanted == most else "model"
    return Rate(wanted, free, wanted, binding)
