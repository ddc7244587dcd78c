"""SmartTools before real direct clients: value and displacement beside static allocations, EMSR-b and hindsight.

Two streets of ``benchmarks.street.real``: classes of a leisure operator, and the days of a city hotel. Nobody knows the
optimum there: beside the peers stands hindsight, for each studio the one of a dozen of plain rules (three shares of the
places kept, four flat rates) that had brought it most when the weeks were over. Skipped, and said so, where the shared
data are absent.

Run: python -m benchmarks.bench_real [--seed N] [--weight W] [--step HOURS] [--once]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.shared_data import CLASSES, HOTEL, are_there
from benchmarks.street.calibration import what_came
from benchmarks.street.draw import Floats, Ints, Street
from benchmarks.street.peers import PAST_STEP, Littlewood, Static
from benchmarks.street.people import events_of
from benchmarks.street.real import RETAIL, Life, classes, days, of_studio
from benchmarks.street.report import print_calibration, print_violations
from benchmarks.street.scores import Score, score
from benchmarks.street.season import Books, Offer, Policy, run
from benchmarks.street.smart import Tools

STREETS: dict[str, tuple[Path, int, Callable[[Path, int, np.random.Generator], Life]]] = {
    "classes": (CLASSES, 4, classes),
    "hotel": (HOTEL, 26, days),
}
PROTECTED = (0.0, 0.12, 0.3)  # of the places, kept for direct clients
RATES = (0.35, 0.5, 0.65, 0.8)  # over retail
LIMIT = 1.0  # times the value of the better peer


@dataclass(frozen=True)
class Held:
    """Keeps so many places, and lists the rest at a flat rate."""

    street: Street
    protected: float
    rate: float
    name: str = "hindsight"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What is free beyond the places kept."""
        spots = books.free(ids) - np.ceil(self.protected * self.street.capacity[ids]).astype(np.int64)
        return Offer.flat(spots.clip(0), np.full(len(ids), self.rate * RETAIL))


def main() -> int:
    """Print both tables; answer 1 where SmartTools brings less than a peer, or breaks a rule."""
    told = _arguments()
    within = []
    for name, (file, weeks, read) in STREETS.items():
        if are_there(file):
            within.append(_street(name, read(file, weeks, np.random.default_rng(told.seed)), told))
    return 0 if all(within) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weight", type=float, default=2.0, help="of a displaced direct client's retail value")
    parser.add_argument("--step", type=int, default=6, help="hours between decisions")
    parser.add_argument("--once", action="store_true", help="learn once, not anew every week")
    return parser.parse_args()


def _street(name: str, life: Life, told: argparse.Namespace) -> bool:
    street, people = life
    events, season = events_of(people), ~street.past
    past = run(street, people, events, street.past, Static(street), PAST_STEP)
    tools = Tools(street, past, told.weight, told.step, refit=None if told.once else 7.0)
    alone = run(street, people, events, season, None, told.step)
    peers: list[Policy] = [Static(street), Littlewood(street, past, Static(street).rate), tools]
    rules = [Held(street, *each) for each in product(PROTECTED, RATES)]
    scores = {each.name: score(run(street, people, events, season, each, told.step), alone) for each in peers}
    held = [score(run(street, people, events, season, each, told.step), alone) for each in rules]
    print(f"{name}: {int(street.scored.sum())} of them, {int(scores['static'].clients.sum())} direct clients")
    ratio = _print_studios(street, scores, held, told.weight)
    print_calibration(what_came(street, people, tools.told, np.random.default_rng(told.seed)))
    print_violations(tools.violations)
    print(f"{name}: {ratio:.2f} of the better peer's value", flush=True)
    return ratio >= LIMIT and not tools.violations


def _print_studios(street: Street, scores: dict[str, Score], held: list[Score], weight: float) -> float:
    """Value and displaced direct clients of each; SmartTools' value beside the better peer's is told."""
    print(f"{'studio':12}" + "".join(f"{name:>20}" for name in [*scores, "hindsight"]))
    total, lost = np.zeros(len(scores) + 1), np.zeros(len(scores) + 1)
    clients = 0.0
    for studio in street.studios:
        which = of_studio(street, studio.kind.name)
        best = max(held, key=lambda each: float(each.value(weight)[which].sum()))
        all_of = [*scores.values(), best]
        value = np.array([each.value(weight)[which].sum() for each in all_of])
        displaced = np.array([each.displaced[which].sum() for each in all_of])
        came = float(best.clients[which].sum())
        _print_row(studio.kind.name, value, displaced / came)
        total, lost, clients = total + value, lost + displaced, clients + came
    _print_row("together", total, lost / clients)
    return float(total[-2] / total[:-2].max())


def _print_row(name: str, value: Floats, displaced: Floats) -> None:
    cells = (f"{each:>12,.0f} {part:>7.2%}" for each, part in zip(value.tolist(), displaced.tolist(), strict=True))
    print(f"{name:12}" + "".join(cells), flush=True)


if __name__ == "__main__":
    sys.exit(main())
