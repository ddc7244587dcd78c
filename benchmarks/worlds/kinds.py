"""Kinds of studios: declared data. Each world draws its studios from some of these; none is like another.

A demand is drawn for each class: its slot's level, a season, a shock shared by the studio's day and one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Curve:
    """When bookings come: a mix of two exponential leads, and how far ahead booking opens (all in hours)."""

    early: float
    early_hours: float
    late_hours: float
    opens: float = 336.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of studio."""

    name: str
    capacity: tuple[int, int] = (12, 30)
    fill: float = 0.6  # direct demand over capacity, mean over slots
    slot_spread: float = 0.35  # of a slot's level around the studio's (log)
    own_shape: float = 25.0  # of the gamma shock of a class; larger is calmer
    day_sigma: float = 0.08  # of the shock shared by a studio's day (log)
    binomial: float = 0.0  # share of demand that is regulars: each comes with chance 0.8, which is calmer than Poisson
    curve: Curve = Curve(early=0.5, early_hours=120.0, late_hours=20.0)
    curve_spread: float = 0.15  # how much slots differ in ``early``
    market: float = 0.6  # marketplace users who look, over capacity
    market_curve: Curve = Curve(early=0.4, early_hours=60.0, late_hours=14.0)
    retail: float = 25.0
    floor: float = 0.35  # of retail
    ceiling: float = 0.9
    median: float = 0.55  # of retail: the rate at which half of those who look still book
    median_spread: float = 0.2  # of slots around it (log)
    scale: float = 0.12
    willing: str = "logistic"  # of willing.SHAPES: how what they would pay lies about the median
    cancels: float = 0.15  # share of reservations cancelled before the start
    no_show: float = 0.07
    season: float = 0.1  # amplitude of a yearly wave (log)
    trend: float = 0.0  # a week (log)
    shared: float = 0.0  # share of what parts slots that goes with hour and category, in all studios alike
    slots: int = 20  # a week
    weeks: int = 26  # of history
    listed: bool = True  # whether there were offers in the history
    tried: float = 0.3  # how far posted rates of the history lie around the middle, of the way to floor and ceiling


USUAL = Kind(name="usual")

KINDS = (
    USUAL,
    replace(USUAL, name="nearly empty", tried=0.0, fill=0.25, market=0.4),
    replace(USUAL, name="nearly full", fill=0.95, slot_spread=0.25, market=0.8),
    replace(USUAL, name="full and early", fill=0.85, curve=Curve(early=0.8, early_hours=160.0, late_hours=24.0)),
    replace(
        USUAL, name="late city", fill=0.65, market=1.2, curve=Curve(early=0.2, early_hours=90.0, late_hours=9.0),
        market_curve=Curve(early=0.6, early_hours=70.0, late_hours=20.0),
    ),
    replace(USUAL, name="noisy", fill=0.65, own_shape=6.0, day_sigma=0.25),
    replace(USUAL, name="regulars", fill=0.65, binomial=0.8, own_shape=200.0, day_sigma=0.0, capacity=(20, 35)),
    replace(USUAL, name="small rooms", capacity=(5, 10), fill=0.7, cancels=0.25),
    replace(USUAL, name="big halls", tried=0.0, capacity=(40, 70), fill=0.5, market=0.4),
    replace(USUAL, name="low rates", median=0.4, floor=0.25, ceiling=0.7, scale=0.08),
    replace(USUAL, name="dear", retail=38.0, median=0.7, floor=0.45, ceiling=1.0, scale=0.2),
    replace(USUAL, name="growing", trend=0.02, season=0.2),
    replace(USUAL, name="cold start", weeks=0),
    replace(USUAL, name="cold and full", weeks=0, fill=0.9, market=0.9),
    replace(USUAL, name="young", weeks=3),
    replace(USUAL, name="never listed", listed=False),
)  # fmt: skip
