"""Rules that hold whatever the model says: INV-1 to INV-4 and INV-10, release-all, limits of rates, reasons."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.smarttools import SmartTools
from tests.fixtures.timetable import NOW, Drawn, reservations, sessions, studios

FEW = settings(max_examples=60, deadline=None)
CAPACITIES = st.integers(0, 34)
LEADS = st.sampled_from([0.5, 2.0, 7.0, 24.0, 60.0, 150.0, 400.0])
LIMITS = st.one_of(st.none(), st.floats(0, 1))


def _decide(
    tools: SmartTools,
    *,
    capacity: int,
    lead: float,
    direct: int,
    marketplace: int = 0,
    studio: dict[str, object] | None = None,
    **session: object,
) -> dict[str, object]:
    own = sessions({"capacity": float(capacity), "starts_at": NOW + timedelta(hours=lead), **session})
    booked = reservations(direct=direct, marketplace=marketplace)
    decided = tools.decide(NOW, studios(**(studio or {})), own, booked)
    return {str(name): value for name, value in decided.iloc[0].items()}


def _tools(fitted: SmartTools, *, plain: bool) -> SmartTools:
    return SmartTools() if plain else fitted


@FEW
@given(
    plain=st.booleans(),
    capacity=CAPACITIES,
    lead=LEADS,
    direct=st.integers(0, 36),
    marketplace=st.integers(0, 6),
    min_spots=st.integers(0, 40),
    floor=st.floats(0, 12),
    width=st.floats(0.02, 14),
    risk=LIMITS,
    slot=st.sampled_from(["slot-0", "slot-5", "new"]),
)
def test_spots_and_rates_stay_within_their_limits(
    fitted: SmartTools,
    plain: bool,
    capacity: int,
    lead: float,
    direct: int,
    marketplace: int,
    min_spots: int,
    floor: float,
    width: float,
    risk: float | None,
    slot: str,
) -> None:
    """PR-07, INV-1, INV-4."""
    limits = {"rate_floor": floor, "rate_ceiling": floor + width, "max_displacement_risk": risk, "min_spots": min_spots}
    row = _decide(
        _tools(fitted, plain=plain),
        capacity=capacity,
        lead=lead,
        direct=direct,
        marketplace=marketplace,
        studio=limits,
        template_id=slot,
    )
    free = max(capacity - direct - marketplace, 0)
    assert row["spots"] >= min(max(min_spots - marketplace, 0), free)
    assert 0 <= row["spots"] + row["premium_spots"] <= free
    assert floor <= row["rate"] <= floor + width
    assert row["rate"] == pytest.approx(round(row["rate"], 2), abs=1e-12)
    assert 0 <= row["displacement_risk"] <= 1
    assert 0 <= row["expected_direct"] <= capacity
    if row["premium_spots"]:
        assert row["rate"] + 0.0099 < row["premium_rate"] <= floor + width
    else:
        assert math.isnan(row["premium_rate"])
    if risk is not None and row["reason"] not in {"min_spots", "release_all"}:
        assert row["displacement_risk"] <= risk + 1e-9


@FEW
@given(
    plain=st.booleans(),
    capacity=st.integers(1, 34),
    lead=LEADS,
    direct=st.integers(0, 30),
    risk=LIMITS,
    weight=st.floats(0, 4),
)
def test_more_direct_bookings_never_list_more(
    fitted: SmartTools, plain: bool, capacity: int, lead: float, direct: int, risk: float | None, weight: float
) -> None:
    """INV-2."""
    tools, limit = _tools(fitted, plain=plain), {"max_displacement_risk": risk, "displacement_weight": weight}
    fewer = _decide(tools, capacity=capacity, lead=lead, direct=direct, studio=limit)
    more = _decide(tools, capacity=capacity, lead=lead, direct=direct + 1, studio=limit)
    assert more["spots"] <= fewer["spots"]
    assert more["spots"] + more["premium_spots"] <= fewer["spots"] + fewer["premium_spots"]


@settings(max_examples=15, deadline=None)
@given(row=st.integers(0, 20), more=st.integers(1, 9), lead=st.floats(1, 400))
def test_in_company_too_a_session_s_own_bookings_never_list_more_of_it(
    drawn: Drawn, fitted: SmartTools, row: int, more: int, lead: float
) -> None:
    name = drawn.coming["session_id"].iloc[row % len(drawn.coming)]
    moved = drawn.coming["starts_at"].where(drawn.coming["session_id"] != name, NOW + timedelta(hours=lead))
    coming = drawn.coming.assign(starts_at=moved.dt.as_unit("ns"))
    fresh = reservations(session=name, direct=more).assign(reservation_id=lambda rows: -1 - rows["reservation_id"])
    both = pd.concat([drawn.coming_reservations, fresh], ignore_index=True)
    fewer, after = (
        fitted.decide(NOW, drawn.studios, coming, booked).set_index("session_id").loc[name]
        for booked in (drawn.coming_reservations, both)
    )
    assert after["spots"] <= fewer["spots"]
    assert after["spots"] + after["premium_spots"] <= fewer["spots"] + fewer["premium_spots"]


@settings(max_examples=20, deadline=None)
@given(
    plain=st.booleans(),
    capacity=CAPACITIES,
    lead=LEADS,
    booked=st.tuples(st.integers(0, 20), st.integers(0, 6), st.integers(0, 3)),
    floor=st.floats(0, 12),
    width=st.floats(0.02, 14),
    limits=st.fixed_dictionaries(
        {}, optional={"min_spots": st.integers(0, 9), "release_all_hours": st.integers(2, 72)}
    ),
    risk=LIMITS,
    in_force=st.one_of(st.none(), st.floats(0, 26)),
    name=st.integers(0, 400),
)
def test_every_number_is_the_sum_of_its_parts_and_the_same_again_to_the_byte(
    fitted: SmartTools,
    plain: bool,
    capacity: int,
    lead: float,
    booked: tuple[int, int, int],
    floor: float,
    width: float,
    limits: dict[str, int],
    risk: float | None,
    in_force: float | None,
    name: int,
) -> None:
    """N-01 and INV-10; the name decides whether a rate is tried."""
    own = sessions({"session_id": f"x{name}", "capacity": float(capacity), "starts_at": NOW + timedelta(hours=lead)})
    house = studios(rate_floor=floor, rate_ceiling=floor + width, max_displacement_risk=risk, **limits)
    direct, through, others = booked
    made = reservations(session=f"x{name}", direct=direct, marketplace=through, third_party=others)
    stood = pd.DataFrame({"session_id": [f"x{name}"], "from_at": [pd.Timestamp(NOW)], "rate": [in_force]})
    offers = None if in_force is None else stood.assign(spots=1, premium_spots=0, premium_rate=np.nan)
    tools = _tools(fitted, plain=plain)
    row, why = tools.decide(NOW, house, own, made, offers), tools.explain(NOW, house, own, made, offers)
    pd.testing.assert_frame_equal(tools.decide(NOW, house, own, made, offers), row, check_exact=True)
    assert json.dumps(tools.explain(NOW, house, own, made, offers)) == json.dumps(why)
    told, premium = why[0], why[0]["premium"]
    assert isinstance(premium, dict)
    assert _sum(told["parts"]) == row.loc[0, "spots"]
    assert _cents(told["rate_parts"]) == round(row.loc[0, "rate"] * 100)
    assert _sum(premium["parts"]) == row.loc[0, "premium_spots"]
    if row.loc[0, "premium_spots"]:
        assert _cents(premium["rate_parts"]) == round(row.loc[0, "premium_rate"] * 100)
    assert told["binding"] == row.loc[0, "reason"]
    assert all((told["rate_binding"], told["one_more"], told["higher_rate"], premium["one_more"]))


def _sum(parts: object) -> float:
    assert isinstance(parts, list)
    return float(sum(part["value"] for part in parts))


def _cents(parts: object) -> int:
    """In minor units they sum exactly."""
    assert isinstance(parts, list)
    return sum(round(part["value"] * 100) for part in parts)


@FEW
@given(plain=st.booleans(), capacity=CAPACITIES, lead=LEADS, direct=st.integers(0, 30), least=st.integers(0, 20))
def test_higher_minimum_spots_never_list_fewer(
    fitted: SmartTools, plain: bool, capacity: int, lead: float, direct: int, least: int
) -> None:
    """INV-3."""
    tools = _tools(fitted, plain=plain)
    lower = _decide(tools, capacity=capacity, lead=lead, direct=direct, min_spots=least)
    higher = _decide(tools, capacity=capacity, lead=lead, direct=direct, min_spots=least + 1)
    assert higher["spots"] >= lower["spots"]


def test_ss_07_every_free_place_is_the_direct_clients_and_the_list_shrinks_as_they_book(fitted: SmartTools) -> None:
    before = _decide(fitted, capacity=20, lead=6, direct=8, marketplace=2)
    after = _decide(fitted, capacity=20, lead=6, direct=16, marketplace=2)
    assert 4 <= before["spots"] <= 10
    assert after["spots"] <= 2


def test_ss_08_ss_09_less_direct_demand_lists_no_fewer_and_more_lists_no_more(drawn: Drawn, fitted: SmartTools) -> None:
    lower, usual, doubled = (
        fitted.decide(NOW, drawn.studios, drawn.coming.assign(pace=pace, pace_doubt=0.02), drawn.coming_reservations)
        for pace in (0.7, 1.0, 2.0)
    )
    assert (lower["expected_direct"] < usual["expected_direct"]).all()
    assert (lower["spots"] >= usual["spots"]).all()
    assert (usual["spots"] >= doubled["spots"]).all()
    assert lower["spots"].sum() > usual["spots"].sum() > doubled["spots"].sum()


@pytest.mark.parametrize(("before", "released"), [(0, True), (1, False)])
def test_release_all_begins_at_its_hour_to_the_second(fitted: SmartTools, before: int, released: bool) -> None:
    """SS-12."""
    lead = 24 + before / 3600
    row = _decide(fitted, capacity=20, lead=lead, direct=8, marketplace=2, release_all_hours=24.0)
    assert (row["reason"] == "release_all") is released
    assert bool(row["spots"] == 10) is released


def test_release_all_counts_elapsed_hours_over_a_change_of_clocks(fitted: SmartTools) -> None:
    """SS-12."""
    start = pd.Timestamp("2025-11-02 12:00", tz="America/New_York")  # the night before has 25 hours
    own = sessions({"starts_at": start, "release_all_hours": 24.0})
    just, early = start - pd.Timedelta(hours=24), start - pd.Timedelta(hours=24, seconds=1)
    told = [fitted.decide(at, studios(), own, reservations(before=just)).loc[0, "reason"] for at in (just, early)]
    assert told == ["release_all", "forecast"]


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        ({"cancelled": True}, "cancelled"),
        ({"starts_at": NOW}, "started"),
        ({"capacity": np.nan}, "no_capacity"),
        ({"capacity": 3.0}, "full"),
    ],
)
def test_what_cannot_be_sold_lists_nothing_and_says_why(
    fitted: SmartTools, session: dict[str, object], reason: str
) -> None:
    """SS-15."""
    booked = reservations(direct=3)
    forced = studios(min_spots=5, release_all_hours=72)
    row = fitted.decide(NOW, forced, sessions(session), booked).iloc[0]
    assert (row["spots"], row["premium_spots"], row["reason"]) == (0, 0, reason)
    assert row["displacement_risk"] == 0
    assert 7.5 <= row["rate"] <= 22


def test_a_hall_without_end_is_decided_as_a_great_one(fitted: SmartTools) -> None:
    """A platform's word for no limit is a number too, as 999,999."""
    halls = [_decide(fitted, capacity=places, lead=48, direct=3) for places in (1_000, 1_100, 5_000, 999_999)]
    assert all(a["spots"] < b["spots"] and a["expected_value"] < b["expected_value"] for a, b in pairwise(halls))
    released = _decide(fitted, capacity=999_999, lead=48, direct=3, release_all_hours=72.0)
    assert released["spots"] == 999_996
    safe = _decide(fitted, capacity=999_999, lead=48, direct=3, studio={"max_displacement_risk": 0.0})
    assert safe["spots"] >= 999_996 - 1_024
    assert safe["displacement_risk"] == 0


