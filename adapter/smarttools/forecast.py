"""Direct reservations still to come that would stand at the start, given what is on the books and the time left.

A count with mean m and dispersion d (variance over mean) that is booked along a curve keeps its family while it fills:
with n standing reservations seen after a share 1-R of the curve, what is left has mean R·(m + (d-1)·n) / (1 + (d-1)·(1-R))
and is a gamma-Poisson. Doubt about the level itself is dispersion too. Counts less dispersed than Poisson's are taken
as Poisson here: bookings made must never lower what is expected to come (INV-2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.curves import Curves, keys_of, still_to_come
from adapter.smarttools.facts import DIRECT, Floats, Ints, Reservations, Sessions
from adapter.smarttools.level import Level
from adapter.smarttools.returns import Returns, standing

NODES: Floats = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)])
WEIGHTS: Floats = np.array([1 / 6, 2 / 3, 1 / 6])  # Gauss-Hermite: right to the fifth moment of the normal


@dataclass(frozen=True)
class Forecast:
    """What is expected of each session; every array has one entry a session."""

    lead: Floats  # hours to the start
    level: Floats  # final direct reservations, before anything was known of this session
    to_come: Floats  # share of its direct reservations still to be made
    remaining: Floats  # mean of direct reservations still to come that would stand
    spread: Floats  # squared coefficient of variation of that mean
    nodes: Floats  # the mean at three points of its distribution, (sessions, 3)


def forecast(
    sessions: Sessions, booked: Ints, lead: Floats, level: Level, curves: Curves, returns: Returns
) -> Forecast:
    """``booked``: active direct reservations of each session, ``lead`` hours before its start."""
    means = level.mean(sessions)
    to_come, stand = np.zeros(len(sessions)), np.zeros(len(sessions))
    for index in range(len(sessions)):
        to_come[index] = still_to_come(curves.of(keys_of(sessions, index)), lead[index])
        stand[index] = standing(returns.of(sessions.studio[index]), lead[index])
    excess = np.maximum(level.dispersion - 1, 0) + means * level.doubt(sessions)
    scale = 1 + excess * (1 - to_come)
    remaining = to_come * (means + excess * booked * stand) / scale
    spread = excess * to_come / scale / np.maximum(remaining, 1e-9)
    return Forecast(lead, means, to_come, remaining, spread, _nodes(remaining, spread))


def _nodes(mean: Floats, spread: Floats) -> Floats:
    """Three points of a gamma distribution (Wilson and Hilferty's cube), scaled to its mean."""
    third = np.sqrt(spread)[:, None] / 3
    cube = np.maximum(1 - third**2 + NODES * third, 0.0) ** 3
    scale = cube[:, 0] * WEIGHTS[0] + cube[:, 1] * WEIGHTS[1] + cube[:, 2] * WEIGHTS[2]
    return mean[:, None] * cube / scale[:, None]


def third_party_share(reservations: Reservations) -> float:
    """Reservations of other integrators for each direct one: they take places too."""
    held = reservations.standing()
    direct = np.count_nonzero(held & (reservations.channel == DIRECT))
    other = np.count_nonzero(held) - direct - np.count_nonzero(held & (reservations.channel == 1))
    return float(other) / (direct + 50.0)
