"""How the marketplace sells: what it may sell of a class now, and whether a user takes it.

Knows offers and the allotments of before. Never sells above a held offer's limit and never more than is free. A site
that holds no offer at all sells under the allotments its studio once set by hand; from its first offer on, only what
offers allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Offer, Seller


@dataclass(frozen=True, slots=True)
class Deal:
    """What a user books at."""

    rate: Decimal  # paid to the studio
    premium: bool


@dataclass(frozen=True, slots=True)
class Allotment:
    """Spots and rate that a studio gave the marketplace by hand."""

    spots: int
    rate: Decimal


def deal(site: Site, item: ClassInstance, wtp: float, allotment: Allotment) -> Deal | None:
    """What a user who would pay up to ``wtp`` books this class at; None: nothing is listed, or it is too dear."""
    if item.hidden or item.cancelled or not site.free_places(item.id):
        return None
    offer = site.offers.get(item.id)
    found = offered(site, offer) if offer is not None else _allotted(site, item, allotment)
    return found if found is not None and wtp >= float(found.rate) else None


def offered(site: Site, offer: Offer) -> Deal | None:
    """What an offer sells next: standard spots first; premium ones only when those are gone."""
    if site.sold_by(offer.class_id, Seller.MARKETPLACE, premium=False) < offer.limit:
        return Deal(offer.rate, premium=False)
    if offer.premium_rate is None:
        return None
    if site.sold_by(offer.class_id, Seller.MARKETPLACE, premium=True) < offer.premium_limit:
        return Deal(offer.premium_rate, premium=True)
    return None


def _allotted(site: Site, item: ClassInstance, allotment: Allotment) -> Deal | None:
    if not allotment.spots or site.offers or site.sold_by(item.id, Seller.MARKETPLACE) >= allotment.spots:
        return None
    return Deal(allotment.rate, premium=False)
