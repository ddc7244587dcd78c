"""Every decision says why: parts that sum to the number, the rule that binds, the signals by name."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from adapter.smarttools.fill import expected_sold
from tests.fixtures.timetable import NOW, Drawn, reservations, sessions, studios

SETTINGS: list[dict[str, object]] = [
    {},
    {"min_spots": 6},
    {"release_all_hours": 72},
    {"max_displacement_risk": 0.02},
    {"rate_ceiling": 9.0},
]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("plain", [True, False])
def test_parts_sum_exactly(drawn: Drawn, fitted: SmartTools, setting: dict[str, object], plain: bool) -> None:
    tools = SmartTools() if plain else fitted
    tables = (NOW, studios(**setting), drawn.coming, drawn.coming_reservations)
    decided, why = tools.decide(*tables), tools.explain(*tables)
    assert [reason["session_id"] for reason in why] == decided["session_id"].tolist()
    for row, reason in zip(decided.to_dict("records"), why, strict=True):
        assert sum(part["value"] for part in reason["parts"]) == row["spots"]
        assert sum(part["value"] for part in reason["rate_parts"]) == pytest.approx(row["rate"], abs=1e-9)
        assert reason["binding"] == row["reason"]
        assert reason["one_more"]
    json.dumps(why, allow_nan=False)


@pytest.mark.parametrize(
    "session", [{"cancelled": True}, {"starts_at": NOW - timedelta(hours=1)}, {"capacity": None}, {"capacity": 2.0}]
)
def test_parts_of_what_is_not_listed_sum_to_nothing(fitted: SmartTools, session: dict[str, object]) -> None:
    why = fitted.explain(NOW, studios(), sessions(session), reservations(direct=3, marketplace=1, third_party=1))[0]
    assert sum(part["value"] for part in why["parts"]) == 0


def test_sr_13_at_a_higher_rate_less_demand_is_expected_and_fewer_of_the_same_spots_sell(fitted: SmartTools) -> None:
    told = [
        fitted.explain(NOW, studios(rate_floor=floor, rate_ceiling=20.0), sessions(), reservations(direct=3))[0]
        for floor in (8.0, 16.0)
    ]
    cheap, dear = (expected_sold(float(str(each["demand"])), 4) for each in told)
    assert 0 < dear < cheap < 4


@pytest.mark.parametrize(("demand", "spots"), [(0.0, 5), (0.4, 1), (2.5, 1), (3.0, 4), (30.0, 4), (7.0, 0)])
def test_what_is_expected_to_sell_is_the_mean_of_a_demand_that_ends_at_the_spots(demand: float, spots: int) -> None:
    chances = [math.exp(-demand) * demand**count / math.factorial(count) for count in range(120)]
    mean = sum(min(count, spots) * chance for count, chance in enumerate(chances))
    assert expected_sold(demand, spots) == pytest.approx(mean, abs=1e-9)


def test_what_takes_the_places_is_named(fitted: SmartTools) -> None:
    why = fitted.explain(NOW, studios(), sessions(), reservations(direct=3, marketplace=2, third_party=1))[0]
    assert why["parts"][:4] == [
        {"label": "places", "value": 20},
        {"label": "booked direct", "value": -3},
        {"label": "booked through the marketplace", "value": -2},
        {"label": "booked through others", "value": -1},
    ]


def test_a_signal_that_is_not_known_is_not_shown(fitted: SmartTools) -> None:
    """SS-10."""
    timed = reservations(direct=3)
    untimed = timed.assign(booked_at=pd.Series([pd.NaT] * 3, dtype="datetime64[ns, UTC]"))
    known = fitted.explain(NOW, studios(), sessions(), timed)[0]["signals"]
    unknown = fitted.explain(NOW, studios(), sessions(), untimed)[0]["signals"]
    assert known["direct_bookings_last_day"] == 3
    assert {name for name in known if name not in unknown} == {
        "direct_bookings_last_day",
        "direct_bookings_usual_in_that_day",
        "marketplace_bookings_last_day",
    }


def test_sr_01_the_hour_the_time_left_and_what_is_booked_move_the_rate_and_are_told(fitted: SmartTools) -> None:
    told = []
    for starts, hours in (("2025-09-30 06:00", 120), ("2025-10-04 10:00", 2)):  # a Tuesday and a Saturday
        own = sessions({"starts_at": (start := pd.Timestamp(starts, tz="America/New_York"))})
        at = (start - pd.Timedelta(hours=hours)).to_pydatetime()
        tables = (at, studios(), own, reservations(before=at, direct=8, marketplace=2))
        rate, why = float(fitted.decide(*tables)["rate"].iloc[0]), fitted.explain(*tables)[0]
        assert sum(part["value"] for part in why["rate_parts"]) == pytest.approx(rate, abs=1e-9)
        assert why["signals"]["hours_to_start"] == hours
        told.append((rate, [part["label"] for part in why["rate_parts"]]))
    (early, scarce), (late, plenty) = told
    assert early > late
    need = "because a place may be needed for direct clients"
    assert [need in each for each in (scarce, plenty)] == [True, False]


def test_sr_01_each_factor_of_the_rate_has_its_amount(fitted: SmartTools) -> None:
    """Of a studio that nobody knows, what any studio's guests pay is all there is to tell."""
    tables = (NOW, studios(rate_floor=1.0), sessions(), reservations(direct=3))
    first, *own = fitted.explain(*tables)[0]["rate_parts"]
    assert [part["label"] for part in own] == [
        "what guests of this studio pay",
        "what guests pay for this class at this hour",
        "because a place may be needed for direct clients",
    ]
    elsewhere = [each.assign(studio_id="elsewhere") for each in (studios(rate_floor=1.0), sessions())]
    unknown = fitted.explain(NOW, *elsewhere, reservations(direct=3))[0]["rate_parts"]
    assert unknown[0] == first
    assert [part["label"] for part in unknown[1:]] == [own[-1]["label"]]


