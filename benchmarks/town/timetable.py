"""Studios of the town and what they offer: a weekly timetable, instructors, rooms, and weeks of classes from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.worlds.draw import MONDAY, WEEK, Floats, Ints

CATEGORIES = ("yoga", "pilates", "cycling", "strength", "barre")
HOURS = (6.5, 7.5, 9.0, 12.0, 16.5, 17.5, 18.5, 19.5)
BUSY_HOURS = np.array([0.9, 1.0, 0.5, 0.7, 0.4, 1.2, 1.3, 0.8])  # how many would come at each, beside each other


@dataclass(frozen=True, kw_only=True)
class Studio:
    """A studio as its owner would tell of it."""

    name: str
    teaches: tuple[int, ...]  # of CATEGORIES
    slots: int  # classes a week
    room: int  # places of its usual class
    members: float  # for each place of the week
    retail: float
    opens: float = 14.0  # days before, when booking opens
    weeks: int = 24  # of history
    listed: bool = True  # whether the marketplace sold its places before


STUDIOS = (
    Studio(name="old and steady", teaches=(0, 1), slots=28, room=18, members=0.45, retail=22.0),
    Studio(name="crowded evenings", teaches=(2, 3), slots=30, room=24, members=0.75, retail=26.0, opens=7.0),
    Studio(name="half empty", teaches=(0, 3), slots=30, room=22, members=0.18, retail=18.0),
    Studio(name="small and dear", teaches=(1,), slots=26, room=8, members=0.55, retail=38.0),
    Studio(name="large hall", teaches=(2, 4), slots=20, room=45, members=0.4, retail=20.0, opens=21.0),
    Studio(name="full house", teaches=(4,), slots=24, room=16, members=0.95, retail=30.0),
    Studio(name="books late", teaches=(3, 4), slots=24, room=20, members=0.5, retail=24.0, opens=3.0),
    Studio(name="never listed", teaches=(0, 4), slots=24, room=18, members=0.45, retail=25.0, listed=False),
    Studio(name="young", teaches=(1, 2), slots=24, room=16, members=0.4, retail=24.0, weeks=4),
    Studio(name="new", teaches=(0, 2), slots=24, room=16, members=0.45, retail=24.0, weeks=0),
    Studio(name="new and full", teaches=(3,), slots=24, room=14, members=0.85, retail=28.0, weeks=0),
)
RETAIL: Floats = np.array([studio.retail for studio in STUDIOS])


@dataclass(frozen=True)
class Timetable:
    """Classes in order of start; one entry each but for the names."""

    studio: Ints
    slot: Ints
    starts: Floats  # hours since 1970
    opens: Floats  # when booking opens
    capacity: Ints
    category: Ints
    instructor: Ints
    draws: Floats  # what its hour and its instructor add to its appeal
    past: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)


def timetable(rng: np.random.Generator, weeks: int) -> Timetable:
    """All studios' classes, of their history and of some weeks after it."""
    parts = [_classes(studio, number, rng, weeks) for number, studio in enumerate(STUDIOS)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined["starts"], kind="stable")
    return Timetable(**{name: values[order] for name, values in joined.items()}, past=joined["starts"][order] < MONDAY)


def _classes(studio: Studio, number: int, rng: np.random.Generator, weeks: int) -> dict[str, np.ndarray]:
    count = studio.slots
    hour = rng.choice(len(HOURS), count, p=BUSY_HOURS / BUSY_HOURS.sum())
    when = rng.integers(0, 7, count) * 24.0 + np.array(HOURS)[hour]
    category = rng.choice(studio.teaches, count)
    room = np.maximum(np.rint(studio.room * rng.choice([0.7, 1.0, 1.0, 1.3], count)), 4).astype(np.int64)
    teaches, charm = rng.integers(0, 7, count), rng.normal(0, 0.5, 7)
    span = np.arange(-studio.weeks, weeks)
    slot, week = (grid.ravel() for grid in np.meshgrid(np.arange(count), span, indexing="ij"))
    away = rng.random(len(slot)) < 0.06  # the instructor is on leave: somebody else teaches, and draws less
    starts = MONDAY + week * WEEK + when[slot]
    return {
        "studio": np.full(len(slot), number),
        "slot": number * 1000 + slot,
        "starts": starts,
        "opens": starts - studio.opens * 24,
        "capacity": room[slot],
        "category": category[slot],
        "instructor": np.where(away, 7, teaches[slot]),
        "draws": np.log(BUSY_HOURS[hour])[slot] + np.where(away, -0.4, charm[teaches[slot]]),
    }
