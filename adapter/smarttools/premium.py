"""Premium: further spots above the standard ones, at a higher rate, only where that is unlikely to displace anyone.

A fixed rule on top of SmartRate, never an input of it; what a person did plays no part here.
"""

from __future__ import annotations

import math

from adapter.smarttools.facts import Floats
from adapter.smarttools.rates import Ladder
from adapter.smarttools.spots import LIKELY, Cut, within_risk, worth_listing

STEP = 0.15  # premium stands above the standard rate by this much at least, where the ceiling allows


def premium_spots(place: Floats, safe: Floats, free: int, standard: int, limit: float, against: float) -> int:
    """Places beyond ``standard`` worth less than the premium rate, within the risk allowed (PR-03, PR-04)."""
    risk = LIKELY if math.isnan(limit) else min(limit, LIKELY)
    total = min(worth_listing(place, free, (Cut(against, 1_000_000),)), within_risk(safe, free, risk))
    return max(total - standard, 0)


def premium_rate(steps: Ladder, standard: int) -> int | None:
    """The premium rate in minor units, above the standard one (PR-07); None where that is at the ceiling."""
    most = int(steps.units[-1])
    if standard >= most:
        return None
    return min(max(round(standard * (1 + STEP)), standard + 1), most)
