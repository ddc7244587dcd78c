"""The numbers that the terms name, by version. Terms are dated; a new version never changes an old one (GT-01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the Supplemental Terms for the Revenue Guarantee; the clauses in brackets."""

    version: str
    period_days: int  # (1.2)
    paid_reservations: int  # that start it (1.2 ii)
    look_back_months: int  # before the period (1.4)
    payment_factor: int  # "double the difference" (1.1)
    payment_days: int  # within which it is paid (1.1)
    cancel_hours: int  # "up to 12 hours in advance" (5)
    least_payment: Fraction  # below it, another way of paying may be elected (2.2)
    least_payment_currency: str


TERMS: Mapping[str, Terms] = {
    "2023-05-01": Terms(
        version="2023-05-01",
        period_days=90,
        paid_reservations=5,
        look_back_months=12,
        payment_factor=2,
        payment_days=60,
        cancel_hours=12,
        least_payment=Fraction(50),
        least_payment_currency="USD",
    )
}

SETTLES_AFTER = timedelta(hours=48)
"""After its start a reservation stands as it is: booked then means attended."""

SMARTTOOLS_TOLERANCE = timedelta(hours=24)
"""What a venue may miss in all: a pause of an hour is logged, not held against a studio (EC-50)."""

SHARED_BY_MOST = 10
"""Clients who may share an address before it is taken for nobody's (GI-04)."""
