"""Why payouts differ between two periods: volume, mix, rate and trials, exact to the cent (F22).

Pure. The cells are venue and class type. With n paid-for places in all (trials among them), w a cell's part of them and
r its mean payout of the places that were no trial, a period pays n x sum(w r) less what the trials would have paid:

volume  (n1 - n0) x sum(w0 r0)      more or fewer places, sold as before
mix     n1 x sum((w1 - w0) r0)      the same number, in other classes
rate    n1 x sum(w1 (r1 - r0))      the same places, at other rates
trials  what trials cost before, less what they cost now, at their cell's rate

A cell's parts add up to the cell's change and a part's cells to the part, because both are split in fractions and only
a cell's parts are rounded, to its own change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from adapter.guarantee.rounding import spread

Key = tuple[str, str]  # venue, class type
NOTHING = Fraction(0)
PARTS = ("volume", "mix", "rate", "trials")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's period: its places that qualify, how many of them were trials, and what they paid, in minor units."""

    places: int = 0
    trials: int = 0
    paid: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.places + other.places, self.trials + other.trials, self.paid + other.paid)

    @property
    def rate(self) -> Fraction | None:
        """The mean payout of the places that were no trial; None where there were none."""
        paid_for = self.places - self.trials
        return Fraction(self.paid, paid_for) if paid_for else None


@dataclass(frozen=True, slots=True)
class Parts:
    """A change and what it is made of, in minor units: volume + mix + rate + trials = after - before."""

    before: int
    after: int
    volume: int
    mix: int
    rate: int
    trials: int

    @property
    def change(self) -> int:
        """The whole of it."""
        return self.after - self.before

    def __add__(self, other: Parts) -> Parts:
        mine, others = (
            (each.before, each.after, each.volume, each.mix, each.rate, each.trials) for each in (self, other)
        )
        return Parts(*(one + another for one, another in zip(mine, others, strict=True)))


NO_CHANGE = Parts(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Split:
    """The change by cell, and in all."""

    cells: Mapping[Key, Parts]
    whole: Parts


def split(before: Mapping[Key, Cell], after: Mapping[Key, Cell]) -> Split:
    """The change of one currency's payouts between two periods, split."""
    n0, n1 = _places(before.values()), _places(after.values())
    cells = {}
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, Cell()), after.get(key, Cell())
        exact = _parts(old, new, n0, n1)
        cells[key] = Parts(old.paid, new.paid, *spread(exact, 0))
    return Split(cells, sum(cells.values(), NO_CHANGE))


def _places(cells: Iterable[Cell]) -> int:
    return sum(cell.places for cell in cells)


def _parts(old: Cell, new: Cell, n0: int, n1: int) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Volume, mix, rate, trials of one cell. A rate that one period lacks is the other's: none moved."""
    known = old.rate if old.rate is not None else new.rate
    r0 = known if known is not None else NOTHING
    r1 = new.rate if new.rate is not None else r0
    share = Fraction(old.places, n0) if n0 else Fraction(new.places, n1) if n1 else NOTHING  # from nothing: all volume
    volume = (n1 - n0) * share * r0
    mix = (new.places - n1 * share) * r0 if n1 else NOTHING
    return volume, mix, new.places * (r1 - r0), old.trials * r0 - new.trials * r1