def test_a_capacity_cut_below_bookings_lists_nothing(fitted: SmartTools) -> None:
    """SS-16."""
    row = _decide(fitted, capacity=10, lead=48, direct=11, marketplace=3)
    assert (row["spots"], row["reason"]) == (0, "full")


def test_the_floor_is_rounded_up_to_the_smallest_coin(fitted: SmartTools) -> None:
    """SR-06; what would sell best is 6.80."""
    wanted, paid = (
        _decide(SmartTools(), capacity=20, lead=48, direct=0, studio={"retail_rate": 15.87, "rate_floor": floor})
        for floor in (1.0, 7.5)
    )
    assert (wanted["rate"], paid["rate"]) == (6.8, 7.5)
    limits = {"rate_floor": 7.505, "rate_ceiling": 7.519}
    assert _decide(fitted, capacity=20, lead=48, direct=0, studio=limits)["rate"] == 7.51
    yen = {"rate_floor": 700.2, "rate_ceiling": 1500, "retail_rate": 2000, "currency": "JPY"}
    rate = _decide(fitted, capacity=20, lead=48, direct=0, studio=yen)["rate"]
    assert 701 <= rate == int(rate)


@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_a_rate_is_within_its_limits_though_no_whole_coin_is(fitted: SmartTools, currency: str) -> None:
    for floor, ceiling in ((10.665, 10.665), (0.1 + 0.2, 0.1 + 0.2), (10.3651, 10.3699), (23.7 * 0.45, 23.7 * 0.45)):
        limits = {"rate_floor": floor, "rate_ceiling": ceiling, "currency": currency}
        row = _decide(fitted, capacity=20, lead=48, direct=0, studio=limits)
        assert floor <= row["rate"] <= ceiling
        assert row["premium_spots"] == 0
        why = fitted.explain(NOW, studios(**limits), sessions(), reservations())[0]
        assert _sum(why["rate_parts"]) == pytest.approx(row["rate"], abs=1e-9)
    above = {"rate_floor": 30.123, "rate_ceiling": np.nan}
    assert _decide(fitted, capacity=20, lead=48, direct=0, studio=above)["rate"] == 30.13


