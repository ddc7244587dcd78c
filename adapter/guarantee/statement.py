"""The statement of an assessment, as JSON takes it: money as decimal strings, dates as text (guarantee.md).

Knows how things are written down; decides nothing. The sum of the lines is the total, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from adapter.guarantee.assessment import Assessment, Outcome
from adapter.guarantee.eligibility import Gap, Judged
from adapter.guarantee.lines import Line
from adapter.guarantee.readings import Value, alternatives
from adapter.guarantee.remarks import remarks
from adapter.guarantee.rounding import as_money, as_price, exact_sum, in_units, spread

VERSION = 1
SPREAD = ("payout", "switcher_revenue", "lost_revenue", "tax")

Statement = dict[str, Any]


def write_statement(assessment: Assessment) -> Statement:
    """The statement under the case's readings, with what every other reading would change beside it."""
    case = assessment.case
    outcome = assessment.under(case.readings)
    money = _Money(assessment.digits)
    return {
        "statement_version": VERSION,
        "terms": case.terms.version,
        "business_id": case.business.id,
        "currency": case.business.currency,
        "as_of": case.as_of.isoformat(),
        "readings": dict(outcome.readings),
        "status": outcome.status,
        "blocked_by": [{"fact": missing.fact, "about": missing.about} for missing in outcome.missing],
        "paid_qualifying": outcome.start.paid_qualifying,
        **_dates(outcome),
        **_totals(outcome, money),
        "lines": _lines(outcome.made.lines, money),
        "unattributable": _unattributable(outcome, money),
        "excluded_free_only": _excluded(outcome, money),
        "alternatives": _alternatives(assessment, outcome, money),
        "eligibility": [_requirement(judged) for judged in outcome.eligibility],
        "warnings": [{"code": code, "message": message} for code, message in remarks(assessment, outcome)],
    }


@dataclass(frozen=True, slots=True)
class _Money:
    """Amounts of the business's currency as text."""

    digits: int

    def units(self, units: int | None) -> str | None:
        return None if units is None else as_money(units, self.digits)

    def exact(self, amount: Fraction | None) -> str | None:
        return None if amount is None else as_money(in_units(amount, self.digits), self.digits)

    def price(self, amount: Fraction | None) -> str | None:
        return None if amount is None else as_price(amount, self.digits)

    def sum(self, amounts: Sequence[Fraction | None]) -> str | None:
        """The sum, rounded once; None where a part is unknown."""
        known = [amount for amount in amounts if amount is not None]
        return self.exact(exact_sum(known)) if len(known) == len(amounts) else None


def _dates(outcome: Outcome) -> Statement:
    period = outcome.start.period
    dates: Statement = {
        "start_date": _text(period.start if period else None),
        "last_day": _text(period.last_day if period else None),
        "due_date": _text(period.due if period else None),
    }
    if outcome.start.displayed is not None:
        dates["computed_start_date"] = _text(outcome.start.computed)
    return dates


def _text(when: date | datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _totals(outcome: Outcome, money: _Money) -> Statement:
    lost, revenue = outcome.lost_revenue, outcome.classpass_revenue
    return {
        "classpass_revenue": _revenue(outcome, money),
        "lost_revenue": money.units(lost),
        "incremental": money.units(None if lost is None else revenue - lost),
        "payment": money.exact(outcome.payment.payment),
        "method": outcome.payment.method,
        "net_payment": money.exact(outcome.payment.net),
    }


def _revenue(outcome: Outcome, money: _Money) -> Statement:
    return {
        "payouts": money.units(outcome.payouts),
        "switchers": money.units(outcome.switchers),
        "taxes": money.units(outcome.taxes),
        "total": money.units(outcome.classpass_revenue),
    }


def _lines(lines: Sequence[Line], money: _Money) -> list[Statement]:
    columns = {name: _column(lines, name, money) for name in SPREAD}
    return [
        _line(line, {name: column[place] for name, column in columns.items()}, money)
        for place, line in enumerate(lines)
    ]


def _column(lines: Sequence[Line], name: str, money: _Money) -> list[str | None]:
    """One amount of every line, rounded so that they add up; what is unknown stays so."""
    amounts = [getattr(line.amounts, name) for line in lines]
    known = iter(spread([amount for amount in amounts if amount is not None], money.digits))
    return [None if amount is None else money.units(next(known)) for amount in amounts]


def _line(line: Line, rounded: dict[str, str | None], money: _Money) -> Statement:
    made, amounts = line.booking.reservation, line.amounts
    written = {
        "reservation_id": made.id,
        "person": line.person,
        "qualifying": amounts.qualifying,
        "reason": amounts.reason,
        **rounded,
        "retail_rate": money.price(amounts.retail_rate),
        "switcher": amounts.switcher,
        "lost": amounts.lost,
    }
    return written if made.record is None else {**written, "record": made.record}


def _unattributable(outcome: Outcome, money: _Money) -> Statement:
    exposures = outcome.made.exposures
    return {"reservations": len(exposures), "max_exposure": money.sum(exposures)}


def _excluded(outcome: Outcome, money: _Money) -> Statement:
    excluded = outcome.made.excluded
    return {"reservations": len(excluded), "lost_revenue": money.sum(excluded)}


def _alternatives(assessment: Assessment, outcome: Outcome, money: _Money) -> list[Statement]:
    others = [(name, value, assessment.under(readings)) for name, value, readings in alternatives(outcome.readings)]
    return [
        _alternative(name, value, outcome, other, money)
        for name, value, other in others
        if other.money != outcome.money
    ]


def _alternative(name: str, value: Value, outcome: Outcome, other: Outcome, money: _Money) -> Statement:
    return {
        "reading": name,
        "value": value,
        "lines_changed": lines_changed(outcome, other),
        "classpass_revenue": _revenue(other, money),
        "lost_revenue": money.units(other.lost_revenue),
        "payment": money.exact(other.payment.payment),
    }


def lines_changed(one: Outcome, other: Outcome) -> int:
    """How many lines are there in one only, or add something else in the other."""
    ours = {line.booking.reservation.id: line.amounts for line in one.made.lines}
    theirs = {line.booking.reservation.id: line.amounts for line in other.made.lines}
    return sum(ours.get(number) != theirs.get(number) for number in ours.keys() | theirs.keys())


def _requirement(judged: Judged) -> Statement:
    return {
        "requirement": judged.requirement,
        "held": judged.held,
        "gaps": [_gap(gap) for gap in judged.gaps],
        "waived": judged.waived,
    }


def _gap(gap: Gap) -> Statement:
    written = {"from": _text(gap.since), "until": _text(gap.until)}
    return written if gap.venue_id is None else {**written, "venue_id": gap.venue_id}
