"""What a direct reservation earns, and whether it was free (GC-03, GC-06 to GC-09, GL-04).

By the outcome in the studio's own books. A package is spread over its sessions, an unlimited cycle over its visits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from adapter.guarantee.case import NOTHING, Case, Funding, Purchase, Reservation
from adapter.guarantee.exchange import Exchange
from adapter.guarantee.facts import Booking

Earning = tuple[Fraction | None, str]  # an amount in the business's currency, and the one it was converted from


def earns(outcome: str, cancelled_by: str | None) -> bool:
    """Whether a direct reservation earns at all: not what was cancelled early, denied, or cancelled by the studio."""
    return outcome not in ("cancelled", "denied") and cancelled_by != "studio"


def spread_over(sessions: int | None, visits: int, *, bonus: int = 0, refunded: int = 0) -> int:
    """Over how many reservations a purchase is spread, its price like its tax: over what it is good for, or over the
    visits made where that is unlimited.
    """
    return visits if sessions is None else sessions + bonus - refunded


def _earns(each: Reservation) -> bool:
    return earns(each.outcome, each.cancelled_by)


class DirectRevenue:
    """What the direct reservations of a case earn."""

    def __init__(self, case: Case, bookings: Iterable[Booking], exchange: Exchange) -> None:
        self._purchases = {purchase.id: purchase for purchase in case.purchases}
        self._currency = case.business.currency
        self._exchange = exchange
        self._visits = Counter(
            each.reservation.funding.purchase_id
            for each in bookings
            if each.settled and each.reservation.funding is not None and _earns(each.reservation)
        )
        self._shares = {purchase.id: self._share(purchase) for purchase in case.purchases}

    def of(self, each: Booking) -> Earning:
        """What a settled direct reservation earns; None where the exchange rate is missing."""
        amount, currency = self._sold(each)
        return self._exchange.convert(amount, currency, self._currency, each.day), currency

    def _sold(self, each: Booking) -> tuple[Fraction, str]:
        funding = each.reservation.funding
        if funding is None or not _earns(each.reservation):
            return NOTHING, each.currency
        if funding.purchase_id is None:
            return _net(funding), each.currency
        purchase = self._purchases[funding.purchase_id]
        return self._shares[purchase.id], purchase.currency or self._currency

    def cycle_of(self, each: Booking) -> Purchase | None:
        """The unlimited cycle that a reservation used, if it earns from one."""
        funding = each.reservation.funding
        if funding is None or funding.purchase_id is None or not _earns(each.reservation):
            return None
        purchase = self._purchases[funding.purchase_id]
        return purchase if purchase.sessions is None else None

    def free(self, each: Reservation) -> bool:
        """Whether nothing was paid for it, after refunds: a matter of funding alone."""
        if each.funding is None or each.funding.purchase_id is None:
            return each.funding is not None and _net(each.funding) <= 0
        purchase = self._purchases[each.funding.purchase_id]
        return purchase.price - (purchase.refunded or NOTHING) <= 0

    def _share(self, purchase: Purchase) -> Fraction:
        """What one reservation on a purchase earns; nothing where no session is left to spread it over."""
        bonus, refunded = purchase.bonus_sessions or 0, purchase.refunded_sessions or 0
        parts = spread_over(purchase.sessions, self._visits[purchase.id], bonus=bonus, refunded=refunded)
        return (purchase.price - (purchase.refunded or NOTHING)) / parts if parts > 0 else NOTHING


def _net(funding: Funding) -> Fraction:
    return funding.price - funding.refunded if funding.refunded else funding.price
