"""What each signal is worth: SmartTools on the same made-up markets with one of them taken away at a time (SS-10).

Taken away through the door, as a studio would lack it: no booking times, one class for all, one capacity, no pace, no
record of what was listed. What is left of the value with all of them is the figure; availability can't be taken away.

Run: python -m benchmarks.bench_signals [SEED]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import MONDAY, World, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

NAMES = ("usual", "nearly full", "late city", "growing", "young", "cold start")
WEEKS, STEP, WEIGHT = 3, 6.0, 2.0
MOST = 0.97  # of the value may be left without all of them together: were it more, they would be idle

Tables = dict[str, pd.DataFrame]
Spoil = Callable[[Tables], Tables]


def main() -> int:
    """Print what is left without each; answer 1 where nothing is lost without any."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    world = draw([kind for kind in KINDS if kind.name in NAMES], seed, weeks=WEEKS)
    season = season_of(world)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)

    def value(spoils: list[Spoil]) -> tuple[float, float]:
        policy = Spoiled(world, _fitted(world, history, spoils), WEIGHT, spoils=tuple(spoils))
        made = score(world, run(world, policy, season, step=STEP), alone)
        return float(made.value(WEIGHT)[season].sum()), float(made.displaced[season].sum() / made.direct[season].sum())

    whole, displaced = value([])
    print(f"{'with all signals':>40}: value 100.0%, displaced {displaced:.2%}")
    for name, spoil in SPOILS.items():
        left, displaced = value([spoil])
        print(f"{'without ' + name:>40}: value {left / whole:6.1%}, displaced {displaced:.2%}")
    least, displaced = value(list(SPOILS.values()))
    ratio = least / whole
    print(
        f"{'without any of these':>40}: value {ratio:6.1%}, displaced {displaced:.2%}, {ratio / MOST:.2f} of the limit"
    )
    return 0 if ratio <= MOST else 1


@dataclass
class Spoiled(Tools):
    """SmartTools that is told less."""

    spoils: tuple[Spoil, ...] = ()

    def tables(self, ids: np.ndarray, books: Books, at: float) -> Tables:
        """The tables, with something taken away."""
        return _spoiled(super().tables(ids, books, at), self.spoils)


def _fitted(world: World, history: Books, spoils: list[Spoil]) -> SmartTools:
    past = np.flatnonzero(world.past)
    return SmartTools().fit(**_spoiled(tables_of(world, past, history, MONDAY, WEIGHT, final=True), tuple(spoils)))


def _spoiled(tables: Tables, spoils: tuple[Spoil, ...]) -> Tables:
    for spoil in spoils:
        tables = spoil(tables)
    return tables


def _no_times(tables: Tables) -> Tables:
    """No booking times of what is over; what is to come has its books, but not their times."""
    booked = tables["reservations"]
    never = pd.Series(pd.NaT, index=booked.index, dtype="datetime64[ns, UTC]")
    return tables | {"reservations": booked.assign(booked_at=never)}


def _one_class(tables: Tables) -> Tables:
    return tables | {"sessions": tables["sessions"].assign(template_id="t", category="c", instructor_id="i")}


def _one_capacity(tables: Tables) -> Tables:
    """The capacities of the past are all the same; what is to come keeps its own, which limits what is listed."""
    sessions = tables["sessions"]
    return tables if _coming(tables) else tables | {"sessions": sessions.assign(capacity=sessions["capacity"].mean())}


def _no_pace(tables: Tables) -> Tables:
    """The studio's other sessions tell nothing of season, trend and bookings of late."""
    return tables | {"sessions": tables["sessions"].assign(pace=1.0, pace_doubt=np.nan)} if _coming(tables) else tables


def _no_offers(tables: Tables) -> Tables:
    """Nobody wrote down what was listed, and nobody sold."""
    booked = tables["reservations"]
    own = booked if _coming(tables) else booked[booked["channel"] == "direct"]
    return tables | {"offers": tables["offers"].iloc[:0], "reservations": own}


def _coming(tables: Tables) -> bool:
    return not bool((tables["reservations"]["outcome"] == "attended").any())


SPOILS: dict[str, Spoil] = {
    "booking patterns": _no_times,
    "popularity of class and slot": _one_class,
    "the capacities of the past": _one_capacity,
    "season and velocity (pace)": _no_pace,
    "what the marketplace sold": _no_offers,
}

if __name__ == "__main__":
    sys.exit(main())