def test_a_reservation_made_after_the_instant_does_not_count(fitted: SmartTools) -> None:
    late = reservations(before=NOW + timedelta(hours=30), direct=5)
    told = fitted.decide(NOW, studios(), sessions(), late)
    pd.testing.assert_frame_equal(told, fitted.decide(NOW, studios(), sessions(), reservations()))


def test_a_cancelled_reservation_gives_its_place_back_from_then_on(fitted: SmartTools) -> None:
    """SS-03."""
    gone = reservations(direct=4).assign(outcome="cancelled", cancelled_at=pd.Timestamp(NOW - timedelta(minutes=5)))
    told = fitted.decide(NOW, studios(), sessions(), gone)
    pd.testing.assert_frame_equal(told, fitted.decide(NOW, studios(), sessions(), reservations()))
    soon = gone.assign(cancelled_at=pd.Timestamp(NOW + timedelta(minutes=5)))
    assert fitted.explain(NOW, studios(), sessions(), soon)[0]["parts"][1] == {"label": "booked direct", "value": -4}


def test_an_unfitted_tool_answers_by_the_plain_rule_and_says_so() -> None:
    row = _decide(SmartTools(), capacity=20, lead=48, direct=3)
    assert row["reason"] == "cold_start"
    assert 0 < row["spots"] < 17


