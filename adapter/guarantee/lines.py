"""The lines of the period, exact: each settled marketplace reservation, and each direct one of a Switcher.

A line says what one reservation adds to ClassPass Revenue (payout, a Switcher's revenue, tax) and to Lost Revenue, in
the business's currency. An amount that hangs on a missing fact is None, and the fact is named (EC-38).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from adapter.guarantee.case import NOTHING, Purchase
from adapter.guarantee.direct import DirectRevenue
from adapter.guarantee.facts import Booking
from adapter.guarantee.qualifying import Verdict
from adapter.guarantee.readings import Readings
from adapter.guarantee.sources import Sources, Standing
from adapter.guarantee.worth import Worth


class Amounts(NamedTuple):
    """What a line adds, and what the person is: all that a reading can change about it."""

    qualifying: bool
    reason: str
    payout: Fraction | None
    switcher_revenue: Fraction | None
    lost_revenue: Fraction | None
    tax: Fraction | None
    retail_rate: Fraction | None
    switcher: bool | None
    lost: bool | None


@dataclass(frozen=True, slots=True)
class Line:
    """One reservation of the period and what it adds."""

    booking: Booking
    person: str | None
    amounts: Amounts


Money = tuple[Fraction | None, Fraction | None, Fraction | None, Fraction | None, Fraction | None]
NO_MONEY: Money = (NOTHING, NOTHING, NOTHING, NOTHING, None)


class Missing(NamedTuple):
    """A fact without which the statement is blocked, and what it is about."""

    fact: str  # retail_rate, channel, fx_rate
    about: str


@dataclass(slots=True)
class Lines:
    """The lines, and what came up while they were made."""

    lines: list[Line] = field(default_factory=list)
    missing: set[Missing] = field(default_factory=set)
    exposures: list[Fraction | None] = field(default_factory=list)  # of each qualifying reservation of nobody known
    excluded: list[Fraction | None] = field(default_factory=list)  # Lost Revenue that the discretion leaves out
    cycles: dict[str, Purchase] = field(default_factory=dict)  # unlimited ones that Switchers used


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that lines are made from."""

    readings: Readings
    currency: str
    verdicts: Mapping[str, Verdict]
    sources: Sources
    free_only: frozenset[str]
    worth: Worth
    revenue: DirectRevenue


def lines_of(ground: Ground, period_bookings: Iterable[tuple[str | None, Booking]], shared: dict[str, Line]) -> Lines:
    """The lines of the settled bookings of the period, with their people, in their order.

    ``shared`` holds the lines made before, under other readings, by reservation; what is the same is taken from there.
    """
    making = _Making(ground, shared)
    for person, each in period_bookings:
        standing = ground.sources.of(person)
        if each.reservation.channel == "marketplace":
            making.marketplace(person, standing, each)
        elif standing.switcher is not False:
            making.of_switcher(person, standing, each)
    return making.made


class _Making:
    """One pass over the bookings."""

    def __init__(self, ground: Ground, shared: dict[str, Line]) -> None:
        self._ground = ground
        self._shared = shared
        self._floored = ground.readings["neg_lines"] == "floor"
        self._left_out = ground.free_only if ground.readings["free_only"] == "exercised" else frozenset()
        self.made = Lines()

    def marketplace(self, person: str | None, standing: Standing, each: Booking) -> None:
        """A line for a marketplace reservation; one that doesn't qualify adds nothing."""
        verdict = self._ground.verdicts[each.reservation.id]
        lost = standing.direct_before and person not in self._left_out
        money: Money = NO_MONEY
        if verdict.qualifying:
            if each.payout is None or each.tax is None:
                self._miss_rate(each.currency, each)
            lost_revenue, retail = self._lost_revenue(each, lost)
            money = each.payout, NOTHING, lost_revenue, each.tax, retail
            self._note(person, standing, each)
        self._add(each, person, Amounts(verdict.qualifying, verdict.reason, *money, standing.switcher, lost))

    def of_switcher(self, person: str | None, standing: Standing, each: Booking) -> None:
        """A line for a direct reservation of who is, or may be, a Switcher; one of unknown channel blocks instead."""
        if each.reservation.channel == "unknown" and standing.switcher:
            self.made.missing.add(Missing("channel", each.reservation.id))
        if each.reservation.channel != "direct":
            return
        revenue, tax = self._earned(each) if standing.switcher else (None, None)
        if standing.switcher and (cycle := self._ground.revenue.cycle_of(each)):
            self.made.cycles[cycle.id] = cycle
        lost = standing.direct_before and person not in self._left_out
        self._add(each, person, Amounts(False, "direct", NOTHING, revenue, NOTHING, tax, None, standing.switcher, lost))

    def _add(self, each: Booking, person: str | None, amounts: Amounts) -> None:
        """Most lines are the same under every reading: they are kept once."""
        line = self._shared.get(each.reservation.id)
        if line is None or line.person != person or line.amounts != amounts:
            line = Line(each, person, amounts)
            self._shared.setdefault(each.reservation.id, line)
        self.made.lines.append(line)

    def _earned(self, each: Booking) -> tuple[Fraction | None, Fraction | None]:
        """What it earns, and the tax on that: none on nothing."""
        amount, currency = self._ground.revenue.of(each)
        if amount == 0:
            return NOTHING, NOTHING
        if amount is None:
            self._miss_rate(currency, each)
        if each.tax is None:
            self._miss_rate(each.currency, each)
        return amount, each.tax

    def _lost_revenue(self, each: Booking, lost: bool | None) -> tuple[Fraction | None, Fraction | None]:
        """What the line adds to Lost Revenue, and the retail rate where that needs one."""
        if lost is False:
            return NOTHING, None
        if lost is None:  # hangs on an unknown channel
            return None, None
        retail = self._ground.worth.retail(each)
        if not self._ground.worth.priced(each):
            self.made.missing.add(
                Missing("retail_rate", f"{each.reservation.class_type} at {each.reservation.venue_id}")
            )
        elif retail is None:
            self._miss_rate(each.currency, each)
        return self._difference(each), retail

    def _difference(self, each: Booking) -> Fraction | None:
        difference = self._ground.worth.difference(each)
        return NOTHING if self._floored and difference is not None and difference < 0 else difference

    def _note(self, person: str | None, standing: Standing, each: Booking) -> None:
        """What the line would have added to Lost Revenue, had it been somebody's, or not been left out."""
        if person is None:
            difference = self._ground.worth.difference(each)
            self.made.exposures.append(None if difference is None else max(difference, NOTHING))
        elif standing.direct_before and person in self._left_out:
            self.made.excluded.append(self._difference(each))

    def _miss_rate(self, currency: str, each: Booking) -> None:
        self.made.missing.add(Missing("fx_rate", f"{currency} to {self._ground.currency} on {each.day}"))
