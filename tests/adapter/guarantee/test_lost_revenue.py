"""GL: Lost Revenue, by its examples."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import Json, Studio, bleak, cancelled, codes, lines, lost

PACK: Json = {"kind": "package", "purchase_id": "pack"}
CYCLE: Json = {"kind": "membership", "purchase_id": "cycle"}


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
    studio.direct("cara", "2024-03-12", booked_at="2024-03-10T00:00:00-05:00")  # the first day there is
    studio.direct("dan", "2024-03-12", booked_at="2024-03-09T23:59:59-05:00")
    made = [studio.market(client, "2025-03-20") for client in ("ana", "ben", "cara", "dan")]
    found = lines(studio.assess())
    assert [found[each]["lost"] for each in made] == [True, False, True, False]


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
    """Trap 13."""
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
    """Trap 5."""
    statement = lost("0.00", product="trial").assess()
    assert (statement["lost_revenue"], statement["lines"][0]["retail_rate"]) == ("20.00", "20.00")


def test_gl_01_what_does_not_qualify_adds_nothing_but_says_what_the_person_is() -> None:
    line = lost(outcome="denied").assess()["lines"][0]
    amounts = [line[name] for name in ("payout", "switcher_revenue", "lost_revenue", "tax", "retail_rate")]
    assert amounts == ["0.00"] * 4 + [None]
    assert line["lost"] is True


def test_ec_30_taxes_stay_out_of_lost_revenue() -> None:
    statement = lost("9.00", tax="1.80").assess()
    assert (statement["lost_revenue"], statement["classpass_revenue"]["taxes"]) == ("11.00", "1.80")
