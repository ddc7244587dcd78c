"""A studio's exported class history, read from CSV: one line a class that took place, with its final count.

Columns, by our names (a header mapping says what the file calls them):

- ``class`` (needed): the class as advertised
- ``date`` and ``time``, or ``starts_at`` (needed): local; ``2018-04-08``, ``08-Apr-18`` or ``08 Apr 2018``; ``14:45``
- ``capacity`` (needed): places; ``booked`` (needed): reservations that stood at the end
- ``venue``, ``category``, ``instructor``, ``cancelled`` (yes or no): where there are any

When reservations were made is not in such a file, nor through which channel: all count as direct, at unknown times.
A bad line is set aside with its number, its column and what is wrong; the rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.class_history import LEISURE, YES, NoTable, day_of, read_table, time_of

NEEDED = ("class", "capacity", "booked")
COLUMNS = (*NEEDED, "date", "time", "starts_at", "venue", "category", "instructor", "cancelled")
PLAIN: Mapping[str, str] = {name: name for name in COLUMNS}
PRESETS = (PLAIN, LEISURE)

_NO = {"", "0", "no", "false", "n"}
_CLOCK = r"\d{1,2}(?:[.:]\d{2}(?:\s*[ap]m)?|\s*[ap]m)"
_SPAN = re.compile(rf"(?<![\d-])(?:\d{{1,2}}(?:[.:]\d{{2}})?\s*(?:[ap]m)?\s*-\s*)?{_CLOCK}(?!\w)", re.IGNORECASE)


class HistoryError(ValueError):
    """A file that is no class history: says which column is missing and what there is."""


class _BadCell(ValueError):
    """One value that cannot be read."""

    def __init__(self, column: str, what: str) -> None:
        super().__init__(what)
        self.column = column


@dataclass(frozen=True)
class BadLine:
    """A line that was set aside."""

    line: int
    column: str  # as the file calls it
    what: str


@dataclass(frozen=True)
class PastClass:
    """A class that took place, with its final count."""

    line: int
    venue: str
    name: str
    category: str
    instructor: str
    starts_at: datetime  # aware UTC
    local_start: datetime  # the venue's wall clock
    capacity: int
    booked: int
    cancelled: bool

    @property
    def slot(self) -> str:
        """The recurring slot that it is an instance of."""
        return f"{self.venue}|{self.name}|{self.local_start:%a %H:%M}"


@dataclass
class History:
    """What a file held."""

    classes: list[PastClass] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def read_history(path: Path, *, timezone: str = "UTC", columns: Mapping[str, str] | None = None) -> History:
    """Read ``path``; ``columns`` maps our names to the file's headers, over the preset that fits best."""
    zone = ZoneInfo(timezone)
    history = History()
    seen: dict[tuple[str, datetime], int] = {}
    try:
        table = read_table(path)
    except NoTable as error:
        raise HistoryError(f"{path}: {error}") from error
    headers = _headers(table.headers, columns or {})
    for line, row in table.lines:
        _take(history, seen, line, row, headers, zone)
    history.classes.sort(key=lambda past: (past.starts_at, past.slot))
    return history


def _headers(there: list[str], told: Mapping[str, str]) -> dict[str, str]:
    """What the file calls each of our columns, as far as it has them."""
    unknown = sorted(set(told) - set(COLUMNS))
    if unknown:
        raise HistoryError(f"{unknown[0]!r} is no column we know; there are {', '.join(COLUMNS)}")
    absent = sorted(header for header in told.values() if header not in there)
    if absent:
        raise HistoryError(f"the file has no column {absent[0]!r}; it has {', '.join(there) or 'none'}")
    preset = max(PRESETS, key=lambda names: sum(header in there for header in names.values()))
    headers = {name: header for name, header in preset.items() if header in there} | dict(told)
    missing = [name for name in NEEDED if name not in headers]
    if "starts_at" not in headers:
        missing += [name for name in ("date", "time") if name not in headers]
    if missing:
        raise HistoryError(
            f"no column for {missing[0]!r}; name one with --columns {missing[0]}=HEADER. "
            f"The file has {', '.join(there) or 'none'}"
        )
    return headers


def _take(
    history: History,
    seen: dict[tuple[str, datetime], int],
    line: int,
    row: Mapping[str, str],
    headers: Mapping[str, str],
    zone: ZoneInfo,
) -> None:
    try:
        past = _class(line, row, headers, zone)
        first = seen.setdefault((past.slot, past.starts_at), line)
        if first != line:
            raise _BadCell("class", f"{past.name!r} at this time is on line {first} already")
    except _BadCell as error:
        history.bad.append(BadLine(line, headers.get(error.column, error.column), str(error)))
    else:
        history.classes.append(past)


def _class(line: int, row: Mapping[str, str], headers: Mapping[str, str], zone: ZoneInfo) -> PastClass:
    cells = {name: row.get(header, "") for name, header in headers.items()}
    name = " ".join(cells["class"].split())
    if not name:
        raise _BadCell("class", "is empty")
    local = _start(cells)
    return PastClass(
        line=line,
        venue=cells.get("venue", ""),
        name=name,
        category=cells.get("category", "") or kind_of(name),
        instructor=cells.get("instructor", ""),
        starts_at=local.replace(tzinfo=zone).astimezone(UTC),
        local_start=local,
        capacity=_count("capacity", cells["capacity"], least=1),
        booked=_count("booked", cells["booked"], least=0),
        cancelled=_flag(cells.get("cancelled", "")),
    )


def kind_of(name: str) -> str:
    """The class without the clock times that some studios write into its name."""
    return " ".join(_SPAN.sub(" ", name).split()).strip(" -.:").casefold() or name.casefold()


def _start(cells: Mapping[str, str]) -> datetime:
    if "starts_at" in cells:
        try:
            whole = datetime.fromisoformat(cells["starts_at"])
        except ValueError as error:
            raise _BadCell("starts_at", f"{cells['starts_at']!r} is no time like 2018-04-08T14:45") from error
        if whole.tzinfo is not None:
            raise _BadCell("starts_at", f"{cells['starts_at']!r} has a UTC offset; local time is expected")
        return whole
    return datetime.combine(_date(cells["date"]), _time(cells["time"]))


def _date(text: str) -> date:
    try:
        return day_of(text)
    except ValueError as error:
        raise _BadCell("date", f"{text!r} is no date like 2018-04-08 or 08-Apr-18") from error


def _time(text: str) -> time:
    try:
        return time_of(text)
    except ValueError as error:
        raise _BadCell("time", f"{text!r} is no time like 14:45") from error


def _count(column: str, text: str, *, least: int) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise _BadCell(column, f"{text!r} is no whole number") from error
    if not least <= number <= 100_000:
        raise _BadCell(column, f"{number} is not between {least} and 100000")
    return number


def _flag(text: str) -> bool:
    if text.casefold() in _NO:
        return False
    if text.casefold() in YES:
        return True
    raise _BadCell("cancelled", f"{text!r} is neither yes nor no")
