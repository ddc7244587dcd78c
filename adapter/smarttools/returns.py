"""Places that come back: how likely a reservation is to be cancelled, by time to the start.

Knows cancellations before the start only. Three tables, each pooled per studio towards all and towards a prior, which
answers where the history does not say when reservations were made and cancelled. They are counted each for itself: who
books early is rarely given to cancelling within the hour, so a hazard multiplied over weeks would take too many away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.curves import EDGES, WIDTHS, bins_of, by_bin
from adapter.smarttools.facts import Bools, Floats, Ints, Reservations, Sessions, sum_by

HAZARD: Floats = np.where(EDGES[:-1] < 24, 0.0030, 0.0006)  # an hour, of the active reservations
ACTIVE: Floats = 1 - 0.14 * -np.expm1(-EDGES / 48)  # one in seven of those that were active long before is given up
MADE: Floats = 1 - 0.14 * -np.expm1(-EDGES / 12)
PRIOR_HOURS = 3000.0  # reservation-hours that the prior of the hazard counts for, in each bin
PRIOR_COUNT = 40.0  # reservations that the priors of the shares count for


@dataclass
class Pooled:
    """A table over lead time for each studio, and that of all."""

    all: Floats
    studios: dict[str, Floats] = field(default_factory=dict)

    def of(self, studio: str) -> Floats:
        """The studio's, or that of all."""
        return self.studios.get(studio, self.all)

    def through(self, sessions: Sessions) -> Floats:
        """Each session's table, (sessions, entries)."""
        return np.array([self.of(name) for name in sessions.studio]).reshape(-1, len(self.all))


@dataclass
class Returns:
    """What was learned of cancellations."""

    hazard: Pooled = field(default_factory=lambda: Pooled(HAZARD.copy()))  # per hour, in each bin
    active: Pooled = field(
        default_factory=lambda: Pooled(ACTIVE.copy())
    )  # of those active at an edge, the share to stand
    made: Pooled = field(default_factory=lambda: Pooled(MADE.copy()))  # of those made about an edge, the share to stand

    def accumulated(self, sessions: Sessions) -> Floats:
        """Each session's hazard summed from the start to each of EDGES, (sessions, edges)."""
        passed = np.cumsum(self.hazard.through(sessions) * WIDTHS, axis=1)
        return np.concatenate([np.zeros((len(sessions), 1)), passed], axis=1)


def fit_returns(sessions: Sessions, reservations: Reservations, chosen: Bools, weight: Floats) -> Returns:
    """Learn from the chosen reservations whose times are known; ``weight``: what each session counts for."""
    starts, stood = sessions.starts[reservations.session], reservations.standing()
    begun = starts - reservations.booked
    over = np.where(stood, 0.0, starts - reservations.cancelled)
    usable = chosen & (begun > 0) & (over >= 0) & (over <= begun)
    begun, over, stood = np.minimum(begun[usable], EDGES[-1]), np.minimum(over[usable], EDGES[-1]), stood[usable]
    names, number = sessions.studios
    house, counted = number[reservations.session[usable]], weight[reservations.session[usable]]
    cancelled = by_bin(house[~stood], bins_of(over[~stood]), counted[~stood], len(names))
    begun_by, hours_before = _passed(house, begun, counted, len(names))
    over_by, hours_after = _passed(house[~stood], over[~stood], counted[~stood], len(names))
    at_risk = np.maximum(hours_before - hours_after, 0.0)
    kept = _passed(house[stood], begun[stood], counted[stood], len(names))[0]
    held = np.maximum(begun_by - over_by, kept)
    made, lasted = (
        _about(by_bin(house[rows], bins_of(begun[rows]), counted[rows], len(names))) for rows in (slice(None), stood)
    )
    return Returns(
        _pooled(names, cancelled, at_risk, HAZARD, PRIOR_HOURS),
        _pooled(names, kept, held, ACTIVE, PRIOR_COUNT),
        _pooled(names, lasted, made, MADE, PRIOR_COUNT),
    )


def _passed(house: Ints, lead: Floats, counted: Floats, houses: int) -> tuple[Floats, Floats]:
    """How much lies at or before each of EDGES, (studios, edges), and the hours of each bin that follow on it.

    One pass whatever the number of edges: there are millions of reservations.
    """
    place = np.searchsorted(EDGES, lead, side="right") - 1
    cell, cells = house * len(EDGES) + place, houses * len(EDGES)
    many = sum_by(cell, counted, cells).reshape(houses, len(EDGES))
    part = sum_by(cell, counted * (lead - EDGES[place]), cells).reshape(houses, len(EDGES))
    by = np.cumsum(many[:, ::-1], axis=1)[:, ::-1]
    return by, np.asarray(by[:, 1:] * WIDTHS + part[:, :-1], dtype=np.float64)


def _about(counts: Floats) -> Floats:
    """What is in the bins on both sides of each edge."""
    wide = np.pad(counts, ((0, 0), (1, 1)))
    return np.asarray(wide[:, 1:] + wide[:, :-1], dtype=np.float64)


def _pooled(names: list[str], shown: Floats, seen: Floats, prior: Floats, hold: float) -> Pooled:
    """Shares shown of seen: each studio's held to that of all, and that to the prior."""
    together = (hold * prior + shown.sum(axis=0)) / (hold + seen.sum(axis=0))
    own = (hold * together + shown) / (hold + seen)
    return Pooled(together, dict(zip(names, own, strict=True)))
