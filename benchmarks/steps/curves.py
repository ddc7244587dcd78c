"""How many people come in which step before a class: two exponential curves of the lead, by the local hour."""

from __future__ import annotations

import numpy as np

from benchmarks.street.draw import Floats, Ints

STEP = 3  # hours
DAY = 24.0
WEEK_STEPS = 56
STEPS = 112  # before a class: two weeks
FIRM = 4  # of the last steps, in which nobody cancels any more
WITHIN: Floats = np.array([0.5, 1.5, 2.5])  # hours of a step at which the curves are taken


def last_step(start: Floats) -> Ints:
    """Number of the last step that begins before a start, in hours; step 0 is the season's first."""
    return np.ceil(start / STEP - 1e-9).astype(np.int64) - 1


def step_of(at: float) -> int:
    """Number of the step that begins at an hour."""
    return round(at / STEP)


def by_step(start: Floats, offset: Floats, near_share: Floats, near: Floats, far: Floats) -> Floats:
    """Share of a class's people in each step, classes × steps, the last before the start first; each adds up to 1.

    ``offset`` is that of the local clock; ``near_share`` come by an exponential curve of mean ``near``, others ``far``.
    """
    hour = (STEP * (last_step(start)[:, None] - np.arange(STEPS)))[:, :, None] + WITHIN
    lead = start[:, None, None] - hour
    before, lead = lead > 0, np.maximum(lead, 0)
    share, near, far = near_share[:, None, None], near[:, None, None], far[:, None, None]
    curve = share * np.exp(-lead / near) / near + (1 - share) * np.exp(-lead / far) / far
    curve = (curve * _awake((hour + offset[:, None, None]) % 24) * before).sum(axis=2)
    return np.asarray(curve / curve.sum(axis=1, keepdims=True))


def _awake(clock: Floats) -> Floats:
    """How busy a local hour of the day is with bookings: hardly at night, most at noon and in the evening."""
    day = np.where((clock >= 7) & (clock < 23), 1.0, 0.08)
    noon, evening = np.exp(-(((clock - 12.5) / 1.5) ** 2)), np.exp(-(((clock - 20) / 2) ** 2))
    return np.asarray(day + 0.5 * noon + 0.7 * evening)
