"""What SmartTools reckons with: plain arrays, one entry a session, reservation or offer. Knows no pandas.

Times are hours since 1970 (UTC) as floats, a missing number is NaN. No entry stands for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[np.str_]

DIRECT, MARKETPLACE, THIRD_PARTY = 0, 1, 2
CHANNELS = {"direct": DIRECT, "marketplace": MARKETPLACE, "third_party": THIRD_PARTY}

WEEK = 168  # hours
HALF_LIFE = 12.0 * WEEK  # hours: what was seen 12 weeks ago counts half

STANDARD, PREMIUM, A_LA_CARTE, TRIAL, NO_PRODUCT = 0, 1, 2, 3, -1
PRODUCTS = {"standard": STANDARD, "premium": PREMIUM, "a_la_carte": A_LA_CARTE, "trial": TRIAL}

BOOKED, ATTENDED, NO_SHOW, LATE_CANCELLED, CANCELLED = 0, 1, 2, 3, 4
OUTCOMES = {
    "booked": BOOKED,
    "attended": ATTENDED,
    "no_show": NO_SHOW,
    "late_cancelled": LATE_CANCELLED,
    "cancelled": CANCELLED,
}


HOURS = [f"{'weekday' if how < 120 else 'weekend'} {how % 24}" for how in range(WEEK)]  # of the week, by name
PLAIN = (str, int)  # types of ids that need no care to be told as text


@dataclass(frozen=True)
class Sessions:
    """Sessions with their studio's settings resolved to each of them."""

    ids: list[object]
    studio: list[str]
    venue: list[str]
    slot: list[str]  # the recurring slot, within its studio
    category: list[str]
    instructor: list[str]
    starts: Floats
    hour_of_week: Ints  # local: Monday 00:00 is 0, Sunday 23:00 is 167
    month: Ints  # local, 1 to 12
    capacity: Floats  # NaN: not said
    cancelled: Bools
    retail: Floats  # what a direct client pays for one reservation
    floor: Ints  # in minor units, rounded up
    ceiling: Ints  # in minor units, rounded down
    odd_rate: Floats  # the rate where no whole coin lies between floor and ceiling, both one just below it; else NaN
    digits: Ints  # of the currency
    min_spots: Ints
    release_hours: Floats  # NaN: off
    displacement_weight: Floats
    max_risk: Floats  # NaN: no limit
    premium: Bools  # whether the studio offers Premium spots
    pace: Floats  # how the studio is doing beside its history (``pace``); NaN: to be told from the sessions at hand
    pace_doubt: Floats
    tempo: Floats  # whether its clients book earlier or later than is known of them (``tempo``); NaN: as ``pace``
    tempo_doubt: Floats
    appetite: Floats  # how what its guests would pay lies beside what is known of them (``appetite``); NaN: as ``pace``
    appetite_doubt: Floats
    interest: Floats  # the same of how many look

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Ints) -> Sessions:
        """Some of them, in the order given."""
        return Sessions(**{each.name: _taken(getattr(self, each.name), rows) for each in fields(self)})

    @cached_property
    def paths(self) -> list[tuple[str, str, str, str]]:
        """Where each session's curves are looked for, from the particular to the general."""
        cells = zip(self.slot, self.studio, self.category, self.hour_of_week.tolist(), strict=True)
        return [(f"slot|{slot}", f"cell|{of}|{kind}|{hour}", f"studio|{of}", "all") for slot, of, kind, hour in cells]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each id, as text, stands."""
        return {name: index for index, name in enumerate(as_texts(self.ids))}

    @cached_property
    def hours(self) -> list[str]:
        """The hour of a weekday, or of a day at the weekend, at which each begins on its studio's clock."""
        return [HOURS[each] for each in self.hour_of_week.tolist()]

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """Each session's group in every grouping that has ratios of its own."""
        hour = self.hours
        cell = [f"{kind}|{each}" for kind, each in zip(self.category, self.hour_of_week.tolist(), strict=True)]
        within = {"studio hour": hour, "cell": cell, "instructor": self.instructor}
        return {"hour": hour, "category": self.category, "studio": self.studio, "slot": self.slot} | {
            name: [f"{house}|{key}" for house, key in zip(self.studio, keys, strict=True)]
            for name, keys in within.items()
        }

    @cached_property
    def studios(self) -> tuple[list[str], Ints]:
        """The distinct studios, and the number of each session's."""
        return numbered(self.studio)

    @property
    def houses(self) -> Ints:
        """The number of each session's studio."""
        return self.studios[1]

    @cached_property
    def slots(self) -> Ints:
        """The number of each session's recurring slot."""
        return numbered(self.slot)[1]

    @cached_property
    def profiles(self) -> tuple[Sessions, Ints]:
        """One session of each recurring kind, and for each session which kind it is: what is learned is by kind."""
        seen: dict[tuple[str, str, int, str], int] = {}
        keys = zip(self.slot, self.category, self.hour_of_week.tolist(), self.instructor, strict=True)
        kind = np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
        return self.take(np.unique(kind, return_index=True)[1].astype(np.int64)), kind


