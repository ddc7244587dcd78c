"""SmartTools as a policy of a made-up market, through its own door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import Ints, World
from benchmarks.worlds.season import Books, Offer
from benchmarks.worlds.tables import tables_of


@dataclass
class Tools:
    """Decides what SmartTools decides."""

    world: World
    tools: SmartTools
    weight: float = 2.0
    name: str = "SmartTools"

    def tables(self, ids: Ints, books: Books, at: float) -> dict[str, pd.DataFrame]:
        """What it is told."""
        return tables_of(self.world, ids, books, at, self.weight)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """Its decisions on some classes."""
        found = self.tools.decide(datetime.fromtimestamp(at * 3600, UTC), **self.tables(ids, books, at))
        return decided(found)


def decided(found: pd.DataFrame) -> Offer:
    """Decisions as what is on offer from then on."""
    return Offer(
        found["spots"].to_numpy(),
        found["rate"].to_numpy(),
        found["premium_spots"].to_numpy(),
        found["premium_rate"].fillna(0).to_numpy(dtype=float),
        found["expected_direct"].to_numpy(),
        found["displacement_risk"].to_numpy(),
    )
