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
from benchmarks.bench_worlds import DAY, Refitted, parser_of, print_shares
from benchmarks.worlds.draw import MONDAY, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.learner import Learner
from benchmarks.worlds.optimum import Optimum
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Policy, run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

LEAST = 0.95  # of what the ideal learner earns


def main() -> int:
    """Play the same weeks by each, print what they earned; answer 1 below the limit."""
    told = _arguments()
    world = draw(KINDS, told.seed, weeks=told.weeks)
    season, past = season_of(world), np.flatnonzero(world.past)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    every = (told.refit or (1.0 if told.upcoming else 0.0)) * DAY
    tools = SmartTools().fit(**tables_of(world, past, history, MONDAY, told.weight, final=True))
    again = every and not told.upcoming
    smart = Refitted(world, tools, told.weight, history, every) if again else Tools(world, tools, told.weight)
    ideal, optimum = Learner(world, history, told.weight, every, told.upcoming), Optimum(world, told.weight)
    for each in (ideal, optimum):
        each.prepare(np.flatnonzero(season))
    policies: tuple[Policy, ...] = (smart, ideal, optimum)
    scores = {policy.name: score(world, run(world, policy, season), alone) for policy in policies}
    print_shares(world, scores, season, told.weight)
    ours, best = (float(scores[each.name].value(told.weight)[season].sum()) for each in (smart, ideal))
    drawn, ratio = f"seed {told.seed}, weight {told.weight:g}", ours / best
    print(f"{drawn}: {ratio:.1%} of the ideal learner's, {ratio / LEAST:.2f} of the limit")
    return 0 if ratio >= LEAST else 1


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument(
        "--upcoming", action="store_true", help="one model: learn anew from what upcoming classes sell alone"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
