"""From exact fractions to what is paid: rounded once, half up; lines that add up to the rounded total (EC-33)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor

HALF = Fraction(1, 2)
LONGEST_PRICE = 10  # further digits in which the end of a price is looked for


def exact_sum(amounts: Iterable[Fraction]) -> Fraction:
    """The sum. Amounts of one denominator are added as whole numbers first: many lines, few denominators."""
    numerators: dict[int, int] = defaultdict(int)
    for amount in amounts:
        above, below = amount.as_integer_ratio()
        numerators[below] += above
    return sum((Fraction(above, below) for below, above in numerators.items()), Fraction(0))


def in_units(amount: Fraction, digits: int) -> int:
    """An amount in minor units, rounded half up."""
    scale: int = 10**digits
    return floor(amount * scale + HALF)


def spread(amounts: Sequence[Fraction], digits: int) -> list[int]:
    """Each amount in minor units, so that they add up to their rounded sum: the largest remainders are rounded up.

    Of equal remainders the first is: the caller's order decides.
    """
    units, rests, scale = [], [], 10**digits
    for place, amount in enumerate(amounts):
        above, below = amount.as_integer_ratio()
        whole, rest = divmod(above * scale, below)
        units.append(whole)
        if rest:
            rests.append((-Fraction(rest, below), place))
    short = in_units(exact_sum(amounts), digits) - sum(units)
    for _, place in sorted(rests)[:short]:
        units[place] += 1
    return units


def as_money(units: int, digits: int) -> str:
    """Minor units as a decimal string: 900 with two digits is 9.00."""
    whole, part = divmod(abs(units), 10**digits)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{part:0{digits}}" if digits else f"{sign}{whole}"


def as_price(amount: Fraction, digits: int) -> str:
    """A price that is never rounded, in all its digits; to the minor unit where it has no end (a third of 20.00)."""
    ends = (further for further in range(digits, digits + LONGEST_PRICE) if not (amount * 10**further) % 1)
    finest = next(ends, digits)
    return as_money(in_units(amount, finest), finest)
