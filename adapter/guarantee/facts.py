"""The reservations of a case in their order, each with what follows from it alone, whatever the readings.

Order: class start, then id; nothing after this depends on how the case was written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from adapter.guarantee.case import Case, Reservation, Venue
from adapter.guarantee.periods import local_date
from adapter.guarantee.terms import SETTLES_AFTER


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation, dated and priced where it takes place."""

    reservation: Reservation
    day: date  # of the class, at its venue (GP-07)
    made_at: datetime  # when it was booked; the class's start where that is unknown (GI-02)
    made_on: date  # the date of that at its venue
    settled: bool  # it stands as it is
    currency: str  # what it is given in


def bookings_of(case: Case) -> list[Booking]:
    """Every reservation of the case, in the order of lines."""
    venues = {venue.id: venue for venue in case.venues}
    ordered = sorted(case.reservations, key=lambda each: (each.starts_at, each.id))
    return [_booking(each, venues[each.venue_id], case) for each in ordered]


def _booking(each: Reservation, venue: Venue, case: Case) -> Booking:
    timezone = each.timezone or venue.timezone
    made_at = each.booked_at or each.starts_at
    return Booking(
        reservation=each,
        day=local_date(each.starts_at, timezone),
        made_at=made_at,
        made_on=local_date(made_at, timezone),
        settled=case.as_of - each.starts_at >= SETTLES_AFTER,
        currency=venue.currency or case.business.currency,
    )