def test_what_learned_from_nothing_decides_by_what_is_usual_and_not_by_the_plain_rule(tmp_path: Path) -> None:
    tools = SmartTools().fit(studios(), sessions().iloc[:0], reservations())
    rooms = sessions(*({"session_id": f"x{places}", "capacity": float(places)} for places in range(4, 64, 4)))
    told = tools.decide(NOW, studios(), rooms, reservations("x12", direct=3))
    plain = SmartTools().decide(NOW, studios(), rooms, reservations("x12", direct=3))
    assert set(told["reason"]) == {"cold_start"}
    assert told["spots"].tolist() != plain["spots"].tolist()
    tools.save(tmp_path)
    again = SmartTools.load(tmp_path).decide(NOW, studios(), rooms, reservations("x12", direct=3))
    pd.testing.assert_frame_equal(told, again)


def test_a_studio_that_was_not_in_the_history_is_carried_by_the_others(fitted: SmartTools) -> None:
    table = studios(studio_id="new")
    row = fitted.decide(NOW, table, sessions({"studio_id": "new"}), reservations()).iloc[0]
    assert row["reason"] == "cold_start"
    assert row["spots"] > 0


def test_the_more_direct_clients_count_the_fewer_are_put_at_risk(drawn: Drawn, fitted: SmartTools) -> None:
    told = [
        fitted.decide(NOW, studios(displacement_weight=weight), drawn.coming, drawn.coming_reservations)
        for weight in (1, 2, 5)
    ]
    spots = [int(table["spots"].sum()) for table in told]
    assert spots[0] > spots[1] > spots[2]


