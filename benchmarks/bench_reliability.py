"""How far the chances that decisions tell can be believed: told and come, by tenths, on made-up markets.

``displacement_risk``: all that is listed is taken at once and nothing is listed later; then the same people come, who
are drawn beforehand, and a direct client is turned away or not. ``expected_direct``: who of them is served and stands
with nothing more listed. The forecast behind both is a distribution: how often what came lies in its middle 80 %.

Run: python -m benchmarks.bench_reliability [--seed N] [--weeks N] [KIND ...]
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import numpy as np
from scipy.stats import nbinom

from adapter.smarttools import SmartTools, door
from adapter.smarttools.outlook import look, read_books
from benchmarks.worlds.draw import MONDAY, Floats, World, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, Offer, run, season_of
from benchmarks.worlds.smart import Tools
from benchmarks.worlds.tables import tables_of

NAMES = ("usual", "nearly full", "late city", "noisy", "growing", "cold start", "young", "small rooms")
LEADS = (96.0, 48.0, 24.0, 12.0)  # hours before the start at which decisions are looked at
STEP, WEIGHT = 6.0, 2.0
PARTS = 10
WORST = 0.10  # the mean gap between risk told and come, over tenths: the limit
EVEN = 0.05  # beyond so much a tenth is called overconfident or overcautious


def main() -> int:
    """Play a season, look at what was told, print the tables, answer 1 where the gap is too wide."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weeks", type=int, default=3)
    parser.add_argument("kinds", nargs="*", default=NAMES)
    told = parser.parse_args()
    rows = np.concatenate([_kind(name, told.seed, told.weeks) for name in told.kinds])
    gap = _risks(rows[rows[:, 2] > 0])
    _expected(rows)
    _coverage(rows)
    print(f"{len(rows):,} decisions; gap of risk {gap:.3f}, {gap / WORST:.2f} of the limit")
    return 0 if gap <= WORST else 1


def _kind(name: str, seed: int, weeks: int) -> Floats:
    """One row for each decision looked at; see ``_row``."""
    world = draw([kind for kind in KINDS if kind.name == name], seed, weeks=weeks)
    season, past = season_of(world), np.flatnonzero(world.past)
    tools = SmartTools()
    if len(past):
        history = run(world, Static(world, listed=False), world.past, step=24.0)
        tools.fit(**tables_of(world, past, history, MONDAY, WEIGHT, final=True))
    log: list[tuple[float, np.ndarray, Offer]] = []
    books = run(world, Tools(world, tools, WEIGHT), season, step=STEP, log=log)
    chance = np.random.default_rng(seed)
    rows = []
    for at, ids, offer in log:
        lead = world.starts[ids] - at
        near = np.flatnonzero(np.min(np.abs(lead[:, None] - LEADS), axis=1) < STEP / 2)
        if len(near):
            mean, spread = _forecast(world, tools, ids, books, at)
            rows += [_row(world, books, offer, ids, int(n), at, mean[n], spread[n], chance) for n in near.tolist()]
    print(f"  {name}: {len(rows)} decisions", flush=True)
    return np.array(rows, dtype=np.float64)


def _forecast(world: World, tools: SmartTools, ids: np.ndarray, books: Books, at: float) -> tuple[Floats, Floats]:
    tables = tables_of(world, ids, _until(books, at), at, WEIGHT)
    coming = door.read_sessions(tables["studios"], tables["sessions"])
    booked = door.read_reservations(tables["reservations"], coming)
    moment = door.instant(datetime.fromtimestamp(at * 3600, UTC))
    expected = look(
        coming, read_books(coming, booked, door.read_offers(None, coming), moment), moment, tools.model
    ).expected
    return expected.remaining, expected.spread


def _until(books: Books, at: float) -> Books:
    """The books as they stood: nothing booked later."""
    return Books(
        np.where(books.direct <= at, books.direct, np.nan), np.where(books.market <= at, books.market, np.nan),
        books.paid, books.premium, books.refused, [],
    )  # fmt: skip


