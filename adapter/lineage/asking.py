"""What is asked of a number, and what it answers with: its leaves, the records it is the sum of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.lineage.records import Kind
from adapter.marketplace.payouts.days import Days


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record and what it adds. ``kind`` and ``number`` (our id) lead to it; None: it is a count of our own."""

    adds: Decimal
    words: str
    kind: Kind | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what a number is asked: one studio, session or connection; of the calendar one day or venue."""

    context: Context
    db: Db
    studio_id: int
    session_id: int = 0
    connection_id: int = 0
    day: date | None = None
    venue_id: int | None = None
    days: Days | None = None  # of the payout ledger
    currency: str = ""

    @property
    def now(self) -> datetime:
        """The instant of the question."""
        return self.context.now()


Leaves = Callable[[Asked], list[Leaf]]
