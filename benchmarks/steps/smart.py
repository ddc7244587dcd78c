"""SmartTools as a policy of the market: it is taught the past, asked in every step, and what it tells is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.steps.curves import DAY, STEP
from benchmarks.steps.draw import MONDAY, Market
from benchmarks.steps.tables import numbers, offers_table, reservations_table, sessions_table, studios_table
from benchmarks.street.draw import Bools, Floats, Ints
from benchmarks.street.rules import broken
from benchmarks.street.season import Books, Offer

LEADS = (168.0, 48.0, 12.0)  # hours before the start at which it is seen what comes of what is told
TWICE = 50  # every so many decisions are asked for twice: same inputs, same output


@dataclass(frozen=True)
class Told:
    """What was told in one step; ``booked`` are active in the classes that start in so many hours as ``LEADS``."""

    at: float
    ids: Ints
    free: Ints
    listed: Ints
    rate: Floats
    expected: Floats
    booked: Ints


def starts_in(market: Market, at: float, ids: Ints, lead: float) -> Bools:
    """Which of some classes are so many hours ahead, to the step."""
    left = market.street.start[ids] - at
    return np.asarray((left <= lead) & (left > lead - STEP))


@dataclass
class Tools:
    """SmartTools behind the interface of a policy."""

    market: Market
    past: Books
    weight: float
    refit: float | None = None  # days after which it is taught anew
    name: str = "SmartTools"
    told: list[Told] = field(default_factory=list)
    violations: Counter[str] = field(default_factory=Counter)
    taught_at: float = 0.0
    studios: pd.DataFrame = field(init=False)
    tools: SmartTools = field(init=False)

    def __post_init__(self) -> None:
        self.studios = studios_table(self.market, self.weight)
        self.tools = self._taught(None, 0.0)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        """Ask, check the rules, keep what was told."""
        if self.refit and at - self.taught_at >= self.refit * DAY:
            self.tools, self.taught_at = self._taught(books, at), at
        decided = self._ask(at, ids, books)
        self.violations += broken(decided.assign(session_id=numbers(decided)), at, ids, books)
        if len(self.told) % TWICE == 0 and not decided.equals(self._ask(at, ids, books)):
            self.violations["same inputs, same output"] += 1
        offer = Offer.decided(decided)
        expected = decided["expected_direct"].to_numpy(np.float64)
        listed, booked = offer.spots + offer.premium, self._active(at, ids, books)
        self.told.append(Told(at, ids, books.free(ids), listed, offer.rate, expected, booked))
        return offer

    def _active(self, at: float, ids: Ints, books: Books) -> Ints:
        asked = np.zeros(len(self.market.week), bool)
        for lead in LEADS:
            asked[ids[starts_in(self.market, at, ids, lead)]] = True
        return np.flatnonzero(books.booked & ~books.gone & asked[books.people.session])

    def _taught(self, books: Books | None, at: float) -> SmartTools:
        """Learn from the past, and from the season's classes that are over."""
        market = self.market
        past, over = np.flatnonzero(market.past), np.flatnonzero(~market.past & (market.street.start <= at))
        listed = np.array([each.kind.listed for each in market.studios])[market.street.studio[past]]
        reservations = [reservations_table(market, self.past, past, over=True)]
        offers = [offers_table(self.past, past[listed])]
        if books is not None:
            reservations.append(reservations_table(market, books, over, over=True))
            offers.append(offers_table(books, over))
        return SmartTools(seed=0).fit(
            self.studios,
            sessions_table(market, np.concatenate([past, over])),
            pd.concat(reservations, ignore_index=True),
            pd.concat(offers, ignore_index=True),
        )

    def _ask(self, at: float, ids: Ints, books: Books) -> pd.DataFrame:
        return self.tools.decide(
            MONDAY + pd.Timedelta(hours=at),
            self.studios,
            sessions_table(self.market, ids),
            reservations_table(self.market, books, ids, over=False),
            offers_table(books, ids),
        )
