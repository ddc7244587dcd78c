"""When it starts, what it asks for, how it stands."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import Json, at
from tests.adapter.guarantee.sentences.words import (
    FIVE,
    GONE,
    PASS,
    Build,
    Sentences,
    bought,
    breach,
    direct,
    do,
    has,
    holds,
    lost,
    market,
    prices,
    told,
    waive,
    won,
)

CASES = Sentences()
says = CASES.says

# Start
says("fifth_by_class_start", do(*FIVE), {"start": None}, start_date="2025-03-15", last_day="2025-06-12", lines__len=1)
says("four", do(*FIVE[:4]), {"start": None}, status="waiting", paid_qualifying=4, start_date=None, lines=[])
says("free_is_not_paid", do(*FIVE[:4], market(payout="0.00")), {"start": None}, status="waiting", paid_qualifying=4)
says(
    "acknowledged_in_business_time",
    do(*FIVE, has("participation", acknowledged_at="2025-04-01T03:00:00Z")),
    {"start": None},
    start_date="2025-03-31",
)
says("displayed_binds_earlier", do(*FIVE), start_date="2025-03-10", computed_start_date="2025-03-15", lines__len=5)
says("displayed_binds_later", do(*FIVE), {"start": "2025-03-14"}, lines__len=2, due_date="2025-08-10")
says("displayed_binds_with_none", do(), computed_start_date=None, start_date="2025-03-10", status="final")
says(
    "fifth_at_its_venue",
    do(
        lambda s: s.venue("la", "America/Los_Angeles"),
        *FIVE[:4],
        market(day="2025-03-20 23:30", zone="America/Los_Angeles", venue_id="la"),
    ),
    {"start": None},
    start_date="2025-03-20",
)
says("last_evening", do(market(day="2025-06-07 23:59"), market(day="2025-06-08 00:00")), lines__len=1)
says(
    "zone_of_the_class",
    market(day="2025-06-07 23:30", timezone="America/Halifax"),
    lines__len=0,
)
# Eligibility
says(
    "a_second_missing",
    holds("inventory", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-01 18:00:01"), None)),
    status="ineligible",
)
says("from_midnight_here", holds("subscriber", (at("2025-03-10 00:00"), at("2025-06-08 00:00"))), status="final")
says("to_midnight_there", holds("subscriber", (at("2025-03-10 00:00"), at("2025-06-07 23:59:59"))), status="ineligible")
says(
    "only_until_now",
    holds("agreement", (at("2025-03-01"), at("2025-04-02"))),
    {"as_of": at("2025-04-01")},
    status="running",
)
DAY_OFF = holds("smarttools", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-02"), None), venue="v1")
says("smarttools_24_h", DAY_OFF, status="final", eligibility__4__held=True, eligibility__4__gaps__len=1)
says(
    "smarttools_a_second_more",
    holds("smarttools", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-02 18:00:01"), None), venue="v1"),
    status="ineligible",
)
NEW = do(lambda s: s.venue("v2", "America/Los_Angeles", opened_on="2025-04-10"))
says(
    "smarttools_from_opening_there",
    do(NEW, lambda s: s.case["eligibility"][-1].update({"from": "2025-04-11T07:00:00Z"})),
    status="final",
)
says(
    "smarttools_a_day_each",
    do(
        lambda s: s.venue("v2"),
        lambda s: [
            row.update({"from": at("2025-03-11 00:00")})
            for row in s.case["eligibility"]
            if row["requirement"] == "smarttools"
        ],
    ),
    status="final",
)
says("booker", has("business", platform="booker"), {"start": None}, status="ineligible", payment="0.00")
says(
    "booker_waived",
    do(has("business", platform="booker"), waive("subscriber")),
    status="final",
    eligibility__0__waived=True,
)
says("earlier", has("participation", earlier_participation=True), {"start": None}, status="ineligible")
says("earlier_waived", do(has("participation", earlier_participation=True), waive("once")), status="final")
says("online_tool", do(), {"sign_up": "online_tool"}, status="final", warnings__0__code="self_service")
says(
    "the_end_of_time_is_none",
    do(
        holds("inventory", ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00")),
        prices({"price": "30.00", "from": "0001-01-01", "until": "9999-12-31"}),
        lost(),
        market(),
    ),
    status="final",
    lost_revenue="21.00",
)
# Status
NOT_YET = has("participation", acknowledged_at=None)
says("void_first", do(breach(), has("participation", earlier_participation=True), NOT_YET), status="void")
says("ineligible_second", do(NOT_YET, has("participation", earlier_participation=True)), status="ineligible")
says(
    "not_acknowledged_third",
    do(NOT_YET, *FIVE),
    {"start": None},
    status="not_acknowledged",
    paid_qualifying=5,
    lines=[],
)
says(
    "numbers_stay_when_void",
    do(GONE, breach()),
    payment="0.00",
    net_payment="0.00",
    method="none",
    lost_revenue="41.00",
    incremental="-32.00",
)
says("blocked_before_running", do(prices(), lost(), market()), {"as_of": at("2025-04-01")}, status="blocked")
says("running_to_midnight", do(), {"as_of": at("2025-06-07 23:59:59")}, status="running")
says("over_at_midnight", do(), {"as_of": at("2025-06-08 00:00")}, status="final")
says("provisional", market(day="2025-06-07 10:00"), {"as_of": at("2025-06-09 09:59:59")}, status="provisional")
CYCLE = {"cycle_from": "2025-06-01", "cycle_until": "2025-06-30"}
for who, moment, status in (
    ("won", "2025-07-02 23:59:59", "provisional"),
    ("won", "2025-07-03 00:00", "final"),
    ("lost", "2025-06-20", "final"),
):
    says(
        f"cycle_{who}_{moment[:10]}",
        do(won() if who == "won" else lost(), bought(None, **CYCLE), direct(day="2025-06-05", price=PASS)),
        {"as_of": at(moment)},
        status=status,
    )


@pytest.mark.parametrize(("about", "build", "readings", "expected"), CASES)
def test_it_is_as_the_text_says(about: Json, build: Build, readings: Json, expected: Json) -> None:
    assert told(about, build, readings, expected) == expected
