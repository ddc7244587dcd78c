"""Where people came from: their first reservation ever, and their first in the months before the period.

A Switcher came through the marketplace first of all (1.3 ii); a customer is lost whose first reservation in the window
was direct (1.4). One person can be both, or neither (EC-01, EC-02). Knows nothing of money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from adapter.guarantee.case import Reservation
from adapter.guarantee.direct import DirectRevenue
from adapter.guarantee.facts import Booking
from adapter.guarantee.periods import Period
from adapter.guarantee.readings import Readings

ORDER: Mapping[str, int] = {"direct": 0, "third_party": 1, "unknown": 2, "marketplace": 3}
"""Who comes first at the same instant (EC-06)."""

People = Sequence[str | None]  # the person of each booking


@dataclass(frozen=True, slots=True)
class First:
    """Somebody's first reservation."""

    booking: Booking
    tie: bool  # another channel had one at the same instant

    @property
    def channel(self) -> str:
        """Where it was made."""
        return self.booking.reservation.channel


class Standing(NamedTuple):
    """What somebody's first reservations make of them; None where the channel of one is unknown."""

    switcher: bool | None  # the first one ever was the marketplace's
    direct_before: bool | None  # the first one in the window was direct


STRANGER = Standing(switcher=False, direct_before=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """Each person's first reservation, ever and in the window, and what that makes of them."""

    ever: Mapping[str, First]
    window: Mapping[str, First]
    standings: Mapping[str, Standing]

    def of(self, person: str | None) -> Standing:
        """What somebody is; nobody known is neither."""
        return self.standings.get(person, STRANGER) if person is not None else STRANGER


def _is(first: First | None, channel: str) -> bool | None:
    if first is None:
        return False
    return None if first.channel == "unknown" else first.channel == channel


def sources_of(bookings: Sequence[Booking], people: People, period: Period, readings: Readings) -> Sources:
    """The sources of everybody. What was cancelled later was booked all the same, unless the reading says otherwise."""
    made = [
        (person, each)
        for person, each in zip(people, bookings, strict=True)
        if person is not None and (readings["first_counts_cancelled"] or _honoured(each.reservation))
    ]
    ever = _firsts(made)
    window = _firsts((person, each) for person, each in made if period.window_holds(each.made_on))
    standings = {
        person: Standing(_is(first, "marketplace"), _is(window.get(person), "direct")) for person, first in ever.items()
    }
    return Sources(ever, window, standings)


def _honoured(each: Reservation) -> bool:
    """Neither cancelled nor denied; attended stands, whatever cancellation was recorded."""
    return each.outcome == "attended" or (each.outcome != "denied" and each.cancelled_at is None)


def _firsts(made: Iterable[tuple[str, Booking]]) -> dict[str, First]:
    best: dict[str, Booking] = {}
    tied: dict[str, datetime] = {}  # when two channels met
    for person, each in made:
        first = best.get(person)
        if first is None or each.made_at < first.made_at:
            best[person] = each
        elif each.made_at == first.made_at:
            if each.reservation.channel != first.reservation.channel:
                tied[person] = each.made_at
            best[person] = min(first, each, key=_place)
    return {person: First(each, tied.get(person) == each.made_at) for person, each in best.items()}


def _place(each: Booking) -> tuple[datetime, int, str]:
    return each.reservation.starts_at, ORDER[each.reservation.channel], each.reservation.id


def free_only(bookings: Iterable[Booking], people: People, revenue: DirectRevenue) -> frozenset[str]:
    """Who has direct reservations in the case, none of them paid: whenever, whatever their outcome (GL-04)."""
    paid, came = set(), set()
    for person, each in zip(people, bookings, strict=True):
        if person is not None and each.reservation.channel == "direct":
            came.add(person)
            if not revenue.free(each.reservation):
                paid.add(person)
    return frozenset(came - paid)
