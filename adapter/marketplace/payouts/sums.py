"""Places added up: by currency, venue and class; taxes rounded once, as the guarantee does. Asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapter.guarantee.rounding import as_money, exact_sum, in_units
from adapter.marketplace.payouts.change import Cell, Key, Split, split
from adapter.marketplace.payouts.owed import TRIAL, WITHDRAWN
from adapter.marketplace.payouts.view import BOOKED, Shown
from adapter.showing.currency import digits

K = TypeVar("K", bound=Hashable)
PAID = frozenset({"attended", "no_show", "late_cancelled", BOOKED})  # the reasons for which a place qualifies (GQ)


@dataclass(frozen=True, slots=True)
class Sum:
    """What some places of one currency add up to, in minor units."""

    currency: str
    places: int
    late_cancelled: int  # rebooked or not
    rebooked: int
    trials: int
    amount: int
    franchisor: int
    tax: int

    @property
    def studio(self) -> int:
        """The studio's own part of the payouts."""
        return self.amount - self.franchisor

    def money(self, name: str) -> str:
        """One of the amounts as a decimal string."""
        return as_money(getattr(self, name), digits(self.currency))


def add_up(places: Sequence[Shown], currency: str) -> Sum:
    """The sum of places, all of one currency; what is no marketplace reservation any more counts as none."""
    standing = [place for place in places if place.reason != WITHDRAWN]
    reasons = [place.reason for place in standing]
    rebooked = reasons.count("rebooked")
    return Sum(
        currency=currency,
        places=len(standing),
        late_cancelled=reasons.count("late_cancelled") + rebooked,
        rebooked=rebooked,
        trials=sum(place.product == TRIAL for place in standing),
        amount=sum(place.amount for place in places),
        franchisor=sum(place.franchisor for place in places),
        tax=in_units(exact_sum(place.tax for place in places), 0),
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """One currency's period: what is final, what is provisional, and both."""

    final: Sum
    provisional: Sum
    whole: Sum


def totals_of(places: Sequence[Shown]) -> list[Totals]:
    """The totals by currency."""
    return [_totals(some, currency) for currency, some in sorted(grouped(places, lambda each: each.currency).items())]


def _totals(places: Sequence[Shown], currency: str) -> Totals:
    final = [place for place in places if place.final]
    rest = [place for place in places if not place.final]
    return Totals(add_up(final, currency), add_up(rest, currency), add_up(places, currency))


def grouped(places: Iterable[Shown], by: Callable[[Shown], K]) -> dict[K, list[Shown]]:
    """Places by something, in their order."""
    found: dict[K, list[Shown]] = defaultdict(list)
    for place in places:
        found[by(place)].append(place)
    return dict(found)


def by_venue(places: Iterable[Shown]) -> list[tuple[str, Sum]]:
    """What each venue's places add up to, by its name and currency."""
    groups = grouped(places, lambda place: (place.held.venue, place.held.venue_id, place.currency))
    return [(venue, add_up(some, currency)) for (venue, _, currency), some in sorted(groups.items(), key=_named)]


def _named(group: tuple[tuple[str, int | None, str], list[Shown]]) -> tuple[str, int, str]:
    (venue, number, currency), _ = group
    return venue, number or 0, currency


def change_of(before: Iterable[Shown], after: Iterable[Shown]) -> Mapping[str, Split]:
    """The change between two periods' places, split, by currency."""
    old, new = _cells(before), _cells(after)
    return {
        currency: split(old.get(currency, {}), new.get(currency, {})) for currency in sorted(old.keys() | new.keys())
    }


def _cells(places: Iterable[Shown]) -> dict[str, dict[Key, Cell]]:
    """The places that qualify, by currency, and by venue and class type."""
    found: dict[str, dict[Key, Cell]] = defaultdict(lambda: defaultdict(Cell))
    for place in places:
        if place.reason in PAID:
            cells, cell = found[place.currency], (place.held.venue, place.held.name)
            cells[cell] += Cell(1, int(place.product == TRIAL), place.amount)
    return found
