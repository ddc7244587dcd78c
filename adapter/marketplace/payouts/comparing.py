"""A payout statement against the ledger: every line of either side ends in exactly one class.

Pure. A reservation's places and their lines of it are compared in sums, because a statement may list a correction
beside what it corrects, or two seats in one line. What differs gets a cause (`causes`); the differences of all entries
add up to the difference of the two sides, to the cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.marketplace.payouts.columns import STATUSES
from adapter.marketplace.payouts.reading import Row


class Class(StrEnum):
    """What came of a line."""

    MATCHED = "matched"
    MISSING_THERE = "missing_there"  # we have it, their statement has not
    MISSING_HERE = "missing_here"  # their statement has it, we have not
    DIFFERENT_AMOUNT = "different_amount"
    DIFFERENT_STATUS = "different_status"  # the money agrees
    DUPLICATE = "duplicate"  # listed again


@dataclass(frozen=True, slots=True)
class Place:
    """One place as our ledger has it; amounts in minor units."""

    number: str  # our id of the place
    reservation: str  # our id of the reservation: all its seats
    names: tuple[str, ...]  # what else a statement may call it
    session_id: int
    day: date
    currency: str
    amount: int
    franchisor: int
    tax: int
    rate: int  # at which it was booked
    reason: str
    product: str | None
    final: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """The places of a reservation and their lines of it, in one currency."""

    reservation: str | None
    currency: str
    ours: tuple[Place, ...]
    theirs: tuple[Row, ...]

    @property
    def paid_here(self) -> int:
        """What our places add up to."""
        return sum(place.amount for place in self.ours)

    @property
    def paid_there(self) -> int:
        """What their lines add up to."""
        return sum(row.amount for row in self.theirs)

    @property
    def difference(self) -> int:
        """Theirs less ours."""
        return self.paid_there - self.paid_here


@dataclass(frozen=True, slots=True)
class Entry:
    """A pair with its class, and, where it is not as it should be, the cause."""

    pair: Pair
    kind: Class
    cause: str | None = None


Judge = Callable[[Pair, Class], str]


def compare(ours: Sequence[Place], theirs: Sequence[Row], judge: Judge) -> list[Entry]:
    """Every line of both sides in one entry. ``judge`` says why a pair is not as it should be."""
    places, named = _by_reservation(ours), meant_by(ours)
    rows: dict[str | None, list[Row]] = defaultdict(list)
    for row in theirs:
        rows[named.get(row.reservation)].append(row)
    strangers = rows.pop(None, [])
    entries = [_entry(Pair(None, row.currency, (), (row,)), Class.MISSING_HERE, judge) for row in strangers]
    for reservation, held in places.items():
        entries += _compared(reservation, held, rows.get(reservation, []), judge)
    return sorted(entries, key=_place_in_file)


def _by_reservation(ours: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in ours:
        found[place.reservation].append(place)
    return found


def meant_by(ours: Iterable[Place]) -> dict[str, str]:
    """Which reservation a name means; one that means two is nobody's."""
    found: dict[str, str] = {}
    several: set[str] = set()
    for place in ours:
        for name in (place.number, place.reservation, *place.names):
            if found.setdefault(name, place.reservation) != place.reservation:
                several.add(name)
    return {name: reservation for name, reservation in found.items() if name not in several}


def _compared(reservation: str, ours: list[Place], theirs: list[Row], judge: Judge) -> Iterator[Entry]:
    currencies = sorted({place.currency for place in ours} | {row.currency for row in theirs})
    for currency in currencies:
        mine = tuple(place for place in ours if place.currency == currency)
        yours = tuple(row for row in theirs if row.currency == currency)
        whole = Pair(reservation, currency, mine, yours)
        again = _again(whole) if whole.difference else ()
        for row in again:
            yield _entry(Pair(reservation, currency, (), (row,)), Class.DUPLICATE, judge)
        left = Pair(reservation, currency, mine, tuple(row for row in yours if row not in again))
        if left.ours or left.theirs:
            yield _entry(left, _class(left, foreign=len(currencies) > 1), judge)


def _again(pair: Pair) -> tuple[Row, ...]:
    """Lines that say the same as one before, beyond as many as there are seats."""
    seen: Counter[tuple[object, ...]] = Counter()
    found = []
    for row in pair.theirs:
        said = row.reservation, row.amount, row.status, row.product, row.day
        seen[said] += 1
        if seen[said] > max(1, len(pair.ours)):
            found.append(row)
    return tuple(found)


def _class(pair: Pair, *, foreign: bool) -> Class:
    """``foreign``: the two sides are in different currencies, so each stands alone here."""
    if foreign:
        return Class.DIFFERENT_AMOUNT if pair.difference else Class.MATCHED
    if not pair.theirs:
        return Class.MISSING_THERE if pair.difference else Class.MATCHED  # nothing is due, and nothing is listed
    if pair.difference:
        return Class.DIFFERENT_AMOUNT
    return Class.DIFFERENT_STATUS if _status_differs(pair) else Class.MATCHED


def _status_differs(pair: Pair) -> bool:
    """Whether they say of one place that it ended otherwise, in a word that we know."""
    if len(pair.ours) != 1 or len(pair.theirs) != 1:
        return False
    said = pair.theirs[0].status
    return said in STATUSES and said != pair.ours[0].reason


def _entry(pair: Pair, kind: Class, judge: Judge) -> Entry:
    return Entry(pair, kind, None if kind is Class.MATCHED else judge(pair, kind))


def _place_in_file(entry: Entry) -> tuple[float, str, str]:
    """In the order of the file; what it lacks comes after."""
    first = min((row.number for row in entry.pair.theirs), default=float("inf"))
    return first, entry.pair.reservation or "", entry.pair.currency
