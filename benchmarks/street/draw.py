"""Draw the street: every studio's, slot's and class's true parameters. No person is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from benchmarks.street import curves
from benchmarks.street.kinds import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MONDAY = pd.Timestamp("2026-03-02", tz="UTC")  # the season's first hour; clocks change in both its parts of the world
WEEK = 168.0
ZONES = ("Europe/Berlin", "America/Chicago", "Europe/London")
CATEGORIES = ("yoga", "pilates", "cycling", "strength")
HOURS: Ints = np.array([6, 7, 9, 10, 12, 16, 17, 18, 19, 20])
HOUR_DIRECT: Floats = np.array([-0.1, 0.1, 0.15, 0.05, -0.15, -0.3, 0.1, 0.3, 0.2, -0.15])
HOUR_MARKET: Floats = np.array([-0.3, 0.0, 0.0, -0.1, 0.1, -0.2, 0.25, 0.4, 0.3, 0.0])
DAY_DIRECT: Floats = np.array([0.1, 0.12, 0.08, 0.02, -0.15, 0.0, -0.1])
INSTRUCTORS = 4  # a studio
RATES = 64  # between the floor and the ceiling, that the optimum chooses from


@dataclass(frozen=True)
class Studio:
    """What is true of a studio, and what it has set."""

    kind: Kind
    zone: str
    retail: float
    floor: float
    ceiling: float
    posted: float  # its flat rate
    growth: float
    season: tuple[float, float]  # amplitude, week of the peak
    noise: tuple[float, float]  # squared variation of a class's factor, of a day's
    cancelling: tuple[float, float]  # hazards: near the start, and a week
    no_show: float
    normal: bool  # family of what users would pay; else lognormal
    spread: float  # among users of one slot
    min_spots: float = np.nan
    release_all: float = np.nan
    max_risk: float = np.nan


@dataclass(frozen=True)
class Slots:
    """The recurring classes, one an element."""

    studio: Ints
    weekday: Ints
    hour: Ints
    capacity: Ints
    instructor: Ints
    category: Ints
    direct: Floats  # mean direct demand in the season's first week, before the season's factor
    market: Floats  # mean number of marketplace users who look
    willing: Floats  # median of what they would pay, money
    direct_curve: Floats  # share by hour before the start, slots × hours
    market_curve: Floats


@dataclass(frozen=True)
class Street:
    """Studios, slots and classes; ``start`` in hours since ``MONDAY``, negative for the past."""

    studios: list[Studio]
    slots: Slots
    slot: Ints
    start: Floats
    direct: Floats  # a class's mean direct demand
    cancelled_from: Floats  # hours since ``MONDAY``; inf: it takes place

    @property
    def studio(self) -> Ints:
        """Of each class."""
        return self.slots.studio[self.slot]

    @property
    def capacity(self) -> Ints:
        """Of each class."""
        return self.slots.capacity[self.slot]

    @property
    def past(self) -> Bools:
        """The classes that start before the season."""
        return self.start < 0

    @property
    def scored(self) -> Bools:
        """The season's classes that take place."""
        return (self.start >= 0) & np.isinf(self.cancelled_from)

    def of_studio(self, values: Sequence[float]) -> Floats:
        """What is known by studio, by class."""
        return np.asarray(values, np.float64)[self.studio]


def pays(studio: Studio, median: Floats, rate: Floats) -> Floats:
    """The share of marketplace users who would pay a rate and more; medians × rates."""
    if studio.normal:
        return np.asarray(ndtr((median[:, None] - rate) / (studio.spread * median[:, None])))
    return np.asarray(ndtr(np.log(median[:, None] / rate) / studio.spread))


def draw(kinds: Sequence[Kind], each: int, weeks: int, history: int, rng: np.random.Generator) -> Street:
    """So many studios of each kind, with the weeks behind them and those of the season."""
    studios = [_studio(kind, number, rng) for kind in kinds for number in range(each)]
    slots = _slots(studios, rng)
    slot, start = _timetable(studios, slots, weeks, history)
    direct = slots.direct[slot] * _level(studios, slots.studio[slot], start)
    cancelled = np.where((start >= 0) & (rng.random(len(slot)) < 0.01), start - rng.uniform(1, 100, len(slot)), np.inf)
    return Street(studios, slots, slot, start, direct, cancelled)


