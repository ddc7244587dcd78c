"""The kinds of studios in the market, declared: what sets each apart from the usual one."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """From which ranges the studios of a kind draw their true parameters, uniformly."""

    name: str
    load: Range = (0.375, 0.525)  # mean direct demand of a class over its places
    history: int = 20  # weeks behind it
    listed: bool = True  # on the marketplace in the past
    places: tuple[int, int] = (11, 22)
    late: Range = (0.4, 0.6)  # share of the direct clients who book on the near one of two exponential curves
    near: Range = (14, 30)  # mean lead of either, in hours
    far: Range = (90, 150)
    growth: Range | None = None  # of direct demand, a week, as a logarithm; None: none


KINDS = (
    Kind("usual"),
    Kind("nearly full", load=(0.735, 0.855)),
    Kind("nearly empty", load=(0.09, 0.1875)),
    Kind("cold start", load=(0.3375, 0.5625), history=0),
    Kind("cold and full", load=(0.72, 0.84), history=0),
    Kind("young", load=(0.3375, 0.6), history=3),
    Kind("never listed", load=(0.3375, 0.5625), history=16, listed=False),
    Kind("late bookers", load=(0.375, 0.5625), late=(0.80, 0.92), near=(6, 12)),
    Kind("early bookers", load=(0.4125, 0.6), late=(0.05, 0.2), far=(150, 300)),
    Kind("small rooms", load=(0.375, 0.6), places=(6, 8)),
    Kind("big hall", load=(0.3375, 0.525), places=(36, 54)),
    Kind("growing", load=(0.3, 0.4125), history=26, growth=(0.012, 0.025)),
)
