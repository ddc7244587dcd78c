"""GQ: which marketplace reservations qualify, and why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.guarantee.cases import Json, Studio, at, cancelled, lines

CLASS = "2025-03-20 18:00"


def reason(policy: int = 12, readings: Json | None = None, day: str = CLASS, **more: Any) -> str:
    studio = Studio(cancellation_policy_hours=policy)
    number = studio.market("ana", day, booked_at="2025-03-01T00:00:00Z", **more)
    line = lines(studio.assess(**(readings or {})))[number]
    assert line["payout"] == ("9.00" if line["qualifying"] else "0.00")
    return str(line["reason"])


def test_gq_01_al_01_what_is_booked_through_the_marketplace_qualifies_whatever_the_product() -> None:
    assert {reason(product=product) for product in ("standard", "premium", "a_la_carte", "trial")} == {"attended"}
    studio = Studio()
    studio.other("ana", "2025-03-20")
    studio.direct("ana", "2025-03-21")
    assert studio.assess()["lines"] == []


@pytest.mark.parametrize(
    ("policy", "when", "expected"),
    [
        (12, "2025-03-20 06:00", "cancelled_early"),  # exactly at the cutoff
        (12, "2025-03-20 06:01", "late_cancelled"),
        (24, "2025-03-20 03:00", "cancelled_early"),  # 15 h before: the terms' 12 h hold
        (6, "2025-03-20 10:00", "cancelled_early"),  # 8 h before: the policy's 6 h hold
        (6, "2025-03-20 13:00", "late_cancelled"),
        (0, "2025-03-20 18:00", "cancelled_early"),
        (0, "2025-03-20 18:01", "late_cancelled"),
        (10**15, "2025-03-20 06:00", "cancelled_early"),
    ],
)
def test_gq_02_the_cutoff_is_the_smaller_of_policy_and_12_hours(policy: int, when: str, expected: str) -> None:
    """Trap 9."""
    assert reason(policy, **cancelled(when)) == expected


def test_gq_02_or_the_larger_if_it_is_read_so() -> None:
    both = {"cutoff": "max(policy,12h)"}
    assert reason(24, both, **cancelled("2025-03-20 03:00")) == "late_cancelled"
    assert reason(6, both, **cancelled("2025-03-20 10:00")) == "late_cancelled"


@pytest.mark.parametrize(
    ("zone", "day", "when", "expected"),
    [
        ("America/New_York", "2025-03-09 09:00", "2025-03-08 20:30", "late_cancelled"),  # 11.5 h: clocks go forward
        ("America/New_York", "2025-11-02 09:00", "2025-11-01 21:30", "cancelled_early"),  # 12.5 h: they go back
        ("Europe/Paris", "2025-03-30 09:00", "2025-03-29 20:30", "late_cancelled"),
        ("Europe/Paris", "2025-10-26 09:00", "2025-10-25 21:30", "cancelled_early"),
    ],
)
def test_gq_03_hours_are_elapsed_hours(zone: str, day: str, when: str, expected: str) -> None:
    """Trap 9."""
    studio = Studio(start=day[:10], as_of="2026-06-01T00:00:00Z")
    studio.venue("there", zone)
    gone = {"cancelled_at": at(when, zone), "cancelled_by": "customer", "outcome": "cancelled"}
    number = studio.market("ana", day, venue_id="there", zone=zone, **gone)
    assert lines(studio.assess())[number]["reason"] == expected


def test_gq_04_a_late_cancellation_that_was_rebooked_does_not_count() -> None:
    studio = Studio()
    a = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 13:00"))
    b = studio.market("b", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00")
    found = lines(studio.assess())
    assert (found[a]["reason"], found[a]["qualifying"], found[b]["qualifying"]) == ("rebooked", False, True)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"booked_at": "2025-03-20T13:00:00-04:00"}, "late_cancelled"),  # not after it
        ({"booked_at": None}, "late_cancelled"),  # nobody knows
        ({"class_id": "other"}, "late_cancelled"),
        ({"outcome": "denied"}, "rebooked"),  # what becomes of it doesn't matter
        (cancelled("2025-03-20 15:00", "studio"), "rebooked"),
    ],
)
def test_gq_04_only_a_later_booking_of_the_same_class_replaces(more: Json, expected: str) -> None:
    studio = Studio()
    a = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 13:00"))
    studio.market("b", CLASS, **({"class_id": "flow", "booked_at": "2025-03-20T14:00:00-04:00"} | more))
    assert lines(studio.assess())[a]["reason"] == expected


def test_gq_04_each_booking_replaces_one_cancellation_in_order_of_cancelling() -> None:
    """Trap 10."""
    studio = Studio()
    second = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 13:00"))
    first = studio.market("b", CLASS, class_id="flow", **cancelled("2025-03-20 12:00"))
    studio.market("c", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00")
    found = lines(studio.assess())
    assert (found[first]["reason"], found[second]["reason"]) == ("rebooked", "late_cancelled")


def test_gq_04_a_direct_client_in_the_place_rebooks_nothing() -> None:
    studio = Studio()
    studio.direct("b", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00", id="d")
    a = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 13:00"))
    linked = studio.market("c", CLASS, rebooked_by="d", **cancelled("2025-03-20 13:00"))
    found = lines(studio.assess())
    assert found[a]["reason"] == found[linked]["reason"] == "late_cancelled"


def test_gq_04_ec_20_the_platforms_own_link_wins_in_whatever_class() -> None:
    studio = Studio()
    moved = studio.market("a", "2025-03-21", class_id="elsewhere")
    a = studio.market("a", CLASS, class_id="flow", rebooked_by=moved, **cancelled("2025-03-20 13:00"))
    b = studio.market("b", CLASS, class_id="flow", **cancelled("2025-03-20 13:30"))
    studio.market("c", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00")
    found = lines(studio.assess())
    assert (found[a]["reason"], found[b]["reason"], found[moved]["qualifying"]) == ("rebooked", "rebooked", True)


def test_gq_04_who_is_linked_has_replaced_one_and_replaces_no_other() -> None:
    studio = Studio()
    taker = studio.market("c", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00")
    a = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 12:00"))
    b = studio.market("b", CLASS, class_id="flow", rebooked_by=taker, **cancelled("2025-03-20 13:00"))
    found = lines(studio.assess())
    assert (found[a]["reason"], found[b]["reason"]) == ("late_cancelled", "rebooked")


def test_gq_04_nor_does_one_that_took_the_place_of_an_early_cancellation() -> None:
    studio = Studio()
    taker = studio.market("c", CLASS, class_id="flow", booked_at="2025-03-20T14:00:00-04:00")
    studio.market("a", CLASS, class_id="flow", rebooked_by=taker, **cancelled("2025-03-19 12:00"))
    late = studio.market("b", CLASS, class_id="flow", **cancelled("2025-03-20 13:00"))
    assert lines(studio.assess())[late]["reason"] == "late_cancelled"


@pytest.mark.parametrize("third", [True, False])
def test_gq_05_of_a_chain_only_the_last_counts(third: bool) -> None:
    """Trap 10."""
    studio = Studio()
    a = studio.market("a", CLASS, class_id="flow", **cancelled("2025-03-20 12:00"))
    taken = {"class_id": "flow", "booked_at": "2025-03-20T12:30:00-04:00"}
    b = studio.market("b", CLASS, **taken, **cancelled("2025-03-20 14:00"))
    c = studio.market("c", CLASS, class_id="flow", booked_at="2025-03-20T15:00:00-04:00") if third else None
    counted = {number for number, line in lines(studio.assess()).items() if line["qualifying"]}
    assert counted == ({c} if third else {b})
    assert a not in counted


def test_gq_06_ec_22_ec_23_no_shows_late_cancellations_and_the_unmarked_are_paid() -> None:
    assert reason(outcome="no_show") == "no_show"
    assert reason(outcome="booked") == "attended"
    assert reason(**cancelled("2025-03-20 13:00", outcome="late_cancelled")) == "late_cancelled"
    assert reason(**cancelled("2025-03-20 13:00", outcome="no_show")) == "late_cancelled"


def test_gq_07_what_the_studio_cancels_or_does_not_honour_does_not_count() -> None:
    assert reason(**cancelled("2025-03-20 17:00", "studio")) == "cancelled_by_studio"
    assert reason(outcome="denied") == "denied"
    assert reason(**cancelled("2025-03-20 17:00", "studio", "denied")) == "denied"


def test_ec_21_check_in_evidence_beats_a_recorded_cancellation() -> None:
    assert reason(**cancelled("2025-03-19 08:00", outcome="attended")) == "attended"
    assert reason(**cancelled("2025-03-19 08:00", "studio", "attended")) == "attended"


def test_ec_22_early_or_late_is_a_matter_of_time_never_of_the_word() -> None:
    assert reason(**cancelled("2025-03-19 08:00", outcome="late_cancelled")) == "cancelled_early"
    assert reason(**cancelled("2025-03-20 17:00", outcome="cancelled")) == "late_cancelled"


def test_ec_46_a_late_cancellation_by_the_marketplace_itself_still_counts() -> None:
    assert reason(**cancelled("2025-03-20 17:00", "marketplace")) == "late_cancelled"
    assert reason(**cancelled("2025-03-19 17:00", "marketplace")) == "cancelled_early"


@pytest.mark.parametrize(("as_of", "count"), [("2025-03-22T17:59:00-04:00", 0), ("2025-03-22T18:00:00-04:00", 1)])
def test_settled_is_48_hours_after_the_start_whatever_the_outcome(as_of: str, count: int) -> None:
    """Trap 8."""
    for outcome in ("attended", "booked", "denied"):
        studio = Studio(as_of=as_of)
        studio.market("ana", CLASS, outcome=outcome)
        assert len(studio.assess()["lines"]) == count
