"""How a studio is doing just now: its upcoming sessions' books against what would usually be on them by now.

A season that turns, a studio that grows, a studio nobody has heard of: its own upcoming books tell long before its next
sessions are over. Each session is told by the others, never by itself; a full one tells that at least so many came.
Gamma-Poisson: what is on the books against what was expected, held to 1 by how well the studio was known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Ints, Sessions, numbered, sum_by
from adapter.smarttools.level import at_least

DRIFT = 0.02  # squared variation of a known studio's demand from what its history says: weeks differ
DRIFT_A_WEEK = 0.01  # the same for each week that the model is older than one
TAIL = 0.1  # share of the bookings: before so many are usually made, a curve's tail tells more of itself than of demand


@dataclass(frozen=True)
class Pace:
    """One entry a session."""

    ratio: Floats  # of the studio's demand now to what its history says
    doubt: Floats  # squared coefficient of variation that is left of it


def pace_of(
    sessions: Sessions,
    booked: Floats,
    usual: Floats,
    behind: Floats,
    frailty: Floats,
    full: Bools,
    unknown: Floats,
    weeks_old: float,
) -> Pace:
    """``booked`` against ``usual`` by now, both of direct reservations that would stand.

    ``behind``: the share of its bookings that a session usually has by now; ``frailty``: what varies between sessions
    alone; ``full``: no place is free; ``unknown``: squared variation of the studio's own level, large for a new one;
    ``weeks_old``: the model's age beyond a week: it is believed the less.
    Where the sessions say their pace, that holds.
    """
    _, house = numbered(sessions.studio)
    houses = int(house.max()) + 1 if len(house) else 0
    shown = np.where(full, at_least(booked, usual), booked)
    weight = behind / (behind + TAIL) / (1 + usual * frailty)
    shown, expected = _others(house, houses, weight * shown), _others(house, houses, weight * usual)
    before = unknown + DRIFT + DRIFT_A_WEEK * weeks_old
    hold = 1 / before
    ratio, doubt = (hold + shown) / (hold + expected), 1 / (hold + expected)
    told = ~np.isnan(sessions.pace)
    left = np.where(np.isnan(sessions.pace_doubt), before, sessions.pace_doubt)
    return Pace(np.where(told, sessions.pace, ratio), np.where(told, left, doubt))


def _others(house: Ints, houses: int, values: Floats) -> Floats:
    return np.maximum(sum_by(house, values, houses)[house] - values, 0.0)
