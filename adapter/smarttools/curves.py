"""Booking curves: which share of the reservations that stand at the start is made how long before it.

A curve is a histogram over lead time, pooled by shrinkage: slot → class category at its hour of the week → studio → all
→ a prior. Each level counts as many reservations of its parent as ``WEIGHT`` says. Net of cancellations: only
reservations that stood are counted; what is cancelled on the way is in ``returns``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.facts import Floats, Reservations, Sessions

EDGES: Floats = np.array(
    [0, 1, 2, 3, 4, 6, 9, 12, 16, 20, 24, 30, 36, 42, 48, 60, 72, 96, 120, 144, 168, 216, 264, 336, 504, 720, 1440],
    dtype=np.float64,
)  # hours before the start; a lead beyond the last edge counts as the last bin
BINS = len(EDGES) - 1
WEIGHT = 60.0  # reservations that the parent's curve counts for


def mixed(early: float, early_hours: float, late_hours: float) -> Floats:
    """A curve of two exponential parts: planners, on average ``early_hours`` ahead, and the late-minded."""
    through = 1 - early * np.exp(-EDGES / early_hours) - (1 - early) * np.exp(-EDGES / late_hours)
    through[-1] = 1.0
    return np.diff(through)


DIRECT_PRIOR = mixed(0.5, 120.0, 20.0)  # quartiles near 9, 30 and 100 hours, as published for appointments
MARKETPLACE_PRIOR = mixed(0.4, 60.0, 14.0)  # marketplace users decide later


@dataclass
class Curves:
    """Pooled histograms by key, the most particular that is known answering."""

    prior: Floats
    known: dict[str, Floats] = field(default_factory=dict)

    def of(self, keys: Iterable[str]) -> Floats:
        """The share of each lead-time bin, for the first of ``keys`` that is known, else the prior."""
        return next((self.known[key] for key in keys if key in self.known), self.prior)


def keys_of(sessions: Sessions, index: int) -> tuple[str, str, str, str]:
    """Where a session's curve is looked for, from the particular to the general."""
    house = sessions.studio[index]
    cell = f"cell|{house}|{sessions.category[index]}|{sessions.hour_of_week[index]}"
    return f"slot|{sessions.slot[index]}", cell, f"studio|{house}", "all"


def fit_curves(sessions: Sessions, reservations: Reservations, chosen: np.ndarray, prior: Floats) -> Curves:
    """Curves of the chosen reservations, as far as their booking times are known."""
    lead = sessions.starts[reservations.session] - reservations.booked
    timed = chosen & (lead > 0)
    bins = np.clip(np.searchsorted(EDGES, lead[timed], side="left") - 1, 0, BINS - 1)
    levels = list(zip(*(keys_of(sessions, index) for index in range(len(sessions))), strict=True))
    curves, parents = Curves(prior), dict[str, str]()
    for child, parent in zip(levels, levels[1:], strict=False):
        parents.update(zip(child, parent, strict=True))
    for level in reversed(levels):
        curves.known.update(_pooled(level, reservations.session[timed], bins, curves, parents))
    return curves


def _pooled(
    level: tuple[str, ...], session: np.ndarray, bins: np.ndarray, curves: Curves, parents: Mapping[str, str]
) -> dict[str, Floats]:
    names = sorted(set(level))
    number = {name: index for index, name in enumerate(names)}
    group = np.array([number[name] for name in level], dtype=np.int64)[session]
    counts = np.bincount(group * BINS + bins, minlength=len(names) * BINS).reshape(len(names), BINS)
    return {
        name: (WEIGHT * curves.of([parents.get(name, "")]) + counts[index]) / (WEIGHT + counts[index].sum())
        for index, name in enumerate(names)
        if counts[index].any()
    }


def still_to_come(shares: Floats, lead: Floats | float) -> Floats:
    """The share of reservations made later than ``lead`` hours before the start: 0 at the start, 1 long before."""
    through = np.concatenate(([0.0], np.cumsum(shares)))
    return np.interp(lead, EDGES, through / through[-1])
