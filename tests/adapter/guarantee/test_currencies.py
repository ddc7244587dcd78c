"""Currencies and rounding of the guarantee, by their examples."""

from __future__ import annotations

from tests.adapter.guarantee.cases import Json, Studio, switcher

PACK: Json = {"kind": "package", "purchase_id": "pack"}


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
    assert studio.assess()["classpass_revenue"]["switchers"] == "11.00"


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
    studio.market("ana", "2025-03-12", "0.010")
    assert studio.assess()["classpass_revenue"]["payouts"] == "0.03"  # 0.025: up, though the coin before it is even


def test_ec_33_what_comes_after_is_computed_from_rounded_totals() -> None:
    studio = Studio()
    studio.direct("ana", "2024-06-01")
    studio.case["pricing"] = []
    studio.price("50.006", kind="package", sessions=1)
    studio.market("ana", "2025-03-12", "0.003")
    assert studio.assess()["payment"] == "100.00"  # 2 x (50.00 - 0.00), not 2 x 50.003
