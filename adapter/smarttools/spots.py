"""SmartSpot: how many places to list, from what each is worth. The model proposes; the limits here dispose.

A place is listed when its worth is below a rate that does not depend on the bookings made so far, so one more direct
booking can never raise the number (INV-2); it is never more than is free (INV-1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Floats

TOP = 0.9  # of the way from the best free rate to the ceiling: the most that a single scarce place is listed against
LIKELY = 0.10  # displacement risk up to which premium spots are offered (PR-04)


@dataclass(frozen=True)
class Cut:
    """Places listed while their worth is below ``worth``, ``most`` at most."""

    worth: float
    most: int


def cuts(free_rate: float, ceiling: float, paid: float) -> tuple[Cut, ...]:
    """Any number against the rate that is best with places to spare; few against rates only a scarce place gets."""
    high = free_rate + TOP * (ceiling - free_rate)
    return (
        Cut(free_rate * paid, 1_000_000),
        Cut((free_rate + high) / 2 * paid, 2),
        Cut(high * paid, 1),
    )


def worth_listing(place: Floats, free: int, limits: tuple[Cut, ...]) -> int:
    """How many of ``free`` places are worth more listed; ``place`` falls with places left."""
    costs = place[free:0:-1]
    return max(min(int(np.count_nonzero(costs < cut.worth)), cut.most) for cut in limits)


def within_risk(safe: Floats, free: int, limit: float) -> int:
    """The most spots whose displacement risk is at most ``limit``; NaN is no limit."""
    if np.isnan(limit):
        return free
    risky = 1 - safe[free::-1]
    risky[0] = 0.0  # nothing listed displaces nobody
    return int(np.count_nonzero(risky <= limit + 1e-12)) - 1


def risk_of(safe: Floats, free: int, listed: int) -> float:
    """The chance that a direct client is turned away if ``listed`` places go at once."""
    return 0.0 if listed <= 0 else float(1 - safe[free - listed])
