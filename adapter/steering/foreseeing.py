"""What a change would do, before it is saved: the shape of the answer, and the port through which a page asks.

The road answers (``sync/deciding/foresee.py``, put into the context by wsgi.py): it decides twice for the same instant,
with the wishes as they are and as they would be, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapter.store.overrides import Wishes


@dataclass(frozen=True, slots=True)
class Side:
    """What would be listed of a session, at what rate, and what it is expected to bring."""

    spots: int
    rate: Decimal
    value: float
    why: str  # the binding rule, else the model's reason


@dataclass(frozen=True, slots=True)
class Difference:
    """One session that would be listed otherwise."""

    session_id: int
    name: str
    starts_at: datetime
    timezone: str
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change would do to the sessions that are decided for."""

    looked_at: int
    differences: Sequence[Difference]
    currency: str

    @property
    def spots(self) -> int:
        """How many more spots would be listed; fewer: below 0."""
        return sum(each.after.spots - each.before.spots for each in self.differences)

    @property
    def value(self) -> float:
        """How much more what is listed would be expected to bring, net of displaced direct clients."""
        return sum(each.after.value - each.before.value for each in self.differences)


Foresee = Callable[[int, Wishes], Foreseen]
"""Studio, the wishes as they would be -> what that would do."""
