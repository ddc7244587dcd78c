"""What is left when data lie and worlds change: SmartTools beside EMSR-b and a static allocation on troubled markets.

Each of the troubles (``worlds/troubles.py``) strikes the same studios; all policies meet the same people. EMSR-b knows
the true final counts. ``spots`` is how many were listed at once on average, beside what is listed untroubled.

Run: python -m benchmarks.bench_troubles [--seeds N] [TROUBLE ...]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.bench_worlds import pickup
from benchmarks.worlds.draw import MONDAY, WEEK, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.peers import Emsr, Static
from benchmarks.worlds.season import Books, Offer, run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of
from benchmarks.worlds.troubles import TROUBLES, Tables, Trouble

WEEKS, STEP, WEIGHT, SEEDS = 3, 6.0, 2.0, 2
LEAST = 1.0  # of EMSR-b's value, in every trouble: the limit


@dataclass
class Troubled(Tools):
    """SmartTools, told what the trouble makes of the truth."""

    trouble: Trouble = TROUBLES[0]

    def tables(self, ids: np.ndarray, books: Books, at: float) -> Tables:
        """The tables as the studio's platform gives them."""
        return _told(self.trouble, super().tables(ids, books, at))


def main() -> int:
    """Play each trouble, print value, displacement and spots, answer 1 where EMSR-b would have been better."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("names", nargs="*")
    told = parser.parse_args()
    worst = np.inf
    print(f"{'trouble':>30}   static   EMSR-b  SmartTools  of EMSR-b  displaced (EMSR-b)  spots")
    for trouble in TROUBLES:
        if not told.names or trouble.name in told.names:
            rows = np.array([_played(trouble, seed) for seed in range(1, told.seeds + 1)]).sum(axis=0)
            static, emsr, smart, direct, lost, lost_by_emsr, spots, count = rows.tolist()
            share = smart / emsr if emsr > 0 else np.inf
            worst = min(worst, share)
            print(
                f"{trouble.name:>30}  {static:7,.0f}  {emsr:7,.0f}  {smart:10,.0f}  {share:9.1%}"
                f"  {lost / direct:9.2%} ({lost_by_emsr / direct:6.2%})  {spots / count:5.2f}",
                flush=True,
            )
    print(f"least of EMSR-b's value {worst:.1%}, {worst / LEAST:.2f} of the limit")
    return 0 if worst >= LEAST else 1


def _played(trouble: Trouble, seed: int) -> tuple[float, ...]:
    """Values of the three, direct clients, those displaced by SmartTools and by EMSR-b, spots listed and decisions."""
    world = draw([kind for kind in KINDS if kind.name == trouble.kind], seed, weeks=WEEKS)
    world = world if trouble.happens is None else trouble.happens(world)
    season = season_of(world)
    known = world.past & (world.starts < MONDAY - trouble.weeks_old * WEEK)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    past = _told(trouble, tables_of(world, np.flatnonzero(known), history, MONDAY, WEIGHT, final=True))
    log: list[tuple[float, np.ndarray, Offer]] = []
    smart = Troubled(world, SmartTools().fit(**past), WEIGHT, trouble=trouble)
    scores = [
        score(world, run(world, policy, season, step=STEP, log=kept), alone)
        for policy, kept in ((Static(world), None), (Emsr(world, *pickup(world, history), WEIGHT), None), (smart, log))
    ]
    values = [float(each.value(WEIGHT)[season].sum()) for each in scores]
    lost = [float(each.displaced[season].sum()) for each in scores]
    spots = float(sum(offer.spots.sum() for _, _, offer in log))
    return *values, float(scores[0].direct[season].sum()), lost[2], lost[1], spots, sum(len(ids) for _, ids, _ in log)


def _told(trouble: Trouble, tables: Tables) -> Tables:
    return tables if trouble.lies is None else trouble.lies(tables)


if __name__ == "__main__":
    sys.exit(main())
