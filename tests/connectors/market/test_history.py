"""A studio from a file: what the file says is kept to the letter, and a bad line is named."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sandbox.market.history import BadHistory, Columns, from_history
from connectors.sandbox.market.world import World
from tests.connectors.market.books import coming
from tests.fixtures.database import NOON

SHORT = Columns(venue="Room", name="Class", day="Date", start="Time", capacity="Places", booked="Booked")
HEADER = "Room,Class,Date,Time,Places,Booked\n"


def written(tmp_path: Path, lines: str) -> Path:
    path = tmp_path / "history.csv"
    path.write_text(HEADER + lines, encoding="utf-8")
    return path


@pytest.fixture
def four_weeks(tmp_path: Path) -> Path:
    days = ("2018-04-02", "2018-04-09", "2018-04-16", "2018-04-23")
    spin, aqua = zip(days, (12, 9, 14, 0), strict=True), zip(days, (3, 5, 8, 20), strict=True)
    rows = [f"A,Spin,{day},18:30,12,{booked}" for day, booked in spin]
    rows += [f"B,Aqua Fit 9.30-10.30am,{day},9:30:00,20,{booked}" for day, booked in aqua]
    rows += ["A,Spin,2018-04-23,18:30,12,4", "A,Once,2018-04-03,12:00,10,2"]  # a parallel class; one held once
    return written(tmp_path, "\n".join(rows))


def test_the_counts_are_those_of_the_file(four_weeks: Path) -> None:
    plan = from_history(four_weeks, NOON, columns=SHORT)
    world = World(7, NOON, (plan,))
    site = world.site(1001)
    file = [(0, 18, 12, n) for n in (12, 9, 14, 0, 4)] + [(0, 9, 20, n) for n in (3, 5, 8, 20)] + [(1, 12, 10, 2)]
    last = max(item.day for item in plan.past)
    got = Counter(
        (i.starts_local.weekday(), i.starts_local.hour, i.max_capacity, site.booked(i.id))
        for i in site.classes.values()
        if i.starts_local.date() <= last
    )
    assert got == Counter(file)
    assert NOON.date() - timedelta(days=8) < last < NOON.date()


def test_what_recurs_goes_on_and_what_was_held_once_does_not(four_weeks: Path) -> None:
    world = World(7, NOON, (from_history(four_weeks, NOON, columns=SHORT),))
    site = world.site(1001)
    names = {site.descriptions[item.description_id].name for item in coming(world, site)}
    assert names == {"Spin", "Aqua Fit 9.30-10.30am"}
    assert {place.name for place in site.locations.values()} == {"A", "B"}
    assert site.descriptions[min(site.descriptions)].category == "Spin"
    assert "Aqua Fit" in {item.category for item in site.descriptions.values()}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A,Spin,2018-04-31,18:30,12,3", r"line 3, column 'Date': '2018-04-31' is not a date"),
        ("A,Spin,2018-04-02,half six,12,3", r"line 3, column 'Time': 'half six' is not a time"),
        ("A,Spin,2018-04-02,18:30,many,3", r"line 3, column 'Places': 'many' is not a whole number"),
        ("A,Spin,2018-04-02,18:30,12,-1", r"line 3, column 'Booked': '-1' is not a whole number"),
        ("A,,2018-04-02,18:30,12,1", r"line 3, column 'Class': '' is not a name"),
        ("A,Spin,2018-04-02,18:30,12", r"line 3, column 'Booked': '' is not a whole number"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = written(tmp_path, f"A,Spin,2018-04-02,18:30,12,3\n{line}\n")
    with pytest.raises(BadHistory, match=said):
        from_history(path, NOON, columns=SHORT)


APART = """\
class,date,time,capacity,booked
Spin,2018-04-02,18:30,12,9
Spin,09 Apr 2018,6:30 PM,12,7
"""
TOGETHER = """\
booked,class,starts_at,cancelled,venue,capacity
9,Spin,2018-04-02T18:30,no,,12
7,Spin,2018-04-09 18:30,,,12
1,Spin,2018-04-16 18:30,yes,,12
"""


@pytest.mark.parametrize("text", [APART, TOGETHER])
def test_the_file_that_a_backtest_takes_is_taken(tmp_path: Path, text: str) -> None:
    """docs/history.md: the same file. A class that was cancelled was not held."""
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    plan = from_history(path, NOON)
    assert [(item.capacity, item.booked) for item in plan.past] == [(12, 9), (12, 7)]
    assert [(block.name, block.start.isoformat("minutes"), block.days) for block in plan.blocks] == [
        ("Spin", "18:30", (0,))
    ]
    assert len(plan.places) == 1


def test_a_missing_column_and_an_empty_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadHistory, match="no column 'ActivityDescription'"):
        from_history(written(tmp_path, ""), NOON)
    with pytest.raises(BadHistory, match="holds no class"):
        from_history(written(tmp_path, ""), NOON, columns=SHORT)
    path = tmp_path / "latin.csv"
    path.write_bytes(APART.encode() + "Pilates für alle,2018-04-10,18:00,20,1\n".encode("latin-1"))
    with pytest.raises(BadHistory, match="the file is not UTF-8 text"):
        from_history(path, NOON)


@pytest.mark.data
def test_two_months_of_real_classes_are_kept_exactly() -> None:
    path = Path(os.environ.get("SPOTKEEPER_DATA", "../shared/data")) / "leisure_classes_2018.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    plan = from_history(path, NOON)
    site = World(7, NOON, (plan,)).site(1001)
    last = max(item.day for item in plan.past)
    blocks = [plan.blocks[slot.block] for slot in plan.slots]
    file = Counter((p.day, blocks[p.slot].start, blocks[p.slot].name, p.capacity, p.booked) for p in plan.past)
    got = Counter(
        (i.starts_local.date(), i.starts_local.time(), site.descriptions[i.description_id].name, i.max_capacity, n)
        for i in site.classes.values()
        if i.starts_local.date() <= last
        for n in [site.booked(i.id)]
    )
    assert sum(file.values()) == 2_177
    assert got == file
