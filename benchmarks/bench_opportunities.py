"""Whether an opportunity's interval keeps its word, and its expectation with it, on made-up markets (OP-01).

Classes that list nothing are asked about once, some time before they start. Where there is a card, it is accepted: that
many spots are listed at its rate until the start. What then comes is held against what the card said; what direct
clients lose is counted too. Made-up markets are no proof of what a real studio gains.

Run: python -m benchmarks.bench_opportunities [SEED]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from adapter.smarttools import SmartTools
from adapter.smarttools.opportunities import HIGH, LOW, opportunity
from benchmarks.worlds.draw import MONDAY, World, draw
from benchmarks.worlds.kinds import KINDS
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, Offer, run, score, season_of
from benchmarks.worlds.standing import active
from benchmarks.worlds.tables import tables_of

NAMES = ("usual", "nearly empty", "nearly full", "late city", "noisy", "small rooms", "young", "never listed")
LEADS = (168.0, 48.0, 12.0)  # hours before the start
WEEKS, WEIGHT, STEP = 4, 2.0, 3.0
LEAST_INSIDE, LEAST_CAME = 0.72, 0.90  # of the cards; of the reservations expected. An error of some 0.03 over seeds


@dataclass
class Granted:
    """Lists what was accepted, no more, until it is sold."""

    world: World
    spots: np.ndarray
    rate: np.ndarray
    since: np.ndarray
    name: str = "what was accepted"

    def decide(self, at: float, ids: np.ndarray, books: Books) -> Offer:
        """The part that is left."""
        _, through = active(self.world, books, at, len(self.world.starts))
        left = np.where(self.since[ids] <= at, np.maximum(self.spots[ids] - through[ids], 0), 0)
        return Offer(left, self.rate[ids], np.zeros(len(ids), np.int64), np.zeros(len(ids)))


def main() -> int:
    """Print how the cards did by lead; answer 1 where they promise too much."""
    world = draw(
        [kind for kind in KINDS if kind.name in NAMES], int(sys.argv[1]) if len(sys.argv) > 1 else 3, weeks=WEEKS
    )
    season, past = season_of(world), np.flatnonzero(world.past)
    alone, history = run(world, None, season), run(world, Static(world, listed=False), world.past, step=24.0)
    tools = SmartTools().fit(**tables_of(world, past, history, MONDAY, WEIGHT, final=True))
    found = [held(world, tools, season, alone, lead) for lead in LEADS]
    inside, came = (min(figures) for figures in zip(*found, strict=True))
    ratio = min(inside / LEAST_INSIDE, came / LEAST_CAME)
    print(f"promised inside: {HIGH - LOW:.0%}; at the least {inside:.0%}: {ratio:.2f} of the limit")
    return 0 if ratio >= 1 else 1


def held(world: World, tools: SmartTools, season: np.ndarray, alone: Books, lead: float) -> tuple[float, float]:
    """Of cards made ``lead`` hours before the start: the share that came true, and reservations over those expected."""
    size = len(world.starts)
    spots, rates, since = np.zeros(size, np.int64), np.zeros(size), np.floor((world.starts - lead) / STEP) * STEP
    cards = {}
    for at in np.unique(since[season]).tolist():
        ids = np.flatnonzero(season & (since == at))
        tables, moment = tables_of(world, ids, alone, at, WEIGHT), datetime.fromtimestamp(at * 3600, UTC)
        made, room = tools.decide(moment, **tables), tools.room(moment, **tables)
        for number, could, safe, demand, rate in zip(
            ids.tolist(), made["spots"], room["safe_spots"], room["demand"], made["rate"], strict=True
        ):
            card = opportunity(min(safe, could), 0, demand)
            if card is not None:
                cards[number], spots[number], rates[number] = card, card.add, rate
    books = run(world, Granted(world, spots, rates, since), season)
    stood = ~np.isnan(books.market) & np.isnan(world.market.until)
    came = np.bincount(world.market.session[stood], minlength=size)
    exact = [card.fills_low <= came[number] <= card.fills_high for number, card in cards.items()]
    below = np.mean([came[number] < card.fills_low for number, card in cards.items()])
    above = np.mean([came[number] > card.fills_high for number, card in cards.items()])
    expected, brought = sum(card.fills for card in cards.values()), sum(int(came[number]) for number in cards)
    lost = score(world, books, alone).displaced[season].sum()
    print(
        f"{lead:>5.0f} h before: {len(cards):>4} cards, {expected:>6.0f} reservations expected, {brought:>5} came "
        f"({brought / expected:.2f}); inside the interval {np.mean(exact):.0%}, {below:.0%} fewer, {above:.0%} more; "
        f"direct clients turned away {lost:.0f}"
    )
    return float(np.mean(exact)), brought / expected


if __name__ == "__main__":
    sys.exit(main())
