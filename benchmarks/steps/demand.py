"""Direct demand as one learns it who is told how slots, instructors and seasons vary: by Bayes' rule from who came.

Logarithms of a studio's level, of its slots, instructors and weeks are normal beforehand, counts are Poisson's; the
likeliest of them and the curvature there (Laplace) say how many are to be expected of each class.
"""

from __future__ import annotations

import numpy as np

from benchmarks.steps.draw import Market, Studio
from benchmarks.steps.slots import DEVIATION, FAME, KEPT, SLOT
from benchmarks.street.draw import Floats, Ints

ROUNDS = 6  # of Newton's method


def levels(market: Market, came: Floats, share: Floats) -> Floats:
    """Mean number of direct clients of each class, of whom ``came`` have come in a ``share`` of its time."""
    told = np.zeros(len(market.week))
    for number, studio in enumerate(market.studios):
        mine = np.flatnonzero(market.street.studio == number)
        usual, effects, apart = _studio(market, studio, mine)
        told[mine] = usual * np.exp(_expected(came[mine], usual * share[mine], effects, apart))
    return told


def _expected(came: Floats, usual: Floats, effects: Floats, apart: Floats) -> Floats:
    """Log of what is to be expected over what is usual: half the doubt of a logarithm lifts its mean."""
    held, found = np.linalg.inv(apart), np.zeros(len(apart))
    for _ in range(ROUNDS):
        mean = usual * np.exp(effects @ found)
        curvature = held + effects.T @ (mean[:, None] * effects)
        found = found + np.linalg.solve(curvature, effects.T @ (came - mean) - held @ found)
    doubt = np.einsum("ij,jk,ik->i", effects, np.linalg.inv(curvature), effects)
    return np.asarray(effects @ found + doubt / 2)


def _studio(market: Market, studio: Studio, ids: Ints) -> tuple[Floats, Floats, Floats]:
    """What is usual of its classes, which effects each has (classes × effects), and how these vary together."""
    slots, slot = np.unique(market.street.slot[ids], return_inverse=True)
    instructors, instructor = np.unique(market.instructor[ids], return_inverse=True)
    weeks, week = np.unique(market.week[ids], return_inverse=True)
    low, high = studio.kind.load
    spread = SLOT**2 + FAME**2
    of_slot = np.exp(market.usual[slots]) / np.mean(np.exp(market.usual[slots])) * np.exp(-spread / 2)
    usual = (low + high) / 2 * studio.places * of_slot[slot] * np.exp(studio.growth * market.week[ids])
    level = ((high - low) / (high + low)) ** 2 / 3 + spread / len(slots)  # even from low to high; and the slots' mean
    season = DEVIATION**2 * KEPT ** np.abs(np.subtract.outer(weeks, weeks))
    sizes = (len(slots), len(instructors), len(weeks))
    parts = [np.eye(size)[each] for size, each in zip(sizes, (slot, instructor, week), strict=True)]
    effects = np.concatenate([np.ones((len(ids), 1)), *parts], axis=1)
    apart = np.diag(np.repeat([level, SLOT**2, FAME**2, 0.0], [1, *sizes]))
    apart[-len(weeks) :, -len(weeks) :] = season
    return usual, effects, apart
