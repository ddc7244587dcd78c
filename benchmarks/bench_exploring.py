"""What trying rates costs and brings: SmartTools with and without exploration before the same people (SR-03).

Each week it learns anew from what was sold, so what was found out by trying pays from the next week on. The pairs of
seasons differ in nothing but the share of classes that is explored; their difference is told with its standard error.

Run: python -m benchmarks.bench_exploring [SEEDS] [KIND ...]
"""

from __future__ import annotations

import sys
from unittest import mock

import numpy as np

from adapter.smarttools import SmartTools, exploring
from benchmarks.bench_worlds import Refitted
from benchmarks.worlds.draw import MONDAY, Floats, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import run, score, season_of
from benchmarks.worlds.tables import tables_of

NAMES = ("usual", "low rates", "nearly empty", "never listed", "cold start")
SEEDS, WEEKS, STEP, WEIGHT = 3, 5, 6.0, 2.0
DEAREST = 0.01  # of the value may be lost by exploring, beyond twice the standard error: the limit


def main() -> int:
    """Play each kind with and without, print the difference, answer 1 where exploring costs more than it may."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    names = sys.argv[2:] or NAMES
    changes = np.array([[_change(name, seed) for seed in range(1, seeds + 1)] for name in names])
    for name, row in zip([*names, "all"], [*changes, changes.ravel()], strict=True):
        error = row.std(ddof=1) / np.sqrt(len(row)) if len(row) > 1 else np.nan
        print(f"{name:>14}: value {row.mean():+.2%} by exploring (standard error {error:.2%}, {len(row)} pairs)")
    whole = changes.ravel()
    if len(whole) < 2:
        print("one pair has no standard error, so it is held against no limit")
        return 0
    least = whole.mean() + 2 * whole.std(ddof=1) / np.sqrt(len(whole))
    print(f"at best {least:+.2%}, {max(-least, 0) / DEAREST:.2f} of the limit")
    return 0 if least >= -DEAREST else 1


def _change(name: str, seed: int) -> float:
    """The relative difference in value that exploring makes in one season."""
    with_, without = (_value(name, seed, share) for share in (exploring.SHARE, 0.0))
    print(f"  {name}, seed {seed}: {without.sum():,.0f} without, {with_.sum():,.0f} with", flush=True)
    return float(with_.sum() / without.sum() - 1)


def _value(name: str, seed: int, share: float) -> Floats:
    world = draw([kind for kind in KINDS if kind.name == name], seed, weeks=WEEKS)
    season, past = season_of(world), np.flatnonzero(world.past)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    tools = SmartTools(seed)
    if len(past):
        tools.fit(**tables_of(world, past, history, MONDAY, WEIGHT, final=True))
    with mock.patch.object(exploring, "SHARE", share):
        books = run(world, Refitted(world, tools, WEIGHT, history), season, step=STEP)
    return np.asarray(score(world, books, alone).value(WEIGHT)[season], dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
