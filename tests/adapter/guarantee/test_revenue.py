"""GC, GL, GR: ClassPass Revenue, Lost Revenue and the Retail Rate, by their examples."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.guarantee.cases import Json, Studio, bleak, cancelled, codes, lines

PACK: Json = {"kind": "package", "purchase_id": "pack"}
CYCLE: Json = {"kind": "membership", "purchase_id": "cycle"}
DAYS = [f"2025-03-{day}" for day in range(11, 31)]


def switcher(uses: int, funding: Json | str, **business: Any) -> Studio:
    """Somebody who came through the marketplace, with some direct reservations in the period."""
    studio = Studio(**business)
    studio.market("ben", "2024-11-02")
    for day in DAYS[:uses]:
        studio.direct("ben", day, funding)
    return studio


def lost(payout: str = "9.00", **more: Any) -> Studio:
    """Somebody who came directly, with one marketplace reservation in the period."""
    studio = Studio()
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12", payout, **more)
    return studio


def earned(studio: Studio) -> str:
    return str(studio.assess()["classpass_revenue"]["switchers"])


def test_gc_01_gc_02_all_payouts_the_franchisors_share_included() -> None:
    studio = Studio()
    for product in ("standard", "premium", "a_la_carte"):
        studio.market("ana", "2025-03-12", "9.54", product=product)
    assert studio.assess()["classpass_revenue"]["payouts"] == "28.62"


def test_gc_03_what_switchers_spend_directly_counts() -> None:
    studio = switcher(4, "25.00")
    studio.purchase("pack", "ben", "200.00")
    for day in DAYS[4:7]:
        studio.direct("ben", day, PACK)
    assert earned(studio) == "160.00"


def test_gc_04_taxes_on_both_are_added_and_on_nothing_else() -> None:
    studio = Studio()
    studio.market("ben", "2024-11-02")
    studio.market("ben", "2025-03-12", "10.00", tax="1.90")
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
    assert bleak(owes="100.00").assess()["classpass_revenue"]["total"] == "1060.00"


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


def test_gl_01_the_sum_of_retail_less_payout() -> None:
    assert bleak().assess()["lost_revenue"] == "1260.00"


def test_gl_02_ec_03_gl_07_only_the_twelve_months_before_decide() -> None:
    studio = Studio()
    studio.direct("old", "2024-01-05")
    studio.market("old", "2025-03-12")
    line = studio.assess()["lines"][0]
    assert (line["lost"], line["switcher"], line["lost_revenue"]) == (False, False, "0.00")


def test_gl_02_the_window_is_the_date_of_booking_at_the_venue() -> None:
    studio = Studio()
    studio.venue("la", "America/Los_Angeles")
    zone = "America/Los_Angeles"
    studio.direct("ana", "2025-03-12", venue_id="la", zone=zone, booked_at="2025-03-10T06:59:00Z")  # the 9th there
    studio.direct("ben", "2025-03-12", booked_at="2025-03-10T06:59:00Z")  # the 10th here
    ana, ben = studio.market("ana", "2025-03-20"), studio.market("ben", "2025-03-20")
    found = lines(studio.assess())
    assert (found[ana]["lost"], found[ben]["lost"]) == (True, False)


def test_gl_03_a_first_reservation_through_others_is_not_direct() -> None:
    studio = Studio()
    studio.other("ana", "2024-06-01")
    studio.direct("ana", "2024-07-01")
    studio.market("ana", "2025-03-12")
    assert studio.assess()["lines"][0]["lost"] is False


@pytest.mark.parametrize("places", [("first",), ("window",), ("switcher",)])
def test_gl_03_an_unknown_source_blocks_where_it_decides(places: tuple[str]) -> None:
    studio = Studio()
    if places == ("first",):
        studio.other("ana", "2022-05-01", "unknown", id="u")
    if places == ("window",):
        studio.direct("ana", "2022-05-01")
        studio.other("ana", "2024-05-01", "unknown", id="u")
    if places == ("switcher",):
        studio.market("ana", "2024-05-01")
        studio.other("ana", "2025-03-20", "unknown", id="u")
    studio.market("ana", "2025-03-12")
    studio.market("zoe", "2025-03-12")
    statement = studio.assess()
    assert (statement["status"], statement["method"]) == ("blocked", "none")
    assert statement["blocked_by"] == [{"fact": "channel", "about": "u"}]
    nulls = [statement[name] for name in ("lost_revenue", "incremental", "payment", "net_payment")]
    assert nulls == [None] * 4
    assert statement["classpass_revenue"]["payouts"] == "18.00"
    assert "unknown_channel" not in codes(statement)


def test_gl_03_only_the_lines_that_hang_on_it_have_nulls() -> None:
    studio = Studio()
    studio.other("ana", "2024-05-01", "unknown")
    ana, direct = studio.market("ana", "2025-03-12"), studio.direct("ana", "2025-03-13")
    zoe = studio.market("zoe", "2025-03-12")
    found = lines(studio.assess())
    assert [found[ana][name] for name in ("switcher", "lost", "lost_revenue", "payout")] == [None, None, None, "9.00"]
    assert [found[direct][name] for name in ("switcher", "switcher_revenue", "tax")] == [None] * 3
    assert [name for name, value in found[zoe].items() if value is None] == ["retail_rate"]


def test_gl_03_elsewhere_an_unknown_source_is_a_warning() -> None:
    studio = Studio()
    studio.other("away", "2024-05-01", "unknown")  # nothing in the period
    studio.direct("ana", "2024-05-01")
    studio.other("ana", "2024-06-01", "unknown")  # not the first
    studio.other("ana", "2025-03-20", "unknown")  # not a Switcher's
    studio.market("ana", "2025-03-12")
    statement = studio.assess()
    assert (statement["status"], statement["blocked_by"]) == ("final", [])
    assert "unknown_channel" in codes(statement)


@pytest.mark.parametrize(
    ("funding", "left_out"),
    [
        ({"kind": "free"}, True),
        ({"kind": "drop_in", "price": "0.00"}, True),  # EC-26: a coupon for everything
        ({"kind": "drop_in", "price": "20.00", "refunded": "20.00"}, True),  # EC-08
        ({"kind": "drop_in", "price": "20.00", "refunded": "19.99"}, False),
        (PACK, False),
        ({"kind": "package", "purchase_id": "comped"}, True),
        ({"kind": "package", "purchase_id": "refunded"}, True),
        (CYCLE, False),  # a membership visit is not free
    ],
)
def test_gl_04_ec_08_ec_26_free_is_a_matter_of_funding_alone(funding: Json, left_out: bool) -> None:
    studio = Studio()
    studio.purchase("pack", "ana", "200.00")
    studio.purchase("comped", "ana", "0.00")
    studio.purchase("refunded", "ana", "50.00", refunded="50.00")
    studio.purchase("cycle", "ana", "100.00", None)
    studio.direct("ana", "2024-12-01", funding)
    studio.market("ana", "2025-03-12")
    statement = studio.assess()
    assert statement["lost_revenue"] == ("0.00" if left_out else "11.00")
    assert statement["lines"][0]["lost"] is not left_out
    assert statement["excluded_free_only"] == {
        "reservations": int(left_out),
        "lost_revenue": "11.00" if left_out else "0.00",
    }


def test_gl_04_one_paid_direct_reservation_whenever_and_however_it_ended_is_enough() -> None:
    for day, more in (("2021-01-01", {}), ("2025-07-20", {}), ("2024-12-05", cancelled("2024-12-04 12:00"))):
        studio = Studio()
        studio.direct("ana", "2024-12-01", {"kind": "free"})
        studio.direct("ana", day, "20.00", **more)
        studio.market("ana", "2025-03-12")
        assert studio.assess()["lost_revenue"] == "11.00", day


def test_gl_05_ec_40_negative_differences_net_off_and_only_the_total_stops_at_0() -> None:
    studio = lost("9.00")
    studio.market("ana", "2025-03-13", "24.00")
    statement = studio.assess()
    assert statement["lost_revenue"] == "7.00"
    assert [line["lost_revenue"] for line in statement["lines"]] == ["11.00", "-4.00"]
    below = lost("24.00").assess()
    assert (below["lost_revenue"], below["lines"][0]["lost_revenue"]) == ("0.00", "-4.00")
    assert below["incremental"] == "24.00"


def test_gl_05_or_no_line_below_0_if_it_is_read_so() -> None:
    studio = lost("9.00")
    studio.market("ana", "2025-03-13", "24.00")
    assert studio.assess(neg_lines="floor")["lost_revenue"] == "11.00"


def test_gl_06_a_free_trial_of_a_lost_customer_loses_the_whole_retail_rate() -> None:
    statement = lost("0.00", product="trial").assess()
    assert (statement["lost_revenue"], statement["lines"][0]["retail_rate"]) == ("20.00", "20.00")


def test_gl_01_what_does_not_qualify_adds_nothing_but_says_what_the_person_is() -> None:
    line = lost(outcome="denied").assess()["lines"][0]
    amounts = [line[name] for name in ("payout", "switcher_revenue", "lost_revenue", "tax", "retail_rate")]
    assert amounts == ["0.00"] * 4 + [None]
    assert line["lost"] is True


def priced(*prices: Json) -> Studio:
    studio = lost("0.00")
    studio.case["pricing"] = []
    for price in prices:
        studio.price(**price)
    return studio


FIVE: Json = {"price": "110.00", "kind": "package", "sessions": 5}
TEN: Json = {"price": "200.00", "kind": "package", "sessions": 10}
DROP_IN: Json = {"price": "28.00"}


def test_gr_01_the_mean_of_what_packages_make_one_reservation_cost() -> None:
    statement = priced(FIVE, TEN, DROP_IN).assess()
    assert (statement["lost_revenue"], statement["lines"][0]["retail_rate"]) == ("21.00", "21.00")
    pooled = {other["reading"]: other for other in statement["alternatives"]}["retail_method"]
    assert (pooled["value"], pooled["lost_revenue"], pooled["lines_changed"]) == ("package_pooled", "20.67", 1)


@pytest.mark.parametrize("without", ["intro_only", "hidden", "unlimited"])
def test_gr_01_not_of_intro_hidden_or_unlimited_ones(without: str) -> None:
    odd = {"price": "1.00", "kind": "package", "sessions": 1, without: True}
    assert priced(odd, TEN).assess()["lost_revenue"] == "20.00"
    assert priced({"price": "1.00", without: True}, DROP_IN).assess()["lost_revenue"] == "28.00"


def test_gr_02_else_the_drop_in_of_several_the_mean() -> None:
    assert priced(DROP_IN).assess()["lost_revenue"] == "28.00"
    assert priced(DROP_IN, {"price": "25.00"}).assess()["lost_revenue"] == "26.50"


def test_gr_03_ec_38_else_an_equivalent_that_somebody_approved_or_it_blocks() -> None:
    sister = {"price": "24.00", "kind": "equivalent"}
    assert priced(sister | {"approved_by": "finance"}).assess()["lost_revenue"] == "24.00"
    assert priced(sister | {"approved_by": "finance"}, DROP_IN).assess()["lost_revenue"] == "28.00"
    studio = priced(sister)
    studio.market("zoe", "2025-03-12")
    statement = studio.assess()
    assert statement["status"] == "blocked"
    assert [missing["fact"] for missing in statement["blocked_by"]] == ["retail_rate"]
    assert [line["lost_revenue"] for line in statement["lines"]] == [None, "0.00"]
    assert [line["payout"] for line in statement["lines"]] == ["0.00", "9.00"]


def test_gr_03_nothing_is_missing_where_nobody_is_lost() -> None:
    studio = Studio()
    studio.case["pricing"] = []
    studio.market("zoe", "2025-03-12")
    assert studio.assess()["status"] == "final"


def test_gr_04_the_price_is_the_start_dates_by_venue_and_class_type() -> None:
    ended = {"price": "15.00", "until": "2025-03-09"}
    held = {"price": "20.00", "from": "2025-03-10", "until": "2025-03-10"}
    risen = {"price": "22.00", "from": "2025-03-11"}
    assert priced(ended, held, risen).assess()["lost_revenue"] == "20.00"
    studio = priced(held, {"price": "99.00", "class_type": "pilates"})
    studio.venue("v2", retail="50.00")
    assert studio.assess()["lost_revenue"] == "20.00"


def test_gr_01_the_rate_is_never_rounded() -> None:
    studio = priced({"price": "100.00", "kind": "package", "sessions": 3})
    for day in DAYS[5:7]:
        studio.market("ana", day, "0.00")
    assert studio.assess()["lost_revenue"] == "100.00"
    assert priced({"price": "149.00", "kind": "package", "sessions": 8}).assess()["lines"][0]["retail_rate"] == "18.625"


def test_ec_30_taxes_stay_out_of_lost_revenue() -> None:
    statement = lost("9.00", tax="1.80").assess()
    assert (statement["lost_revenue"], statement["classpass_revenue"]["taxes"]) == ("11.00", "1.80")


def test_ec_39_a_class_that_is_free_for_everyone_costs_its_payout() -> None:
    studio = priced({"price": "0.00"})
    studio.market("ana", "2025-03-13", "5.00")
    statement = studio.assess()
    assert [line["lost_revenue"] for line in statement["lines"]] == ["0.00", "-5.00"]
    assert "free_class" in codes(statement)


def abroad(*rates: tuple[str, str, str]) -> Studio:
    studio = Studio(currency="EUR")
    studio.venue("london", "Europe/London", "30.00", currency="GBP")
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12", "10.00", venue_id="london", zone="Europe/London", tax="2.00")
    studio.case["fx"] = [{"from": pair[:3], "to": pair[3:], "date": date, "rate": rate} for pair, date, rate in rates]
    return studio


def test_ec_31_each_line_is_converted_at_the_rate_of_its_date_or_the_last_before() -> None:
    studio = abroad(("GBPEUR", "2025-03-12", "1.20"), ("GBPEUR", "2025-03-13", "9"), ("EURUSD", "2025-01-01", "1"))
    statement = studio.assess()
    assert statement["classpass_revenue"] == {
        "payouts": "12.00",
        "switchers": "0.00",
        "taxes": "2.40",
        "total": "14.40",
    }
    assert (statement["lost_revenue"], statement["lines"][0]["retail_rate"]) == ("24.00", "36.00")
    earlier = abroad(("GBPEUR", "2024-01-01", "1.10"), ("EURUSD", "2025-01-01", "1"))
    assert earlier.assess()["classpass_revenue"]["payouts"] == "11.00"


def test_ec_31_a_missing_rate_blocks() -> None:
    statement = abroad(("GBPEUR", "2025-03-13", "1.20")).assess()
    assert (statement["status"], statement["blocked_by"][0]["fact"]) == ("blocked", "fx_rate")
    assert [statement["lines"][0][name] for name in ("payout", "tax", "lost_revenue")] == [None] * 3


def test_ec_31_a_purchase_has_its_own_currency() -> None:
    studio = switcher(1, PACK)
    studio.purchase("pack", "ben", "100.00", currency="EUR")
    studio.case["fx"] = [{"from": "EUR", "to": "USD", "date": "2025-01-01", "rate": "1.1"}]
    assert earned(studio) == "11.00"


def test_ec_32_a_currency_without_cents_is_split_exactly_until_the_total() -> None:
    studio = switcher(2, PACK, currency="JPY")
    studio.purchase("pack", "ben", "1000", sessions=3)
    statement = studio.assess()
    assert statement["classpass_revenue"]["switchers"] == "667"
    assert [line["switcher_revenue"] for line in statement["lines"]] == ["334", "333"]


def test_ec_33_each_total_is_rounded_once_half_up() -> None:
    studio = Studio()
    for payout in ("0.004", "0.004", "0.004", "0.003"):
        studio.market("ana", "2025-03-12", payout)
    statement = studio.assess()
    assert statement["classpass_revenue"]["payouts"] == "0.02"  # 0.015
    assert sorted(line["payout"] for line in statement["lines"]) == ["0.00", "0.00", "0.01", "0.01"]


def test_ec_33_what_comes_after_is_computed_from_rounded_totals() -> None:
    studio = Studio()
    studio.direct("ana", "2024-06-01")
    studio.case["pricing"] = []
    studio.price("50.006", kind="package", sessions=1)
    studio.market("ana", "2025-03-12", "0.003")
    assert studio.assess()["payment"] == "100.00"  # 2 x (50.00 - 0.00), not 2 x 50.003
