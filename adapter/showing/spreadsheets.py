"""Cells for a spreadsheet: text that it would run as a formula is marked as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULAS = ("=", "+", "@", "-", "\t", "\r")


def inert(value: Any) -> Any:
    """A cell that nothing is run from; an amount below 0 is no formula."""
    formula = isinstance(value, str) and value[:1] in FORMULAS
    return f"'{value}" if formula and not value[1:].replace(".", "", 1).isdecimal() else value


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows under their columns' names, every cell inert."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return file.getvalue()
