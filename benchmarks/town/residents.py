"""Who lives in the town, and what each means to do: members with habits, guests of the marketplace with budgets.

Everybody's wishes, whims and mishaps are drawn beforehand, so that each policy meets the same people; what they then
book depends on what they find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.town.timetable import CATEGORIES, STUDIOS, Timetable
from benchmarks.worlds.draw import MONDAY, WEEK, Floats, Ints

GUESTS = 1500
WANTS = 1.1  # visits that a guest looks for in a week
SURE_HABITS = 0.75  # of the weeks in which a member is not away
AWAY = 0.08  # of a member's weeks
RAIN = 0.25  # of the days
KEPT_HOME = 0.12  # of who means to come, by rain
PAST = max(studio.weeks for studio in STUDIOS)  # weeks of history


@dataclass(frozen=True)
class Wishes:
    """Visits that somebody means to make, in order of the time at which they set about to book."""

    at: Floats
    around: Floats  # when they would like to go
    reach: Floats  # hours about that which would do
    slot: Ints  # the habit's; -1: whatever suits
    studio: Ints  # of the member; -1: a guest, who goes anywhere
    likes: Floats  # (wishes, categories) taste
    dear: Floats  # utility that one unit of money costs; 0: a member, who pays nothing by the visit
    home: Floats  # (wishes, 2) where they live
    bar: Floats  # utility of doing something else
    flake: Floats  # when they give up, as a share of the time from booking to start; NaN: never
    shows: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    def taken(self, rows: np.ndarray) -> Wishes:
        """Some of them."""
        return Wishes(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def members(rng: np.random.Generator, table: Timetable, weeks: int) -> Wishes:
    """What the members of all studios mean to do."""
    wet = rng.random(7 * (PAST + weeks + 1)) < RAIN
    parts = [_members(rng, table, number, weeks, wet) for number in range(len(STUDIOS))]
    return _sorted({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _members(
    rng: np.random.Generator, table: Timetable, number: int, weeks: int, wet: np.ndarray
) -> dict[str, np.ndarray]:
    studio = STUDIOS[number]
    slots, first = np.unique(table.slot[table.studio == number], return_index=True)
    own = np.flatnonzero(table.studio == number)[first]
    many = int(table.capacity[own].sum() * studio.members)
    people = _People.drawn(rng, table, own, many)
    span = np.arange(-studio.weeks, weeks)
    busy = np.exp(0.12 * np.sin(2 * np.pi * (span + rng.uniform(0, 52)) / 52))
    meant = [
        (person, week, *visit)
        for person in range(many)
        for week, times in zip(span.tolist(), busy.tolist(), strict=True)
        if rng.random() >= AWAY
        for visit in people.week(rng, person, times)
    ]
    who, week, slot, is_habit = (np.array(column) for column in zip(*meant, strict=True))
    start = MONDAY + week * WEEK + people.when[slot]
    ahead = np.where(is_habit, 24 * rng.gamma(4, 1.5, len(who)), people.plans[who] * rng.lognormal(0, 0.5, len(who)))
    at = np.maximum(start - np.minimum(ahead, 400), start - studio.opens * 24 + rng.exponential(1.0, len(who)))
    rain = wet[((start - MONDAY) // 24).astype(np.int64) + 7 * PAST]
    gives_up = rng.random(len(who)) < people.flaky[who] * np.where(rain, 1.5, 1.0)
    kept = (at < start - 0.3) & ~(rain & (rng.random(len(who)) < KEPT_HOME))
    columns = {
        "at": at, "around": start, "reach": np.where(is_habit, 4.0, 30.0), "slot": np.where(is_habit, slots[slot], -1),
        "studio": np.full(len(who), number), "likes": people.likes[who], "dear": np.zeros(len(who)),
        "home": np.zeros((len(who), 2)), "bar": np.where(is_habit, -1.0, -0.5),
        "flake": np.where(gives_up, 1 - rng.beta(1, 3, len(who)), np.nan),
        "shows": rng.random(len(who)) >= people.misses[who],
    }  # fmt: skip
    return {name: values[kept] for name, values in columns.items()}


@dataclass(frozen=True)
class _People:
    """Members of one studio."""

    when: Floats  # hours into the week of each of the studio's slots
    likes: Floats  # (people, categories)
    odds: Floats  # (people, slots) how likely each slot is to be what they choose
    habits: list[Ints]
    flaky: Floats
    misses: Floats
    plans: Floats  # hours before: how far ahead they book what is no habit

    @classmethod
    def drawn(cls, rng: np.random.Generator, table: Timetable, own: Ints, many: int) -> _People:
        """``own``: a class of each of the studio's slots."""
        when = (table.starts[own] - MONDAY) % WEEK
        likes = rng.gumbel(0, 0.5, (many, len(CATEGORIES)))
        morning = rng.random(many) < 0.4  # comes before noon
        hour = np.where((when % 24 < 13)[None, :] == morning[:, None], 0.7, -0.7)
        odds = np.exp(1.2 * (table.draws[own] + likes[:, table.category[own]] + hour))
        odds /= odds.sum(axis=1, keepdims=True)
        count = rng.choice([0, 1, 2], many, p=[0.3, 0.45, 0.25])
        return cls(
            when=when,
            likes=likes,
            odds=odds,
            habits=[rng.choice(len(own), n, replace=False, p=row) for n, row in zip(count, odds, strict=True)],
            flaky=rng.beta(1.5, 8, many),
            misses=rng.beta(1, 15, many),
            plans=rng.lognormal(np.log(30), 1.1, many),
        )

    def week(self, rng: np.random.Generator, person: int, times: float) -> list[tuple[int, bool]]:
        """The slots at which somebody means to come in a week, and whether that is their habit."""
        habits = [(int(one), True) for one in self.habits[person] if rng.random() < SURE_HABITS * times]
        loose = rng.choice(len(self.when), rng.poisson(0.5 * times), p=self.odds[person])
        return habits + [(int(one), False) for one in loose]


def guests(rng: np.random.Generator, weeks: int) -> Wishes:
    """What people of the marketplace mean to do: they look at all that is listed, and at what it costs."""
    each = rng.poisson(WANTS * np.exp(rng.normal(-0.125, 0.5, GUESTS))[:, None] * np.ones(weeks + PAST))
    who, week = (np.repeat(index, each.ravel()) for index in (grid.ravel() for grid in np.indices(each.shape)))
    many = len(who)
    taste, home = rng.gumbel(0, 0.7, (GUESTS, len(CATEGORIES))), rng.uniform(0, 4, (GUESTS, 2))
    dear = 0.28 * np.exp(rng.normal(0, 0.45, GUESTS))
    hour = np.where(rng.random(many) < 0.3, rng.uniform(6, 11, many), rng.normal(18, 1.5, many))
    around = MONDAY + (week - PAST) * WEEK + rng.integers(0, 7, many) * 24 + hour
    ahead = np.where(rng.random(many) < 0.55, rng.uniform(1, 10, many), rng.gamma(2, 20, many))
    return _sorted(
        {
            "at": around - ahead, "around": around, "reach": rng.uniform(2, 8, many), "slot": np.full(many, -1),
            "studio": np.full(many, -1), "likes": taste[who], "dear": dear[who], "home": home[who],
            "bar": rng.gumbel(-1.0, 1.0, many), "flake": np.where(rng.random(many) < 0.12, rng.random(many), np.nan),
            "shows": rng.random(many) >= 0.08,
        }
    )  # fmt: skip


def _sorted(columns: dict[str, np.ndarray]) -> Wishes:
    return Wishes(**columns).taken(np.argsort(columns["at"], kind="stable"))
