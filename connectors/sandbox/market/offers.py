"""Which channel offer a site holds for a class: the highest sequence wins, and the same one again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a channel offer says of a class. Limits count the active reservations already made through the channel."""

    sequence: int
    limit: int
    rate: Decimal
    premium_limit: int
    premium_rate: Decimal | None
    currency: str


def hold_offer(site: Site, class_id: int, terms: Terms, now: datetime) -> Offer:
    """Hold an offer for a class. Raises ``Refused``: unknown class, stale sequence, or terms that make no sense."""
    if class_id not in site.classes:
        raise Refused(Reason.UNKNOWN_CLASS, f"class {class_id} does not exist")
    _check(terms, site.currency)
    held = site.offers.get(class_id)
    if held is not None and terms.sequence <= held.sequence:
        if _terms_of(held) == terms:
            return held
        raise Refused(Reason.STALE_SEQUENCE, f"an offer with sequence {held.sequence} is held")
    offer = Offer(
        class_id=class_id,
        sequence=terms.sequence,
        limit=terms.limit,
        rate=terms.rate,
        premium_limit=terms.premium_limit,
        premium_rate=terms.premium_rate,
        currency=terms.currency,
        held_since=now,
    )
    site.offers[class_id] = offer
    return offer


def _terms_of(offer: Offer) -> Terms:
    return Terms(
        sequence=offer.sequence,
        limit=offer.limit,
        rate=offer.rate,
        premium_limit=offer.premium_limit,
        premium_rate=offer.premium_rate,
        currency=offer.currency,
    )


def _check(terms: Terms, currency: str) -> None:
    if terms.currency != currency:
        raise Refused(Reason.BAD_OFFER, f"the site's currency is {currency}, not {terms.currency}")
    rates = [rate for rate in (terms.rate, terms.premium_rate) if rate is not None]
    if min(terms.sequence, terms.limit, terms.premium_limit) < 0 or not all(map(_is_amount, rates)):
        raise Refused(Reason.BAD_OFFER, "sequence, limits and rates are finite and never negative")
    if terms.premium_limit and terms.premium_rate is None:
        raise Refused(Reason.BAD_OFFER, "premium spots need a premium rate")


def _is_amount(rate: Decimal) -> bool:
    return rate.is_finite() and rate >= 0
