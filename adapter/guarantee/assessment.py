"""The assessment of a case under a set of readings: from facts to exact lines, totals, payment and status.

What several sets of readings have in common is worked out once, so that every alternative can be shown beside the
chosen ones. Knows nothing of how a statement is written.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from adapter.guarantee.case import NOTHING, Case
from adapter.guarantee.direct import DirectRevenue
from adapter.guarantee.eligibility import Judged, judge
from adapter.guarantee.exchange import Exchange
from adapter.guarantee.facts import Booking, bookings_of
from adapter.guarantee.lines import Ground, Line, Lines, Missing, lines_of
from adapter.guarantee.payment import NO_PAYMENT, UNKNOWN, Payment, payment_of
from adapter.guarantee.people import People
from adapter.guarantee.periods import Period
from adapter.guarantee.qualifying import Verdict, cutoff, verdicts
from adapter.guarantee.readings import Readings
from adapter.guarantee.retail import retail_rates
from adapter.guarantee.rounding import exact_sum, in_units
from adapter.guarantee.sources import Sources, free_only, sources_of
from adapter.guarantee.start import Start, start_of
from adapter.guarantee.status import payable, status_of
from adapter.guarantee.worth import Worth
from adapter.showing.currency import digits

T = TypeVar("T")

COLUMNS = ("payout", "switcher_revenue", "tax", "lost_revenue")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a case under one set of readings. Totals are in minor units; Lost Revenue None where blocked."""

    readings: Readings
    start: Start
    sources: Sources | None
    made: Lines
    payouts: int
    switchers: int
    taxes: int
    lost_revenue: int | None
    payment: Payment
    missing: tuple[Missing, ...]
    eligibility: tuple[Judged, ...]
    status: str

    @property
    def classpass_revenue(self) -> int:
        """Payouts, Switchers' revenue and taxes (1.3)."""
        return self.payouts + self.switchers + self.taxes

    @property
    def money(self) -> tuple[object, ...]:
        """What an alternative reading is compared by."""
        return self.payouts, self.switchers, self.taxes, self.lost_revenue, self.payment.payment


class Assessment:
    """A case, and everything worked out about it so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.digits = digits(case.business.currency)
        self._exchange = Exchange(case.fx)
        self.bookings = bookings_of(case, self._exchange)
        self._revenue = DirectRevenue(case, self.bookings, self._exchange)
        self._known: dict[Hashable, Any] = {}
        self._shared: dict[str, Line] = {}

    def under(self, readings: Readings) -> Outcome:
        """The outcome under these readings."""
        start = self._start(readings)
        sources = None if start.period is None else self._sources(readings, start.period)
        made = Lines() if start.period is None else self._lines(readings, start.period)
        judged = self._once(("eligibility", start.period), lambda: judge(self.case, start.period))
        return self._outcome(readings, start, sources, made, judged)

    def settled_in(self, period: Period, readings: Readings) -> list[tuple[str | None, Booking]]:
        """The settled bookings of the period with their people, in the order of lines."""
        people = self._people(readings)
        return self._once(
            ("settled", period, readings["email_mode"]),
            lambda: [
                (person, each)
                for person, each in zip(people, self.bookings, strict=True)
                if each.settled and period.holds(each.day)
            ],
        )

    def _outcome(
        self, readings: Readings, start: Start, sources: Sources | None, made: Lines, judged: tuple[Judged, ...]
    ) -> Outcome:
        payouts, switchers, taxes, lost = (self._total(made, column) for column in COLUMNS)
        missing = made.missing | self._unknown_firsts(sources, start.period, readings)
        payment = self._payment(readings, judged, payouts + switchers + taxes, None if missing else max(lost, 0))
        if payment.missing:
            missing.add(payment.missing)
        return Outcome(
            readings=readings,
            start=start,
            sources=sources,
            made=made,
            payouts=payouts,
            switchers=switchers,
            taxes=taxes,
            lost_revenue=None if missing else max(lost, 0),
            payment=payment,
            missing=tuple(sorted(missing)),
            eligibility=judged,
            status=status_of(self.case, start.period, judged, missing, self.bookings, made.cycles.values()),
        )

    def _total(self, made: Lines, column: str) -> int:
        amounts = (getattr(line.amounts, column) for line in made.lines)
        something = (amount for amount in amounts if amount is not None and amount is not NOTHING)
        return in_units(exact_sum(something), self.digits)

    def _payment(self, readings: Readings, judged: tuple[Judged, ...], revenue: int, lost: int | None) -> Payment:
        if not payable(self.case, judged):
            return NO_PAYMENT
        if lost is None:
            return UNKNOWN
        unit = Fraction(1, 10**self.digits)
        return payment_of(self.case, readings, self._exchange, revenue * unit, lost * unit)

    def _lines(self, readings: Readings, period: Period) -> Lines:
        chosen = tuple(value for name, value in readings.items() if name != "deminimis")
        settled = self.settled_in(period, readings)
        return self._once(("lines", chosen), lambda: lines_of(self._ground(readings, period), settled, self._shared))

    def _ground(self, readings: Readings, period: Period) -> Ground:
        return Ground(
            readings=readings,
            currency=self.case.business.currency,
            verdicts=self._verdicts(readings),
            sources=self._sources(readings, period),
            free_only=self._free_only(readings),
            worth=self._worth(readings, period),
            revenue=self._revenue,
        )

    def _worth(self, readings: Readings, period: Period) -> Worth:
        def make() -> Worth:
            rates = retail_rates(self.case.pricing, period.start, readings)
            return Worth(rates, self._exchange, self.case.business.currency)

        return self._once(("worth", period.start, readings["retail_method"]), make)

    def _unknown_firsts(self, sources: Sources | None, period: Period | None, readings: Readings) -> set[Missing]:
        """First reservations of unknown channel, of people with reservations in the period."""
        if sources is None or period is None:
            return set()
        seen = {person for person, _ in self.settled_in(period, readings) if person is not None}
        firsts = [first for known in (sources.ever, sources.window) for who, first in known.items() if who in seen]
        return {Missing("channel", first.booking.reservation.id) for first in firsts if first.channel == "unknown"}

    def _start(self, readings: Readings) -> Start:
        return self._once(
            ("start", readings["cutoff"]),
            lambda: start_of(self.case, self.bookings, self._verdicts(readings)),
        )

    def _verdicts(self, readings: Readings) -> Any:
        def make() -> dict[str, Verdict]:
            until = cutoff(self.case.business.cancellation_policy_hours, self.case.terms, readings)
            return verdicts((each.reservation for each in self.bookings), until)

        return self._once(("verdicts", readings["cutoff"]), make)

    def _people(self, readings: Readings) -> list[str | None]:
        return self._once(("people", readings["email_mode"]), lambda: People(self.case, readings).of(self.bookings))

    def _sources(self, readings: Readings, period: Period) -> Sources:
        return self._once(
            ("sources", readings["email_mode"], readings["first_counts_cancelled"], period),
            lambda: sources_of(self.bookings, self._people(readings), period, readings),
        )

    def _free_only(self, readings: Readings) -> frozenset[str]:
        return self._once(
            ("free only", readings["email_mode"]),
            lambda: free_only(self.bookings, self._people(readings), self._revenue),
        )

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = make()
        found: T = self._known[key]
        return found
