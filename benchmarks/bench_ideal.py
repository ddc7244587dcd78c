"""What SmartTools earns beside the most that anybody could who learns from the same books.

The optimum of ``bench_worlds`` knows what guests of every slot would pay from the first day on. The ideal learner here
is told how studios and slots vary, which SmartTools is not, and learns each slot from the same past
(``worlds.learner``). What it loses, nobody could have known. All meet the same people.

Run: python -m benchmarks.bench_ideal [--seed N] [--weight W] [--weeks N] [--refit [DAYS]] [--upcoming]
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.bench_worlds import DAY, Refitted
from benchmarks.worlds.draw import MONDAY, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.learner import Learner
from benchmarks.worlds.optimum import Optimum
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

LEAST = 0.95  # of what the ideal learner earns


def main() -> int:
    """Print shares of the optimum's value by kind; answer 1 below the limit."""
    told = _arguments()
    world = draw(KINDS, told.seed, weeks=told.weeks)
    season, past = season_of(world), np.flatnonzero(world.past)
    coming = np.flatnonzero(season)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    every = (told.refit or (1.0 if told.upcoming else 0.0)) * DAY
    tools = SmartTools().fit(**tables_of(world, past, history, MONDAY, told.weight, final=True))
    again = every and not told.upcoming
    smart = Refitted(world, tools, told.weight, history, every) if again else Tools(world, tools, told.weight)
    ideal, optimum = Learner(world, history, told.weight, every, told.upcoming), Optimum(world, told.weight)
    ideal.prepare(coming)
    optimum.prepare(coming)
    scores = [score(world, run(world, policy, season), alone) for policy in (smart, ideal, optimum)]
    values = [each.value(told.weight) for each in scores]
    names = np.array([world.kinds[number].name for number in world.studio.tolist()])
    print(f"{'share of value, displaced':>26}  {smart.name:>16}  {ideal.name:>16}  {optimum.name:>16}")
    for name in [*dict.fromkeys(names[season].tolist()), "all"]:
        own = season & ((names == name) | (name == "all"))
        most, direct = values[-1][own].sum(), scores[-1].direct[own].sum()
        cells = [
            f"{value[own].sum() / most:8.1%} {each.displaced[own].sum() / direct:7.2%}"
            for value, each in zip(values, scores, strict=True)
        ]
        print(f"{name:>26}  " + "  ".join(cells))
    ratio = float(values[0][season].sum() / values[1][season].sum())
    drawn = f"seed {told.seed}, weight {told.weight:g}"
    print(f"{drawn}: {ratio:.1%} of the ideal learner's, {ratio / LEAST:.2f} of the limit")
    return 0 if ratio >= LEAST else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--weight", type=float, default=2.0, help="what a displaced direct client counts, in retail rates"
    )
    parser.add_argument("--weeks", type=int, default=4, help="that are played")
    parser.add_argument(
        "--refit",
        nargs="?",
        type=float,
        const=7.0,
        metavar="DAYS",
        help="both learn anew each week, or after so many days",
    )
    parser.add_argument(
        "--upcoming",
        action="store_true",
        help="one model; the ideal learner also learns from what upcoming classes sell",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
