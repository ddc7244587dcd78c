"""Policies side by side on the same people, by kind of studio. Run: python -m benchmarks.worlds.compare"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from pathlib import Path

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import MONDAY, WEEK, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.policies import EDGES, Emsr, Optimum, Static, Tools, tables_of
from benchmarks.worlds.season import Books, run, score, season_of

KEPT = Path("/tmp/team/kept")


def kept(name, make):
    KEPT.mkdir(exist_ok=True)
    path = KEPT / name
    if path.exists():
        return pickle.loads(path.read_bytes())
    value = make()
    path.write_bytes(pickle.dumps(value))
    return value


class Refitted(Tools):
    """Fitted anew each week on what has finished."""

    def __init__(self, world, tools, weight, past_books, name="SmartTools, refit weekly"):
        self.world, self.tools, self.weight, self.name = world, tools, weight, name
        self.past, self.fitted = past_books, MONDAY

    def decide(self, at, ids, books):
        if at >= self.fitted + WEEK:
            self.fitted = at
            both = Books(
                np.where(np.isnan(books.direct), self.past.direct, books.direct),
                np.where(np.isnan(books.market), self.past.market, books.market),
                np.where(books.paid > 0, books.paid, self.past.paid),
                books.premium,
                books.refused,
                self.past.offers + books.offers,
            )
            done = np.flatnonzero(self.world.starts < at)
            self.tools = SmartTools(seed=0).fit(**tables_of(self.world, done, both, at, self.weight, final=True))
        return super().decide(at, ids, books)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--step", type=float, default=3.0)
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    kinds = [k for k in KINDS if args.only in k.name]
    world = draw(kinds, args.seed, weeks=args.weeks)
    season = season_of(world)
    here = np.flatnonzero(season)
    alone = run(world, None, season)
    past = np.flatnonzero(world.past)
    history = run(world, Static(world, listed=False), world.past, step=24.0)
    mean = np.full(len(world.starts), np.nan)
    stood = ~np.isnan(history.direct) & np.isnan(world.direct.until)
    count = np.bincount(world.direct.session[stood], minlength=len(world.starts))
    for slot in np.unique(world.slot):
        own = world.slot == slot
        old = own & world.past
        mean[own] = count[old][-12:].mean() if old.any() else 0.5 * world.capacity[own].mean()
    leads = world.direct.lead[stood]
    curve = np.array([(leads <= e).mean() for e in EDGES])

    def optimum():
        best = Optimum(world, args.weight)
        best.prepare(here)
        return score(world, run(world, best, season, step=3.0), alone)

    def old():
        return [
            score(world, run(world, p, season, step=3.0), alone)
            for p in (Static(world), Emsr(world, mean, curve, args.weight))
        ]

    tag = f"{args.seed}-{args.weight}-{args.only}-{args.weeks}-{hash(tuple(map(repr, kinds))) if False else len(kinds)}"
    rows = dict(zip(("static", "EMSR-b"), kept(f"old-{tag}", old)))
    top = kept(f"best-{tag}", optimum)
    began = time.time()
    at = world.starts[world.past].max() + 1 if len(past) else MONDAY
    tools = SmartTools(seed=0)
    if len(past):
        tools.fit(**tables_of(world, past, history, at, args.weight, final=True))
    print("fit", round(time.time() - began, 1), file=sys.stderr)
    log: list = []
    began = time.process_time()
    policy = Refitted(world, tools, args.weight, history) if args.refit else Tools(world, tools, args.weight)
    books = run(world, policy, season, step=args.step, log=log)
    many = sum(len(ids) for _, ids, _ in log)
    print("SmartTools", round(time.process_time() - began, 1), "s for", many, file=sys.stderr)
    rows["SmartTools"] = score(world, books, alone)
    rows["optimum"] = top
    direct = np.bincount(
        world.direct.session[~np.isnan(alone.direct) & np.isnan(world.direct.until)], minlength=len(world.starts)
    )
    print(f"{'kind':>16} " + " ".join(f"{name[:14]:>26}" for name in rows))
    groups = {
        k.name: np.array([world.kinds[n].name == k.name for n in world.studio.tolist()]) & season for k in kinds
    } | {"all": season}
    for name, own in groups.items():
        cells = []
        for s in rows.values():
            share = s.value(args.weight)[own].sum() / top.value(args.weight)[own].sum()
            cells.append(
                f"{share:7.1%} d{s.displaced[own].sum() / direct[own].sum():6.2%} v{s.visitors[own].sum():6.0f}"
            )
        print(f"{name:>16} " + " ".join(f"{c:>26}" for c in cells))
    calibration(world, log, alone, books)


def calibration(world, log, alone, books) -> None:
    """Expected direct against what stood without a marketplace; risk as told against what would have happened."""
    size = len(world.starts)
    stood = ~np.isnan(alone.direct) & np.isnan(world.direct.until)
    for lead in (168.0, 48.0, 12.0):
        told, real, risk, hit = [], [], [], []
        for at, ids, offer in log[::1]:
            near = np.abs(world.starts[ids] - at - lead) < 1.5
            if not near.any():
                continue
            told += offer.expected_direct[near].tolist()
            later = stood & (alone.direct > at)
            real += np.bincount(world.direct.session[later], minlength=size)[ids[near]].tolist()
        told, real = np.array(told), np.array(real)
        print(
            f"expected_direct at {lead:5.0f} h: told {told.mean():.2f} came {real.mean():.2f} mae {np.abs(told - real).mean():.2f}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
