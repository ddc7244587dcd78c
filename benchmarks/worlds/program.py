"""What places are worth to one who knows the market: a dynamic program in small steps, written apart from SmartTools'.

Direct clients are served first; who looks is sold a place at the best of the rates; cancellations give places back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.worlds.draw import Floats, Ints

BUSY = 0.5  # arrivals in one small step, at the most


@dataclass(frozen=True)
class Flow:
    """What arrives in each step from the start backwards, of classes that are solved side by side."""

    capacity: Floats  # (classes,)
    direct: Floats  # (classes, shocks, steps)
    looks: Floats  # (classes, steps)
    stand: Floats  # (classes, steps) the chance that a reservation made in the step stands
    cancelled: Floats  # (classes, steps) the chance that one active reservation is cancelled
    served: Floats  # (classes,) what serving one direct client is worth
    rates: Floats  # (classes, rungs) what one reservation brings
    accepts: Floats  # (classes, rungs) the chance that one who looks books

    def between(self, first: int, last: int) -> Flow:
        """These steps only."""
        return self._at(slice(first, last))

    def split(self) -> Flow:
        """Each step cut into so many that little happens in one."""
        busy = self.direct.max(axis=1) + self.looks + self.cancelled * self.capacity[:, None]
        count = np.maximum(np.ceil(busy.max(axis=0) / BUSY), 1).astype(int)
        small = np.repeat(np.arange(len(count)), count)
        share = 1 / count[small]
        cut = self._at(small)
        return replace(cut, direct=cut.direct * share, looks=cut.looks * share, cancelled=cut.cancelled * share)

    def _at(self, steps: slice | Ints) -> Flow:
        return replace(
            self,
            direct=self.direct[..., steps],
            looks=self.looks[..., steps],
            stand=self.stand[..., steps],
            cancelled=self.cancelled[..., steps],
        )


def resumed(value: Floats, flow: Flow) -> Floats:
    """The value of places left, (classes, shocks, places + 1), after these steps more; Heun's rule in each."""
    flow = flow.split()
    for step in range(flow.direct.shape[2]):
        first = _slope(value, flow, step)
        value = value + 0.5 * (first + _slope(value + first, flow, step))
    return value


def _slope(value: Floats, flow: Flow, step: int) -> Floats:
    """What the step adds to each value."""
    cost = value[..., 1:] - value[..., :-1]
    stand = flow.stand[:, step, None, None]
    taken = np.maximum(flow.capacity[:, None, None] - np.arange(value.shape[2]), 0.0)
    up = np.zeros_like(value)
    up[..., 1:] = flow.direct[:, :, step, None] * (flow.served[:, None, None] * stand - cost)
    up[..., 1:] += flow.looks[:, step, None, None] * _best_sale(cost, stand, flow)
    up[..., :-1] += flow.cancelled[:, step, None, None] * taken[..., :-1] * cost
    return up


def _best_sale(cost: Floats, stand: Floats, flow: Flow) -> Floats:
    """What one who looks brings, at the best rate for each worth of a place."""
    best = np.zeros_like(cost)
    for rate, accept in zip(flow.rates.T, flow.accepts.T, strict=True):
        np.maximum(best, accept[:, None, None] * (rate[:, None, None] * stand - cost), out=best)
    return best
