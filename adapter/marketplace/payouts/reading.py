"""A payout statement in a CSV file: any usual encoding, delimiter and decimal mark, or an error that says where.

Pure: bytes in, rows out. A word for a status that nobody has heard of is kept as it is, and compared with nothing. An
unknown column is refused by name, because it might be the amount that counts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from adapter.guarantee.shapes import CaseError
from adapter.guarantee.shapes import currency as known_currency
from adapter.marketplace.payouts.amounts import bare, mark_of, to_units
from adapter.marketplace.payouts.columns import COLUMNS, NEEDED, PRODUCTS, STATUSES
from adapter.showing.currency import digits

T = TypeVar("T")
DELIMITERS = ",;\t|"
MOST_BYTES, MOST_ROWS, MOST_ERRORS = 20_000_000, 200_000, 20
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: .*)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of theirs: its place in the file, and what it says."""

    number: int  # as a spreadsheet counts: the header is 1
    reservation: str
    currency: str
    amount: int  # minor units
    status: str | None = None  # in our words, else theirs
    product: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where."""

    row: int
    column: str | None
    what: str

    def __str__(self) -> str:
        """``Row 7, column “Payout”: …``"""
        place = f"Row {self.row}" + (f", column “{self.column}”" if self.column else "")
        return f"{place}: {self.what}."


class BadStatement(ValueError):
    """The file can't be read; the message lists what to mend, by row and column."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = len(problems) - MOST_ERRORS
        told = [str(problem) for problem in problems[:MOST_ERRORS]] + ([f"And {more} more."] if more > 0 else [])
        super().__init__(" ".join(told))
        self.problems = tuple(problems)


def read_statement(content: bytes, currency: str) -> list[Row]:
    """The rows of a payout statement; ``currency``: where a row says none. Raises BadStatement."""
    if len(content) > MOST_BYTES:
        raise BadStatement([Problem(1, None, f"the file is larger than {MOST_BYTES // 1_000_000} MB")])
    text = _decoded(content)
    header, *cells = _cells(text) or [[]]
    places = _places(header)
    filled = [(number, row) for number, row in enumerate(cells, start=2) if any(cell.strip() for cell in row)]
    if len(filled) > MOST_ROWS:
        raise BadStatement([Problem(MOST_ROWS + 2, None, f"more than {MOST_ROWS} rows: split the file")])
    return _Table(header, places, filled, currency).rows()


def _decoded(content: bytes) -> str:
    """The text: as its first bytes say, else UTF-8, else as older spreadsheets write."""
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadStatement([Problem(1, None, "it is no text: save it as CSV in UTF-8")])


def _cells(text: str) -> list[list[str]]:
    """The cells, by the delimiter under which the header names most columns that we know."""
    if text[:4].lower() == "sep=":  # what some spreadsheets put before everything
        text = text.partition("\n")[2]
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda mark: sum(_column(name) is not None for name in first.split(mark)))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadStatement([Problem(1, None, f"it is no CSV: {error}")]) from error


def _column(name: str) -> str | None:
    wanted = _plain(name)
    return next((column for column, names in COLUMNS.items() if wanted in names), None)


def _plain(text: str) -> str:
    """A word as it is looked up."""
    return " ".join(text.strip().strip('"').lower().replace("_", " ").replace("-", " ").split())


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands. Raises BadStatement for one we don't know, one given twice, or one that is missing."""
    known = [_column(name) for name in header]
    names = ", ".join(names[0] for names in COLUMNS.values())
    wrong = [
        Problem(1, name or "(no name)", f"is not a column we know; known are {names}")
        for name, column in zip(header, known, strict=True)
        if column is None
    ]
    wrong += [
        Problem(1, header[place], "means the same as a column before it")
        for place, column in enumerate(known)
        if column is not None and column in known[:place]
    ]
    wrong += [Problem(1, None, f"the column “{name}” is missing") for name in NEEDED if name not in known]
    if wrong:
        raise BadStatement(wrong)
    return {column: place for place, column in enumerate(known) if column is not None}


