"""What a marketplace reservation is sold as: standard, Premium for one of four reasons, à la carte, trial. Pure.

Premium takes further places at a higher rate (PR-01). The letters are those of the studio's documents: (a) the guest
has reached the plan's limit of visits at this studio, (b) the standard spots are sold, (c) none were listed, (d) the
guest buys à la carte. One label, all reasons: d before a before c before b before the network (PR-06).

What one person did decides (a) and nothing else: no rate is set by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from adapter.store.tables import Refusal
from connectors.records import Product


class Reason(StrEnum):
    """Why a reservation is Premium, in the order of precedence."""

    A_LA_CARTE = "d"
    LIMIT_REACHED = "a"
    SET_TO_ZERO = "c"
    SOLD_OUT = "b"


WITHOUT = {
    Reason.A_LA_CARTE: Refusal.NOT_LISTED,
    Reason.LIMIT_REACHED: Refusal.LIMIT_REACHED,
    Reason.SET_TO_ZERO: Refusal.NOT_LISTED,
    Reason.SOLD_OUT: Refusal.SOLD_OUT,
}
"""How somebody is refused for whom only a premium place would do, where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOffer:
    """What of a session is on offer now, to all marketplaces together. A rate is None where its count is 0."""

    spots: int = 0
    rate: Decimal | None = None
    premium_spots: int = 0
    premium_rate: Decimal | None = None
    currency: str
    listed: bool = False  # standard spots are, or were, listed for this session: none left is (b), else (c)
    closed: Refusal | None = None  # why nothing at all is on offer: the class, the studio or our copy of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to buy, as far as it decides the product."""

    a_la_carte: bool = False
    trial: bool = False
    limit_reached: bool = False  # the plan's visits at this studio are used up this month (PR-02)


@dataclass(frozen=True, slots=True)
class Sale:
    """What can be sold: the product, why, and what the studio is paid."""

    product: Product
    reasons: tuple[Reason, ...]
    payout: Decimal

    @property
    def takes_premium(self) -> bool:
        """Whether it takes one of the premium places."""
        return bool(self.reasons)


def sale_of(offer: OnOffer, wish: Wish) -> Sale | Refusal:
    """What a guest who wants this can be sold of this offer, or why not."""
    if offer.closed is not None:
        return offer.closed
    reasons = _reasons(offer, wish)
    if wish.trial:
        return Sale(Product.TRIAL, (), Decimal(0)) if offer.spots else WITHOUT[reasons[-1]]  # no floor (SR-07)
    if reasons and offer.premium_spots and offer.premium_rate is not None:
        product = Product.A_LA_CARTE if reasons[0] is Reason.A_LA_CARTE else Product.PREMIUM
        return Sale(product, reasons, offer.premium_rate)
    if reasons or offer.rate is None:
        return WITHOUT[reasons[0]] if reasons else Refusal.NOT_LISTED
    return Sale(Product.STANDARD, (), offer.rate)


def _reasons(offer: OnOffer, wish: Wish) -> tuple[Reason, ...]:
    holds = {
        Reason.A_LA_CARTE: wish.a_la_carte,
        Reason.LIMIT_REACHED: wish.limit_reached,
        Reason.SET_TO_ZERO: not offer.spots and not offer.listed,
        Reason.SOLD_OUT: not offer.spots and offer.listed,
    }
    return tuple(reason for reason in Reason if holds[reason])
