"""What a holdout says: how much more a class brings when it is listed, with an interval that can be held to its word.

Each class held is a cell of one slot and one week. Slots and weeks differ far more than listing does, so both are taken
out first (two-way fixed effects, by the theorem of Frisch, Waugh and Lovell); the standard error allows each cell its
own variance (HC2: MacKinnon and White 1985). Floats: an estimate is no payment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Z_95 = 1.959964  # two-sided 95 %
LEAST_HELD_OUT = 10  # cells of each kind; before that an interval would promise too much

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Readout:
    """The effect of listing on what a class brings, in money a class, with a 95 % interval."""

    effect: float
    error: float  # standard error
    low: float
    high: float
    cells: int
    held_out: int

    @property
    def verdict(self) -> str:
        """``positive``, ``negative``, or ``open`` where the interval covers 0."""
        return "positive" if self.low > 0 else "negative" if self.high < 0 else "open"


class Panel:
    """The slots and weeks of an experiment; reads outcomes however they were assigned."""

    def __init__(self, slots: Sequence[str], weeks: Sequence[str]) -> None:
        self._basis = _orthonormal(_dummies(slots), _dummies(weeks))

    def read(self, listed: Sequence[bool], outcome: Sequence[float]) -> Readout | None:
        """The effect of being listed; None where too few cells are of one kind."""
        treated, brought = np.asarray(listed, float), np.asarray(outcome, float)
        held_out = int(len(treated) - treated.sum())
        if min(held_out, len(treated) - held_out) < LEAST_HELD_OUT:
            return None
        d, y = self._within(treated), self._within(brought)
        weight = float(d @ d)
        effect = float(d @ y) / weight
        leverage = np.einsum("ij,ij->i", self._basis, self._basis) + d * d / weight
        residual = (y - effect * d) / np.sqrt(np.clip(1 - leverage, 1e-6, None))
        error = math.sqrt(float((d * d) @ (residual * residual))) / weight
        return Readout(effect, error, effect - Z_95 * error, effect + Z_95 * error, len(treated), held_out)

    def _within(self, values: Floats) -> Floats:
        """What is left of values when slots and weeks are taken out."""
        left: Floats = values - self._basis @ (self._basis.T @ values)
        return left


def _dummies(names: Sequence[str]) -> Floats:
    known = {name: place for place, name in enumerate(sorted(set(names)))}
    columns = np.zeros((len(names), len(known)))
    columns[np.arange(len(names)), [known[name] for name in names]] = 1.0
    return columns


def _orthonormal(*columns: Floats) -> Floats:
    """A basis of what the columns span; those that say nothing new are left out."""
    left, sizes, _ = np.linalg.svd(np.hstack(columns), full_matrices=False)
    basis: Floats = left[:, sizes > sizes[0] * 1e-10]
    return basis
