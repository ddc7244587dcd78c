"""Policies side by side on the same people, by kind of studio. Run: python -m benchmarks.worlds.compare"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.policies import EDGES, Emsr, Optimum, Static, Tools, curve_through, tables_of
from benchmarks.worlds.season import run, score, season_of


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0)
    parser.add_argument("--kinds", type=int, default=len(KINDS))
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--step", type=float, default=3.0)
    parser.add_argument("--no-tools", action="store_true")
    parser.add_argument("--told", action="store_true")
    args = parser.parse_args()
    kinds = [k for k in KINDS[: args.kinds] for _ in range(args.each)]
    world = draw(kinds, args.seed)
    season = season_of(world)
    here = np.flatnonzero(season)
    alone = run(world, None, season)
    began = time.time()
    past = np.flatnonzero(world.past)
    history = run(world, Static(world, listed=False), world.past, step=24.0)
    print("history", round(time.time() - began, 1), len(past), "past", len(here), "in season", file=sys.stderr)
    policies = [Static(world)]
    mean = np.full(len(world.starts), np.nan)
    stood = ~np.isnan(history.direct) & np.isnan(world.direct.until)
    count = np.bincount(world.direct.session[stood], minlength=len(world.starts))
    for slot in np.unique(world.slot):
        own = world.slot == slot
        old = own & world.past
        mean[own] = count[old][-12:].mean() if old.any() else 0.5 * world.capacity[own].mean()
    leads = world.direct.lead[stood]
    curve = np.array([(leads <= e).mean() for e in EDGES])
    policies.append(Emsr(world, mean, curve, args.weight))
    tools = None
    if not args.no_tools:
        began = time.time()
        at = world.starts[world.past].max() + 1
        tables = tables_of(world, past, history, at, args.weight, final=True)
        tools = SmartTools(seed=0).fit(**tables)
        print("fit", round(time.time() - began, 1), file=sys.stderr)
        policies.append(Tools(world, tools, args.weight))
    best = Optimum(world, args.weight, told=args.told)
    began = time.time()
    best.prepare(here)
    print("optimum prepared", round(time.time() - began, 1), file=sys.stderr)
    policies.append(best)
    rows = {}
    for policy in policies:
        began = time.time()
        books = run(world, policy, season, step=args.step)
        rows[policy.name] = score(world, books, alone)
        print(policy.name, round(time.time() - began, 1), "s", file=sys.stderr)
    direct = np.bincount(world.direct.session[~np.isnan(alone.direct) & np.isnan(world.direct.until)], minlength=len(world.starts))
    top = rows["optimum"]
    print(f"{'kind':>16} " + " ".join(f"{name[:14]:>26}" for name in rows))
    groups = {k.name: np.array([world.kinds[n].name == k.name for n in world.studio.tolist()]) & season for k in kinds} | {"all": season}
    for name, own in groups.items():
        cells = []
        for s in rows.values():
            share = s.value(args.weight)[own].sum() / top.value(args.weight)[own].sum()
            cells.append(f"{share:7.1%} d{s.displaced[own].sum() / direct[own].sum():6.2%} v{s.visitors[own].sum():6.0f}")
        print(f"{name:>16} " + " ".join(f"{c:>26}" for c in cells))


if __name__ == "__main__":
    main()
