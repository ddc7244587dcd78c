"""Draw a studio's recurring classes, and who teaches them when: how popular each is, in logarithms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.street.draw import Floats, Ints

CATEGORIES = ("yoga", "pilates", "cycling", "strength", "barre", "boxing")
HOURS: Floats = np.array([6.5, 8, 9.5, 11, 12.5, 16, 17.5, 18.5, 20])
KEPT = 0.8  # of a season's deviation, from week to week
DEVIATION = 0.12
SLOT, FAME = 0.2, 0.15  # how far (log) slots and instructors lie apart
VALUED = 0.08  # how far (log) categories do in what users would pay: everywhere, and once more in each studio
REGULAR = 0.88  # share of the classes that a slot's own instructor teaches


@dataclass(frozen=True)
class Timetable:
    """Of one studio: the first five by slot, all others by class."""

    weekday: Ints
    hour: Floats
    category: Ints
    busy: Floats  # log of what its hour does to direct demand
    usual: Floats  # the same of its hour, weekday and category together
    slot: Ints
    week: Ints
    instructor: Ints
    direct: Floats  # log of a class's direct demand over the studio's mean
    looks: Floats  # and of the marketplace users who look
    valued: Floats  # log of the median of what they would pay, over the studio's


def draw_timetable(
    history: int, weeks: int, growth: float, popular: Floats, valued: Floats, rng: np.random.Generator
) -> Timetable:
    """``popular`` and ``valued``: logs of what a category does everywhere to demand, and to what users would pay."""
    week = np.arange(-history, weeks)
    season = _season(len(week), rng) + growth * week
    looks_season = _season(len(week), rng)
    offered = rng.choice(len(CATEGORIES), rng.integers(2, 4), replace=False)
    own_valued = rng.normal(0, VALUED, len(CATEGORIES))
    fame = rng.normal(0, FAME, rng.integers(3, 6))  # of each instructor
    cell, busy = _cells(rng)
    category, teacher, direct, looks = _slots(busy, offered, len(fame), rng)
    weekday = cell // len(HOURS)
    usual = busy + popular[category] + np.where(weekday >= 5, -0.1, 0.05)
    direct = direct + usual
    looks = looks + 0.5 * busy
    mean = np.log(np.mean(np.exp(direct + fame[teacher])))
    slot, row = np.tile(np.arange(len(cell)), len(week)), np.repeat(np.arange(len(week)), len(cell))
    instructor = np.array([each if rng.random() < REGULAR else rng.integers(len(fame)) for each in teacher[slot]], int)
    return Timetable(
        weekday,
        HOURS[cell % len(HOURS)],
        category,
        busy,
        usual,
        slot,
        week[row],
        instructor,
        direct[slot] + fame[instructor] - mean + season[row],
        looks[slot] + 0.5 * fame[instructor] + looks_season[row],
        (valued[category] + own_valued[category])[slot],
    )


def _season(weeks: int, rng: np.random.Generator) -> Floats:
    """By week, each like the one before: an AR(1) series."""
    told = [rng.normal(0, DEVIATION)]
    for _ in range(1, weeks):
        told.append(KEPT * told[-1] + rng.normal(0, DEVIATION * (1 - KEPT**2) ** 0.5))
    return np.array(told)


def _cells(rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Weekday and hour of each slot as one number, and how busy the hour is: two peaks a day."""
    slots = int(rng.integers(8, 15))
    morning, evening, height = rng.uniform(6.5, 9), rng.uniform(17, 19.5), rng.uniform(0.35, 0.7)
    cell = rng.choice(7 * len(HOURS), slots, replace=False)
    hour = HOURS[cell % len(HOURS)]
    near = [np.exp(-(((hour - peak) / 1.6) ** 2)) for peak in (morning, evening)]
    return cell, height * np.maximum(*near) - height / 2


def _slots(
    busy: Floats, offered: Ints, instructors: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats, Floats]:
    """Category, instructor, and what else sets a slot apart: in direct demand, and for marketplace users."""
    drawn = [(rng.choice(offered), rng.integers(instructors), rng.normal(0, SLOT), rng.normal(0, SLOT)) for _ in busy]
    category, teacher, direct, looks = (np.array(column) for column in zip(*drawn, strict=True))
    return category.astype(np.int64), teacher.astype(np.int64), direct, looks
