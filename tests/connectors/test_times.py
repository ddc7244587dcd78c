"""Times on both sides of UTC, over clock changes, in every spelling; zone names in two alphabets of habit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.times import iana_zone, local_text, read_instant

NEW_YORK, SYDNEY, KATHMANDU = ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney"), ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-01-15T18:00:00", NEW_YORK, "2026-01-15T23:00:00"),
        ("2026-07-15T18:00:00", NEW_YORK, "2026-07-15T22:00:00"),
        ("2026-01-15T18:00:00", SYDNEY, "2026-01-15T07:00:00"),
        ("2026-07-15T18:00:00", SYDNEY, "2026-07-15T08:00:00"),
        ("2026-01-15T00:30:00", KATHMANDU, "2026-01-14T18:45:00"),
        ("2026-01-15T18:00:00Z", NEW_YORK, "2026-01-15T18:00:00"),
        ("2026-01-15T18:00:00+10:00", NEW_YORK, "2026-01-15T08:00:00"),
        ("2026-01-15T18:00:00-0530", NEW_YORK, "2026-01-15T23:30:00"),
        ("2026-01-15T18:00:00+09", NEW_YORK, "2026-01-15T09:00:00"),
        ("2026-01-15 18:00", NEW_YORK, "2026-01-15T23:00:00"),
        ("2026-01-15", NEW_YORK, "2026-01-15T05:00:00"),
        ("2026-01-15T18:00:00.4Z", NEW_YORK, "2026-01-15T18:00:00.400000"),
        ("2026-01-15T18:00:00.1234567Z", NEW_YORK, "2026-01-15T18:00:00.123456"),
        (" 2026-01-15T18:00:00 ", NEW_YORK, "2026-01-15T23:00:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(text: str, zone: ZoneInfo, utc: str) -> None:
    found = read_instant(text, zone)
    assert found == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-30T10:00:00",
        "2026-01-15T25:00:00",
        "15/01/2026",
        "2026-01-15T18:00:00.12345678Z",
        "2026-01-15T18:00:00+99:00",
        "2026-01-15T18:00:00 EST",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59Z",
        "1768500000",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_instant(text, NEW_YORK)


def test_a_local_time_that_does_not_exist_is_refused_not_moved() -> None:
    with pytest.raises(ValueError, match="does not exist in America/New_York"):
        read_instant("2026-03-08T02:30:00", NEW_YORK)
    with pytest.raises(ValueError, match="does not exist in Australia/Sydney"):
        read_instant("2026-10-04T02:30:00", SYDNEY)


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    assert read_instant("2026-11-01T01:30:00", NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert read_instant("2026-04-05T02:30:00", SYDNEY) == datetime(2026, 4, 4, 15, 30, tzinfo=UTC)


def test_a_weekly_class_keeps_its_local_hour_over_the_change() -> None:
    before, after = (read_instant(f"2026-03-{day:02}T18:00:00", NEW_YORK) for day in (6, 13))
    assert after - before == timedelta(days=7, hours=-1)


ODD = (  # half an hour, a day, by the month of fasting, in winter, over midnight, never
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Europe/Dublin", "America/Santiago", "UTC",
)  # fmt: skip
CHANGES = [
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-03-08T07:00", "2026-11-01T06:00", "2026-04-04T16:00", "2026-10-03T16:00", "2026-04-04T15:00",
        "2026-10-03T15:30", "2011-12-30T10:00", "2026-02-15T02:00", "2026-03-29T01:00", "2026-04-05T03:00",
        "2026-09-06T04:00", "2026-10-25T01:00",
    )
]  # fmt: skip


@given(
    st.one_of(
        st.integers(-2_000_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        st.builds(
            lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-300, 300)
        ),
    ),
    st.sampled_from([NEW_YORK, SYDNEY, KATHMANDU, *map(ZoneInfo, ODD)]),
)
def test_what_is_written_for_a_site_is_read_back(instant: datetime, zone: ZoneInfo) -> None:
    found = read_instant(local_text(instant, zone), zone)
    assert found == instant or (instant.astimezone(zone).fold == 1 and found < instant)


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("America/New_York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("Eastern Standard Time", "America/New_York"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("US/Pacific", "America/Los_Angeles"),
    ],
)
def test_zones_are_known_by_both_their_names(name: str, iana: str) -> None:
    assert iana_zone(name) == iana


@pytest.mark.parametrize("name", ["", "Eastern", "../etc/passwd", "GMT+25", "localtime", "New York" * 100])
def test_a_zone_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        iana_zone(name)
