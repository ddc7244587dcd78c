"""Drawing a world: studios, their classes, and everybody who would come, with the truth behind it.

Everybody's time, patience and mind is drawn beforehand, so that each policy meets the same people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.kinds import Curve, Kind
from benchmarks.worlds.willing import SHAPES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp() / 3600  # hours since 1970; the test season begins here
WEEK = 168.0
HOURS = (7, 9, 12, 17, 18, 19, 20)
LOOK_AHEAD = 4 * WEEK
CATEGORIES = 3
TRAITS = ("fill", "early", "keen", "median")  # of a slot: its demand, who books early, who looks, what they would pay


@dataclass(frozen=True)
class People:
    """One entry a person who would come to a class, sorted by class and time."""

    session: Ints
    lead: Floats  # hours before the start
    until: Floats  # lead at which they would cancel; NaN: never
    shows: Bools
    most: Floats  # the highest rate at which they would book; infinite for direct clients

    def __len__(self) -> int:
        return len(self.session)


@dataclass(frozen=True)
class World:
    """Classes of all studios in order of start; the first ``past`` of them are history."""

    kinds: list[Kind]  # by studio
    studio: Ints
    slot: Ints
    starts: Floats
    capacity: Ints
    level: Floats  # mean direct demand of the class, shocks apart
    demand: Floats  # with them
    early: Floats  # of the slot's curve
    looks: Floats  # mean marketplace users who look
    median: Floats  # of their willingness, in money
    direct: People
    market: People
    past: Bools


def draw(kinds: Sequence[Kind], seed: int, *, weeks: int = 6) -> World:
    """One studio for each entry of ``kinds``; guests of all are willing to pay in one shape."""
    rng, habits = np.random.default_rng(seed), _Habits.drawn(seed)
    parts = [_studio(kind, number, rng, habits, weeks) for number, kind in enumerate(kinds)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined["starts"], kind="stable")
    table = {name: values[order] for name, values in joined.items()}
    house = [kinds[number] for number in table["studio"].tolist()]
    looks = np.array([kind.market for kind in house]) * table["capacity"] * table["keen"]
    return World(
        kinds=list(kinds),
        direct=_people(rng, table["demand"], table["early"], [kind.curve for kind in house], house, None),
        market=_people(rng, looks, None, [kind.market_curve for kind in house], house, table["median"]),
        looks=looks,
        past=table["starts"] < MONDAY,
        **{
            name: table[name] for name in ("studio", "slot", "starts", "capacity", "level", "demand", "early", "median")
        },
    )


@dataclass(frozen=True)
class _Habits:
    """What all studios' slots have in common by when they are and what they are, in standard deviations."""

    hours: dict[str, Floats]  # by trait: of each hour on working days, and of each at the weekend
    categories: dict[str, Floats]

    @classmethod
    def drawn(cls, seed: int) -> _Habits:
        rng = np.random.default_rng([seed, 1])
        return cls(
            {name: rng.normal(size=2 * len(HOURS)) for name in TRAITS},
            {name: rng.normal(size=CATEGORIES) for name in TRAITS},
        )

    def of(self, trait: str, slot: Ints, when: Ints, own: Floats, shared: float) -> Floats:
        """A trait of slots: ``shared`` of its variance goes with hour and category, the rest is their ``own``."""
        hour = np.searchsorted(HOURS, when % 24) + len(HOURS) * (when >= 5 * 24)
        common = self.hours[trait][hour] + self.categories[trait][slot % CATEGORIES]
        return np.asarray(np.sqrt(1 - shared) * own + np.sqrt(shared / 2) * common)


def _studio(kind: Kind, number: int, rng: np.random.Generator, habits: _Habits, weeks: int) -> dict[str, NDArray[Any]]:
    slots, ids = kind.slots, number * 1000 + np.arange(kind.slots)
    capacity = rng.integers(kind.capacity[0], kind.capacity[1] + 1, slots)
    own = {"fill": rng.normal(0, 1, slots)}
    house = np.exp(rng.normal(0, 0.1))
    own |= {name: rng.normal(0, 1, slots) for name in TRAITS[1:]}
    when = rng.choice(7, slots) * 24 + rng.choice(HOURS, slots)
    busy, planned, looked, rich = (habits.of(name, ids, when, own[name], kind.shared) for name in TRAITS)
    fill = kind.fill * np.exp(kind.slot_spread * busy - kind.slot_spread**2 / 2) * house
    early = np.clip(kind.curve.early + kind.curve_spread * planned, 0.05, 0.95)
    keen = np.exp(0.4 * looked - 0.08)
    median = kind.retail * kind.median * np.exp(kind.median_spread * rich)
    span = np.arange(-kind.weeks, weeks)
    slot, week = (grid.ravel() for grid in np.meshgrid(np.arange(slots), span, indexing="ij"))
    phase = rng.uniform(0, 2 * np.pi)
    wave = kind.season * np.sin(2 * np.pi * week / 52 + phase) + kind.trend * (week - span[0])
    level = capacity[slot] * fill[slot] * np.exp(wave)
    day = when[slot] // 24 + 7 * (week - span[0])
    shock = np.exp(rng.normal(-(kind.day_sigma**2) / 2, kind.day_sigma, day.max() + 1))[day]
    demand = level * shock * rng.gamma(kind.own_shape, 1 / kind.own_shape, len(slot))
    return {
        "studio": np.full(len(slot), number), "slot": ids[slot], "starts": MONDAY + week * WEEK + when[slot],
        "capacity": capacity[slot], "level": level, "demand": demand, "early": early[slot], "keen": keen[slot],
        "median": median[slot],
    }  # fmt: skip


def _people(
    rng: np.random.Generator,
    means: Floats,
    early: Floats | None,
    curves: list[Curve],
    house: list[Kind],
    median: Floats | None,
) -> People:
    regulars = np.array([kind.binomial for kind in house]) if median is None else np.zeros(len(means))
    fixed = np.rint(means * regulars / 0.8).astype(np.int64)
    counts = rng.poisson(means * (1 - regulars)) + rng.binomial(fixed, 0.8)
    session = np.repeat(np.arange(len(means)), counts)
    many = len(session)
    share = np.array([curve.early for curve in curves])[session] if early is None else early[session]
    hours = np.where(
        rng.random(many) < share,
        np.array([curve.early_hours for curve in curves])[session],
        np.array([curve.late_hours for curve in curves])[session],
    )
    opens = np.array([curve.opens for curve in curves])[session]
    # An exponential lead cut at the time when booking opens.
    lead = -hours * np.log1p(-rng.random(many) * -np.expm1(-opens / hours))
    cancels = np.array([kind.cancels for kind in house])[session]
    until = np.where(rng.random(many) < cancels, lead * rng.random(many), np.nan)
    shows = rng.random(many) >= np.array([kind.no_show for kind in house])[session]
    if median is None:
        most = np.full(many, np.inf)
    else:
        scale = np.array([kind.scale * kind.retail for kind in house])[session]
        shape, quantile = SHAPES[house[0].willing], np.clip(rng.random(many), 1e-9, 1 - 1e-9)
        most = shape.most(quantile, median[session], scale)
    order = np.lexsort((-lead, session))
    return People(session[order], lead[order], until[order], shows[order], most[order])
