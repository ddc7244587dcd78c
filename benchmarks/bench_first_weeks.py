"""What a studio's own first weeks are worth to SmartTools, as the service learns: each studio by itself, from no other.

The same made-up studios with no, one, two and four weeks behind them, decided by the plain rule, by what is believed
where nothing is known, and by what was learned from those weeks; as a share of the optimum's value.

Run: python -m benchmarks.bench_first_weeks [--seeds N] [--weight W]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import MONDAY, Floats, Ints, World, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.optimum import Optimum
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, Offer, Policy, run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

PLAYED = ("usual", "nearly full", "nearly empty", "late city", "small rooms", "full and early")
BEHIND, WEEKS, STEP = (0, 1, 2, 4), 3, 12.0
LEAST = 1.0  # what was learned from one week and more, beside the plain rule: the limit


@dataclass
class EachAlone:
    """Every studio with tools of its own."""

    world: World
    policies: list[Tools]
    name: str = "SmartTools"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """Each class by its studio's."""
        spots, premium = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
        rate, premium_rate = np.zeros(len(ids)), np.zeros(len(ids))
        for number, policy in enumerate(self.policies):
            own = self.world.studio[ids] == number
            if own.any():
                told = policy.decide(at, ids[own], books)
                spots[own], rate[own] = told.spots, told.rate
                premium[own], premium_rate[own] = told.premium, told.premium_rate
        return Offer(spots, rate, premium, premium_rate)


def main() -> int:
    """Print the shares and what was displaced beside the optimum, answer 1 where learning was worse than not to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0)
    told = parser.parse_args()
    worst = np.inf
    print(f"{'weeks behind':>14}  " + "  ".join(f"{name:>22}" for name in ("plain rule", "beliefs", "learned")))
    for behind in BEHIND:
        rows = np.sum([_played(seed, behind, told.weight) for seed in range(1, told.seeds + 1)], axis=0)
        (best, most), *found = rows
        cells = [f"{value / best:8.1%}, x {lost / most:.2f} displaced" for value, lost in found]
        print(f"{behind:>14}  " + "  ".join(cells), flush=True)
        worst = min(worst, float(found[2][0] / found[0][0])) if behind else worst
    print(f"least of the plain rule's value {worst:.2f}, {worst / LEAST:.2f} of the limit")
    return 0 if worst >= LEAST else 1


def _played(seed: int, behind: int, weight: float) -> Floats:
    """Value and displaced direct clients: of the optimum, the plain rule, beliefs alone, and what was learned."""
    world = draw([replace(kind, weeks=behind) for kind in KINDS if kind.name in PLAYED], seed, weeks=WEEKS)
    season = season_of(world)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    optimum = Optimum(world, weight)
    optimum.prepare(np.flatnonzero(season))

    def fitted(known: Ints) -> SmartTools:
        return SmartTools().fit(**tables_of(world, known, history, MONDAY, weight, final=True))

    studios = range(len(world.kinds))
    nothing = fitted(np.zeros(0, np.int64))
    ways = [
        [SmartTools() for _ in studios],
        [nothing for _ in studios],
        [fitted(np.flatnonzero(world.past & (world.studio == number))) for number in studios],
    ]
    policies: list[Policy] = [optimum, *(EachAlone(world, [Tools(world, own, weight) for own in way]) for way in ways)]
    scores = [score(world, run(world, policy, season, step=STEP), alone) for policy in policies]
    return np.array([[each.value(weight)[season].sum(), each.displaced[season].sum()] for each in scores])


if __name__ == "__main__":
    sys.exit(main())
