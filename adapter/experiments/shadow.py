"""What SmartTools would have done, held against what then happened (N-06). Pure.

A class that was decided in shadow shows what it came to without us. If everything listed a day before the start had
been taken at once, so many direct clients as places were missing in the end would have found none. What marketplace
guests would really have come nobody can know, and it is not made up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shadowed:
    """One class that has been held, and its decision in shadow of a day before."""

    session_id: int
    kind: str  # the class type's name
    listed: int  # spots that would have been listed
    rate: float
    empty: int  # places that stayed free in the end
    expected_direct: float  # direct clients still expected when it was decided
    came_direct: int  # direct clients who then booked and stood at the start

    @property
    def hurt(self) -> int:
        """Direct clients who would have found no place, had everything listed been taken at once."""
        return max(0, self.listed - self.empty)

    @property
    def safe(self) -> int:
        """Spots that could have been sold and nobody would have missed."""
        return self.listed - self.hurt


@dataclass(frozen=True)
class Score:
    """The classes of one type, or of all."""

    kind: str
    classes: Sequence[Shadowed]

    @property
    def listed(self) -> int:
        """Spots that would have been listed."""
        return sum(one.listed for one in self.classes)

    @property
    def hurt(self) -> int:
        """At most so many direct clients would have been turned away."""
        return sum(one.hurt for one in self.classes)

    @property
    def hurt_classes(self) -> int:
        """In so many classes."""
        return sum(one.hurt > 0 for one in self.classes)

    @property
    def at_most(self) -> float:
        """What the safe spots would have brought, had all been taken: an upper limit, no forecast."""
        return math.fsum(one.safe * one.rate for one in self.classes)

    @property
    def expected(self) -> float:
        """Direct clients expected, for each class."""
        return math.fsum(one.expected_direct for one in self.classes) / len(self.classes)

    @property
    def came(self) -> float:
        """Direct clients who came, for each class."""
        return sum(one.came_direct for one in self.classes) / len(self.classes)

    @property
    def error(self) -> float:
        """By how much the forecast missed, on average, in clients."""
        return math.fsum(abs(one.expected_direct - one.came_direct) for one in self.classes) / len(self.classes)


def scores(classes: Sequence[Shadowed]) -> list[Score]:
    """A score for each class type, the most often held first."""
    kinds = {one.kind for one in classes}
    found = [Score(kind, [one for one in classes if one.kind == kind]) for kind in kinds]
    return sorted(found, key=lambda score: (-len(score.classes), score.kind))
