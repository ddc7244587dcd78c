"""How near what SmartTools learns of willingness to pay comes to the most that the same sales could teach.

Money lost at the best free rate by believed willingness, beside knowing each slot's. The ideal learner is told how
slots vary in this world (the true distributions of what is paid and of how many look, the true curve) and learns each
slot by Bayes' rule from the very offers and sales that SmartTools learns from. Nobody could do better on average; who
knows each slot's truth, as the optimum of ``bench_worlds`` does, loses nothing. With ``--play`` the weeks to come are
played too: by SmartTools as it is, and with the ideal learner's belief of each slot in place of its own.

Run: python -m benchmarks.bench_willing [--seeds N] [--play WEIGHT]
"""

from __future__ import annotations

import argparse
import sys
from copy import deepcopy

import numpy as np

from adapter.smarttools import SmartTools, door
from adapter.smarttools.facts import shares
from adapter.smarttools.response import best_rate, chance, point
from benchmarks.worlds.draw import MONDAY, Floats, World, draw
from benchmarks.worlds.kinds import KINDS, Kind
from benchmarks.worlds.learner import OF_MEDIAN, accepted, sales_of, slots_of, willingness
from benchmarks.worlds.optimum import Optimum
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, run, score, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

LEAST = 1.0  # of what is lost without knowing anything of a slot: SmartTools may lose no more
RATES = 121
WEEKS = 4  # played, as by ``bench_worlds``


def main() -> int:
    """Print what is lost by kind, answer 1 where learning was worse than knowing nothing of slots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--play", type=float, metavar="WEIGHT", help="play at this displacement weight as well")
    told = parser.parse_args()
    if told.play is not None:
        for seed in range(1, told.seeds + 1):
            ours, ideal = _played(seed, told.play)
            print(f"seed {seed}, weight {told.play:g}: {ours:.1%} of the optimum, {ideal:.1%} by the ideal learner")
    rows = np.sum([_lost(seed) for seed in range(1, told.seeds + 1)], axis=0)
    print(f"{'lost at the best free rate':>28}  SmartTools  ideal learner  slot unknown")
    for kind, (most, *brought) in zip([*(kind.name for kind in KINDS), "all"], [*rows, rows.sum(axis=0)], strict=True):
        print(f"{kind:>28}  " + "  ".join(f"{1 - each / most:>12.2%}" for each in brought))
    most, ours, ideal, unknown = rows.sum(axis=0).tolist()
    ratio = (most - ours) / (most - unknown)
    print(f"{ratio:.2f} of what one rate a studio loses, {(most - ideal) / (most - unknown):.2f} by the ideal learner")
    return 0 if ratio <= LEAST else 1


def _lost(seed: int) -> Floats:
    """Per kind: what the true best rates bring, what SmartTools', the ideal learner's and one rate for all do."""
    world = draw(KINDS, seed, weeks=1)
    history = run(world, Static(world, listed=False), world.past, step=24.0)
    past, coming = np.flatnonzero(world.past), np.flatnonzero(~world.past)
    tools = SmartTools().fit(**tables_of(world, past, history, MONDAY, 2.0, final=True))
    tables = tables_of(world, coming, history, MONDAY - 1000, 2.0)
    sessions = door.read_sessions(tables["studios"], tables["sessions"])
    learned = dict(zip(coming.tolist(), zip(*tools.model.market.responses.of(sessions), strict=True), strict=True))
    sales, slot = sales_of(world, history, MONDAY, world.past), slots_of(world)[1]
    out = np.zeros((len(KINDS), 4))
    for number, kind in enumerate(KINDS):
        rates = np.linspace(kind.floor, kind.ceiling, RATES)
        for one in coming[world.studio[coming] == number].tolist():
            median = float(world.median[one]) / kind.retail
            brings = (
                rates * chance(rates, np.array(median), np.array(kind.scale)) * float(world.looks[one]) * kind.retail
            )
            middle, scale = (np.array([part]) for part in learned[one])
            ours = np.clip(best_rate(middle, scale, np.zeros(1)), kind.floor, kind.ceiling)
            ideal, unknown = (
                int(np.argmax(willingness(kind, int(world.capacity[one]), known, slot[one]) @ _brought(kind, rates)))
                for known in (sales, None)
            )
            out[number] += [brings.max(), np.interp(ours[0], rates, brings), brings[ideal], brings[unknown]]
    return out


def _played(seed: int, weight: float) -> tuple[float, float]:
    """Shares of the optimum's value: by what SmartTools learned of willingness, and by what the ideal learner did."""
    world = draw(KINDS, seed, weeks=WEEKS)
    season, past = season_of(world), np.flatnonzero(world.past)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    optimum = Optimum(world, weight)
    optimum.prepare(np.flatnonzero(season))
    tools = SmartTools().fit(**tables_of(world, past, history, MONDAY, weight, final=True))
    ideal = deepcopy(tools)
    ideal.model.market.responses.known |= _ideal(world, history)
    most, *brought = (
        float(score(world, run(world, policy, season), alone).value(weight).sum())
        for policy in (optimum, Tools(world, tools, weight), Tools(world, ideal, weight))
    )
    ours, best = (each / most for each in brought)
    return ours, best


def _ideal(world: World, history: Books) -> dict[str, list[float]]:
    """The ideal learner's curve of each slot, as ``Responses`` has it: flattened by the doubt of its median."""
    coming = np.flatnonzero(~world.past)
    sales, number = sales_of(world, history, MONDAY, world.past), slots_of(world)[1]
    tables = tables_of(world, coming, history, MONDAY - 1000, 2.0)
    slots = door.read_sessions(tables["studios"], tables["sessions"]).slot
    out = {}
    for slot, one in dict(zip(slots, coming.tolist(), strict=True)).items():
        kind = world.kinds[int(world.studio[one])]
        belief = willingness(kind, int(world.capacity[one]), sales, number[one])
        medians = kind.median * OF_MEDIAN
        out[f"slot|{slot}"] = point(shares(belief), medians, np.full(len(medians), kind.scale))
    return out


def _brought(kind: Kind, rates: Floats) -> Floats:
    """What one who looks brings at each rate, for each median: (medians, rates)."""
    return rates * accepted(kind, rates[:, None]).T


if __name__ == "__main__":
    sys.exit(main())
