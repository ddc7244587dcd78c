"""SmartTools on a street of simulated studios of many kinds, beside static allocations, EMSR-b and the optimum.

Everyone meets the same people. Value is what ``benchmarks.street.scores`` says, as a share of the value of one who
knows every class's true parameters; displaced are direct clients who would have found a place without a marketplace.

Run: python -m benchmarks.bench_street [--seed N] [--weight W] [--step HOURS] [--weeks N] [--history flat|steps|random]
     [--studios N] [--history-weeks N] [--refit [DAYS]] [--mixed] [--kinds NAME …]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np

from benchmarks.street.calibration import what_came
from benchmarks.street.draw import Street, draw
from benchmarks.street.kinds import KINDS
from benchmarks.street.mixed import HALVES, Mixed
from benchmarks.street.optimum import Optimum
from benchmarks.street.peers import PAST_STEP, Littlewood, Static
from benchmarks.street.people import draw_people, events_of
from benchmarks.street.report import print_calibration, print_row, print_violations
from benchmarks.street.scores import Score, score
from benchmarks.street.season import Books, Policy, run
from benchmarks.street.smart import Tools

LEAST = 0.90  # of the optimum's value, over all kinds: the limit of this benchmark; the goal is 0.97


def main() -> int:
    """Print what each policy was worth and what came of what was told; answer 1 below the limit, or a rule broken."""
    told = _arguments()
    rng = np.random.default_rng(told.seed)
    kinds = [kind for kind in KINDS if not told.kinds or kind.name in told.kinds]
    street = draw(kinds, told.studios, told.weeks, told.history_weeks, rng)
    people = draw_people(street, rng)
    events = events_of(people)
    past = run(street, people, events, street.past, Static(street, told.history, rng), PAST_STEP)
    season, tools = ~street.past, Tools(street, past, told.weight, told.step, told.refit)
    alone = run(street, people, events, season, None, told.step)
    scores = {
        each.name: score(run(street, people, events, season, each, told.step), alone)
        for each in _policies(street, past, tools, told)
    }
    share = _print_kinds(street, scores, told.weight)
    _print_beside_static(street, scores)
    print_calibration(what_came(street, people, tools.told, rng))
    print_violations(tools.violations)
    print(f"seed {told.seed}, weight {told.weight:g}: {share:.1%} of the optimum, {share / LEAST:.2f} of the limit")
    return 1 if tools.violations or share < LEAST else 0


def _policies(street: Street, past: Books, tools: Tools, told: argparse.Namespace) -> list[Policy]:
    """The optimum last."""
    optimum = Optimum(street, told.weight, told.step).prepare(np.flatnonzero(~street.past))
    mixed: list[Policy] = [Mixed(replace(tools, told=[]), optimum, half) for half in HALVES] if told.mixed else []
    return [Static(street), Littlewood(street, past, Static(street).rate), tools, *mixed, optimum]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0, help="of a displaced direct client's retail value")
    parser.add_argument("--step", type=int, default=3, help="hours between decisions")
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--studios", type=int, default=3, help="of each kind")
    parser.add_argument("--history-weeks", type=int, default=26)
    parser.add_argument("--history", choices=("flat", "steps", "random"), default="flat", help="how past rates moved")
    parser.add_argument(
        "--refit", nargs="?", type=float, const=7.0, metavar="DAYS", help="learn anew each week, or after so many days"
    )
    parser.add_argument("--mixed", action="store_true", help="half SmartTools, half the optimum, as well")
    names = [kind.name for kind in KINDS]
    parser.add_argument("--kinds", nargs="*", metavar="NAME", choices=names, help=", ".join(names))
    return parser.parse_args()


def _print_kinds(street: Street, scores: dict[str, Score], weight: float) -> float:
    """Shares of the optimum's value and displaced direct clients; SmartTools' share over all is told.

    Kinds with rules of their own are not summed up, as the optimum knows none.
    """
    print(f"{'kind':16}" + "".join(f"{name:>19}" for name in scores) + "   x displaced")
    names = np.array([each.kind.name for each in street.studios])[street.studio]
    ruled = np.array([each.kind.ruled for each in street.studios])[street.studio]
    for name in dict.fromkeys(names):
        print_row(str(name), street.scored & (names == name), scores, weight)
    return print_row("over all", street.scored & ~ruled, scores, weight)


def _print_beside_static(street: Street, scores: dict[str, Score]) -> None:
    which = street.scored
    print("beside the static allocation" + "".join(f"{name:>14}" for name in scores))
    for what in ("payouts", "visitors", "attended"):
        beside = [getattr(scores[name], what)[which].sum() for name in scores]
        print(f"{what:28}" + "".join(f"{each / beside[0]:>14.2f}" for each in beside))


if __name__ == "__main__":
    sys.exit(main())
