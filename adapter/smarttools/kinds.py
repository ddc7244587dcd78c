"""Kinds of booking curves that studios have: those of known studios, put together by likeness.

A studio nobody knows books like one of them, or as two of them would together, sooner than like a little of each: with
its regulars on the day the books open and the rest in the last hours, say, or all in the last week. Which, its own
books tell (``tempo``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from adapter.smarttools.curves import BINS, STUDIO, Curves, cumulated
from adapter.smarttools.facts import Floats, Ints, Sessions

MOST = 8  # kinds that are told apart
BETWEEN = 0.8  # of the chance of all kinds: to lie halfway between two of them
STUDIOS = 500  # whose curves are compared: enough to tell
KNOWN = 0.02  # doubt of a studio's curve up to which it is known: some fifty reservations
ALIKE, STRANGE = 0.6, 10.0  # chance that a new studio is like a known one where these are many; studios that halve it


@dataclass
class Kinds:
    """Curves as shares of each lead-time bin, and how likely a new studio is of each kind."""

    shares: Floats = field(default_factory=lambda: np.zeros((0, BINS)))  # (kinds, bins)
    chance: list[float] = field(default_factory=list)

    def likely(self, hours: list[str], curves: Curves) -> Iterator[tuple[float, Floats]]:
        """Each kind, then what lies between two of them: its chance, and the share made later than each of EDGES.

        The latter by the hour at which classes begin, (hours, edges).
        """
        through = [cumulated(np.array([curves.bent(shares, hour) for hour in hours])) for shares in self.shares]
        pairs = list(combinations(range(len(through)), 2))
        both = [self.chance[one] * self.chance[other] for one, other in pairs]
        between = BETWEEN if pairs else 0.0
        for chance, kind in zip(self.chance, through, strict=True):
            yield chance * (1 - between), kind
        for chance, (one, other) in zip(both, pairs, strict=True):
            yield chance * between * sum(self.chance) / sum(both), (through[one] + through[other]) / 2


def fit_kinds(curves: Curves, sessions: Sessions) -> Kinds:
    """Put the curves of known studios together: those nearest to each other first (Ward 1963, Hellinger's distance)."""
    houses = {path[STUDIO] for path in sessions.paths}
    keys = sorted(house for house in houses if curves.unsure.get(house, 1.0) < KNOWN)
    if not keys:
        return Kinds()
    found = np.array([curves.known[key] for key in keys[:: max(len(keys) // STUDIOS, 1)]])
    kind = _alike(found) if len(found) > MOST else np.arange(len(found))
    of = np.equal.outer(np.unique(kind), kind)
    alike = ALIKE * len(keys) / (len(keys) + STRANGE)
    return Kinds(of @ found / of.sum(axis=1, keepdims=True), (alike * of.mean(axis=1)).tolist())


def _alike(shares: Floats) -> Ints:
    """The number of the group of each curve."""
    from scipy.cluster.hierarchy import fcluster, ward  # here, as no other process should wait for it

    return np.asarray(fcluster(ward(np.sqrt(shares)), MOST, "maxclust"), dtype=np.int64)