def _studio(kind: Kind, number: int, rng: np.random.Generator) -> Studio:
    retail = float(np.round(rng.uniform(*kind.retail)))
    floor, ceiling = np.round(retail * rng.uniform(0.2, 0.3), 2), np.round(retail * rng.uniform(0.85, 1.0), 2)
    posted = np.clip(retail * np.mean(kind.willing) * rng.uniform(0.8, 1.1), floor, ceiling)
    studio = Studio(
        kind,
        ZONES[number % len(ZONES)],
        retail,
        float(floor),
        float(ceiling),
        float(np.round(posted, 2)),
        rng.uniform(*kind.growth),
        (rng.uniform(0.03, 0.15), rng.uniform(0, 52)),
        (rng.uniform(*kind.class_noise), rng.uniform(*kind.day_noise)),
        (rng.uniform(0.03, 0.08), rng.uniform(0.01, 0.05)),
        rng.uniform(0.02, 0.08),
        bool(rng.random() < 0.5),
        rng.uniform(*kind.willing_spread),
    )
    return _ruled(studio, number) if kind.ruled else studio


def _ruled(studio: Studio, number: int) -> Studio:
    """With settings of its own, a different set for each."""
    rules = ({"min_spots": 2.0}, {"release_all": 6.0, "min_spots": 1.0}, {"max_risk": 0.05, "min_spots": 1.0})
    return Studio(**{**vars(studio), **rules[number % len(rules)]})


def _slots(studios: list[Studio], rng: np.random.Generator) -> Slots:
    parts = [_slots_of(number, studio, rng) for number, studio in enumerate(studios)]
    return Slots(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _slots_of(number: int, studio: Studio, rng: np.random.Generator) -> tuple[npt.NDArray[np.generic], ...]:
    """One studio's columns of ``Slots``."""
    kind, size = studio.kind, studio.kind.slots
    cells = rng.choice(7 * len(HOURS), size, replace=False)
    weekday, at = cells // len(HOURS), cells % len(HOURS)
    room = int(rng.integers(int(kind.capacity[0]), int(kind.capacity[1]), endpoint=True))
    capacity = np.where(rng.random(size) < 0.3, round(0.75 * room), room)
    instructors, offered = rng.normal(0, 0.15, INSTRUCTORS), rng.choice(len(CATEGORIES), 2, replace=False)
    instructor, category = rng.integers(0, INSTRUCTORS, size), rng.choice(offered, size)
    tilt = HOUR_DIRECT[at] + DAY_DIRECT[weekday] + instructors[instructor]
    tilt = tilt + rng.normal(0, rng.uniform(*kind.slot_spread), size)
    direct = rng.uniform(*kind.load) * room * np.exp(tilt) / np.exp(tilt).mean()
    looks = np.exp(HOUR_MARKET[at] + rng.normal(0, 0.2, size))
    market = rng.uniform(*kind.interest) * room * looks / looks.mean()
    willing = studio.retail * rng.uniform(*kind.willing) * np.exp(rng.normal(0, rng.uniform(*kind.willing_slots), size))
    hour = HOURS[at]
    direct_shape = curves.direct(rng.uniform(*kind.rush), 24 * rng.uniform(*kind.scale_days), rng.uniform(0.8, 1.3))
    market_shape = curves.market(rng.uniform(0.35, 0.65), rng.uniform(10, 30), rng.uniform(60, 130))
    return (
        np.full(size, number),
        weekday,
        hour,
        capacity,
        instructor,
        category,
        direct,
        market,
        willing,
        curves.by_day(direct_shape, hour),
        curves.by_day(market_shape, hour),
    )


def _timetable(studios: list[Studio], slots: Slots, weeks: int, history: int) -> tuple[Ints, Floats]:
    """Every class of every week: its slot and start, at the local hour whatever the clocks do."""
    known, starts = [], []
    for number, studio in enumerate(studios):
        own = np.flatnonzero(slots.studio == number)
        behind = history if studio.kind.history is None else min(studio.kind.history, history)
        week = np.repeat(np.arange(-behind, weeks), len(own))
        mine = np.tile(own, behind + weeks)
        days = pd.to_timedelta(7 * week + slots.weekday[mine], unit="D")
        local = MONDAY.tz_localize(None) + days + pd.to_timedelta(slots.hour[mine], unit="h")
        since = (local.tz_localize(studio.zone).tz_convert("UTC") - MONDAY) / pd.Timedelta(hours=1)
        start = np.asarray(since, np.float64)
        known.append(mine)
        starts.append(start)
    return np.concatenate(known), np.concatenate(starts)


def _level(studios: list[Studio], studio: Ints, start: Floats) -> Floats:
    """Growth since the season's first week and the time of the year, as a factor."""
    growth, height, peak = np.array([(each.growth, *each.season) for each in studios]).T
    week = start / WEEK
    return np.asarray(
        (1 + growth[studio]) ** week * (1 + height[studio] * np.cos(2 * np.pi * (week - peak[studio]) / 52))
    )
