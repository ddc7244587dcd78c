"""An exported class history: what is read, what is set aside, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.backtest.history import HistoryError, kind_of, read_history

GOOD = "class,date,time,capacity,booked,venue\nSpin,2018-04-09,18:00,20,17,North\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_bytes(text.encode())
    return path


def test_a_line_becomes_a_class_in_local_time(tmp_path: Path) -> None:
    (spin,) = read_history(_file(tmp_path, GOOD), timezone="Europe/London").classes
    assert (spin.name, spin.venue, spin.capacity, spin.booked, spin.line) == ("Spin", "North", 20, 17, 2)
    assert spin.starts_at == datetime(2018, 4, 9, 17, tzinfo=UTC)
    assert spin.slot == "North|Spin|Mon 18:00"


def test_the_leisure_export_is_known_by_its_headers(tmp_path: Path) -> None:
    text = (
        "ActivitySiteID,ActivityDescription,BookingEndDateTime (Month / Day / Year),BookingStartTime,MaxBookees,"
        "Number Booked,Price (INR)\nHXP,20-20-20  2.45pm-3.45pm,08-Apr-18,14:45:00,25,12,499\n"
    )
    (past,) = read_history(_file(tmp_path, text)).classes
    assert (past.venue, past.category, past.capacity, past.booked) == ("HXP", "20-20-20", 25, 12)
    assert past.starts_at == datetime(2018, 4, 8, 14, 45, tzinfo=UTC)


def test_headers_can_be_named(tmp_path: Path) -> None:
    text = "Title;x,When,Places,Came\nYoga,2018-04-09T07:30,12,4\n"
    named = {"class": "Title;x", "starts_at": "When", "capacity": "Places", "booked": "Came"}
    (yoga,) = read_history(_file(tmp_path, text), columns=named).classes
    assert (yoga.name, yoga.local_start) == ("Yoga", datetime(2018, 4, 9, 7, 30))  # noqa: DTZ001  a wall clock's


def test_bad_lines_are_set_aside_with_line_and_column_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        "Spin,2018-04-31,18:00,20,17,North",
        "Spin,2018-04-10,6 in the evening,20,17,North",
        "Spin,2018-04-10,18:00,lots,17,North",
        "Spin,2018-04-11,18:00,0,17,North",
        "Spin,2018-04-12,18:00,20,-1,North",
        ",2018-04-12,18:00,20,1,North",
        "Spin,2018-04-09,18:00,20,17,North",
        "Spin,2018-04-13,18:00",
        "Spin,2018-04-16,6:00 pm,20,3,North",
    ]
    history = read_history(_file(tmp_path, GOOD + "\n".join(lines) + "\n"))
    assert [past.booked for past in history.classes] == [17, 3]
    assert [(bad.line, bad.column) for bad in history.bad] == [
        (3, "date"), (4, "time"), (5, "capacity"), (6, "capacity"), (7, "booked"), (8, "class"), (9, "class"),
        (10, "capacity"),
    ]  # fmt: skip
    assert history.bad[0].what == "'2018-04-31' is no date like 2018-04-08 or 08-Apr-18"
    assert history.bad[6].what == "'Spin' at this time is on line 2 already"


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        ("", {}, "no column for 'class'.*The file has none"),
        ("a,b\n1,2\n", {}, "no column for 'class'; name one with --columns class=HEADER. The file has a, b"),
        ("class,capacity,booked\nSpin,2,1\n", {}, "no column for 'date'"),
        (GOOD, {"class": "Title"}, "the file has no column 'Title'; it has class, date"),
        (GOOD, {"klass": "class"}, "'klass' is no column we know; there are class"),
    ],
)
def test_what_is_no_history_is_refused_in_words(tmp_path: Path, text: str, columns: dict[str, str], told: str) -> None:
    with pytest.raises(HistoryError, match=told):
        read_history(_file(tmp_path, text), columns=columns)


def test_a_file_of_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(GOOD.encode() + "Pilates für alle,2018-04-10,18:00,20,1,Nord\n".encode("latin-1"))
    with pytest.raises(HistoryError, match="is not UTF-8 text"):
        read_history(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("20-20-20  2.45pm-3.45pm", "20-20-20"),
        ("Body Pump 18:30", "body pump"),
        ("Aqua 7pm - 8pm", "aqua"),
        ("Circuits 8-9am", "circuits"),
        ("Spin", "spin"),
        ("7.00am-8.00am", "7.00am-8.00am"),
    ],
)
def test_a_kind_of_class_is_its_name_without_clock_times(name: str, kind: str) -> None:
    assert kind_of(name) == kind