def as_text(value: object) -> str:
    """An id as text. An integer column with a gap becomes floats: 7.0 is the id 7."""
    return str(int(value)) if isinstance(value, (float, np.floating)) and value.is_integer() else str(value)


def as_texts(values: Iterable[object]) -> list[str]:
    """Ids as text: nearly all are words or whole numbers."""
    return [str(value) if type(value) in PLAIN else as_text(value) for value in values]


def _taken(values: Any, rows: Ints) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows.tolist()]


@dataclass(frozen=True)
class Columns:
    """A table kept as arrays of one length, one entry a row."""

    def take(self, rows: Ints | Bools) -> Self:
        """Some of them, in the order given."""
        return type(self)(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    def joined(self, other: Self) -> Self:
        """Both."""
        pairs = {each.name: (getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        return type(self)(**{name: np.concatenate(pair) for name, pair in pairs.items()})


@dataclass(frozen=True)
class Reservations(Columns):
    """Reservations of the sessions at hand; ``session`` is the session's position."""

    session: Ints
    channel: Ints
    product: Ints
    outcome: Ints
    booked: Floats  # NaN: not known
    cancelled: Floats  # NaN: not cancelled, or not known when
    amount: Floats

    def standing(self) -> Bools:
        """Those that stood at the start of the session."""
        return self.outcome <= NO_SHOW

    def active(self, at: float) -> Bools:
        """Those that hold a place at ``at``, told without looking past it."""
        made = ~(self.booked > at)
        given_up = (self.cancelled <= at) | (np.isnan(self.cancelled) & ~self.standing())
        return made & ~given_up


@dataclass(frozen=True)
class Offers(Columns):
    """What was listed, from when until the session's next row. Sorted by session and time."""

    session: Ints
    since: Floats
    spots: Ints
    rate: Floats

    def until(self, at: float) -> Offers:
        """Those made by ``at``."""
        return self.take(self.since <= at)

    def latest(self, at: float, sessions: int) -> Ints:
        """The row in force at ``at`` of each of so many sessions; -1: none."""
        row = np.full(sessions, -1)
        past = np.flatnonzero(self.since <= at)
        row[self.session[past]] = past  # sorted by time: the last one stays
        return row


def least_by(group: Ints, values: Floats, groups: int) -> Floats:
    """The least of the values of each of so many groups; infinite, where it has none."""
    least = np.full(groups, np.inf)
    np.minimum.at(least, group, values)
    return least


def recency(sessions: Sessions, usable: Bools) -> Floats:
    """What each session counts for: half for every ``HALF_LIFE`` that it lies before the last one, 0 if not usable."""
    if not usable.any():
        return np.zeros(len(sessions))
    age = sessions.starts - sessions.starts[usable].max()
    return np.where(usable, np.exp2(np.minimum(age, 0.0) / HALF_LIFE), 0.0)


def numbered(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct names in order, and the number of each entry's name."""
    distinct = sorted(set(names))
    number = {name: index for index, name in enumerate(distinct)}
    return distinct, np.array([number[name] for name in names], dtype=np.int64)


def sum_by(number: Ints, values: Floats, groups: int) -> Floats:
    """The sum of the values of each group."""
    return np.bincount(number, weights=values, minlength=groups).astype(np.float64)


def sums_by(number: Ints, rows: Floats, groups: int) -> Floats:
    """The sum of the rows of each group, (groups, columns)."""
    return np.column_stack([sum_by(number, column, groups) for column in rows.T])


def count_by(number: Ints, groups: int) -> Floats:
    """How many entries each group has."""
    return np.bincount(number, minlength=groups).astype(np.float64)


def shares(rows: Floats) -> Floats:
    """Of each row's sum."""
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True), dtype=np.float64)


def looked_up(names: Sequence[str], table: Mapping[str, float], missing: float) -> Floats:
    """The table's value of each name."""
    return np.array(list(map(table.get, names, repeat(missing))), dtype=np.float64)
