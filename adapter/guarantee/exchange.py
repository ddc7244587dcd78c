"""Exchange rates by date: that of the day, or the last one before it. A missing rate is a missing fact, never 1."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from adapter.guarantee.case import ExchangeRate


class Exchange:
    """The rates of a case."""

    def __init__(self, rates: Iterable[ExchangeRate]) -> None:
        self._rates: dict[tuple[str, str], list[tuple[date, Fraction]]] = defaultdict(list)
        for known in sorted(rates, key=lambda known: known.date):
            self._rates[known.base, known.to].append((known.date, known.rate))

    def convert(self, amount: Fraction, base: str, to: str, day: date) -> Fraction | None:
        """The amount in the other currency; None where the rate is missing. Nothing is nothing in every currency."""
        if base == to or not amount:
            return amount
        known = self._rates.get((base, to), [])
        place = bisect_right(known, day, key=lambda dated: dated[0])
        return amount * known[place - 1][1] if place else None
