"""How far early bookings foretell late ones, and how much those vary by themselves.

A class that is busy early may be busy throughout, or have had its regulars come sooner: only the history can tell.
Regulars book as soon as they can and come whatever happens, the others decide in the end: what is booked late may vary
more than the whole.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Bools, Floats
from adapter.smarttools.level import FRAILTY, LEAST_FRAILTY, LEAST_MEAN
from adapter.smarttools.ratios import gamma_poisson, weighed

ROOM = 2.5  # standard deviations that must find a place, so that being full hides nothing
PARTS: Floats = np.array([0.0, 0.03, 0.07, 0.14, 0.25, 0.4, 0.6, 0.8, 1.0])  # of all variation: what is chosen from
SHARED = 0.9  # chance, beforehand, that early and late bookings have all of it in common
FRAILTIES: Floats = np.geomspace(0.001, 0.6, 20)  # squared variation of demand: what it is chosen from
FAR = 1.2  # how far (log) belief in what is usual goes

Told = tuple[Floats, Floats]  # counts, and what was to be expected of them while there was room; late ones by share


def roomy(means: Floats, frailty: float, capacity: Floats) -> Bools:
    """Which sessions had room for nearly all who may have wanted to come."""
    return np.asarray(means + ROOM * np.sqrt(means + frailty * means**2) < capacity, dtype=np.bool_)


def common_variation(whole: Told, late: Told, telling: Bools, frailty: float) -> float:
    """Squared variation common to early and late bookings; all of it where nothing is known.

    That by which early bookings would have foretold the late ones best, and not what the two have in common: early ones
    that come in groups vary more than they foretell. ``telling``: sessions from which it is told.
    """
    (counts, means), (came, expected) = _some(whole, telling), _some(late, telling)
    early, usual = counts - came, np.maximum(means - expected, 0.0)
    likely = np.full(len(PARTS), np.log((1 - SHARED) / (len(PARTS) - 1)))
    likely[-1] = np.log(SHARED)
    for index, common in enumerate((PARTS * frailty).tolist()):
        foretold = np.maximum(expected * (1 + common * early) / (1 + common * usual), 1e-9)
        likely[index] += gamma_poisson(came, foretold, max(frailty, LEAST_FRAILTY)).sum() / len(came)
    return float(PARTS[likely.argmax()] * frailty)


def late_variation(whole: Told, late: Told, telling: Bools) -> list[float]:
    """Times the squared variation of all bookings, that of those made late."""
    (counts, means), (came, expected) = _some(whole, telling), _some(late, telling)
    of_all = _frailty(counts, means, FRAILTY)
    return [_frailty(*each, of_all) / of_all for each in zip(came, expected, strict=True)]


def _some(told: Told, telling: Bools) -> Told:
    counts, expected = told
    return counts[..., telling], expected[..., telling]


def _frailty(counts: Floats, means: Floats, usual: float) -> float:
    """What makes the counts likely (gamma-Poisson), which holds whatever made a class full: their spread is cut off."""
    some = means > LEAST_MEAN
    told = np.array([gamma_poisson(counts[some], means[some], each).sum() for each in FRAILTIES.tolist()])
    log = told - (np.log(FRAILTIES / usual) / FAR) ** 2 / 2
    return float(weighed(log) @ FRAILTIES)
