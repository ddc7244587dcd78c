"""What SmartTools brings a studio of a town whose people choose, beside peers and rules picked when all was over.

In the town (``benchmarks/town``) nobody's demand is drawn by class: members have habits, turn to another class when
theirs is full, stay at home when it rains; guests compare all that is listed by taste, way, hour and rate. No formula
of SmartTools holds there, and nobody knows the optimum. The bar is hindsight: of a dozen of Littlewood's rules, by how
much they protect and at which flat rate they sell, the one that brought the studio most.

First one studio at a time decides so, and all others stay with three spots at a flat rate: what an owner would gain.
Then all at once: studios that undercut each other share the same guests.

Run: python -m benchmarks.bench_town [--seed N] [--weight W] [--weeks N] [--step HOURS]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from itertools import product

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.bench_worlds import print_forecasts
from benchmarks.town.life import Ledger, Policy, Town, live, town_of
from benchmarks.town.policies import Emsr, OneStudio, Static, Tools, pickup
from benchmarks.town.records import Found, Score, score, tables_of
from benchmarks.town.timetable import STUDIOS
from benchmarks.worlds.draw import MONDAY
from benchmarks.worlds.season import Log

KEEPS, SHARES = (0.6, 1.0, 1.5), (0.0, 0.25, 0.5, 0.75)  # of what the rule protects; of the way from floor to ceiling
LEAST = 0.95  # of what hindsight brings, over all: the limit


@dataclass(frozen=True)
class Weeks:
    """The weeks that are lived again and again."""

    town: Town
    alone: Ledger
    weight: float
    step: float

    def under(self, policy: Policy, log: Log | None = None) -> Score:
        """What they bring under a policy."""
        ledger = live(self.town, policy, ~self.town.table.past, step=self.step, log=log)
        return score(self.town, ledger, self.alone)

    def of(self, studio: int, policy: Policy) -> tuple[float, float, float]:
        """Value, share of members displaced and visitors of one studio that decides so by itself."""
        return _cell(self.under(OneStudio(self.town, studio, policy)), studio, self.weight)


def main() -> int:
    """Live the same weeks under each policy, print the tables, answer 1 where hindsight would have done far better."""
    told = _arguments()
    town = town_of(told.seed, told.weeks)
    past = town.table.past
    history = live(town, Static(town, tried=0.3), past, step=24.0)
    weeks = Weeks(town, live(town, None, ~past), told.weight, told.step)
    usual = pickup(town, history)
    fitted = SmartTools().fit(**tables_of(town, np.flatnonzero(past), history, MONDAY, told.weight, final=True))
    smart = Tools(town, fitted, told.weight)
    share = _one_at_a_time(weeks, usual, smart)
    log: Log = []
    _all_at_once(
        {
            "static": weeks.under(Static(town)),
            "EMSR-b": weeks.under(Emsr(town, *usual)),
            "SmartTools": weeks.under(smart, log),
        },
        told.weight,
    )
    found = Found.of(weeks.alone)
    stood = np.isinf(found.gone)
    print_forecasts(log, town.table.starts, found.session[stood], found.booked[stood])
    print(f"seed {told.seed}, weight {told.weight:g}: {share:.2f} of hindsight's, {share / LEAST:.2f} of the limit")
    return 0 if share >= LEAST else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0, help="what a displaced member counts, in retail rates")
    parser.add_argument("--weeks", type=int, default=2, help="that are lived under each policy")
    parser.add_argument("--step", type=float, default=3.0, help="hours between decisions")
    return parser.parse_args()


def _one_at_a_time(weeks: Weeks, usual: tuple[np.ndarray, np.ndarray], smart: Tools) -> float:
    """Print what each studio would gain by itself; SmartTools' value over all, beside hindsight's, is told."""
    town = weeks.town
    static = weeks.under(Static(town))
    names = ("static", "EMSR-b", "hindsight", "SmartTools")
    print(f"{'alone: value, displaced, visitors':>36} " + " ".join(f"{name:>22}" for name in names) + "  by hindsight")
    total = np.zeros(len(names))
    for number, studio in enumerate(STUDIOS):
        rules = {rule: weeks.of(number, Emsr(town, *usual, *rule)) for rule in product(KEEPS, SHARES)}
        best = max(rules, key=lambda rule: rules[rule][0])
        cells = [_cell(static, number, weeks.weight), rules[1.0, 0.5], rules[best], weeks.of(number, smart)]
        total += [value for value, _, _ in cells]
        shown = " ".join(_shown(cell) for cell in cells)
        print(f"{studio.name:>36} {shown}  keeps x {best[0]:g}, rate at {best[1]:.0%}", flush=True)
    print(f"{'together':>36} " + " ".join(f"{value:22,.0f}" for value in total))
    return float(total[3] / total[2])


def _all_at_once(rows: dict[str, Score], weight: float) -> None:
    print(f"{'all at once':>36} " + " ".join(f"{name:>22}" for name in rows))
    parts: list[tuple[str, int | slice]] = [(studio.name, number) for number, studio in enumerate(STUDIOS)]
    for name, part in [*parts, ("together", slice(None))]:
        print(f"{name:>36} " + " ".join(_shown(_cell(each, part, weight)) for each in rows.values()))


def _cell(found: Score, studio: int | slice, weight: float) -> tuple[float, float, float]:
    value, lost, direct = found.value(weight)[studio], found.displaced[studio], found.direct[studio]
    return float(np.sum(value)), float(np.sum(lost) / np.sum(direct)), float(np.sum(found.visitors[studio]))


def _shown(cell: tuple[float, float, float]) -> str:
    return f"{cell[0]:9,.0f} {cell[1]:6.2%} {cell[2]:5.0f}"


if __name__ == "__main__":
    sys.exit(main())
