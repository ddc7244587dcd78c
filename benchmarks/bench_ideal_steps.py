"""What SmartTools earns in the market in steps beside one who learns from the same books and is told how studios vary.

The twin of ``bench_ideal``: what the ideal learner (``steps.learner``) loses against the optimum was hardly to be known
from these books. All meet the same people.

Run: python -m benchmarks.bench_ideal_steps [--seed N] [--weight W] [--weeks N] [--studios N] [--refit [DAYS]]
     [--kinds NAME …]
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.bench_steps import drawn, parser_of
from benchmarks.steps.learner import Learner
from benchmarks.steps.optimum import Optimum
from benchmarks.steps.peers import Static
from benchmarks.steps.report import print_beside_static, print_kinds
from benchmarks.steps.scores import score
from benchmarks.steps.season import run
from benchmarks.steps.smart import Tools
from benchmarks.street.people import events_of
from benchmarks.street.season import Policy

LEAST = 0.95  # of what the ideal learner earns
ONCE = 1e9  # days: never again


def main() -> int:
    """Play the same weeks by each, print what they earned; answer 1 below the limit."""
    told = parser_of(__doc__).parse_args()
    market, people = drawn(told)
    events, static, season = events_of(people), Static(market), ~market.past
    past = run(market, people, events, market.past, static)
    optimum = Optimum(market, told.weight).prepare(np.flatnonzero(season))
    tools, ideal = Tools(market, past, told.weight, told.refit), Learner(market, past, told.weight, told.refit or ONCE)
    policies: list[Policy] = [static, ideal, tools, optimum]
    alone = run(market, people, events, season, None)
    scores = {each.name: score(market, run(market, people, events, season, each), alone) for each in policies}
    print_kinds(market, scores, told.weight)
    print_beside_static(market, scores)
    ours, best = (float(scores[each.name].value(told.weight)[season].sum()) for each in (tools, ideal))
    who, ratio = f"seed {told.seed}, weight {told.weight:g}", ours / best
    print(f"{who}: {ratio:.1%} of the ideal learner's, {ratio / LEAST:.2f} of the limit")
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
