"""GR: the Retail Rate, by its examples."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import DAYS, Json, Studio, codes, lost


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
    """Trap 13."""
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


def test_ec_39_a_class_that_is_free_for_everyone_costs_its_payout() -> None:
    studio = priced({"price": "0.00"})
    studio.market("ana", "2025-03-13", "5.00")
    statement = studio.assess()
    assert [line["lost_revenue"] for line in statement["lines"]] == ["0.00", "-5.00"]
    assert "free_class" in codes(statement)
