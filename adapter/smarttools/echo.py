"""How far early bookings foretell late ones: the part of demand's variation that is common to all of its lead times.

A class that is busy early may be busy throughout, or have had its regulars come sooner: only the history can tell.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Bools, Floats

ROOM = 2.5  # standard deviations that must find a place, so that being full hides nothing
HELD = 2000.0  # squared reservations that the belief in common variation counts for


def roomy(means: Floats, frailty: float, capacity: Floats) -> Bools:
    """Which sessions had room for nearly all who may have wanted to come."""
    return np.asarray(means + ROOM * np.sqrt(means + frailty * means**2) < capacity, dtype=np.bool_)


def common_variation(counts: Floats, late: Floats, means: Floats, expected: Floats, frailty: float) -> float:
    """Squared variation common to early and late bookings, from their covariance; all of it where nothing is known.

    ``counts``: all bookings of sessions that had room, ``means`` what was to be expected of them; ``late`` and
    ``expected``: the same of the late ones, (shares, sessions).
    """
    early, usual = counts - late, means - expected
    shown = ((early - usual) * (late - expected)).sum(axis=1).mean()
    weight = (np.maximum(usual, 0.0) * expected).sum(axis=1).mean()
    return float(np.clip((HELD * frailty + shown) / (HELD + weight), 0.0, frailty))
