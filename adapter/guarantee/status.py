"""How far a guarantee is: the first status that applies."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from adapter.guarantee.case import Case, Purchase
from adapter.guarantee.eligibility import Judged
from adapter.guarantee.facts import Booking
from adapter.guarantee.lines import Missing
from adapter.guarantee.periods import Period, day_ends
from adapter.guarantee.terms import SETTLES_AFTER


def payable(case: Case, judged: Iterable[Judged]) -> bool:
    """Whether anything can be paid at all: no breach, and every requirement held or waived (2.1, 3)."""
    return not case.breaches and not any(requirement.fails for requirement in judged)


def status_of(
    case: Case,
    period: Period | None,
    judged: Iterable[Judged],
    missing: Collection[Missing],
    bookings: Iterable[Booking],
    cycles: Iterable[Purchase],
) -> str:
    """The status. ``cycles`` are the unlimited ones that Switchers used in the period."""
    if case.breaches:
        return "void"
    if not payable(case, judged):
        return "ineligible"
    if case.participation.acknowledged_at is None:
        return "not_acknowledged"
    if period is None:
        return "waiting"
    if missing:
        return "blocked"
    return _of_period(case, period, bookings, cycles)


def _of_period(case: Case, period: Period, bookings: Iterable[Booking], cycles: Iterable[Purchase]) -> str:
    """Running until the last day is over, provisional until everything in it is settled, then final (EC-29)."""
    if case.as_of < day_ends(period.last_day, case.business.timezone):
        return "running"
    unsettled = any(not each.settled and period.holds(each.day) for each in bookings)
    if unsettled or any(_open(case, cycle.cycle_until) for cycle in cycles):
        return "provisional"
    return "final"


def _open(case: Case, last_day: date | None) -> bool:
    return last_day is not None and case.as_of < day_ends(last_day, case.business.timezone) + SETTLES_AFTER
