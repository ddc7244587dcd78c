"""SmartTools as a policy of the street: it is taught the past, asked at every decision, and what it tells is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.street.draw import MONDAY, Floats, Ints, Street
from benchmarks.street.rules import broken
from benchmarks.street.season import Books, Offer
from benchmarks.street.tables import offers_table, reservations_table, sessions_table, studios_table

DAY = 24.0  # hours
LEADS = (168.0, 72.0, 24.0, 6.0)  # hours before the start at which what is told is kept
TWICE = 50  # every so many decisions are asked for twice: same inputs, same output


@dataclass(frozen=True)
class Told:
    """What was told of some classes at one lead, and who had booked by then."""

    lead: float
    at: float
    ids: Ints
    listed: Ints
    expected: Floats
    risk: Floats
    booked: Ints  # active persons


@dataclass
class Tools:
    """SmartTools behind the interface of a policy."""

    street: Street
    past: Books
    weight: float
    step: float
    refit: float | None = None  # days after which it is taught anew
    name: str = "SmartTools"
    told: list[Told] = field(default_factory=list)
    violations: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    studios: pd.DataFrame = field(init=False)
    tools: SmartTools = field(init=False)

    def __post_init__(self) -> None:
        self.studios = studios_table(self.street, self.weight)
        self.tools = self._taught([self.past], 0.0)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """Ask, check the rules, keep what was told."""
        if self.refit and at > 0 and at % (self.refit * DAY) == 0:
            self.tools = self._taught([self.past, books], at)
        decided = self._ask(at, ids, books)
        self.violations += broken(decided, at, ids, books)
        if self.asked % TWICE == 0 and not decided.equals(self._ask(at, ids, books)):
            self.violations["same inputs, same output"] += 1
        self.asked += 1
        self._keep(at, ids, books, decided)
        return Offer.decided(decided)

    def _taught(self, known: list[Books], at: float) -> SmartTools:
        """Learn from all that is over."""
        ids = np.flatnonzero(self.street.start < at)
        own = [np.intersect1d(ids, np.flatnonzero(self.street.past == (books is self.past))) for books in known]
        pairs = list(zip(known, own, strict=True))
        return SmartTools(seed=0).fit(
            self.studios,
            sessions_table(self.street, np.concatenate(own), at),
            pd.concat([reservations_table(books, mine, at) for books, mine in pairs], ignore_index=True),
            pd.concat([offers_table(books, mine) for books, mine in pairs], ignore_index=True),
        )

    def _ask(self, at: float, ids: Ints, books: Books) -> pd.DataFrame:
        return self.tools.decide(
            MONDAY + pd.Timedelta(hours=at),
            self.studios,
            sessions_table(self.street, ids, at),
            reservations_table(books, ids, at),
            offers_table(books, ids),
        )

    def _keep(self, at: float, ids: Ints, books: Books, decided: pd.DataFrame) -> None:
        """What was told at the leads that are asked about, once a class."""
        left = self.street.start[ids] - at
        standing = books.booked & ~books.gone
        for lead in LEADS:
            now = (left <= lead) & (left > lead - self.step) & (self.street.cancelled_from[ids] == np.inf)
            mine = np.zeros(len(self.street.slot), bool)
            mine[ids[now]] = True
            part = decided[now]
            self.told.append(
                Told(
                    lead,
                    at,
                    ids[now],
                    (part["spots"] + part["premium_spots"]).to_numpy(np.int64),
                    part["expected_direct"].to_numpy(np.float64),
                    part["displacement_risk"].to_numpy(np.float64),
                    np.flatnonzero(standing & mine[books.people.session]),
                )
            )
