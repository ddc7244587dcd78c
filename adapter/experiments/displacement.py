"""The displacement meter: how many direct clients a class's marketplace reservations turned away, as far as can be told
(N-04).

A class that did not fill turned nobody away. Of a full one the waiting list says for certain; without one, what the
same slot's direct clients wanted when there was room says how likely more would have come. Aggregates only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """A class as it was held."""

    capacity: int
    direct: int  # direct reservations that stood at the start
    marketplace: int
    waitlisted: int  # direct clients who were still waiting


@dataclass(frozen=True)
class Displaced:
    """The expected number of direct clients turned away, and how it is known."""

    expected: float
    how: str  # not_full, waitlist, history, unknown


def displaced(held: Held, wanted_before: Sequence[int]) -> Displaced:
    """How many direct clients the marketplace reservations of a class displaced.

    ``wanted_before``: the direct reservations of the same slot's classes that did not fill: demand seen whole.
    """
    if not held.marketplace or held.direct + held.marketplace < held.capacity:
        return Displaced(0.0, "not_full")
    if held.waitlisted:
        return Displaced(float(min(held.marketplace, held.waitlisted)), "waitlist")
    at_least = [wanted for wanted in wanted_before if wanted >= held.direct]
    if not at_least:
        return Displaced(0.0, "unknown")
    beyond = [min(held.marketplace, wanted - held.direct) for wanted in at_least]
    return Displaced(sum(beyond) / len(beyond), "history")