def _row(
    world: World, books: Books, offer: Offer, ids: np.ndarray, row: int, at: float, mean: float, spread: float,
    chance: np.random.Generator,
) -> tuple[float, ...]:  # fmt: skip
    """Risk told, whether it came; spots; direct told and come; where all who would come lie in the forecast; hours."""
    one = int(ids[row])
    assert offer.risk is not None
    assert offer.expected_direct is not None
    listed = int(offer.spots[row] + offer.premium[row])
    alone = _served(world, books, one, at, 0, chance)
    crowded = _served(world, books, one, at, listed, chance)
    people = np.arange(*np.searchsorted(world.direct.session, [one, one + 1]))
    stay = np.isnan(world.direct.until)
    come = sum(bool(stay[p]) for p in people.tolist() if world.starts[one] - world.direct.lead[p] > at)
    shape = 1 / max(spread, 1e-9)
    below, up_to = (nbinom.cdf(count, shape, shape / (shape + max(mean, 1e-9))) for count in (come - 1, come))
    return (
        float(offer.risk[row]), float(bool(alone - crowded)), listed, float(offer.expected_direct[row]),
        sum(bool(stay[p]) for p in alone), below + chance.random() * (up_to - below), world.starts[one] - at,
    )  # fmt: skip


def _served(world: World, books: Books, one: int, at: float, taken: int, chance: np.random.Generator) -> set[int]:
    """The direct clients still to come who find a place, if ``taken`` places go at once and nothing is listed later."""
    start, free, events = world.starts[one], int(world.capacity[one]) - taken, []
    for people, booked in ((world.direct, books.direct), (world.market, books.market)):
        for person in range(*np.searchsorted(people.session, [one, one + 1]).tolist()):
            gone = start - people.until[person]
            if booked[person] <= at and not gone <= at:
                free -= 1
                if not np.isnan(gone):
                    events.append((gone, -1))
            elif people is world.direct and start - people.lead[person] > at:
                events.append((start - people.lead[person], person))
    cancels = world.kinds[int(world.studio[one])].cancels
    events += [(at + chance.random() * (start - at), -1) for _ in range(taken) if chance.random() < cancels / 2]
    served: set[int] = set()
    leaving: list[tuple[float, int]] = []
    for when, person in sorted(events):
        while leaving and leaving[0][0] <= when:
            leaving.pop(0)
            free += 1
        if person < 0:
            free += 1
        elif free > 0:
            free -= 1
            served.add(person)
            if not np.isnan(world.direct.until[person]):
                leaving = sorted([*leaving, (start - world.direct.until[person], person)])
    return served


def _risks(rows: Floats) -> float:
    print("displacement risk, told and come, by tenths of what was told (decisions that list something):")
    order = np.argsort(rows[:, 0], kind="stable")
    gaps = []
    for part in np.array_split(rows[order], PARTS):
        told, came = part[:, 0].mean(), part[:, 1].mean()
        likely = (part[:, 1].sum() + 1) / (len(part) + 2)  # none or all of a few is no certainty
        error = np.sqrt(likely * (1 - likely) / len(part))
        gaps.append(abs(told - came))
        beyond = abs(told - came) > max(EVEN, 2 * error)
        word = ("overcautious" if told > came else "overconfident") if beyond else ""
        print(f"  {told:6.1%} told, {came:6.1%} come ({len(part)} decisions, ± {2 * error:.1%}) {word}")
    return float(np.mean(gaps))


def _expected(rows: Floats) -> None:
    print("expected direct reservations still to come, told and come, by tenths:")
    order = np.argsort(rows[:, 3], kind="stable")
    for part in np.array_split(rows[order], PARTS):
        off = part[:, 4] - part[:, 3]
        error = 2 * off.std() / np.sqrt(len(part))
        word = "" if abs(off.mean()) <= error else "too few told" if off.mean() > 0 else "too many told"
        print(f"  {part[:, 3].mean():6.2f} told, {part[:, 4].mean():6.2f} come (± {error:.2f}) {word}")


def _coverage(rows: Floats) -> None:
    print("where what came lies in the forecast (80 % belong in its middle, 10 % on each side):")
    for lead in LEADS:
        own = rows[np.abs(rows[:, 6] - lead) < STEP / 2, 5]
        inside = np.mean((own >= 0.1) & (own <= 0.9))
        sides = f"{np.mean(own < 0.1):.1%} below, {np.mean(own > 0.9):.1%} above"
        print(f"  {lead:4.0f} h: {inside:.1%} in the middle, {sides}")


if __name__ == "__main__":
    sys.exit(main())
