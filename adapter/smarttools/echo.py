"""How far early bookings foretell late ones, and how much those vary by themselves.

A class that is busy early may be busy throughout, or have had its regulars come sooner: only the history can tell.
Regulars book as soon as they can and come whatever happens, the others decide in the end: what is booked late may vary
more than the whole.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Bools, Floats
from adapter.smarttools.level import FRAILTY, LEAST_MEAN
from adapter.smarttools.ratios import gamma_poisson, weighed

ROOM = 2.5  # standard deviations that must find a place, so that being full hides nothing
HELD = 2000.0  # squared reservations that the belief in common variation counts for
FRAILTIES: Floats = np.geomspace(0.001, 0.6, 20)  # squared variation of demand: what it is chosen from
FAR = 1.2  # how far (log) belief in what is usual goes


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


def late_variation(whole: tuple[Floats, Floats], late: tuple[Floats, Floats]) -> list[float]:
    """Times the squared variation of all bookings, that of those made late.

    Each is told by counts and by what was to be expected of them while there was room, late ones (shares, sessions).
    """
    of_all = _frailty(*whole, FRAILTY)
    return [_frailty(counts, means, of_all) / of_all for counts, means in zip(*late, strict=True)]


def _frailty(counts: Floats, means: Floats, usual: float) -> float:
    """What makes the counts likely (gamma-Poisson), which holds whatever made a class full: their spread is cut off."""
    some = means > LEAST_MEAN
    told = np.array([gamma_poisson(counts[some], means[some], each).sum() for each in FRAILTIES.tolist()])
    log = told - (np.log(FRAILTIES / usual) / FAR) ** 2 / 2
    return float(weighed(log) @ FRAILTIES)
