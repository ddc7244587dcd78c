"""Policies that SmartTools is held against: a static allocation, and Littlewood's rule (EMSR-b with two fares)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.worlds.draw import Floats, Ints, World
from benchmarks.worlds.leads import EDGES
from benchmarks.worlds.season import Books, Offer, offer_of
from benchmarks.worlds.standing import active, bounds


@dataclass
class Static:
    """Three spots at a flat rate half-way between floor and ceiling."""

    world: World
    spots: int = 3
    listed: bool = True  # False: as each kind had it in its history
    name: str = "three spots, flat rate"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """What is left of the three."""
        _, through = active(self.world, books, at, len(self.world.starts))
        _, floor, ceiling = bounds(self.world, ids)
        spots = np.maximum(self.spots - through[ids], 0)
        if self.listed:
            return offer_of(spots, np.round((floor + ceiling) / 2, 2))
        kinds = [self.world.kinds[number] for number in self.world.studio[ids].tolist()]
        swing = np.array([kind.tried for kind in kinds]) * np.sin(12.9898 * ids)
        rate = np.round((floor + ceiling) / 2 + swing * (ceiling - floor) / 2, 2)
        return offer_of(np.where([kind.listed for kind in kinds], spots, 0), rate)


@dataclass
class Emsr:
    """Littlewood's rule re-solved at each decision: pickup forecast by slot from history, Poisson, a flat rate."""

    world: World
    mean: Floats  # final direct by class, forecast from history
    curve: Floats  # share to come by EDGES
    weight: float = 2.0
    name: str = "EMSR-b with pickup, re-solved"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """All that is free beyond what is protected."""
        direct, through = active(self.world, books, at, len(self.world.starts))
        retail, floor, ceiling = bounds(self.world, ids)
        rate = np.round((floor + ceiling) / 2, 2)
        coming = self.mean[ids] * np.interp(self.world.starts[ids] - at, EDGES, self.curve)
        free = np.maximum(self.world.capacity[ids] - direct[ids] - through[ids], 0)
        kept = [protected(*each) for each in zip(coming.tolist(), (rate / retail).tolist(), strict=True)]
        return offer_of(np.maximum(free - np.array(kept, dtype=np.int64), 0), rate)


def protected(coming: float, ratio: float) -> int:
    """Places for which another direct client is likelier than ``ratio``, of a Poisson number still to come."""
    places, term, below = 0, math.exp(-coming), 0.0
    while 1 - below - term > ratio:
        below += term
        places += 1
        term *= coming / places
    return places
