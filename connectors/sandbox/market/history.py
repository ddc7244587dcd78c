"""A studio from a real class history: its timetable, capacities and final counts kept; clients and booking times drawn.

Reads a CSV with a line for each class, in the plain columns of docs/history.md or in a leisure centre's; a small
mapping says which are which. Dates are moved by whole weeks so that the history ends on the day before now; weekdays
and times stay. Every class that the file says had n clients in the end has n clients in the end.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors import class_history
from connectors.sandbox.market.plans import Block, PastClass, Place, Slot, StudioPlan

T = TypeVar("T")

_TIME_RANGE = re.compile(r"\s+\d{1,2}([.:]\d{2})?\s*([ap]m)?\s*-\s*\d.*$", re.IGNORECASE)
_STARTS_AT, _CANCELLED = "starts_at", "cancelled"
_ONE_PLACE = "High Street"
"""The venue of a file that names none."""
_RECURS = 3
"""A slot held so often is taken to go on every week."""
_STAYS = 0.84
"""The share of bookings that are not cancelled: demand is what was booked, before cancellations."""


class BadHistory(ValueError):
    """The file cannot be read; the message names the line and the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column holds what: by default as in a leisure centre's booking export."""

    venue: str = class_history.LEISURE["venue"]
    name: str = class_history.LEISURE["class"]
    day: str = class_history.LEISURE["date"]
    start: str = class_history.LEISURE["time"]
    capacity: str = class_history.LEISURE["capacity"]
    booked: str = class_history.LEISURE["booked"]


LEISURE = Columns()
PLAIN = Columns(venue="venue", name="class", day="date", start="time", capacity="capacity", booked="booked")
"""As docs/history.md has it; a start may stand in one column, a venue may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A line of the file. ``twin`` tells apart classes that share venue, name and start."""

    venue: str
    name: str
    day: date
    start: time
    capacity: int
    booked: int
    twin: int = 0

    @property
    def block(self) -> tuple[str, str, time, int]:
        """What recurs."""
        return self.venue, self.name, self.start, self.twin


def from_history(
    path: Path,
    now: datetime,
    *,
    columns: Columns | None = None,
    site: int = 1001,
    timezone: str = "Europe/London",
    currency: str = "GBP",
    country: str = "GB",
    drop_in: Decimal = Decimal("14.00"),
) -> StudioPlan:
    """The plan of a studio with this history, moved so that it ends before ``now``. Raises ``BadHistory``."""
    held = read_history(path, columns)
    yesterday = now.astimezone(ZoneInfo(timezone)).date() - timedelta(days=1)
    shift = timedelta(weeks=(yesterday - max(item.day for item in held)).days // 7)
    venues = list(dict.fromkeys(item.venue for item in held))
    blocks, block_index = _blocks(held, venues)
    slots, slot_index = _slots(held, block_index)
    past = tuple(
        PastClass(
            slot=slot_index[item.block, item.day.weekday()],
            day=item.day + shift,
            capacity=item.capacity,
            booked=item.booked,
        )
        for item in held
    )
    span = (yesterday - min(item.day for item in past)).days
    weekly = sum(item.booked for item in past) / max(1, span / 7)
    return StudioPlan(
        site=site,
        name="Leisure Classes",
        timezone=timezone,
        currency=currency,
        country=country,
        tax_rate=Decimal(0),
        drop_in=drop_in,
        places=tuple(
            Place(name=venue, address="1 High Street", city="London", state="", postal_code="N1 1AA")
            for venue in venues
        ),
        teachers=("Duty Teacher", "Second Teacher"),
        blocks=blocks,
        slots=slots,
        people=max(300, int(weekly)),
        weeks=span // 7 + 1,
        past=past,
    )


def read_history(path: Path, columns: Columns | None = None) -> list[Held]:
    """The classes of a file that were held, in its order. Raises ``BadHistory`` with line and column."""
    seen: Counter[tuple[object, ...]] = Counter()
    held: list[Held] = []
    try:
        table = class_history.read_table(path)
    except class_history.NoTable as error:
        raise BadHistory(f"the file {error}") from error
    there = set(table.headers)
    columns = columns or (PLAIN if PLAIN.name in there else LEISURE)
    missing = [name for name in _needed(columns, there) if name not in there]
    if missing:
        raise BadHistory(f"line 1: there is no column {missing[0]!r}; the columns are {table.headers}")
    for line, row in table.lines:
        if row.get(_CANCELLED, "").casefold() in class_history.YES:
            continue
        item = _held(_whole(row, columns), columns, line)
        key = (item.venue, item.name, item.day, item.start)
        held.append(replace(item, twin=seen[key]))
        seen[key] += 1
    if not held:
        raise BadHistory("the file holds no class")
    return held


def _needed(columns: Columns, there: set[str]) -> tuple[str, ...]:
    starts = () if _STARTS_AT in there else (columns.day, columns.start)
    return columns.name, *starts, columns.capacity, columns.booked


def _whole(row: Mapping[str, str], columns: Columns) -> dict[str, str]:
    """The line with a venue, and with its start as a day and a time."""
    whole = {**row, columns.venue: row.get(columns.venue) or _ONE_PLACE}
    if _STARTS_AT in row:
        day, _, start = row[_STARTS_AT].replace("T", " ", 1).partition(" ")
        whole |= {columns.day: day, columns.start: start}
    return whole


def _held(row: Mapping[str, str], columns: Columns, line: int) -> Held:
    def cell(column: str, read: Callable[[str], T], kind: str) -> T:
        text = row[column].strip()
        try:
            return read(text)
        except ValueError:
            raise BadHistory(f"line {line}, column {column!r}: {text!r} is not {kind}") from None

    return Held(
        venue=cell(columns.venue, _words, "a name"),
        name=cell(columns.name, _words, "a name"),
        day=cell(columns.day, class_history.day_of, "a date"),
        start=cell(columns.start, class_history.time_of, "a time"),
        capacity=cell(columns.capacity, _count, "a whole number"),
        booked=cell(columns.booked, _count, "a whole number"),
    )


def _words(text: str) -> str:
    if not text:
        raise ValueError
    return " ".join(text.split())


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _blocks(held: list[Held], venues: list[str]) -> tuple[tuple[Block, ...], dict[tuple[str, str, time, int], int]]:
    grouped: dict[tuple[str, str, time, int], list[Held]] = defaultdict(list)
    for item in held:
        grouped[item.block].append(item)
    made = tuple(
        Block(
            name=items[-1].name,
            category=_TIME_RANGE.sub("", items[-1].name),
            start=items[-1].start,
            minutes=60,
            days=tuple(sorted({item.day.weekday() for item in items})),
            location=venues.index(items[-1].venue),
            capacity=max(items, key=lambda item: item.day).capacity,
        )
        for items in grouped.values()
    )
    return made, {key: index for index, key in enumerate(grouped)}


def _slots(
    held: list[Held], blocks: dict[tuple[str, str, time, int], int]
) -> tuple[tuple[Slot, ...], dict[tuple[tuple[str, str, time, int], int], int]]:
    grouped: dict[tuple[tuple[str, str, time, int], int], list[Held]] = defaultdict(list)
    for item in held:
        grouped[item.block, item.day.weekday()].append(item)
    made = tuple(
        Slot(
            block=blocks[block],
            day=day,
            demand=mean(item.booked for item in items) / _STAYS,
            recurs=len(items) >= _RECURS,
            wtp=10.5,
        )
        for (block, day), items in grouped.items()
    )
    return made, {key: index for index, key in enumerate(grouped)}
