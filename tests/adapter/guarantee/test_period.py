"""GT, GU, GP: when the period is, what it takes to start, and what is owed at its end."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.guarantee import CaseError
from adapter.guarantee.outlook import Forecast, break_even, days_done, forecast
from tests.adapter.guarantee.cases import Studio, aurora, bleak, cancelled, lines


def test_gt_01_a_statement_is_made_under_a_dated_version_of_the_terms() -> None:
    studio = aurora()
    assert studio.assess()["terms"] == "2023-05-01"
    studio.case["terms"] = "2024-01-01"
    with pytest.raises(CaseError, match=r"^terms: must be a version"):
        studio.assess()


def test_gt_02_the_terms_beat_the_article_that_promises_twice_the_loss() -> None:
    """Trap 1."""
    assert bleak().assess()["payment"] == "400.00"  # not 2520


def test_n_12_the_more_a_visit_pays_the_more_must_be_lost_until_nothing_can_be_paid() -> None:
    """Trap 4."""
    told = {row.payout_share: row.lost_share for row in break_even()}
    assert {share: round(told[share] or 0, 3) for share in (0.3, 0.35, 0.4)} == {0.3: 0.429, 0.35: 0.538, 0.4: 0.667}
    assert told[0.5] is None


def test_n_12_day_90_is_told_with_how_little_is_known_and_not_before_two_weeks() -> None:
    assert forecast([10.0] * 13, 77) is None
    assert forecast([10.0] * 14, 76) == Forecast(900.0, 900.0, 900.0)
    uneven = forecast([0.0, 20.0] * 10, 70)
    assert uneven is not None
    assert uneven.low < uneven.middle == 900 < uneven.high
    assert uneven.high - 900 == pytest.approx(900 - uneven.low)


@pytest.mark.parametrize(
    ("earned", "payment"), [("21.00", "0.00"), ("20.00", "0.00"), ("19.99", "0.02"), ("0.00", "40.00")]
)
def test_gu_01_ec_41_double_the_difference_or_nothing(earned: str, payment: str) -> None:
    studio = Studio()
    studio.direct("lost", "2024-06-01")
    studio.market("lost", "2025-03-12", "0.00")
    studio.market("other", "2025-03-12", earned)
    assert studio.assess()["payment"] == payment


def test_gu_02_gp_01_ninety_days_and_sixty_to_pay() -> None:
    """Trap 11."""
    statement = Studio().assess()
    dates = [statement[name] for name in ("start_date", "last_day", "due_date")]
    assert dates == ["2025-03-10", "2025-06-07", "2025-08-06"]


@pytest.mark.parametrize(
    ("acknowledged", "start", "last"),
    [
        ("2025-03-15T10:00:00-04:00", "2025-03-15", "2025-06-12"),  # GP-02: after the fifth
        ("2025-03-03T10:00:00-05:00", "2025-03-10", "2025-06-07"),  # GP-04: before it
        ("2025-03-10T23:59:00-04:00", "2025-03-10", "2025-06-07"),  # on its day
        ("2025-03-16T03:30:00Z", "2025-03-15", "2025-06-12"),  # dated in the business's time zone
    ],
)
def test_gp_02_gp_04_the_period_starts_when_both_hold(acknowledged: str, start: str, last: str) -> None:
    studio = Studio(start=None)
    studio.five()
    studio.case["participation"]["acknowledged_at"] = acknowledged
    statement = studio.assess()
    assert (statement["start_date"], statement["last_day"]) == (start, last)


def test_gp_02_not_acknowledged_has_not_started() -> None:
    studio = Studio(start=None)
    studio.five()
    studio.case["participation"]["acknowledged_at"] = None
    statement = studio.assess()
    assert (statement["status"], statement["start_date"], statement["paid_qualifying"]) == ("not_acknowledged", None, 5)


def test_gp_03_five_paid_qualifying_reservations_a_trial_is_none() -> None:
    """Trap 5."""
    studio = Studio(start=None)
    for payout in ("0.00", "12.00", "12.00", "11.00", "10.00"):
        studio.market("ana", "2025-03-05", payout)
    waiting = studio.assess()
    assert (waiting["status"], waiting["paid_qualifying"], waiting["start_date"]) == ("waiting", 4, None)
    studio.market("ben", "2025-03-08")
    assert studio.assess()["start_date"] == "2025-03-08"


def test_gp_03_reservations_before_the_acknowledgement_count_towards_the_five() -> None:
    studio = Studio(start=None)
    studio.five("2024-11-01")
    assert studio.assess()["start_date"] == "2025-03-01"


def test_gp_05_the_displayed_date_binds_whatever_is_computed_later() -> None:
    """Trap 12."""
    studio = Studio(start="2025-03-10")
    for _ in range(4):
        studio.market("ana", "2025-03-10")
    studio.market("ana", "2025-03-10", **cancelled("2025-03-10 08:00", "studio"))
    fewer = studio.assess()
    assert (fewer["start_date"], fewer["computed_start_date"], fewer["status"]) == ("2025-03-10", None, "final")
    studio.market("ana", "2025-03-12")
    later = studio.assess()
    assert (later["start_date"], later["computed_start_date"]) == ("2025-03-10", "2025-03-12")
    assert "computed now 12 Mar 2025" in next(
        row["message"] for row in later["warnings"] if row["code"] == "start_date"
    )


def test_gp_05_without_a_displayed_date_the_computed_one_holds() -> None:
    studio = Studio(start=None)
    studio.five()
    statement = studio.assess()
    assert statement["start_date"] == "2025-03-10"
    assert "computed_start_date" not in statement


def test_pd_06_the_day_that_is_displayed_is_counted_from_the_start() -> None:
    statement = Studio().assess()
    days = [date(2025, 3, 9), date(2025, 3, 10), date(2025, 4, 15), date(2025, 6, 7), date(2025, 7, 1)]
    assert [days_done(statement, day) for day in days] == [0, 1, 37, 90, 90]
    assert days_done(Studio(start=None).assess(), date(2025, 4, 15)) == 0


def test_gp_06_ec_49_everything_on_the_start_date_counts_and_nothing_earlier() -> None:
    studio = Studio(start=None)
    for _ in range(4):
        studio.market("ana", "2025-03-08")
    morning = studio.market("ben", "2025-03-10 07:00")
    noon = studio.market("ben", "2025-03-10 12:00")
    evening = studio.market("ben", "2025-03-10 20:00")
    assert set(lines(studio.assess())) == {morning, noon, evening}
    once = Studio(start=None)
    once.five("2025-03-10")
    assert once.assess()["classpass_revenue"]["payouts"] == "60.00"


def test_gp_07_a_reservation_is_dated_by_class_start_at_its_venue() -> None:
    studio = Studio()
    studio.venue("la", "America/Los_Angeles")
    late = studio.market("ana", "2025-06-07 23:30", venue_id="la", zone="America/Los_Angeles")
    studio.market("ana", "2025-06-08 00:30", venue_id="la", zone="America/Los_Angeles")
    booked_in_time = studio.market("ana", "2025-06-09", booked_at="2025-05-01T00:00:00Z")
    assert set(lines(studio.assess())) == {late}
    assert booked_in_time not in lines(studio.assess())


def test_gp_08_without_a_fifth_it_waits_for_ever() -> None:
    studio = Studio(start=None, as_of="2030-01-01T00:00:00Z")
    for _ in range(3):
        studio.market("ana", "2025-03-05")
    statement = studio.assess()
    assert (statement["status"], statement["paid_qualifying"], statement["lines"]) == ("waiting", 3, [])
    assert statement["classpass_revenue"]["total"] == statement["lost_revenue"] == statement["payment"] == "0.00"


def test_ec_43_a_start_on_a_leap_day_looks_back_to_the_28th() -> None:
    """GL-02."""
    studio = Studio(start="2024-02-29")
    studio.direct("before", "2023-03-01", booked_at="2023-02-27T12:00:00-05:00")
    studio.direct("first_day", "2023-03-01", booked_at="2023-02-28T00:00:00-05:00")
    studio.direct("last_day", "2024-03-01", booked_at="2024-02-28T23:59:00-05:00")
    studio.direct("start_day", "2024-03-01", booked_at="2024-02-29T00:00:00-05:00")
    found = {}
    for client in ("before", "first_day", "last_day", "start_day"):
        found[client] = studio.market(client, "2024-03-10")
    statement = lines(studio.assess())
    assert [statement[number]["lost"] for number in found.values()] == [False, True, True, False]


def test_ec_44_the_period_is_counted_in_days_though_the_clocks_change() -> None:
    """Trap 11."""
    studio = Studio(start="2025-01-15", as_of="2025-05-01T00:00:00Z")
    last = studio.market("ana", "2025-04-14 23:00")
    studio.market("ana", "2025-04-15 00:30")
    statement = studio.assess()
    assert statement["last_day"] == "2025-04-14"
    assert set(lines(statement)) == {last}


def test_ec_45_a_class_keeps_the_time_zone_it_was_made_in() -> None:
    studio = Studio()
    kept = studio.market("ana", "2025-06-07 23:30", zone="America/Los_Angeles", timezone="America/Los_Angeles")
    studio.market("ana", "2025-06-07 23:30", zone="America/Los_Angeles")
    assert set(lines(studio.assess())) == {kept}


def test_the_fifth_is_counted_by_class_start_not_by_booking() -> None:
    studio = Studio(start=None)
    for day in ("03", "04", "05", "06"):
        studio.market("ana", f"2025-03-{day}")
    studio.market("ana", "2025-03-20", booked_at="2025-01-01T00:00:00Z")
    studio.market("ana", "2025-03-07")
    assert studio.assess()["start_date"] == "2025-03-07"


@pytest.mark.parametrize(("as_of", "count"), [("2025-03-12T17:59:59-04:00", 0), ("2025-03-12T18:00:00-04:00", 5)])
def test_nothing_counts_towards_the_five_before_48_hours(as_of: str, count: int) -> None:
    studio = Studio(start=None, as_of=as_of)
    studio.five("2025-03-10 18:00")
    assert studio.assess()["paid_qualifying"] == count


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2025-06-07T23:59:59-04:00", "running"),
        ("2025-06-08T00:00:00-04:00", "provisional"),
        ("2025-06-09T17:59:59-04:00", "provisional"),
        ("2025-06-09T18:00:00-04:00", "final"),
    ],
)
def test_running_then_provisional_until_everything_is_settled(as_of: str, status: str) -> None:
    studio = Studio(as_of=as_of)
    studio.market("ana", "2025-06-07 18:00")
    assert studio.assess()["status"] == status


@pytest.mark.parametrize(
    ("as_of", "status"), [("2025-07-02T23:59:59-04:00", "provisional"), ("2025-07-03T00:00:00-04:00", "final")]
)
def test_ec_29_an_open_cycle_of_a_switcher_keeps_it_provisional(as_of: str, status: str) -> None:
    studio = Studio(as_of=as_of)
    studio.market("ben", "2024-11-02")
    studio.purchase("june", "ben", "90.00", None, cycle_from="2025-06-01", cycle_until="2025-06-30")
    studio.direct("ben", "2025-06-05", {"kind": "membership", "purchase_id": "june"})
    assert studio.assess()["status"] == status


def test_ec_29_somebody_elses_open_cycle_does_not() -> None:
    studio = Studio(as_of="2025-06-12T00:00:00Z")
    studio.purchase("june", "ana", "90.00", None, cycle_from="2025-06-01", cycle_until="2025-06-30")
    studio.direct("ana", "2025-06-05", {"kind": "membership", "purchase_id": "june"})
    assert studio.assess()["status"] == "final"


def test_while_running_the_numbers_are_those_so_far() -> None:
    statement = bleak(as_of="2025-05-01T00:00:00Z").assess()
    assert (statement["status"], statement["payment"]) == ("running", "400.00")
