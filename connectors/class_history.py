"""An exported class history as a table of text: one line a class, days and times in the ways in which they are written.

Knows CSV and how days and times look; what a line means is its reader's: the sandbox makes a studio of it, the backtest
looks back on it (docs/history.md).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

LEISURE: Mapping[str, str] = {
    "venue": "ActivitySiteID",
    "class": "ActivityDescription",
    "date": "BookingEndDateTime (Month / Day / Year)",
    "time": "BookingStartTime",
    "capacity": "MaxBookees",
    "booked": "Number Booked",
}
"""What a leisure centre's booking export calls the columns of docs/history.md."""
YES = frozenset({"1", "yes", "true", "y"})
_DATES = ("%Y-%m-%d", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p")


class NoTable(ValueError):
    """The file is no table of text; the message says why."""


@dataclass(frozen=True)
class Table:
    """What a file holds: its headers, and its lines with their numbers, without the space around their cells."""

    headers: list[str]
    lines: list[tuple[int, dict[str, str]]]


def read_table(path: Path) -> Table:
    """Read a CSV in UTF-8. A cell that a line lacks is empty. Raises NoTable, OSError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            headers = [header.strip() for header in rows.fieldnames or []]
            rows.fieldnames = headers
            return Table(headers, [(rows.line_num, _cells(row)) for row in rows])
    except UnicodeDecodeError as error:
        raise NoTable(f"is not UTF-8 text ({error.reason}); export it as CSV UTF-8") from error
    except csv.Error as error:
        raise NoTable(f"is no CSV: {error}") from error


def day_of(text: str) -> date:
    """The day, as in 2018-04-08, 08-Apr-18 or 08 Apr 2018. Raises ValueError."""
    return _parse(text, _DATES).date()


def time_of(text: str) -> time:
    """The time on the wall, as in 14:45 or 2:45 pm. Raises ValueError."""
    return _parse(text, _TIMES).time()


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """What a line has beyond the headers stands under None."""
    return {header: (value or "").strip() for header, value in row.items() if isinstance(header, str)}


def _parse(text: str, formats: tuple[str, ...]) -> datetime:
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  local, and read as a date or a time alone
        except ValueError:
            continue
    raise ValueError(text)
