"""SmartTools in a market in steps of three hours, beside static allocations, EMSR-b and the optimum.

The twin of ``bench_street`` with assumptions of its own: demand curves of four families, seasons that wander, booking
curves of two exponentials, cancellations that everybody makes. Everyone meets the same people. Value is what
``benchmarks.steps.scores`` says, as a share of the value of one who knows every class's true parameters; displaced are
direct clients who would have found a place without a marketplace.

Run: python -m benchmarks.bench_steps [--seed N] [--weight W] [--weeks N] [--studios N] [--refit [DAYS]]
     [--kinds NAME …]
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from benchmarks.steps.calibration import what_came
from benchmarks.steps.draw import Market, draw
from benchmarks.steps.kinds import KINDS
from benchmarks.steps.losses import losses
from benchmarks.steps.optimum import Optimum
from benchmarks.steps.peers import Emsr, Static
from benchmarks.steps.people import draw_people
from benchmarks.steps.report import print_beside_static, print_calibration, print_kinds, print_losses
from benchmarks.steps.scores import score
from benchmarks.steps.season import run
from benchmarks.steps.smart import Tools
from benchmarks.street.people import People, events_of
from benchmarks.street.report import print_violations
from benchmarks.street.season import Policy

LEAST = 0.90  # of the optimum's value, over all kinds: the limit of this benchmark; the goal is 0.97


def main() -> int:
    """Print what each policy was worth and what came of what was told; answer 1 below the limit, or a rule broken."""
    told = parser_of(__doc__).parse_args()
    market, people = drawn(told)
    events, static = events_of(people), Static(market)
    past = run(market, people, events, market.past, static)
    tools = Tools(market, past, told.weight, told.refit)
    optimum = Optimum(market, told.weight).prepare(np.flatnonzero(~market.past))
    policies: list[Policy] = [static, Emsr(market, past, told.weight, static.rate), tools, optimum]
    alone = run(market, people, events, ~market.past, None)
    scores = {each.name: score(market, run(market, people, events, ~market.past, each), alone) for each in policies}
    share = print_kinds(market, scores, told.weight)
    print_beside_static(market, scores)
    print_calibration(market, what_came(market, people, events, tools.told))
    print_losses(market, losses(optimum, tools.told))
    print_violations(tools.violations)
    print(f"seed {told.seed}, weight {told.weight:g}: {share:.1%} of the optimum, {share / LEAST:.2f} of the limit")
    return 1 if tools.violations or share < LEAST else 0


def drawn(told: argparse.Namespace) -> tuple[Market, People]:
    """The market that was asked for, and everyone who comes."""
    kinds = [kind for kind in KINDS if not told.kinds or kind.name in told.kinds]
    market = draw(kinds, told.studios, told.weeks, np.random.default_rng([told.seed, 77]))
    return market, draw_people(market, np.random.default_rng([told.seed, 78]))


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """What every benchmark of this market is told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0, help="of a displaced direct client's retail value")
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--studios", type=int, default=3, help="of each kind")
    parser.add_argument(
        "--refit", nargs="?", type=float, const=7.0, metavar="DAYS", help="learn anew each week, or after so many days"
    )
    names = [kind.name for kind in KINDS]
    parser.add_argument("--kinds", nargs="*", metavar="NAME", choices=names, help=", ".join(names))
    return parser


if __name__ == "__main__":
    sys.exit(main())
