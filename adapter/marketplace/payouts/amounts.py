"""Amounts as people write them into a file: which comma is decimal is settled for the whole file, never guessed by row.

Pure. Three digits after a single mark are thousands, but where the currency is paid to the thousandth.
"""

from __future__ import annotations

import re
from decimal import Decimal

SYMBOLS = "€$£¥₹"
MINUS = str.maketrans({"−": "-", "–": "-", "’": "'"})
_SHAPE = re.compile(r"-?\d+(?:[ .,']\d+)*")
_BRACKETS = re.compile(r"\((.*)\)")
LONGEST = 20  # characters: more than any payout has


class NoAmount(ValueError):
    """The text is no amount, or could be two; the message says which."""


def bare(text: str, currency: str) -> str:
    """An amount without its currency, with a plain minus: ``(9,00 €)`` is ``-9,00``. Raises NoAmount."""
    written = text.translate(MINUS).replace("\u00a0", " ").replace("\u202f", " ").strip()
    if bracketed := _BRACKETS.fullmatch(written):
        written = f"-{bracketed[1]}"
    for mark in (*SYMBOLS, currency):
        written = written.replace(mark, "")
    written = written.replace("- ", "-").strip()
    if len(written) > LONGEST or not _SHAPE.fullmatch(written):
        raise NoAmount(f"“{text}” is no amount")
    return written


def mark_of(amount: str, places: int) -> str | None:
    """The decimal mark that one amount shows: the last of two kinds, else what its digits leave; None: it has none."""
    marks = [mark for mark in amount if mark in ".,"]
    if not marks:
        return None
    if len(set(marks)) > 1:
        return marks[-1]
    groups = len(marks) > 1 or (len(amount.rpartition(marks[0])[2]) == 3 and places != 3)
    return {".": ",", ",": "."}[marks[0]] if groups else marks[0]


def to_units(amount: str, mark: str, places: int) -> int:
    """A bare amount in minor units. Raises NoAmount where it is finer than the currency, or could be two amounts."""
    other = {".": ",", ",": "."}[mark]
    whole, _, part = amount.replace(" ", "").replace("'", "").partition(mark)
    if mark in part or other in part:
        raise NoAmount(f"“{amount}” is no amount")
    whole = whole.replace(other, "")
    if len(part.rstrip("0")) > places:
        raise NoAmount(f"“{amount}” is finer than the currency is paid")
    return int(Decimal(f"{whole}.{part or 0}").scaleb(places))
