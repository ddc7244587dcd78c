"""When the guarantee period starts: acknowledged, and five paid qualifying reservations provided (GP-02 to GP-06)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from adapter.guarantee.case import Case
from adapter.guarantee.facts import Booking
from adapter.guarantee.periods import Period, local_date, period_from
from adapter.guarantee.qualifying import Verdict


@dataclass(frozen=True, slots=True)
class Start:
    """How many paid qualifying reservations there are, and the period that follows; None until it starts."""

    paid_qualifying: int
    computed: date | None
    displayed: date | None  # binding where there is one (GP-05)
    period: Period | None


def start_of(case: Case, bookings: Iterable[Booking], verdicts: Mapping[str, Verdict]) -> Start:
    """The start: the later of the acknowledgement and the fifth by class start, unless a date was displayed."""
    paid = [each.day for each in bookings if _paid(each, verdicts)]  # bookings come by class start
    computed = _computed(case, paid)
    displayed = case.participation.displayed_start_date
    start = displayed or computed
    period = None if start is None else period_from(start, case.terms)
    return Start(paid_qualifying=len(paid), computed=computed, displayed=displayed, period=period)


def _paid(each: Booking, verdicts: Mapping[str, Verdict]) -> bool:
    payout = each.reservation.payout
    return each.settled and payout is not None and payout > 0 and verdicts[each.reservation.id].qualifying


def _computed(case: Case, paid: list[date]) -> date | None:
    acknowledged, wanted = case.participation.acknowledged_at, case.terms.paid_reservations
    if acknowledged is None or len(paid) < wanted:
        return None
    return max(local_date(acknowledged, case.business.timezone), paid[wanted - 1])
