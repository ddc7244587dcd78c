"""Places that come back: how likely an active reservation is to be cancelled in the next hour, by time to the start.

Knows cancellations before the start only. The hazard is pooled per studio towards a prior; where the history says
when reservations were made but not when they were cancelled, the prior's shape answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.curves import BINS, EDGES
from adapter.smarttools.facts import Floats, Reservations, Sessions

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


def standing(hazard: Floats, lead: Floats | float) -> Floats:
    """The chance that a reservation active ``lead`` hours before the start still stands then."""
    passed = np.concatenate(([0.0], np.cumsum(hazard * np.diff(EDGES))))
    return np.exp(-np.interp(lead, EDGES, passed))


def hazard_at(hazard: Floats, lead: Floats) -> Floats:
    """The hazard per hour at ``lead`` hours before the start."""
    return hazard[np.clip(np.searchsorted(EDGES, lead, side="left") - 1, 0, BINS - 1)]


def fit_returns(sessions: Sessions, reservations: Reservations, chosen: np.ndarray) -> Returns:
    """Hazards from the chosen reservations whose times are known: cancellations by hours at risk."""
    begun = sessions.starts[reservations.session] - reservations.booked
    over = np.where(reservations.standing(), 0.0, sessions.starts[reservations.session] - reservations.cancelled)
    usable = chosen & (begun > 0) & (over >= 0) & (over <= begun)
    begun, over = np.minimum(begun[usable], EDGES[-1]), np.minimum(over[usable], EDGES[-1])
    gave_up = ~reservations.standing()[usable]
    names = sorted(set(sessions.studio))
    number = {name: index for index, name in enumerate(names)}
    house = np.array([number[name] for name in sessions.studio], np.int64)[reservations.session[usable]]
    at_risk, cancelled = _exposure(house, len(names), begun, over, gave_up)
    pooled = _shrunk(cancelled.sum(axis=0), at_risk.sum(axis=0), PRIOR)
    return Returns(pooled, {name: _shrunk(cancelled[i], at_risk[i], pooled) for i, name in enumerate(names)})


def _exposure(
    house: np.ndarray, houses: int, begun: Floats, over: Floats, gave_up: np.ndarray
) -> tuple[Floats, Floats]:
    at_risk, cancelled = np.zeros((houses, BINS)), np.zeros((houses, BINS))
    for column in range(BINS):
        spent = np.clip(np.minimum(begun, EDGES[column + 1]) - np.maximum(over, EDGES[column]), 0, None)
        at_risk[:, column] = np.bincount(house, weights=spent, minlength=houses)
    bins = np.clip(np.searchsorted(EDGES, over[gave_up], side="left") - 1, 0, BINS - 1)
    np.add.at(cancelled, (house[gave_up], bins), 1.0)
    return at_risk, cancelled


def _shrunk(cancelled: Floats, at_risk: Floats, parent: Floats) -> Floats:
    return (PRIOR_HOURS * parent + cancelled) / (PRIOR_HOURS + at_risk)
