"""Lead times of made-up markets: stretches of them, which share of bookings comes when, and when they are given up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from benchmarks.worlds.draw import Floats
from benchmarks.worlds.kinds import Curve

EDGES: Floats = np.array(
    [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 24, 28, 32, 36, 42, 48, 56, 64, 72, 84, 96, 108, 120, 132,
     144, 156, 168, 192, 216, 240, 264, 288, 312, 336.0]
)  # fmt: skip
"""Hours before the start between which a place's worth is taken as straight."""

FINEST = 1.5  # hours: the most that a step of the dynamic program spans


def fine_steps() -> Floats:
    """Leads inside each stretch of EDGES, the edges among them."""
    inner = [
        np.linspace(near, far, 1 + max(2, int(np.ceil((far - near) / FINEST))))[:-1]
        for near, far in pairwise(EDGES.tolist())
    ]
    return np.concatenate([*inner, EDGES[-1:]])


def curve_through(curve: Curve, lead: Floats, early: float | None = None) -> Floats:
    """The share of bookings made later than each lead; ``early``: of this slot, where it is not the kind's."""
    share = curve.early if early is None else early

    def part(hours: float) -> Floats:
        booked: Floats = np.minimum(-np.expm1(-lead / hours) / -np.expm1(-curve.opens / hours), 1.0)
        return booked

    return share * part(curve.early_hours) + (1 - share) * part(curve.late_hours)


def pooled_hazard(cancels: float, through: Floats, fine: Floats) -> Floats:
    """The chance that one active reservation is cancelled in each fine step, averaged over when it was booked.

    Each is cancelled with chance ``cancels``, at any time between booking and start alike.
    """
    mass = np.diff(through)
    booked = (fine[1:] + fine[:-1]) / 2
    out = np.zeros(len(mass))
    for step, lead in enumerate(booked):
        older = slice(step, None)
        alive = mass[older] * (1 - cancels * (booked[older] - lead) / booked[older])
        rate = mass[older] * cancels / booked[older]
        out[step] = (rate.sum() / max(alive.sum(), 1e-12)) * (fine[step + 1] - fine[step])
    return np.minimum(out, 0.5)
