"""The dynamic program, finely solved: the measure against which quick ones are held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def backward(
    *,
    capacity: Floats,  # (B,)
    direct: Floats,  # (B, N, T) arrivals of direct clients in each step, from the start backwards
    looks: Floats,  # (B, T)
    stand: Floats,  # (B, T) chance that a booking of the step stands
    cancelled: Floats,  # (B, T) chance that one active reservation is cancelled in the step
    worth: Floats,  # (B,) of a direct client served
    rates: Floats,  # (B, K) paid, no-shows taken off
    accepts: Floats,  # (B, K)
    places: int,
) -> Floats:
    """Value of each number of places left, (B, N, places + 1)."""
    batch, nodes, steps = direct.shape
    value = np.zeros((batch, nodes, places + 1))
    taken = np.maximum(capacity[:, None, None] - np.arange(places + 1.0), 0.0)
    for step in range(steps):
        def slope(v: Floats) -> Floats:
            cost = v[..., 1:] - v[..., :-1]
            best = np.zeros_like(cost)
            for rung in range(rates.shape[1]):
                np.maximum(
                    best,
                    accepts[:, rung, None, None]
                    * (rates[:, rung, None, None] * stand[:, step, None, None] - cost),
                    out=best,
                )
            up = np.zeros_like(v)
            up[..., 1:] = direct[:, :, step, None] * (worth[:, None, None] * stand[:, step, None, None] - cost)
            up[..., 1:] += looks[:, step, None, None] * best
            up[..., :-1] += cancelled[:, step, None, None] * taken[..., :-1] * cost
            return up

        first = slope(value)
        value = value + 0.5 * (first + slope(value + first))
    return value
