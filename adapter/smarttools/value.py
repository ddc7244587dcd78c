"""What a free place is worth: a dynamic program backwards from the start, over time left and places left.

In each small step at most one thing happens: a direct client comes (and is served while there is a place), a third
party's client comes, a marketplace user comes (and is sold a place if some rate is worth more than keeping it), or a
reservation is cancelled and its place comes back. Along with the value run the chance that no direct client is turned
away and the direct clients served, both with nothing more listed. All points of the forecast's distribution are solved
and averaged. Sessions are solved side by side by elementwise arithmetic only, so a session's numbers do not depend on
its neighbours.

Optimal stopping in the sense of Littlewood and of Gallego and van Ryzin (1994), with returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from adapter.smarttools.facts import Floats

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Flow:
    """What arrives in each step from the start backwards; the last axis is the session."""

    capacity: Singles  # (sessions,)
    direct: Singles  # (nodes, sessions) direct clients still to come
    share: Singles  # (steps, sessions) the share of them that comes in the step
    valued: Singles  # (nodes, sessions) as ``direct``, as far apart as they count for the value of a place
    valued_share: Singles  # (steps, sessions) the same of these
    other: Singles  # (sessions,) third-party arrivals for each direct one
    stand: Singles  # (steps, sessions) chance that a reservation made in the step stands at the start
    cancelled: Singles  # (steps, sessions) chance that one active reservation is cancelled in the step
    looks: Singles  # (steps, sessions) marketplace users who look in the step
    served: Singles  # (sessions,) what serving one direct client is worth
    bring: Singles  # (rungs, sessions) what one who looks brings at a rate: chance x rate, no-shows taken off
    accept: Singles  # (rungs, sessions) the chance

    def __len__(self) -> int:
        return int(self.capacity.shape[0])


@dataclass(frozen=True)
class Worth:
    """Tables over places left, (sessions, places + 1)."""

    place: Floats  # value of the y-th place left; infinite at 0
    safe: Floats  # chance that no direct client is turned away with y places left and nothing more listed
    served: Floats  # direct reservations served that stand, with y places left and nothing more listed


def worth(flow: Flow, weights: Floats, places: int) -> Worth:
    """Solve all sessions for up to ``places`` places left; ``weights`` are those of the nodes.

    No more clients come than there are steps: the tables end with the first place that nobody is left to take.
    """
    return _averaged(*_solve(flow, min(places, len(flow.stand) + 1)), weights)


def _solve(flow: Flow, places: int) -> tuple[Singles, Singles, Singles]:
    """Tables (places + 1, nodes, sessions) of value, safety and service.

    After so many steps all places further left are alike: a row is solved from the step on in which it differs.
    """
    (nodes, sessions), steps = flow.direct.shape, len(flow.share)
    shape = (places + 1, nodes, sessions)
    value, safe, served = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.float32)
    taken = np.maximum(flow.capacity - np.arange(places, dtype=np.float32)[:, None, None], np.float32(0))
    spare = [np.empty((places, nodes, sessions), np.float32) for _ in range(3)]
    for step in range(steps):
        last = min(step + 1, places)
        direct, back = flow.direct * flow.share[step], taken[:last] * flow.cancelled[step]
        moved, room = direct * (1 + flow.other), [each[:last] for each in spare]
        _step_value(value[: last + 1], flow, step, back, room)
        _step_safe(safe[: last + 1], direct, moved, back, room)
        _step_served(served[: last + 1], flow.stand[step], direct, moved, back, room)
        for table in (value, safe, served):
            table[last + 1 : last + 2] = table[last]
    return value, safe, served


def _step_value(value: Singles, flow: Flow, step: int, back: Singles, spare: list[Singles]) -> None:
    cost, gain, line = spare
    direct, looks, stand = flow.valued * flow.valued_share[step], flow.looks[step], flow.stand[step]
    np.subtract(value[1:], value[:-1], out=cost)
    taking, serving = direct * (1 + flow.other), direct * (flow.served * stand)
    np.multiply(cost, taking, out=line)
    np.subtract(serving, line, out=gain)  # with nothing sold; who books takes a place, and so pays its cost
    for bring, accept in zip(flow.bring, flow.accept, strict=True):
        np.multiply(cost, taking + looks * accept, out=line)
        np.subtract(serving + looks * stand * bring, line, out=line)
        np.maximum(gain, line, out=gain)
    cost *= back
    value[1:] += gain
    value[:-1] += cost


def _step_safe(safe: Singles, direct: Singles, moved: Singles, back: Singles, spare: list[Singles]) -> None:
    rise, lost, _ = spare
    np.subtract(safe[1:], safe[:-1], out=rise)
    np.multiply(rise, moved, out=lost)
    safe[0] -= direct * safe[0]
    safe[1:] -= lost
    rise *= back
    safe[:-1] += rise


def _step_served(
    served: Singles, stand: Singles, direct: Singles, moved: Singles, back: Singles, spare: list[Singles]
) -> None:
    rise, lost, _ = spare
    np.subtract(served[1:], served[:-1], out=rise)
    np.multiply(rise, moved, out=lost)
    served[1:] += direct * stand
    served[1:] -= lost
    rise *= back
    served[:-1] += rise


def _averaged(value: Singles, safe: Singles, served: Singles, weights: Floats) -> Worth:
    value_, safe_, served_ = (
        sum(table[:, node].astype(np.float64) * weight for node, weight in enumerate(weights.tolist()))
        for table in (value, safe, served)
    )
    cost = np.empty_like(value_)
    cost[0], cost[1:] = np.inf, value_[1:] - value_[:-1]
    safe_ = np.clip(safe_, 0.0, 1.0)
    # A place is never worth less when fewer are left: what rounding and splitting into steps say otherwise is noise.
    # Row by row: NumPy's own accumulate takes four times as long.
    for fewer, left in pairwise(range(len(cost))):
        np.minimum(cost[left], cost[fewer], out=cost[left])
        np.maximum(safe_[left], safe_[fewer], out=safe_[left])
    return Worth(np.maximum(cost, 0.0).T, safe_.T, np.maximum(served_, 0.0).T)
