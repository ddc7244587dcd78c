"""When people come before a class starts, and when they cancel: shapes by the hour, hour 0 the last one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DIRECT_HOURS = 28 * 24  # nobody books earlier
MARKET_HOURS = 14 * 24  # how far the marketplace looks ahead
# How busy each local hour of the day is with bookings, midnight first.
_BUSY: Floats = np.array([3, 1, 1, 1, 1, 3, 8, 12, 12, 11, 10, 10, 12, 11, 9, 9, 10, 12, 13, 14, 15, 14, 11, 7], float)


def direct(rush: float, scale: float, shape: float) -> Floats:
    """A share that books within the last day, and the rest by a Weibull distribution of the lead, in hours."""
    hours = np.arange(DIRECT_HOURS + 1)
    weibull = -np.diff(np.exp(-((hours / scale) ** shape)))
    last = -np.diff(np.exp(-hours / 9.0))
    return np.asarray(rush * last / last.sum() + (1 - rush) * weibull / weibull.sum())


def market(soon: float, near: float, far: float) -> Floats:
    """Most look shortly before, some days ahead, a few at any time since the class is shown."""
    hours = np.arange(MARKET_HOURS + 1)
    parts = [-np.diff(np.exp(-hours / mean)) for mean in (near, far)]
    even = np.full(MARKET_HOURS, 1 / MARKET_HOURS)
    return np.asarray(soon * parts[0] + (0.9 - soon) * parts[1] + 0.1 * even)


def by_day(shape: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """The shape as people are awake, one row for each starting hour; each adds up to 1."""
    clock = (starts[:, None] - 1 - np.arange(len(shape))) % 24
    curve = shape * _BUSY[clock]
    return np.asarray(curve / curve.sum(axis=1, keepdims=True))


def cancelled_by(cancelling: tuple[float, float]) -> Floats:
    """Cumulated hazard of cancelling between so many hours before the start and the start itself."""
    hours = np.arange(DIRECT_HOURS + 1)
    return np.asarray(cancelling[0] * (1 - np.exp(-hours / 30.0)) + cancelling[1] * hours / 168.0)
