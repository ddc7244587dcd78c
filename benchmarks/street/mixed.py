"""Half SmartTools, half the optimum: which half of a decision loses value, the rate or the number of spots."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.street.draw import Ints
from benchmarks.street.optimum import Optimum, listed
from benchmarks.street.season import Books, Offer
from benchmarks.street.smart import Tools

HALVES = ("rate", "spots")


@dataclass
class Mixed:
    """One half of SmartTools' decisions, one of ``HALVES``, the other by the optimum's worth of places."""

    tools: Tools
    optimum: Optimum
    half: str

    @property
    def name(self) -> str:
        """What SmartTools decides."""
        return f"only its {self.half}"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """Its rate and as many spots as are worth less, or its spots at the best rate for what the next is worth."""
        told = self.tools.decide(at, ids, books)
        worth, rate = self.optimum.worths(at, ids, books)
        if self.half == "rate":
            return Offer.flat(listed(worth, told.rate), told.rate)
        return Offer.flat(told.spots + told.premium, rate)
