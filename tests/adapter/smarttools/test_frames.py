"""The door: what a table must be, and what it is told when it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.smarttools import BadTable, SmartTools
from adapter.smarttools.frames import PERSONAL, looks_personal
from tests.fixtures.timetable import NOW, Drawn, reservations, sessions, studios


@pytest.mark.parametrize(
    "column",
    ["client_id", "email", "guest_email", "FirstName", "first_name", "user", "phone", "ip_address", "birthDate"],
)
@pytest.mark.parametrize("table", ["studios", "sessions", "reservations", "offers"])
def test_no_personal_column_gets_in(table: str, column: str) -> None:
    """SR-04, N-17."""
    offers = pd.DataFrame(columns=["session_id", "from_at", "spots", "rate", "premium_spots", "premium_rate"])
    tables = {"studios": studios(), "sessions": sessions(), "reservations": reservations(direct=2), "offers": offers}
    tables[table] = tables[table].assign(**{column: "x"})
    with pytest.raises(BadTable, match=f"{table}: column '{column}' looks personal"):
        SmartTools().decide(NOW, **tables)


@given(
    word=st.sampled_from(sorted(PERSONAL)),
    before=st.sampled_from(["", "first_", "hashed_", "x-"]),
    after=st.sampled_from(["", "_id", "_count", "Hash"]),
    shape=st.sampled_from([str, str.upper, str.title]),
)
def test_a_personal_word_is_seen_wherever_it_stands(
    word: str, before: str, after: str, shape: Callable[[str], str]
) -> None:
    """INV-11."""
    assert looks_personal(f"{before}{shape(word)}{after}")


def test_a_column_of_no_meaning_to_us_is_ignored() -> None:
    plain = SmartTools().decide(NOW, studios(), sessions(), reservations(direct=2))
    more = SmartTools().decide(NOW, studios(), sessions().assign(room_colour="red"), reservations(direct=2))
    pd.testing.assert_frame_equal(plain, more)


@pytest.mark.parametrize(
    ("table", "changes", "told"),
    [
        ("sessions", {"capacity": "many"}, "sessions: column 'capacity', row 0: is not a number"),
        ("sessions", {"capacity": -1}, "sessions: column 'capacity', row 0: is below 0"),
        ("sessions", {"starts_at": pd.NaT}, "sessions: column 'starts_at', row 0: is missing"),
        ("sessions", {"starts_at": pd.Timestamp("2025-10-01")}, "row 0: is no time with a time zone"),
        ("sessions", {"studio_id": "other"}, "column 'studio_id', row 0: names a studio that is not in studios"),
        ("sessions", {"release_all_hours": 73}, "column 'release_all_hours', row 0: is not between 2 and 72"),
        ("sessions", {"rate_floor": 30}, "column 'rate_floor', row 0: lies above rate_ceiling"),
        ("sessions", {"capacity": pd.Timestamp(0, tz="UTC")}, "column 'capacity', row 0: is not a number"),
        ("sessions", {"cancelled": "no"}, "column 'cancelled', row 0: is not true or false"),
        ("sessions", {"starts_at": time(9, tzinfo=UTC)}, "column 'starts_at', row 0: is no time with a time zone"),
        ("sessions", {"category": [{"kind": "yoga"}]}, "sessions: column 'category', row 0: is no single value"),
        ("sessions", {"rate_ceiling": 1e300}, "sessions: column 'rate_ceiling', row 0: is above 1e\\+12"),
        ("studios", {"timezone": "Mars/Olympus"}, "column 'timezone', row 0: 'Mars/Olympus' is no IANA time zone"),
        ("studios", {"timezone": "America"}, "column 'timezone', row 0: 'America' is no IANA time zone"),
        (
            "studios",
            {"retail_rate": np.nan, "rate_ceiling": np.nan, "rate_floor": np.nan},
            "column 'retail_rate', row 0",
        ),
        (
            "reservations",
            {"channel": "wellhub"},
            "column 'channel', row 0: is none of direct, marketplace",
        ),
        ("reservations", {"outcome": "denied"}, "column 'outcome', row 0: is none of booked"),
        ("reservations", {"booked_at": pd.Timestamp("2025-10-01")}, "column 'booked_at', row 0: is no time"),
    ],
)
def test_an_error_names_table_column_and_row(table: str, changes: dict[str, object], told: str) -> None:
    tables = {"studios": studios(), "sessions": sessions(), "reservations": reservations(direct=2)}
    tables[table] = tables[table].assign(**changes)
    with pytest.raises(BadTable, match=told):
        SmartTools().decide(NOW, **tables)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadTable, match="sessions: column 'capacity' is missing; needed are session_id"):
        SmartTools().decide(NOW, studios(), sessions().drop(columns="capacity"), reservations())


def test_what_is_no_table_is_refused() -> None:
    twice = pd.concat([sessions(), sessions()[["capacity"]]], axis=1)
    with pytest.raises(BadTable, match="sessions: column 'capacity' is there twice"):
        SmartTools().decide(NOW, studios(), twice, reservations())
    with pytest.raises(BadTable, match="reservations: is dict; give a pandas DataFrame"):
        SmartTools().decide(NOW, studios(), sessions(), {})  # type: ignore[arg-type]


def test_a_session_without_an_id_is_refused() -> None:
    with pytest.raises(BadTable, match="column 'session_id', row 1: is missing"):
        SmartTools().decide(NOW, studios(), sessions({}, {"session_id": None}), reservations())


def test_a_session_given_twice_is_refused() -> None:
    for first, second in (("x", "x"), (7, "7")):
        table = sessions({"session_id": first}, {"session_id": second})
        with pytest.raises(BadTable, match="column 'session_id', row 1: is there twice"):
            SmartTools().decide(NOW, studios(), table, reservations())


def test_a_studio_given_twice_is_refused_as_nobody_knows_which_floor_holds() -> None:
    houses = pd.concat([studios(), studios(rate_floor=2.0)])
    with pytest.raises(BadTable, match="studios: column 'studio_id', row 1: is there twice"):
        SmartTools().decide(NOW, houses, sessions(), reservations())


def test_a_time_of_deciding_without_zone_is_refused() -> None:
    with pytest.raises(BadTable, match="at: has no time zone"):
        SmartTools().decide(datetime(2025, 9, 1), studios(), sessions(), reservations())  # noqa: DTZ001
    with pytest.raises(BadTable, match="at: 'today at nine' is no time"):
        SmartTools().decide("today at nine", studios(), sessions(), reservations())  # type: ignore[arg-type]


def _told_otherwise(table: pd.DataFrame, change: Callable[[pd.Series], pd.Series], *, times: bool) -> pd.DataFrame:
    """A table with its times, or its other columns, kept in another way."""
    return table.apply(
        lambda values: change(values) if isinstance(values.dtype, pd.DatetimeTZDtype) is times else values
    )


@pytest.mark.parametrize(
    "kept",
    [
        lambda table: table.astype(object),
        lambda table: table.astype(object).where(table.notna(), None),
        lambda table: table.convert_dtypes(),
        lambda table: table.astype("category"),
        lambda table: table[table.columns[::-1]].assign(index=1, level_0="x").set_axis([7] * len(table)),
        lambda table: _told_otherwise(table, lambda times: times.dt.tz_convert("Australia/Lord_Howe"), times=True),
        lambda table: _told_otherwise(table, lambda times: times.dt.as_unit("ns"), times=True),
        lambda table: _told_otherwise(table, lambda times: times.map(lambda at: at, na_action="ignore"), times=True),
        lambda table: _told_otherwise(
            table,
            lambda told: told.map(lambda x: Decimal(repr(x)) if isinstance(x, float) else x).astype(object),
            times=False,
        ),
    ],
    ids=["objects", "None", "nullable", "categories", "strange index", "other zone", "ns", "mapped", "Decimal"],
)
def test_a_table_says_the_same_however_its_columns_are_kept(
    drawn: Drawn, fitted: SmartTools, kept: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    offers = drawn.offers.assign(session_id=drawn.coming["session_id"].iloc[0]).head(3)
    tables = (drawn.studios, drawn.coming, drawn.coming_reservations, offers)
    plain, told = fitted.decide(NOW, *tables), fitted.decide(NOW, *(kept(table) for table in tables))
    pd.testing.assert_frame_equal(told, plain, check_exact=True, check_dtype=False, check_categorical=False)


def test_a_time_beyond_all_calendars_is_far_away_and_not_long_ago(fitted: SmartTools) -> None:
    """9999-12-31 for never: in nanoseconds it would wrap to a year long gone, and its place would be sold twice."""
    booked = reservations(direct=9)
    never = booked.assign(cancelled_at=[datetime(9999, 12, 31, tzinfo=UTC)] * 9)
    ever = booked.assign(booked_at=[datetime(1, 1, 1, tzinfo=UTC)] * 9)
    for told in (never, ever):
        parts = fitted.explain(NOW, studios(), sessions(), told)[0]["parts"]
        assert {"label": "booked direct", "value": -9} in parts  # type: ignore[operator]


def test_a_reservation_told_twice_counts_once_and_two_of_one_id_count_twice(fitted: SmartTools) -> None:
    booked = reservations(direct=3, marketplace=2)
    plain = fitted.decide(NOW, studios(), sessions(), booked)
    for twice in (pd.concat([booked, booked]), pd.concat([booked.assign(booked_at=pd.NaT)] * 2).iloc[5:]):
        told = fitted.explain(NOW, studios(), sessions(), twice)[0]["parts"]
        assert told[1:3] == [  # type: ignore[index]
            {"label": "booked direct", "value": -3},
            {"label": "booked through the marketplace", "value": -2},
        ]
    pd.testing.assert_frame_equal(fitted.decide(NOW, studios(), sessions(), pd.concat([booked, booked])), plain)
    for other in ({"reservation_id": None}, {"amount": 1.0}, {"booked_at": pd.Timestamp(NOW)}):
        both = pd.concat(
            [booked.assign(**other).iloc[:1]] * (2 if "reservation_id" in other else 1) + [booked.iloc[:1]]
        )
        told = fitted.explain(NOW, studios(), sessions(), both)[0]["parts"]
        assert {"label": "booked direct", "value": -len(both)} in told  # type: ignore[operator]


def test_empty_tables_give_an_empty_table() -> None:
    nothing = sessions().iloc[:0]
    decided = SmartTools().fit(studios(), nothing, reservations()).decide(NOW, studios(), nothing, reservations())
    assert decided.empty
    assert list(decided) == [
        "session_id", "spots", "rate", "premium_spots", "premium_rate", "expected_direct", "displacement_risk",
        "expected_value", "reason",
    ]  # fmt: skip


def test_a_session_s_own_settings_win_over_its_studio_s() -> None:
    own = {"min_spots": 9.0, "rate_floor": 20.0, "rate_ceiling": 20.0}
    decided = SmartTools().decide(
        NOW,
        studios(min_spots=3),
        sessions({"session_id": "own", **own}, {"session_id": "studio's", "min_spots": np.nan}),
        reservations(),
    )
    assert decided["spots"].tolist()[0] >= 9
    assert decided["rate"].tolist()[0] == 20.0
    assert decided["rate"].tolist()[1] < 20.0


def test_every_given_session_is_answered_in_its_order() -> None:
    given = [{"session_id": name, "starts_at": NOW + timedelta(hours=h)} for name, h in (("b", 9), ("a", 2), ("c", 5))]
    decided = SmartTools().decide(NOW, studios(), sessions(*given), reservations())
    assert decided["session_id"].tolist() == ["b", "a", "c"]
