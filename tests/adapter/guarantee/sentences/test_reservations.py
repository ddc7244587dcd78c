"""What qualifies, and what direct reservations bring."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import Json, at, cancelled
from tests.adapter.guarantee.sentences.words import (
    PACK,
    PASS,
    Build,
    Sentences,
    bought,
    direct,
    do,
    market,
    other,
    told,
    won,
)

CASES = Sentences()
says = CASES.says

# Settled
says("settled_after_48_h", market(), {"as_of": at("2025-03-14 18:00")}, paid_qualifying=1, lines__len=1)
says("not_a_second_before", market(), {"as_of": at("2025-03-14 17:59:59")}, paid_qualifying=0, lines__len=0)
says(
    "unsettled_can_be_first",
    do(direct(day="2025-03-30", booked_at=at("2025-03-08")), market(day="2025-03-12")),
    {"as_of": at("2025-03-20")},
    lost_revenue="11.00",
)
says("booked_means_attended", market(outcome="booked"), lines__0__reason="attended", paid_qualifying=1)
says(
    "unsettled_is_no_visit",
    do(won(), bought(None), *(direct(day=f"2025-03-{day}", price=PASS) for day in (11, 12, 19))),
    {"as_of": at("2025-03-20")},
    classpass_revenue__switchers="120.00",
    lines__len=2,
)
# Qualifying
says("attended_whatever_cancelled", market(**cancelled("2025-03-10", outcome="attended")), lines__0__qualifying=True)
says("attended_though_studio", market(**cancelled("2025-03-12 17:00", "studio", "attended")), paid_qualifying=1)
says("denied", market(outcome="denied"), lines__0__reason="denied", classpass_revenue__total="0.00")
says("denied_late", market(**cancelled("2025-03-12 17:00", outcome="denied")), lines__0__reason="denied")
says("at_the_cutoff", market(**cancelled("2025-03-12 06:00")), lines__0__reason="cancelled_early")
says("after_the_cutoff", market(**cancelled("2025-03-12 06:00:01")), lines__0__reason="late_cancelled")
says("no_show_that_cancelled", market(**cancelled("2025-03-11", outcome="no_show")), paid_qualifying=0)
says("late_in_name_only", market(**cancelled("2025-03-11", outcome="late_cancelled")), paid_qualifying=0)
says("by_the_marketplace_late", market(**cancelled("2025-03-12 17:00", "marketplace")), paid_qualifying=1)
says(
    "no_policy",
    market(**cancelled("2025-03-12 18:00")),
    {"cancellation_policy_hours": 0},
    lines__0__reason="cancelled_early",
)
says("policy_24", market(**cancelled("2025-03-12 03:00")), {"cancellation_policy_hours": 24}, paid_qualifying=0)
says(
    "policy_24_both_needed",
    market(**cancelled("2025-03-12 03:00")),
    {"cancellation_policy_hours": 24},
    {"cutoff": "max(policy,12h)"},
    paid_qualifying=1,
)
says(
    "elapsed_hours",
    market(day="2025-03-09 09:00", **cancelled("2025-03-08 20:30")),
    {"start": "2025-03-08"},
    lines__0__reason="late_cancelled",
)
LATE = cancelled("2025-03-12 13:00")
says(
    "linked_in_another_class",
    do(market(id="b", day="2025-04-12"), market(id="a", rebooked_by="b", **LATE)),
    lines__0__reason="rebooked",
)
says(
    "a_linked_one_has_replaced",
    do(
        market(id="b", class_id="k", booked_at=at("2025-03-12 15:00")),
        market("d", class_id="k", **LATE),
        market("e", id="x", class_id="z", rebooked_by="b", **LATE),
    ),
    paid_qualifying=2,
)
says(
    "two_gone_one_came",
    do(
        market("d", id="x", class_id="k", **cancelled("2025-03-12 14:00")),
        market("e", id="y", class_id="k", **cancelled("2025-03-12 13:00")),
        market(id="z", class_id="k", booked_at=at("2025-03-12 15:00")),
    ),
    lines__reasons=["late_cancelled", "rebooked", "attended"],
)
says(
    "booked_that_very_instant",
    do(market("d", class_id="k", **LATE), market(class_id="k", booked_at=at("2025-03-12 13:00"))),
    paid_qualifying=2,
)
says(
    "what_becomes_of_it",
    do(
        market("d", id="x", class_id="k", **LATE),
        market(id="y", class_id="k", booked_at=at("2025-03-12 13:01"), **cancelled("2025-03-12 14:00", "studio")),
    ),
    lines__reasons=["rebooked", "cancelled_by_studio"],
)
says(
    "direct_rebooks_nothing",
    do(market("d", class_id="k", **LATE), direct(class_id="k", booked_at=at("2025-03-12 14:00"))),
    paid_qualifying=1,
)
# Direct reservations
for outcome, by, earned in (
    ("late_cancelled", "customer", "20.00"),
    ("cancelled", "customer", "0.00"),
    ("attended", "studio", "0.00"),
    ("no_show", "customer", "20.00"),
):
    says(
        f"direct_{outcome}_by_{by}",
        do(won(), direct(tax="1.00", **cancelled("2025-03-11", by, outcome))),
        classpass_revenue__switchers=earned,
        classpass_revenue__taxes="1.00" if earned != "0.00" else "0.00",
    )
says("direct_denied", do(won(), direct(outcome="denied")), classpass_revenue__switchers="0.00", lines__len=1)
says(
    "refunded_drop_in",
    do(won(), direct(price={"kind": "drop_in", "price": "20.00", "refunded": "5.50"})),
    classpass_revenue__switchers="14.50",
)
says(
    "package",
    do(
        won(),
        bought(10, "200.00", bonus_sessions=2, refunded="80.00", refunded_sessions=4),
        direct(price=PACK),
    ),
    classpass_revenue__switchers="15.00",
)
COUNTED = {"kind": "membership", "cycle_from": "2025-03-01", "cycle_until": "2025-03-31"}
says("counted_membership", do(won(), bought(8, **COUNTED), direct(price=PASS)), classpass_revenue__switchers="15.00")
says(
    "visits_before_and_after",
    do(
        won(),
        bought(None, "100.00", refunded="10.00"),
        *(direct(day=day, price=PASS) for day in ("2025-03-01", "2025-03-12", "2025-06-20")),
        direct(day="2025-03-13", price=PASS, **cancelled("2025-03-12")),
        direct("friend", "2025-03-14", PASS, outcome="no_show"),
        direct(day="2025-03-15", price=PASS, outcome="denied"),
    ),
    classpass_revenue__switchers="22.50",
)
says("no_sessions_left", do(won(), bought(2, refunded_sessions=2), direct(price=PACK)), classpass_revenue__total="0.00")
says("third_party_earns_nothing", do(won(), other("c", "2025-03-12")), lines__len=0, classpass_revenue__total="0.00")


@pytest.mark.parametrize(("about", "build", "readings", "expected"), CASES)
def test_it_is_as_the_text_says(about: Json, build: Build, readings: Json, expected: Json) -> None:
    assert told(about, build, readings, expected) == expected
