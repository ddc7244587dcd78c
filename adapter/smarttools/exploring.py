"""Careful exploration of rates (SR-03): of a few classes the rate is set a step off the best one known, to learn.

Which classes, and which way, is drawn from the seed and the session's id: a class is explored all its life or never,
so nobody sees its rate jump to and fro, and a replay draws the same. The step is smaller the better the response to
the rate is known, and small enough to cost some ``MOST_LOST`` of what one who looks brings; where places are scarce
that leaves too little to teach, and nothing is tried. It never leaves floor and ceiling, nor falls below what the last
place listed is worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from adapter.smarttools.facts import Floats, Ints
from adapter.smarttools.response import chance

SHARE = 0.05  # of the classes are explored, half of them upwards
STEP = 0.10  # of the best rate: the most that it is moved by
OF_DOUBT = 0.5  # standard deviations of what people would pay: within so much nothing is known of the step
LEAST_STEP = 0.03  # of the best rate: less teaches nothing, and would not be a change (SS-20)
MOST_LOST = 0.01  # of what one who looks brings at the best rate
DEARER = 1.5  # times that: a step which costs more, as the loss is no square where places are scarce, is not taken


@dataclass(frozen=True)
class Room:
    """What a rate may be, and what it brings; one entry a session."""

    lowest: Ints  # in minor units, as ``most``
    most: Ints
    coins: Floats  # minor units in a major one
    cost: Floats  # worth of the place, as the next two in major units
    median: Floats
    scale: Floats

    def brings(self, units: Ints) -> Floats:
        """What one who looks brings at a rate, above the worth of the place."""
        rate = units / self.coins
        return np.asarray((rate - self.cost) * chance(rate, self.median, self.scale), dtype=np.float64)


@dataclass(frozen=True)
class Tried:
    """The rates that are wanted; one entry a session."""

    units: Ints  # in minor units: the best one, or the one that is tried in its place
    lost: Floats  # what one who looks brings less for it, in major units
    propensity: Floats  # the chance with which this rate was drawn


def ways(ids: list[str], seed: int) -> Floats:
    """+1, -1 or 0 for each session: its rate is tried higher, lower, or not at all."""
    chosen = _uniform(ids, seed)
    return np.select([chosen < SHARE / 2, chosen < SHARE], [1.0, -1.0], 0.0)


def try_rates(best: Ints, way: Floats, doubt: Floats, room: Room) -> Tried:
    """``best``: the best rates in minor units; ``doubt``: standard deviation of the median, in major units."""
    wanted, lost, open_ways = best, np.zeros(len(best)), np.zeros(len(best))
    brings, step = room.brings(best), np.minimum(STEP * best, OF_DOUBT * doubt * room.coins)
    for sign in (1.0, -1.0):
        moved = _moved(best, brings, sign * step, room)
        less = brings - room.brings(moved)
        open_ways += moved != best
        wanted, lost = np.where(way == sign, moved, wanted), np.where(way == sign, less, lost)
    return Tried(wanted, np.maximum(lost, 0.0), np.where(wanted == best, 1 - SHARE / 2 * open_ways, SHARE / 2))


def _moved(best: Ints, brings: Floats, step: Floats, room: Room) -> Ints:
    """The best rate moved by a step, cut until it costs no more than it may: what is lost grows as its square."""
    most = MOST_LOST * brings
    full = brings - room.brings(np.rint(best + step).astype(np.int64))
    step = step * np.sqrt(np.clip(most / np.maximum(full, 1e-12), 0.0, 1.0))
    moved = np.rint(best + step).astype(np.int64)
    dear = brings - room.brings(moved) > DEARER * most
    small = np.abs(moved - best) < LEAST_STEP * best
    return np.where(dear | small | (moved < room.lowest) | (moved > room.most), best, moved)


def _uniform(ids: list[str], seed: int) -> Floats:
    """A number in [0, 1) for each id: a checksum, stirred (SplitMix64) so that neighbours are nothing alike."""
    words = np.array([crc32(name.encode("utf-8", "surrogatepass")) for name in ids], dtype=np.uint64)
    words += np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
    words ^= words >> np.uint64(31)
    return np.asarray((words >> np.uint64(11)).astype(np.float64) * 2.0**-53, dtype=np.float64)