@pytest.mark.parametrize(
    ("floor", "ceiling", "direct", "label"),
    [
        (14.0, 30.0, 3, "no less than the agreed floor"),
        (14.0, 30.0, 15, "no more than the ceiling"),
        (8.0, 9.0, 3, "no more than the ceiling"),
    ],
)
def test_sr_11_what_bounds_the_rate_comes_after_all_that_is_learned_and_a_floor_that_does_not_bind_cannot_be_told(
    fitted: SmartTools, floor: float, ceiling: float, direct: int, label: str
) -> None:
    settings = studios(rate_floor=floor, rate_ceiling=ceiling)
    parts = fitted.explain(NOW, settings, sessions(), reservations(direct=direct))[0]["rate_parts"]
    assert parts[-1]["label"] == label
    so_far = [round(sum(part["value"] for part in parts[: count + 1]), 2) for count in range(len(parts))]
    assert so_far[-1] == (floor if "floor" in label else ceiling)
    assert floor not in so_far[:-1]


def test_ss_18_a_new_slot_says_that_it_has_no_past_and_keeps_more(fitted: SmartTools) -> None:
    known, fresh = (sessions({"template_id": slot}) for slot in ("slot-0", "new"))
    (why,) = fitted.explain(NOW, studios(), fresh, reservations())
    assert (why["signals"]["weeks_known"], why["unsure"]) == (0, ["this slot has no past class"])
    usual = fitted.decide(NOW, studios(), known.assign(capacity=40.0), reservations(direct=8)).iloc[0]
    new = fitted.decide(NOW, studios(), fresh.assign(capacity=40.0), reservations(direct=8)).iloc[0]
    assert new["spots"] + new["expected_direct"] < usual["spots"] + usual["expected_direct"]


SIX = {
    "availability": {"free_places"},
    "booking patterns": {"share_of_direct_bookings_to_come", "usual_direct_bookings"},
    "capacity": {"capacity"},
    "popularity": {"popularity", "weeks_known"},
    "season": {"season_and_trend", "pace"},
    "velocity": {"direct_bookings_last_day", "marketplace_bookings_last_day"},
}


def test_each_of_the_six_signals_is_named_in_every_decision(drawn: Drawn, fitted: SmartTools) -> None:
    """SS-10."""
    timed = drawn.coming_reservations["booked_at"].notna().all()
    assert timed
    for reason in fitted.explain(NOW, drawn.studios, drawn.coming, drawn.coming_reservations):
        assert {name for name, shown in SIX.items() if not shown <= set(reason["signals"])} == set()


def test_a_kind_of_class_never_seen_has_no_popularity(drawn: Drawn, fitted: SmartTools) -> None:
    strange = drawn.coming.assign(category="boxing")
    for table, shown in ((drawn.coming, True), (strange, False)):
        why = fitted.explain(NOW, drawn.studios, table, drawn.coming_reservations)
        assert {"popularity" in reason["signals"] for reason in why} == {shown}
