"""GC: ClassPass Revenue, by its examples."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import DAYS, Json, Studio, bleak, cancelled, lines, switcher

PACK: Json = {"kind": "package", "purchase_id": "pack"}
CYCLE: Json = {"kind": "membership", "purchase_id": "cycle"}


def earned(studio: Studio) -> str:
    return str(studio.assess()["classpass_revenue"]["switchers"])


def test_gc_01_gc_02_all_payouts_the_franchisors_share_included() -> None:
    studio = Studio()
    for product in ("standard", "premium", "a_la_carte"):
        studio.market("ana", "2025-03-12", "9.54", product=product)
    assert studio.assess()["classpass_revenue"]["payouts"] == "28.62"
    assert bleak().assess()["classpass_revenue"]["payouts"] == "900.00"  # 100 at 9.00


def test_gc_03_what_switchers_spend_directly_counts() -> None:
    studio = switcher(4, "25.00")
    studio.purchase("pack", "ben", "200.00")
    for day in DAYS[4:7]:
        studio.direct("ben", day, PACK)
    assert earned(studio) == "160.00"


def test_gc_04_taxes_on_both_are_added_and_on_nothing_else() -> None:
    """Trap 14."""
    studio = Studio()
    studio.market("ben", "2024-11-02")
    studio.market("ben", "2025-03-12", "10.00", tax="1.90")
    assert studio.assess()["classpass_revenue"]["total"] == "11.90"
    studio.direct("ben", "2025-03-13", "20.00", tax="3.80")
    studio.market("ben", "2025-03-14", "10.00", tax="1.90", outcome="denied")
    studio.direct("ben", "2025-03-15", "20.00", tax="3.80", **cancelled("2025-03-14 12:00"))
    studio.direct("ana", "2025-03-16", "20.00", tax="3.80")
    assert studio.assess()["classpass_revenue"] == {
        "payouts": "10.00",
        "switchers": "20.00",
        "taxes": "5.70",
        "total": "35.70",
    }


def test_gc_05_it_is_what_was_earned_before_set_offs() -> None:
    """Trap 14."""
    assert bleak(owes="100.00").assess()["classpass_revenue"]["total"] == "1060.00"
    studio = Studio(owes="100.00")
    studio.market("ana", "2025-03-12", "100.00")
    assert studio.assess()["classpass_revenue"]["total"] == "100.00"


@pytest.mark.parametrize(
    ("price", "more", "uses", "expected"),
    [
        ("200.00", {}, 1, "20.00"),
        ("200.00", {"bonus_sessions": 1}, 1, "18.18"),
        ("100.00", {"sessions": 3}, 3, "100.00"),
        ("100.00", {"sessions": 3}, 2, "66.67"),
        ("200.00", {"refunded": "40.00"}, 1, "16.00"),
        ("200.00", {"refunded": "80.00", "refunded_sessions": 4}, 1, "20.00"),
        ("200.00", {"refunded": "200.00", "refunded_sessions": 10}, 1, "0.00"),
        ("0.00", {}, 2, "0.00"),  # EC-25: comped
    ],
)
def test_gc_06_gc_08_ec_25_a_package_is_spread_over_its_sessions(
    price: str, more: Json, uses: int, expected: str
) -> None:
    studio = switcher(uses, PACK)
    studio.purchase("pack", "ben", price, **({"sessions": 10} | more))
    statement = studio.assess()
    assert statement["classpass_revenue"]["switchers"] == expected


def test_gc_06_the_lines_add_up_to_the_total_to_the_cent() -> None:
    studio = switcher(2, PACK)
    studio.purchase("pack", "ben", "100.00", sessions=3)
    assert [line["switcher_revenue"] for line in studio.assess()["lines"]] == ["33.34", "33.33"]


def test_gc_07_an_unlimited_cycle_is_spread_over_its_visits() -> None:
    studio = Studio(start="2025-04-20", as_of="2025-09-01T00:00:00Z")
    studio.market("ben", "2024-11-02")
    studio.purchase("cycle", "ben", "120.00", None, cycle_from="2025-04-01", cycle_until="2025-04-30")
    for day in ("01", "05", "10", "12", "15", "20", "25", "30"):
        studio.direct("ben", f"2025-04-{day}", CYCLE)
    assert earned(studio) == "45.00"


def test_gc_07_a_visit_is_what_earns_and_is_settled() -> None:
    studio = Studio(as_of="2025-03-16T00:00:00Z")
    studio.market("ben", "2024-11-02")
    studio.purchase("cycle", "ben", "120.00", None)
    studio.direct("ben", "2025-03-11", CYCLE)
    studio.direct("ben", "2025-03-12", CYCLE, outcome="no_show")
    studio.direct("ben", "2025-03-12", CYCLE, **cancelled("2025-03-12 17:00", outcome="late_cancelled"))
    studio.direct("ben", "2025-03-12", CYCLE, **cancelled("2025-03-11 12:00"))
    studio.direct("ben", "2025-03-12", CYCLE, **cancelled("2025-03-11 12:00", "studio", "booked"))
    studio.direct("ben", "2025-03-12", CYCLE, outcome="denied")
    studio.direct("ben", "2025-03-15", CYCLE)  # not settled
    amounts = [line["switcher_revenue"] for line in studio.assess()["lines"]]
    assert sorted(amounts) == ["0.00"] * 3 + ["40.00"] * 3


def test_gc_07_a_membership_with_sessions_is_a_package() -> None:
    studio = switcher(1, CYCLE)
    cycle = {"kind": "membership", "cycle_from": "2025-03-01", "cycle_until": "2025-03-31"}
    studio.purchase("cycle", "ben", "80.00", 8, **cycle)
    assert earned(studio) == "10.00"


def test_gc_08_a_refund_takes_from_a_drop_in() -> None:
    assert earned(switcher(1, {"kind": "drop_in", "price": "20.00", "refunded": "5.00"})) == "15.00"


def test_gc_09_a_package_counts_by_use_not_by_purchase() -> None:
    studio = switcher(3, PACK)
    studio.purchase("pack", "ben", "200.00")
    for day in ("2025-06-10", "2025-06-11"):
        studio.direct("ben", day, PACK)
    assert earned(studio) == "60.00"


def test_gc_10_bookings_through_others_are_not_direct() -> None:
    studio = switcher(0, "0.00")
    studio.other("ben", "2025-03-12")
    statement = studio.assess()
    assert (statement["classpass_revenue"]["total"], statement["lines"]) == ("0.00", [])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"outcome": "booked"}, "20.00"),
        ({"outcome": "no_show"}, "20.00"),
        (cancelled("2025-03-11 17:00", outcome="late_cancelled"), "20.00"),
        (cancelled("2025-03-11 17:00", outcome="cancelled"), "0.00"),  # by the studio's books, however late
        (cancelled("2025-03-11 17:00", "studio", "late_cancelled"), "0.00"),
        ({"outcome": "denied"}, "0.00"),
    ],
)
def test_direct_reservations_go_by_the_studios_own_books(more: Json, expected: str) -> None:
    studio = switcher(0, "0.00")
    number = studio.direct("ben", "2025-03-11", "20.00", **more)
    line = lines(studio.assess())[number]
    assert (line["switcher_revenue"], line["reason"], line["qualifying"]) == (expected, "direct", False)


def test_ec_10_a_purchase_without_a_booking_is_no_reservation() -> None:
    studio = Studio()
    studio.person("ana")
    studio.purchase("pack", "ana", "200.00")
    number = studio.market("ana", "2025-03-12")
    studio.direct("ana", "2025-03-13")
    line = lines(studio.assess())[number]
    assert (line["switcher"], line["lost"]) == (True, False)


def test_ec_27_gift_cards_and_credit_count_at_the_price_of_the_reservation() -> None:
    assert earned(switcher(1, "22.00")) == "22.00"


def test_ec_28_a_frozen_cycle_counts_as_charged() -> None:
    studio = switcher(4, CYCLE)
    studio.purchase("cycle", "ben", "80.00", None)
    assert earned(studio) == "80.00"
