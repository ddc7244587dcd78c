"""How classes stand in the middle of a season: what is booked of them, and between which rates they may be sold."""

from __future__ import annotations

import numpy as np

from benchmarks.worlds.draw import Floats, Ints, World
from benchmarks.worlds.season import Books


def active(world: World, books: Books, at: float, size: int) -> tuple[Ints, Ints]:
    """Direct and marketplace reservations that hold a place now, by class."""
    out = []
    for people, booked in ((world.direct, books.direct), (world.market, books.market)):
        gone = world.starts[people.session] - people.until
        holds = (booked <= at) & ~(gone <= at)
        out.append(np.bincount(people.session[holds], minlength=size))
    return out[0], out[1]


def made(world: World, books: Books, at: float, size: int) -> Ints:
    """Direct reservations made so far, cancelled ones too."""
    return np.bincount(world.direct.session[books.direct <= at], minlength=size)


def bounds(world: World, ids: Ints) -> tuple[Floats, Floats, Floats]:
    """The retail rate, the floor and the ceiling of some classes."""
    kinds = [world.kinds[number] for number in world.studio[ids].tolist()]
    retail = np.array([k.retail for k in kinds])
    return retail, np.round(retail * [k.floor for k in kinds], 2), np.round(retail * [k.ceiling for k in kinds], 2)
