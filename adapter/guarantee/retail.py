"""The Retail Rate: the direct price of one reservation on the start date, by venue and class type (GR-01 to GR-04).

Packages, else drop-ins, else approved equivalents; of several, the mean. Exact, in the venue's currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from adapter.guarantee.case import Price
from adapter.guarantee.readings import Readings

KINDS = ("package", "drop_in", "equivalent")  # in their order
Offer = tuple[str, str]  # venue and class type


def retail_rates(prices: Iterable[Price], start: date, readings: Readings) -> Mapping[Offer, Fraction]:
    """The rate of each venue and class type that has one."""
    offered: dict[Offer, list[Price]] = defaultdict(list)
    for price in prices:
        if _counts(price, start):
            offered[price.venue_id, price.class_type].append(price)
    return {offer: _rate(found, readings) for offer, found in offered.items()}


def _counts(price: Price, start: date) -> bool:
    if price.intro_only or price.hidden or price.unlimited:
        return False
    if price.kind == "equivalent" and not price.approved_by:
        return False
    return price.since <= start and (price.until is None or start <= price.until)


def _rate(prices: Sequence[Price], readings: Readings) -> Fraction:
    first = next(kind for kind in KINDS if any(price.kind == kind for price in prices))
    chosen = [price for price in prices if price.kind == first]
    if first == "package" and readings["retail_method"] == "package_pooled":
        return sum((price.price for price in chosen), Fraction(0)) / sum(map(_sessions, chosen))
    return sum((price.price / _sessions(price) for price in chosen), Fraction(0)) / len(chosen)


def _sessions(price: Price) -> int:
    return price.sessions or 1
