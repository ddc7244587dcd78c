"""Places that come back: how likely an active reservation is to be cancelled in the next hour, by time to the start.

Knows cancellations before the start only. The hazard is pooled per studio towards a prior, which answers where the
history does not say when reservations were made and cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from adapter.smarttools.curves import EDGES, bins_of
from adapter.smarttools.facts import Bools, Floats, Ints, Reservations, Sessions, numbered, sum_by

PRIOR: Floats = np.where(EDGES[:-1] < 24, 0.0030, 0.0006)  # an hour: some 7 % on the last day, 8 % in the week before
PRIOR_HOURS = 3000.0  # reservation-hours that the prior counts for, in each bin


@dataclass
class Returns:
    """Hazards per hour in each lead-time bin, by studio."""

    all: Floats = field(default_factory=PRIOR.copy)
    studios: dict[str, Floats] = field(default_factory=dict)

    def of(self, studio: str) -> Floats:
        """The studio's hazard, or that of all."""
        return self.studios.get(studio, self.all)

    def accumulated(self, sessions: Sessions) -> Floats:
        """Each session's hazard summed from the start to each of EDGES, (sessions, edges)."""
        hours = np.diff(EDGES)
        own = {name: np.concatenate(([0.0], np.cumsum(self.of(name) * hours))) for name in set(sessions.studio)}
        return np.array([own[name] for name in sessions.studio]).reshape(-1, len(EDGES))


def standing(hazard: Floats, lead: Floats | float) -> Floats:
    """The chance that a reservation active ``lead`` hours before the start still stands then."""
    passed = np.concatenate(([0.0], np.cumsum(hazard * np.diff(EDGES))))
    return np.exp(-np.asarray(np.interp(lead, EDGES, passed), dtype=np.float64))


def fit_returns(sessions: Sessions, reservations: Reservations, chosen: Bools) -> Returns:
    """Hazards from the chosen reservations whose times are known: cancellations by hours at risk."""
    starts, stood = sessions.starts[reservations.session], reservations.standing()
    begun = starts - reservations.booked
    over = np.where(stood, 0.0, starts - reservations.cancelled)
    usable = chosen & (begun > 0) & (over >= 0) & (over <= begun)
    begun, over = np.minimum(begun[usable], EDGES[-1]), np.minimum(over[usable], EDGES[-1])
    names, number = numbered(sessions.studio)
    house = number[reservations.session[usable]]
    at_risk = _at_risk(house, len(names), begun, over)
    cancelled = np.zeros_like(at_risk)
    gave_up = ~stood[usable]
    np.add.at(cancelled, (house[gave_up], bins_of(over[gave_up])), 1.0)
    pooled = _shrunk(cancelled.sum(axis=0), at_risk.sum(axis=0), PRIOR)
    return Returns(pooled, {name: _shrunk(cancelled[i], at_risk[i], pooled) for i, name in enumerate(names)})


def _at_risk(house: Ints, houses: int, begun: Floats, over: Floats) -> Floats:
    spent = [
        np.clip(np.minimum(begun, late) - np.maximum(over, early), 0, None) for early, late in pairwise(EDGES.tolist())
    ]
    return np.column_stack([sum_by(house, hours, houses) for hours in spent])


def _shrunk(cancelled: Floats, at_risk: Floats, parent: Floats) -> Floats:
    return (PRIOR_HOURS * parent + cancelled) / (PRIOR_HOURS + at_risk)
