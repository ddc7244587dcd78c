"""Kinds of booking curves that studios have: those of known studios, put together by likeness.

A studio nobody knows books like one of them sooner than like a little of each: with its regulars on the day the books
open and the rest in the last hours, say, or all in the last week. Which of them, its own books tell (``tempo``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.curves import BINS, STUDIO, Curves, cumulated
from adapter.smarttools.facts import Floats, Ints, Sessions

MOST = 12  # kinds that are told apart
STUDIOS = 500  # whose curves are compared: enough to tell
KNOWN = 0.02  # doubt of a studio's curve up to which it is known: some fifty reservations
ALIKE, STRANGE = 0.6, 10.0  # chance that a new studio is like a known one where these are many; studios that halve it


@dataclass
class Kinds:
    """Curves as shares of each lead-time bin, and how likely a new studio is of each kind."""

    shares: Floats = field(default_factory=lambda: np.zeros((0, BINS)))  # (kinds, bins)
    chance: list[float] = field(default_factory=list)

    def through(self, hours: list[str], curves: Curves) -> Iterator[Floats]:
        """Of each kind, the share made later than each of EDGES, by the hour at which classes begin; (hours, edges)."""
        for shares in self.shares:
            yield cumulated(np.array([curves.bent(shares, hour) for hour in hours]))


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
