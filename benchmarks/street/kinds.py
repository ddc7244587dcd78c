"""The kinds of studios on the street, declared: what sets each apart from the usual one."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """From which ranges the studios of a kind draw their true parameters, uniformly unless said otherwise."""

    name: str
    capacity: Range = (12, 22)
    load: Range = (0.32, 0.5)  # mean direct demand of a class over its capacity
    slots: int = 12  # a week
    history: int | None = None  # weeks behind it; None: as many as the street has
    listed: bool = True  # on the marketplace in the past
    growth: Range = (-0.003, 0.006)  # of direct demand, a week
    scale_days: Range = (2, 5.5)  # of the Weibull part of the direct booking curve
    rush: Range = (0.05, 0.2)  # share of the direct clients who book on the last day
    class_noise: Range = (0.01, 0.04)  # squared variation of a class's own random factor
    day_noise: Range = (0.005, 0.02)  # and of the one that a studio's classes of one day share
    slot_spread: Range = (0.05, 0.2)  # how far slots vary in direct demand beyond hour and instructor
    interest: Range = (0.4, 0.75)  # marketplace users who look at a class, over its capacity
    willing: Range = (0.38, 0.64)  # median of what they would pay, over the retail rate
    willing_spread: Range = (0.22, 0.42)  # among users of one slot
    willing_slots: Range = (0.03, 0.15)  # among a studio's slots
    retail: Range = (18, 32)
    ruled: bool = False  # has minimum spots, release-all hours or a limit of its displacement risk


KINDS = (
    Kind("usual"),
    Kind("nearly full", load=(0.62, 0.76)),
    Kind("nearly empty", load=(0.12, 0.25)),
    Kind("cold start", history=0),
    Kind("cold and full", history=0, load=(0.62, 0.76)),
    Kind("growing", growth=(0.015, 0.03), load=(0.36, 0.48)),
    Kind("late bookers", scale_days=(0.7, 1.5), rush=(0.2, 0.35)),
    Kind("early bookers", scale_days=(6, 11), rush=(0.02, 0.1)),
    Kind("big hall", capacity=(34, 52), slots=8, interest=(0.3, 0.5)),
    Kind("small rooms", capacity=(6, 10), slots=16),
    Kind("dear", retail=(38, 65), willing=(0.26, 0.42)),
    Kind("noisy", class_noise=(0.1, 0.2), day_noise=(0.02, 0.06)),
    Kind("never listed", listed=False),
    Kind("young", history=2),
    Kind("ruled", ruled=True),
)