def test_where_the_studio_offers_no_premium_nothing_counts_any_and_what_it_would_bring_is_known(
    fitted: SmartTools,
) -> None:
    house = studios(displacement_weight=6.0, rate_ceiling=24.0)
    own = sessions(*({"session_id": f"c{n}", "capacity": float(8 + n), "starts_at": NOW} for n in range(20)))
    own["starts_at"] = [NOW + timedelta(hours=30 + 10 * n) for n in range(20)]
    booked = reservations(direct=2)
    with_premium = fitted.decide(NOW, house, own, booked)
    pd.testing.assert_frame_equal(fitted.decide(NOW, house, own.assign(premium=True), booked), with_premium)
    without = fitted.propose(NOW, house, own.assign(premium=False), booked)
    told = with_premium["premium_spots"] > 0
    assert told.any()
    assert (without["premium_spots"] == 0).all()
    assert without["premium_rate"].isna().all()
    for same in ("spots", "rate", "expected_direct", "reason"):
        assert without[same].equals(with_premium[same])
    assert without["further"].equals(with_premium["premium_spots"])
    assert without["further_rate"].equals(with_premium["premium_rate"])
    assert (without["displacement_risk"] <= with_premium["displacement_risk"]).all()
    assert (without["displacement_risk"] < with_premium["displacement_risk"])[told].any()
    nothing = without["spots"] == 0
    assert (without.loc[nothing, ["displacement_risk", "expected_value"]] == 0).all(axis=None)
    for row, why in enumerate(fitted.explain(NOW, house, own.assign(premium=False), booked)):
        premium = why["premium"]
        assert isinstance(premium, dict)
        assert _sum(premium["parts"]) == 0
        assert _sum(why["parts"]) == without.loc[row, "spots"]


def test_other_spots_are_weighed_as_those_that_are_decided(drawn: Drawn, fitted: SmartTools) -> None:
    told = fitted.decide(NOW, studios(), drawn.coming, drawn.coming_reservations)
    own, listed = drawn.coming.assign(rate=told["rate"].array), told["spots"] + told["premium_spots"]

    def weighed(spots: pd.Series[int]) -> pd.DataFrame:
        return fitted.weigh(NOW, studios(), own.assign(spots=spots.array), drawn.coming_reservations)

    columns = ["session_id", "displacement_risk", "expected_value"]
    pd.testing.assert_frame_equal(weighed(listed), told[columns], check_exact=True)
    fewer, none, most = weighed(listed // 2), weighed(listed * 0), weighed(listed + 10_000)
    assert (none[columns[1:]] == 0).all(axis=None)
    assert (fewer["displacement_risk"] <= told["displacement_risk"]).all()
    assert (most["displacement_risk"] >= told["displacement_risk"]).all()
    assert (fewer["displacement_risk"] < most["displacement_risk"]).any()


def test_a_risk_limit_of_nothing_lets_not_even_a_rounding_pass(drawn: Drawn, fitted: SmartTools) -> None:
    coming = pd.concat(
        [
            drawn.coming.assign(session_id=f"{drawn.coming['session_id'].iloc[0]}/{n}", capacity=float(n))
            for n in range(1, 60)
        ]
    )
    coming = coming.assign(session_id=[str(row) for row in range(len(coming))])
    decided = fitted.decide(NOW, studios(max_displacement_risk=0.0), coming, drawn.coming_reservations.iloc[:0])
    assert decided["spots"].sum() > 0
    assert (decided["displacement_risk"] == 0).all()
