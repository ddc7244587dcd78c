"""What Lost Revenue sees in a reservation: its retail rate, and how far that is above the payout, in our currency.

Under one start date and one way to work out the retail rate; each worked out once, for all other readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from adapter.guarantee.exchange import Exchange
from adapter.guarantee.facts import Booking
from adapter.guarantee.retail import Offer


class Worth:
    """The retail rates of a period, applied to its bookings."""

    def __init__(self, rates: Mapping[Offer, Fraction], exchange: Exchange, currency: str) -> None:
        self._rates = rates
        self._exchange = exchange
        self._currency = currency
        self._retail: dict[tuple[Offer, str, date], Fraction | None] = {}
        self._differences: dict[str, Fraction | None] = {}

    def priced(self, each: Booking) -> bool:
        """Whether there is a retail rate at all, in whatever currency."""
        return _offer(each) in self._rates

    def retail(self, each: Booking) -> Fraction | None:
        """The retail rate; None where it, or its exchange rate, is missing."""
        key = (_offer(each), each.currency, each.day)
        if key not in self._retail:
            rate = self._rates.get(key[0])
            ours = None if rate is None else self._exchange.convert(rate, each.currency, self._currency, each.day)
            self._retail[key] = ours
        return self._retail[key]

    def difference(self, each: Booking) -> Fraction | None:
        """Retail rate less payout; None where either is unknown."""
        number = each.reservation.id
        if number not in self._differences:
            self._differences[number] = _less(self.retail(each), each.payout)
        return self._differences[number]


def _offer(each: Booking) -> Offer:
    return each.reservation.venue_id, each.reservation.class_type


def _less(retail: Fraction | None, payout: Fraction | None) -> Fraction | None:
    return None if retail is None or payout is None else retail - payout
