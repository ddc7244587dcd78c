"""One who is told how the market's studios vary, and learns each by Bayes' rule from the books that SmartTools sees.

Told are booking curves, cancellations, growth, what hours and categories do to direct demand, and from which ranges all
else is drawn. Seen is who came, those who found a class full among them. What is learned is decided by as if it were
the truth, and nothing is tried out to learn more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.steps.curves import DAY, STEP, STEPS
from benchmarks.steps.demand import levels
from benchmarks.steps.draw import Market
from benchmarks.steps.guests import Sales, gone_by, takers
from benchmarks.steps.optimum import Belief, Optimum
from benchmarks.street.draw import Floats, Ints
from benchmarks.street.season import Books, Offer


@dataclass
class Learner:
    """Decides as the optimum would if what was learned were so."""

    market: Market
    past: Books
    weight: float
    every: float  # days after which it learns anew
    name: str = "ideal learner"
    learned: float = -np.inf
    sales: Sales = field(init=False)
    optimum: Optimum = field(init=False)

    def __post_init__(self) -> None:
        self.optimum, self.sales = Optimum(self.market, self.weight), Sales.none(self.market)
        self.sales.add(self.past, 0.0)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """As the latest belief says."""
        if at >= self.learned + self.every * DAY:
            self.sales.add(books, at)
            self.learned, self.optimum.belief = at, self._belief(at, books)
            start, ahead = self.market.street.start, at + self.every * DAY + STEP * STEPS
            self.optimum.prepare(np.flatnonzero((start > at) & (start <= ahead)))
        return self.optimum.decide(at, ids, books)

    def _belief(self, at: float, books: Books) -> Belief:
        """A class's own bookings so far tell of it as its slot's earlier ones do."""
        market, curve = self.market, _shares(self.market.direct)
        classes, people = np.arange(len(market.week)), books.people
        seen = gone_by(market, market.direct, classes, np.full(len(classes), at))
        came = np.bincount(people.session[~people.market & (people.comes <= at)], minlength=len(classes))
        level = levels(market, came.astype(np.float64), np.where(market.street.start <= at, 1.0, seen))
        return Belief(curve * level[:, None], _shares(market.looks), takers(self.sales)[market.street.slot])


def _shares(mean: Floats) -> Floats:
    return np.asarray(mean / mean.sum(axis=1, keepdims=True))
