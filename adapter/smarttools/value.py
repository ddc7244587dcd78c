"""What a free place is worth: a dynamic program backwards from the start, over time left and places left.

In each small step at most one thing happens: a direct client comes (and is served while there is a place), a third
party's client comes, a marketplace user comes (and is sold a place if some rate is worth more than keeping it), or a
reservation is cancelled and its place comes back. Along with the value run the chance that no direct client is turned
away and the direct clients served, both with nothing more listed. All three points of the forecast's distribution are
solved and averaged. Elementwise arithmetic only, so a session's numbers do not depend on its neighbours.

Optimal stopping in the sense of Littlewood and of Gallego and van Ryzin (1994), with returns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Floats
from adapter.smarttools.forecast import WEIGHTS

BLOCK = 48  # sessions solved at a time: their arrays stay in the processor's cache
SMALLEST = 32  # places of the smallest table
STEPS_PER_PLACE = 6


@dataclass(frozen=True)
class Flow:
    """What arrives in each step from the start backwards; arrays are (sessions, steps) unless said otherwise."""

    capacity: Floats  # (sessions,)
    direct: Floats  # share of the direct demand to come that arrives in the step
    stand: Floats  # chance that an arrival stands at the start
    cancelled: Floats  # chance that one active reservation is cancelled in the step
    marketplace: Floats  # marketplace users who look in the step
    nodes: Floats  # (sessions, 3) direct demand to come that would stand
    other: float  # third-party arrivals for each direct one
    served: Floats  # (sessions,) what serving one direct client is worth
    rates: Floats  # (sessions, rungs) net of no-shows
    accepts: Floats  # (sessions, rungs)


@dataclass(frozen=True)
class Worth:
    """Tables over places left, (sessions, places + 1)."""

    place: Floats  # value of the y-th place left; infinite at 0
    safe: Floats  # chance that no direct client is turned away with y places left and nothing more listed
    served: Floats  # direct reservations served that stand, with y places left and nothing more listed


def table_size(capacity: float) -> int:
    """Places of the table for a class: a power of two, so that the table depends on the class alone."""
    size = SMALLEST
    while size < capacity:
        size *= 2
    return size


def steps_for(size: int) -> int:
    """Steps to the start: enough that two arrivals in one are rare."""
    return STEPS_PER_PLACE * size


def worth(flow: Flow, size: int) -> Worth:
    """Solve all sessions of one table size."""
    parts = [_solve(_rows(flow, slice(first, first + BLOCK)), size) for first in range(0, len(flow.capacity), BLOCK)]
    return Worth(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("place", "safe", "served")))


def _rows(flow: Flow, rows: slice) -> Flow:
    whole = {name: getattr(flow, name)[rows] for name in Flow.__dataclass_fields__ if name != "other"}
    return Flow(other=flow.other, **whole)


def _solve(flow: Flow, size: int) -> Worth:
    taken = np.maximum(flow.capacity[:, None, None] - np.arange(size + 1.0), 0.0)
    shape = (len(flow.capacity), len(WEIGHTS), size + 1)
    value, safe, served = np.zeros(shape), np.ones(shape), np.zeros(shape)
    for step in range(flow.direct.shape[1]):
        direct, other, looks, back = _chances(flow, step, taken)
        cost = value[..., 1:] - value[..., :-1]
        stand = flow.stand[:, step, None, None]
        gain = direct * (flow.served[:, None, None] * stand - cost) - other * cost + looks * _best(flow, cost)
        value_back, safe_back, served_back = (_returned(table, back) for table in (value, safe, served))
        moved = direct + other
        turned = direct[..., 0] * safe[..., 0]
        lost = moved * (safe[..., 1:] - safe[..., :-1])
        more = direct * stand - moved * (served[..., 1:] - served[..., :-1])
        value += value_back
        safe += safe_back
        served += served_back
        value[..., 1:] += gain
        safe[..., 1:] -= lost
        safe[..., 0] -= turned
        served[..., 1:] += more
    return _averaged(value, safe, served)


def _chances(flow: Flow, step: int, taken: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Chances of each event in a step, held together below 1."""
    direct = (flow.nodes * flow.direct[:, step, None] / flow.stand[:, step, None])[..., None]
    looks = flow.marketplace[:, step, None, None]
    back = flow.cancelled[:, step, None, None] * taken
    other = direct * flow.other
    fit = 0.95 / np.maximum(direct + other + looks + back[..., :1], 0.95)
    return direct * fit, other * fit, looks * fit, back * fit


def _best(flow: Flow, cost: Floats) -> Floats:
    """The most that one who looks brings above the place's worth, over the rungs of rates."""
    best = np.zeros_like(cost)
    for rung in range(flow.rates.shape[1]):
        chance, rate = flow.accepts[:, rung, None, None], flow.rates[:, rung, None, None]
        np.maximum(best, chance * (rate - cost), out=best)
    return best


def _returned(table: Floats, back: Floats) -> Floats:
    change = np.zeros_like(table)
    change[..., :-1] = back[..., :-1] * (table[..., 1:] - table[..., :-1])
    return change


def _averaged(value: Floats, safe: Floats, served: Floats) -> Worth:
    value, safe, served = (
        table[:, 0] * WEIGHTS[0] + table[:, 1] * WEIGHTS[1] + table[:, 2] * WEIGHTS[2]
        for table in (value, safe, served)
    )
    cost = np.concatenate([np.full((len(value), 1), np.inf), np.diff(value, axis=1)], axis=1)
    # A place is never worth less when fewer are left: what rounding and splitting into steps say otherwise is noise.
    return Worth(np.minimum.accumulate(cost, axis=1), np.maximum.accumulate(np.clip(safe, 0.0, 1.0), axis=1), served)