@dataclass
class _Table:
    """The cells of one file on their way to rows; what is wrong is collected, so that it can be mended at once."""

    header: Sequence[str]
    places: Mapping[str, int]
    cells: Sequence[tuple[int, Sequence[str]]]
    currency: str

    def __post_init__(self) -> None:
        self.wrong: list[Problem] = []

    def rows(self) -> list[Row]:
        """Every row, or BadStatement."""
        currencies = [self._try(number, row, "currency", self._currency_of) for number, row in self.cells]
        amounts = [
            self._try(number, row, "amount", partial(bare, currency=code or self.currency))
            for (number, row), code in zip(self.cells, currencies, strict=True)
        ]
        self._check()
        marks = self._marks(currencies, amounts)
        found = [
            self._row(number, row, code or "", amount or "", marks.get(code or "", "."))
            for (number, row), code, amount in zip(self.cells, currencies, amounts, strict=True)
        ]
        self._check()
        return found

    def _marks(self, currencies: Sequence[str | None], amounts: Sequence[str | None]) -> dict[str, str]:
        """What separates the cents of each currency: the first row that shows it says so for all."""
        marks: dict[str, str] = {}
        for (number, _), code, amount in zip(self.cells, currencies, amounts, strict=True):
            mark = mark_of(amount or "", digits(code or ""))
            if mark is not None and marks.setdefault(code or "", mark) != mark:
                what = f"“{amount}” has another decimal mark than the rows before it"
                self.wrong.append(Problem(number, self.header[self.places["amount"]], what))
        self._check()
        return marks

    def _row(self, number: int, row: Sequence[str], currency: str, amount: str, mark: str) -> Row:
        def units(_: str) -> int:
            return to_units(amount, mark, digits(currency))

        return Row(
            number=number,
            reservation=self._try(number, row, "reservation", _identifier) or "",
            currency=currency,
            amount=self._try(number, row, "amount", units) or 0,
            status=self._try(number, row, "status", lambda text: _word(text, STATUSES)),
            product=self._try(number, row, "product", lambda text: _word(text, PRODUCTS)),
            day=self._try(number, row, "day", _day),
        )

    def _try(self, number: int, row: Sequence[str], column: str, read: Callable[[str], T]) -> T | None:
        """One cell as ``read`` takes it; what it refuses is noted. None where the file has no such column."""
        place = self.places.get(column)
        text = "" if place is None or place >= len(row) else row[place].strip()
        if place is None and column != "currency":
            return None
        try:
            return read(text)
        except ValueError as error:
            name = None if place is None else self.header[place]
            self.wrong.append(Problem(number, name, str(error)))
            return None

    def _currency_of(self, text: str) -> str:
        code = text.upper() or self.currency
        try:
            return known_currency(code)
        except CaseError as error:
            raise ValueError(f"“{text}” {error.what}") from None

    def _check(self) -> None:
        if self.wrong:
            raise BadStatement(self.wrong)


def _identifier(text: str) -> str:
    """An id, without the mark that keeps a spreadsheet from running it."""
    found = text[1:] if text[:1] == "'" else text
    if not found:
        raise ValueError("a row without a reservation can't be compared")
    return found


def _word(text: str, known: Mapping[str, tuple[str, ...]]) -> str | None:
    wanted = _plain(text)
    return next((word for word, names in known.items() if wanted in names), wanted) or None


def _day(text: str) -> date | None:
    if not text:
        return None
    parts = _named(text)
    try:
        return date(*parts)
    except ValueError:
        raise ValueError(f"“{text}” is no date: write it as YYYY-MM-DD") from None


def _named(text: str) -> Iterator[int]:
    if found := _DAY.fullmatch(text):
        return map(int, found.groups())
    if found := _DOTTED.fullmatch(text):
        return map(int, reversed(found.groups()))
    return iter((0, 0, 0))
