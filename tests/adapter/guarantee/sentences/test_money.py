"""What a reservation would have cost, in which currency, what is paid, and what other readings give."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import Json, at, cancelled
from tests.adapter.guarantee.sentences.words import (
    GONE,
    PACK,
    Build,
    Sentences,
    abroad,
    bought,
    direct,
    do,
    fx,
    has,
    lost,
    market,
    person,
    prices,
    told,
    won,
)

CASES = Sentences()
says = CASES.says

# Retail rate
TEN, FIVE_PACK = (
    {"price": "200.00", "kind": "package", "sessions": 10},
    {"price": "110.00", "kind": "package", "sessions": 5},
)
DROP = {"price": "30.00"}
LIKE = {"price": "24.00", "kind": "equivalent"}
for name, rows, rate in (
    ("packages_first", (DROP, TEN, FIVE_PACK), "21.00"),
    ("less_intro", (DROP, TEN | {"intro_only": True}), "30.00"),
    ("less_hidden", (DROP, TEN | {"hidden": True}, FIVE_PACK), "22.00"),
    ("less_unlimited", (DROP, TEN | {"unlimited": True, "sessions": None}), "30.00"),
    ("first_and_last_day", (DROP | {"from": "2025-03-10", "until": "2025-03-10"},), "30.00"),
    (
        "of_the_start_date",
        (DROP | {"until": "2025-03-09"}, TEN | {"from": "2025-03-11"}, LIKE | {"approved_by": "x"}),
        "24.00",
    ),
    ("of_several_the_mean", (DROP, {"price": "20.01"}), "25.005"),
    ("a_third", ({"price": "20.00", "kind": "package", "sessions": 3},), "6.67"),
):
    payout = "1.00"
    says(f"retail_{name}", do(prices(*rows), lost(), market(payout=payout)), lines__0__retail_rate=rate)
says(
    "pooled",
    do(prices(TEN, FIVE_PACK), lost(), market()),
    lost_revenue="12.00",
    alternatives__names=[("retail_method", 1, "11.67")],
)
for name, rows in (("unapproved", (LIKE,)), ("another_type", (DROP | {"class_type": "spin"},)), ("none", ())):
    says(
        f"retail_missing_{name}",
        do(prices(*rows), lost(), market(), market("d")),
        status="blocked",
        blocked_by__0__fact="retail_rate",
        lines__0__lost_revenue=None,
        lines__1__lost_revenue="0.00",
        lines__1__retail_rate=None,
    )
says("retail_not_needed", do(prices(), market(), won("d"), direct("d")), status="final", payment="0.00")
# Currencies
EUROS = do(abroad(), lost(), market(venue_id="v2", tax="1.00"))
says(
    "last_rate_before",
    do(EUROS, fx("EUR", "2025-03-11", "1.10"), fx("EUR", "2025-03-13", "2"), fx("EUR", "2025-01-11", "3")),
    lost_revenue="12.10",
    classpass_revenue__payouts="9.90",
    classpass_revenue__taxes="1.10",
    lines__0__retail_rate="22.00",
)
says(
    "rate_after",
    do(EUROS, fx("EUR", "2025-03-13", "2")),
    status="blocked",
    blocked_by__0__fact="fx_rate",
    lost_revenue=None,
)
says("no_inverse", do(EUROS, fx("USD", "2025-01-01", "2", "EUR")), status="blocked", lines__0__payout=None)
says(
    "purchase_in_its_own",
    do(won(), bought(10, currency="EUR"), direct(price=PACK), fx("EUR", "2025-03-12", "1.5")),
    classpass_revenue__switchers="18.00",
)
says(
    "purchase_in_the_business_s",
    do(abroad(), won(), bought(10), direct(price=PACK, venue_id="v2")),
    classpass_revenue__switchers="12.00",
    status="final",
)
# Rounding
says(
    "largest_remainder",
    do(won(), bought(3, "100.00"), *(direct(day=f"2025-03-{day}", price=PACK) for day in (12, 13))),
    classpass_revenue__switchers="66.67",
    lines__column=["33.34", "33.33"],
)
says(
    "yen",
    do(won(), bought(3, "1000"), direct(price=PACK), market("d", payout="900")),
    {"currency": "JPY"},
    classpass_revenue={"payouts": "900", "switchers": "333", "taxes": "0", "total": "1233"},
)
says(
    "dinars", do(won(), bought(3, "10.000"), direct(price=PACK)), {"currency": "KWD"}, classpass_revenue__total="3.333"
)
says("half_up", do(market(payout="0.005")), classpass_revenue__payouts="0.01", paid_qualifying=1)
says(
    "below_nothing",
    do(lost(), market(payout="24.00")),
    lost_revenue="0.00",
    lines__0__lost_revenue="-4.00",
    incremental="24.00",
)
says("floor", do(lost(), market(payout="24.00"), market()), None, {"neg_lines": "floor"}, lost_revenue="11.00")
# Payment
for retail, owes, paid, method, net in (
    ("43.00", None, "50.00", "payment", "50.00"),
    ("42.99", None, "49.98", "credit", "49.98"),
    ("18.00", None, "0.00", "none", "0.00"),
    ("209.00", "150.00", "382.00", "payment", "232.00"),
    ("209.00", "500.00", "382.00", "payment", "0.00"),
):
    says(
        f"paid_{retail}_{owes}",
        do(prices({"price": retail}), lost(), market(), has("business", owes=owes)),
        payment=paid,
        method=method,
        net_payment=net,
    )
HERE = do(
    prices({"price": "40.50"}), lost(), market(), fx("EUR", "2025-06-30", "1.12"), fx("EUR", "2025-07-02", "1.00")
)
says("fifty_dollars_in_euro", HERE, {"currency": "EUR"}, payment="45.00", method="payment")
says(
    "fifty_dollars_later", HERE, {"currency": "EUR", "as_of": at("2025-07-02 00:00")}, payment="45.00", method="credit"
)
says(
    "fifty_dollars_unknown",
    do(GONE),
    {"currency": "EUR"},
    status="blocked",
    payment=None,
    lost_revenue=None,
    incremental=None,
)
# Alternatives
says(
    "one_person_by_alias",
    do(lost("a.b"), person("x", "ab+cp@x.org"), market("x")),
    alternatives__names=[("email_mode", 1, "11.00")],
)
says(
    "policy_either_way",
    market(**cancelled("2025-03-12 03:00")),
    {"cancellation_policy_hours": 24},
    alternatives__names=[("cutoff", 1, "0.00")],
)
says(
    "lines_either_way",
    do(lost(), market(payout="24.00"), market()),
    alternatives__names=[("neg_lines", 1, "11.00")],
    lost_revenue="7.00",
)


@pytest.mark.parametrize(("about", "build", "readings", "expected"), CASES)
def test_it_is_as_the_text_says(about: Json, build: Build, readings: Json, expected: Json) -> None:
    assert told(about, build, readings, expected) == expected
