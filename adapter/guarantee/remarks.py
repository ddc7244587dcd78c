"""What a reader should know beside the numbers: short history, ties, unknown sources. None of it changes money.

Names reservations by their ids and counts people; never an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from adapter.guarantee.assessment import Assessment, Outcome
from adapter.guarantee.periods import Period
from adapter.guarantee.sources import First

SHOWN = 5  # ids in a message

Remark = tuple[str, str]  # code, message


def remarks(assessment: Assessment, outcome: Outcome) -> list[Remark]:
    """The warnings of a statement, in a fixed order."""
    period = outcome.start.period
    found = [*_sign_up(assessment), *_unknown(assessment, outcome)]
    if period is not None:
        found += _coverage(assessment, period)
        found += _displayed(outcome)
        found += _firsts(assessment, outcome, period)
        found += _lines(outcome)
    return found


def _sign_up(assessment: Assessment) -> Iterator[Remark]:
    if assessment.case.business.sign_up == "online_tool":
        yield "self_service", "Signed up with the online tool: clause 2.4 allows an exclusion, which was not made."


def _unknown(assessment: Assessment, outcome: Outcome) -> Iterator[Remark]:
    blocking = {missing.about for missing in outcome.missing if missing.fact == "channel"}
    unknown = [
        each.reservation.id
        for each in assessment.bookings
        if each.reservation.channel == "unknown" and each.reservation.id not in blocking
    ]
    if unknown:
        yield "unknown_channel", f"{_these(unknown)}: the channel is unknown; it decides nothing here."


def _coverage(assessment: Assessment, period: Period) -> Iterator[Remark]:
    known = assessment.case.business.history_from
    if known is None or known <= period.window_start:
        return
    months = _months(min(known, period.start), period.start)
    whole = assessment.case.terms.look_back_months
    message = f"History is known since {_day(known)}: {months} of the {whole} months before the period are covered."
    yield "coverage", f"{message} A first reservation is the first since then."


def _months(since: date, until: date) -> int:
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - (until.day < since.day)


def _displayed(outcome: Outcome) -> Iterator[Remark]:
    start = outcome.start
    if start.displayed is not None and start.displayed != start.computed:
        now = f"computed now {_day(start.computed)}" if start.computed else "computed now: not started"
        yield "start_date", f"The displayed start date {_day(start.displayed)} binds; {now}."


def _firsts(assessment: Assessment, outcome: Outcome, period: Period) -> Iterator[Remark]:
    if outcome.sources is None:
        return
    seen = {person for person, _ in assessment.settled_in(period, outcome.readings)}
    firsts = [
        first for known in (outcome.sources.ever, outcome.sources.window) for who, first in known.items() if who in seen
    ]
    if tied := _ids(first for first in firsts if first.tie):
        yield "tie", f"{_these(tied)}: booked at the same instant through another channel too; the order is by rule."
    if guessed := _ids(first for first in firsts if first.booking.reservation.booked_at is None):
        yield "booking_time", f"{_these(guessed)}: when it was booked is unknown; the class's start stands in."


def _lines(outcome: Outcome) -> Iterator[Remark]:
    if any(exposure is None for exposure in outcome.made.exposures):
        yield "exposure", "What the unattributable reservations could add is unknown: a price or a rate is missing."
    free = [line.booking.reservation.id for line in outcome.made.lines if line.amounts.retail_rate == 0]
    if free:
        yield "free_class", f"{_these(free)}: the class is free for everyone; its retail rate is 0."


def _ids(firsts: Iterable[First]) -> list[str]:
    return sorted({first.booking.reservation.id for first in firsts})


def _day(day: date) -> str:
    """As sentences have it, so that pages can say it as their language does."""
    return f"{day:%-d %b %Y}"


def _these(ids: Sequence[str]) -> str:
    shown = ", ".join(sorted(ids)[:SHOWN])
    return (
        f"{len(ids)} reservations ({shown}{', …' if len(ids) > SHOWN else ''})"
        if len(ids) > 1
        else f"Reservation {shown}"
    )
