"""The lines of the period, exact: each settled marketplace reservation, and each direct one of a Switcher.

A line says what one reservation adds to ClassPass Revenue (payout, a Switcher's revenue, tax) and to Lost Revenue, in
the business's currency. An amount that hangs on a missing fact is None, and the fact is named (EC-38).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from adapter.guarantee.case import NOTHING, Case, Purchase
from adapter.guarantee.direct import DirectRevenue
from adapter.guarantee.exchange import Exchange
from adapter.guarantee.facts import Booking
from adapter.guarantee.periods import Period
from adapter.guarantee.qualifying import Verdict
from adapter.guarantee.readings import Readings
from adapter.guarantee.retail import Offer
from adapter.guarantee.sources import Sources


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


DIRECT = Verdict(False, "direct")


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

    case: Case
    readings: Readings
    period: Period
    verdicts: Mapping[str, Verdict]
    sources: Sources
    free_only: frozenset[str]
    retail: Mapping[Offer, Fraction]
    revenue: DirectRevenue
    exchange: Exchange


def lines_of(ground: Ground, period_bookings: Iterable[tuple[str | None, Booking]]) -> Lines:
    """The lines of the settled bookings of the period, with their people, in their order."""
    making = _Making(ground)
    for person, each in period_bookings:
        if each.reservation.channel == "marketplace":
            making.marketplace(person, each)
        elif ground.sources.switcher(person) is not False:
            making.of_switcher(person, each)
    return making.made


class _Making:
    """One pass over the bookings."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._floored = ground.readings["neg_lines"] == "floor"
        self._excluding = ground.readings["free_only"] == "exercised"
        self.made = Lines()

    def marketplace(self, person: str | None, each: Booking) -> None:
        """A line for a marketplace reservation; one that doesn't qualify adds nothing."""
        verdict = self._ground.verdicts[each.reservation.id]
        lost, excluded = self._lost(person)
        payout: Fraction | None = NOTHING
        lost_revenue, tax, retail = payout, payout, None
        if verdict.qualifying:
            payout, tax = self._ours(each, each.reservation.payout or NOTHING), self._ours(each, each.reservation.tax)
            lost_revenue, retail = self._lost_revenue(each, lost, payout)
            self._note(person, each, payout, excluded)
        switcher = self._ground.sources.switcher(person)
        self._add(each, person, verdict, (payout, NOTHING, lost_revenue, tax, retail), switcher, lost)

    def of_switcher(self, person: str | None, each: Booking) -> None:
        """A line for a direct reservation; one of unknown channel blocks instead."""
        switcher = self._ground.sources.switcher(person)
        if each.reservation.channel == "unknown" and switcher:
            self.made.missing.add(Missing("channel", each.reservation.id))
        if each.reservation.channel != "direct":
            return
        revenue, tax = self._earned(each) if switcher else (None, None)
        if switcher and (cycle := self._ground.revenue.cycle_of(each)):
            self.made.cycles[cycle.id] = cycle
        lost, _ = self._lost(person)
        self._add(each, person, DIRECT, (NOTHING, revenue, NOTHING, tax, None), switcher, lost)

    def _add(
        self,
        each: Booking,
        person: str | None,
        verdict: Verdict,
        money: tuple[Fraction | None, Fraction | None, Fraction | None, Fraction | None, Fraction | None],
        switcher: bool | None,
        lost: bool | None,
    ) -> None:
        amounts = Amounts(verdict.qualifying, verdict.reason, *money, switcher, lost)
        self.made.lines.append(Line(each, person, amounts))

    def _earned(self, each: Booking) -> tuple[Fraction | None, Fraction | None]:
        """What it earns, and the tax on that: none on nothing."""
        amount, currency = self._ground.revenue.of(each)
        if not amount:
            return NOTHING, NOTHING
        return self._converted(amount, currency, each), self._ours(each, each.reservation.tax)

    def _lost(self, person: str | None) -> tuple[bool | None, bool]:
        """Whether the person is lost (None: hangs on an unknown channel), and whether only the discretion says no."""
        lost = self._ground.sources.direct_before(person)
        excluded = bool(lost) and self._excluding and person in self._ground.free_only
        return (False if excluded else lost), excluded

    def _lost_revenue(
        self, each: Booking, lost: bool | None, payout: Fraction | None
    ) -> tuple[Fraction | None, Fraction | None]:
        if lost is False:
            return NOTHING, None
        if lost is None:
            return None, None
        retail = self._retail(each, needed=True)
        return self._difference(retail, payout), retail

    def _difference(self, retail: Fraction | None, payout: Fraction | None) -> Fraction | None:
        if retail is None or payout is None:
            return None
        return max(retail - payout, NOTHING) if self._floored else retail - payout

    def _note(self, person: str | None, each: Booking, payout: Fraction | None, excluded: bool) -> None:
        """What the line would have added to Lost Revenue, had it been somebody's, or not been left out."""
        if person is None:
            difference = self._difference(self._retail(each), payout)
            self.made.exposures.append(None if difference is None else max(difference, NOTHING))
        elif excluded:
            self.made.excluded.append(self._difference(self._retail(each), payout))

    def _retail(self, each: Booking, *, needed: bool = False) -> Fraction | None:
        offer = (each.reservation.venue_id, each.reservation.class_type)
        rate = self._ground.retail.get(offer)
        if rate is not None:
            return self._ours(each, rate, needed=needed)
        if needed:
            self.made.missing.add(Missing("retail_rate", f"{offer[1]} at {offer[0]}"))
        return None

    def _ours(self, each: Booking, amount: Fraction, *, needed: bool = True) -> Fraction | None:
        """An amount of the reservation's venue, in the business's currency."""
        return self._converted(amount, each.currency, each, needed=needed)

    def _converted(self, amount: Fraction, currency: str, each: Booking, *, needed: bool = True) -> Fraction | None:
        ours = self._ground.case.business.currency
        found = self._ground.exchange.convert(amount, currency, ours, each.day)
        if found is None and needed:
            self.made.missing.add(Missing("fx_rate", f"{currency} to {ours} on {each.day}"))
        return found
