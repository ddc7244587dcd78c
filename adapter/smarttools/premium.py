"""Premium: further spots above the standard ones, at a higher rate, only where that is unlikely to displace anyone.

A fixed rule on top of SmartRate, never an input of it; what a person did plays no part here.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Floats, Ints
from adapter.smarttools.spots import LIKELY, listed_against, within_risk

STEP = 0.15  # premium stands above the standard rate by this much at least, where the ceiling allows


def premium_spots(place: Floats, safe: Floats, free: Ints, standard: Ints, limit: Floats, against: Floats) -> Ints:
    """Places beyond ``standard`` worth less than the premium rate, within the risk allowed (PR-03, PR-04)."""
    risk = np.fmin(limit, LIKELY)
    most = np.minimum(listed_against(place, free, against), within_risk(safe, free, risk))
    return np.asarray(np.maximum(most - standard, 0), dtype=np.int64)


def premium_units(standard: Ints, most: Ints) -> Ints:
    """The premium rate in minor units, above the standard one (PR-07); the same where that is at the ceiling."""
    higher = np.maximum(np.rint(standard * (1 + STEP)), standard + 1)
    return np.asarray(np.minimum(higher, most), dtype=np.int64)
