"""What is paid: double the difference, or nothing; how; and what is left after set-off (GU-01, GX-01, GX-02).

Whole minor units of the business's currency: what comes in was rounded once, and nothing here is rounded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from adapter.guarantee.case import NOTHING, Case
from adapter.guarantee.exchange import Exchange
from adapter.guarantee.lines import Missing
from adapter.guarantee.periods import local_date
from adapter.guarantee.readings import Readings


@dataclass(frozen=True, slots=True)
class Payment:
    """The guarantee payment, exact; None where a missing fact hides it."""

    payment: Fraction | None
    method: str  # none, payment, credit
    net: Fraction | None
    missing: Missing | None = None


NO_PAYMENT = Payment(NOTHING, "none", NOTHING)
UNKNOWN = Payment(None, "none", None)


def payment_of(case: Case, readings: Readings, exchange: Exchange, revenue: Fraction, lost: Fraction) -> Payment:
    """The payment for these totals."""
    payment = max((lost - revenue) * case.terms.payment_factor, NOTHING)
    net = max(payment - (case.business.owes or NOTHING), NOTHING)
    tested = net if readings["deminimis"] == "after_setoff" else payment
    if not tested:
        return Payment(payment, "none", net)
    least = case.terms.least_payment_currency
    day = local_date(case.as_of, case.business.timezone)
    worth = exchange.convert(tested, case.business.currency, least, day)
    if worth is None:
        return Payment(None, "none", None, Missing("fx_rate", f"{case.business.currency} to {least} on {day}"))
    return Payment(payment, "credit" if worth < case.terms.least_payment else "payment", net)
