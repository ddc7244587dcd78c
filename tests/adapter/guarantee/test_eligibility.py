"""GE, GX, GD: who is eligible, how it is paid, and what makes it void."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.guarantee.cases import REQUIREMENTS, Json, Studio, bleak, codes


def held(statement: Json, requirement: str) -> Json:
    return next(row for row in statement["eligibility"] if row["requirement"] == requirement)


def interrupted(requirement: str, *spans: tuple[str, str | None], **venue: str) -> Studio:
    """The bleak studio, whose requirement held in these intervals only."""
    studio = bleak()
    kept = [row for row in studio.case["eligibility"] if row["requirement"] != requirement]
    spanned = [{"requirement": requirement, "from": since, "until": until, **venue} for since, until in spans]
    studio.case["eligibility"] = kept + spanned
    return studio


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_ge_01_to_ge_04_any_gap_fails(requirement: str) -> None:
    """GE-02."""
    gap = (("2025-01-01T00:00:00Z", "2025-04-18T10:00:00Z"), ("2025-04-18T10:00:01Z", None))
    statement = interrupted(requirement, *gap).assess()
    assert (statement["status"], statement["payment"], statement["net_payment"]) == ("ineligible", "0.00", "0.00")
    assert (statement["method"], statement["lost_revenue"]) == ("none", "1260.00")
    assert held(statement, requirement) == {
        "requirement": requirement,
        "held": False,
        "gaps": [{"from": "2025-04-18T10:00:00+00:00", "until": "2025-04-18T10:00:01+00:00"}],
        "waived": False,
    }


@pytest.mark.parametrize(
    ("spans", "fine"),
    [
        ([("2025-03-10T04:00:00Z", "2025-06-08T04:00:00Z")], True),  # to the second, in the business's time zone
        ([("2025-03-10T04:00:01Z", "2025-06-08T04:00:00Z")], False),
        ([("2025-03-10T04:00:00Z", "2025-06-08T03:59:59Z")], False),
        ([("2025-05-01T00:00:00Z", None), ("2025-01-01T00:00:00Z", "2025-05-01T00:00:00Z")], True),  # they meet
        ([("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z"), ("2025-01-01T00:00:00Z", None)], True),  # they overlap
        ([], False),
    ],
)
def test_ge_01_judged_from_the_first_day_to_the_last(spans: list[tuple[str, str | None]], fine: bool) -> None:
    assert held(interrupted("subscriber", *spans).assess(), "subscriber")["held"] is fine


def test_ge_01_while_running_it_is_judged_until_now() -> None:
    studio = interrupted("agreement", ("2025-01-01T00:00:00Z", "2025-04-10T00:00:00Z"))
    for as_of, fine in (("2025-04-10T00:00:00Z", True), ("2025-04-10T00:00:01Z", False)):
        studio.case["as_of"] = as_of
        assert held(studio.assess(), "agreement")["held"] is fine


def test_ge_01_the_excluded_platform_fails_from_the_beginning() -> None:
    studio = Studio(start=None, platform="booker")
    statement = studio.assess()
    assert (statement["status"], held(statement, "subscriber")["held"]) == ("ineligible", False)


@pytest.mark.parametrize(
    ("until", "since", "fine"),
    [
        ("2025-04-18T10:00:00Z", "2025-04-19T10:00:00Z", True),  # EC-50: 24 h in all
        ("2025-04-18T10:00:00Z", "2025-04-19T10:00:01Z", False),
    ],
)
def test_ge_05_ec_50_smarttools_may_miss_a_day_in_all(until: str, since: str, fine: bool) -> None:
    spans = (("2025-01-01T00:00:00Z", until), (since, None))
    statement = interrupted("smarttools", *spans, venue_id="v1").assess()
    assert held(statement, "smarttools")["held"] is fine
    assert held(statement, "smarttools")["gaps"][0]["venue_id"] == "v1"


def test_ge_05_smarttools_at_every_venue() -> None:
    for without in ("v1", "v2"):
        studio = bleak()
        studio.venue("v2")
        kept = [row for row in studio.case["eligibility"] if row.get("venue_id") != without]
        studio.case["eligibility"] = kept
        assert studio.assess()["status"] == "ineligible", without


def test_ec_37_a_new_venue_is_judged_from_its_opening_and_in_its_time_zone() -> None:
    studio = bleak()
    studio.venue("v2", "Asia/Tokyo", opened_on="2025-04-10")
    for since, fine in (("2025-04-10T15:00:00Z", True), ("2025-04-10T15:00:01Z", False)):  # 24 h after it opened there
        studio.case["eligibility"][-1]["from"] = since
        assert held(studio.assess(), "smarttools")["held"] is fine


def test_ge_06_a_waiver_is_shown_and_holds() -> None:
    studio = interrupted("inventory")
    studio.case["waivers"] = [{"requirement": "inventory", "reference": "letter", "agreed_by": "counsel"}]
    statement = studio.assess()
    assert (statement["status"], statement["payment"]) == ("final", "400.00")
    assert (held(statement, "inventory")["held"], held(statement, "inventory")["waived"]) == (False, True)


def test_ge_07_one_takes_part_once_unless_agreed_in_writing() -> None:
    studio = bleak()
    studio.case["participation"]["earlier_participation"] = True
    assert (studio.assess()["status"], studio.assess()["payment"]) == ("ineligible", "0.00")
    studio.case["waivers"] = [{"requirement": "once", "reference": "letter", "agreed_by": "counsel"}]
    assert studio.assess()["payment"] == "400.00"


def owing(difference: str, currency: str = "USD", rate: str | None = None, **business: Any) -> Studio:
    """A studio that lost this much more than it earned."""
    studio = Studio(currency=currency, **business)
    studio.case["pricing"] = []
    studio.price(difference)
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12", "0.00")
    if rate is not None:
        studio.case["fx"] = [
            {"from": currency, "to": "USD", "date": "2025-07-01", "rate": rate},
            {"from": currency, "to": "USD", "date": "2025-07-02", "rate": "9"},
            {"from": currency, "to": "USD", "date": "2025-03-12", "rate": "9"},
        ]
    return studio


@pytest.mark.parametrize(
    ("studio", "payment", "method"),
    [
        (owing("20.00"), "40.00", "credit"),
        (owing("24.99"), "49.98", "credit"),  # EC-42
        (owing("24.50", "EUR", "1.0202"), "49.00", "credit"),  # 49.99 dollars
        (owing("25.00"), "50.00", "payment"),
        (owing("22.50", "EUR", "1.12"), "45.00", "payment"),  # 50.40 dollars
        (owing("19.50", "GBP", "1.27"), "39.00", "credit"),  # 49.53 dollars
        (owing("0.00"), "0.00", "none"),
        (owing("0.00", "EUR"), "0.00", "none"),  # no rate is needed for nothing
    ],
)
def test_gx_01_ec_42_below_fifty_dollars_it_may_be_a_credit(studio: Studio, payment: str, method: str) -> None:
    statement = studio.assess()
    assert (statement["payment"], statement["method"], statement["status"]) == (payment, method, "final")


def test_gx_01_without_a_dollar_rate_it_is_blocked() -> None:
    statement = owing("25.00", "EUR").assess()
    assert (statement["status"], statement["payment"], statement["method"]) == ("blocked", None, "none")
    assert (statement["blocked_by"][0]["fact"], statement["lost_revenue"]) == ("fx_rate", None)


def test_gx_01_gx_02_the_test_comes_before_set_off_unless_read_otherwise() -> None:
    studio = owing("30.00", owes="20.00")
    statement = studio.assess()
    assert (statement["payment"], statement["net_payment"], statement["method"]) == ("60.00", "40.00", "payment")
    assert studio.assess(deminimis="after_setoff")["method"] == "credit"


def test_gx_03_the_online_tool_is_a_warning_not_an_exclusion() -> None:
    statement = bleak(sign_up="online_tool").assess()
    assert (statement["payment"], statement["status"]) == ("400.00", "final")
    assert "self_service" in codes(statement)


@pytest.mark.parametrize("kind", ["breach", "termination", "tracking", "fraud"])
def test_gd_01_to_gd_04_any_breach_makes_it_void_and_the_numbers_stay(kind: str) -> None:
    """GD-02, GD-03."""
    studio = bleak()
    studio.case["breaches"] = [
        {"kind": kind, "at": "2025-05-09T00:00:00Z", "reason": "see file", "recorded_by": "finance"}
    ]
    studio.case["eligibility"] = []  # void comes before ineligible
    statement = studio.assess()
    assert (statement["status"], statement["payment"], statement["net_payment"]) == ("void", "0.00", "0.00")
    assert (statement["lost_revenue"], statement["incremental"]) == ("1260.00", "-200.00")


def test_void_and_ineligible_hold_before_there_is_a_period() -> None:
    studio = Studio(start=None)
    studio.case["participation"]["acknowledged_at"] = None
    studio.case["eligibility"] = []
    assert studio.assess()["status"] == "not_acknowledged"  # nothing to judge yet
    studio.case["breaches"] = [{"kind": "fraud", "at": "2025-01-01T00:00:00Z", "reason": "", "recorded_by": "a"}]
    assert studio.assess()["status"] == "void"


def test_blocked_comes_before_running() -> None:
    studio = Studio(as_of="2025-03-20T00:00:00Z")
    studio.case["pricing"] = []
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12")
    assert studio.assess()["status"] == "blocked"
