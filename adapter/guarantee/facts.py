"""The reservations of a case in their order, each with what follows from it alone, whatever the readings.

Order: class start, then id; nothing after this depends on how the case was written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from adapter.guarantee.case import NOTHING, Case, Reservation, Venue
from adapter.guarantee.exchange import Exchange
from adapter.guarantee.periods import local_date
from adapter.guarantee.terms import SETTLES_AFTER


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation, dated where it takes place, its amounts in the business's currency."""

    reservation: Reservation
    day: date  # of the class, at its venue (GP-07)
    made_at: datetime  # when it was booked; the class's start where that is unknown (GI-02)
    made_on: date  # the date of that at its venue
    settled: bool  # it stands as it is
    currency: str  # what it is given in
    payout: Fraction | None  # None: the exchange rate is missing
    tax: Fraction | None  # None: the exchange rate is missing


def bookings_of(case: Case, exchange: Exchange) -> list[Booking]:
    """Every reservation of the case, in the order of lines."""
    venues = {venue.id: venue for venue in case.venues}
    ordered = sorted(case.reservations, key=lambda each: (each.starts_at, each.id))
    return [_booking(each, venues[each.venue_id], case, exchange) for each in ordered]


def _booking(each: Reservation, venue: Venue, case: Case, exchange: Exchange) -> Booking:
    timezone = each.timezone or venue.timezone
    currency, ours = venue.currency or case.business.currency, case.business.currency
    made_at = each.booked_at or each.starts_at
    day = local_date(each.starts_at, timezone)
    return Booking(
        reservation=each,
        day=day,
        made_at=made_at,
        made_on=local_date(made_at, timezone),
        settled=case.as_of - each.starts_at >= SETTLES_AFTER,
        currency=currency,
        payout=exchange.convert(each.payout or NOTHING, currency, ours, day),
        tax=exchange.convert(each.tax, currency, ours, day),
    )
