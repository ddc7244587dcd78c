"""A9: what holds for every case (INV-5 to INV-9, INV-13), whatever the numbers are."""

from __future__ import annotations

import copy
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapter.guarantee import assess
from adapter.guarantee.rounding import in_units, spread
from tests.adapter.guarantee.cases import AFTER, Json, Studio, cancelled, examples, lines
from tests.adapter.guarantee.plain import Plain

PEOPLE = ("ana", "ben", "cara", "dan")
DAYS = ("2022-05-01", "2024-04-02", "2024-12-24", "2025-03-10", "2025-03-12", "2025-05-01", "2025-06-07", "2025-06-08")
COLUMNS = ("payout", "switcher_revenue", "lost_revenue", "tax")
CENTS = st.integers(0, 4000).map(lambda cents: f"{cents / 100:.2f}")
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "first_counts_cancelled": st.booleans(),
        "email_mode": st.sampled_from(["strict", "collapse"]),
        "cutoff": st.sampled_from(["min(policy,12h)", "max(policy,12h)"]),
        "free_only": st.sampled_from(["exercised", "not_exercised"]),
        "retail_method": st.sampled_from(["package_mean", "package_pooled"]),
        "neg_lines": st.sampled_from(["net", "floor"]),
        "deminimis": st.sampled_from(["before_setoff", "after_setoff"]),
    },
)


@st.composite
def studios(draw: st.DrawFn, least_payout: int = 0) -> Studio:
    """A small studio with a history in which everything happens."""
    studio = Studio(cancellation_policy_hours=draw(st.sampled_from([0, 6, 12, 24])))
    studio.person("ana", "ana@x.org", {"email": "a+2@x.org", "from": "2024-06-01T00:00:00Z"})
    studio.person("ben", "ben@x.org")
    studio.person("cara", draw(st.sampled_from(["a@x.org", "cara@x.org", None])))
    studio.person("dan", {"key": "erased"})
    if draw(st.booleans()):
        studio.case["merges"] = [{"client_ids": draw(st.permutations(PEOPLE))[:2]}]
    studio.purchase("pack", "ana", draw(CENTS), 7, bonus_sessions=draw(st.integers(0, 2)))
    studio.purchase("month", "ben", draw(CENTS), None, cycle_until="2025-06-30")
    for sessions in draw(st.lists(st.integers(1, 9), max_size=2)):
        studio.price("40.00", "package", sessions=sessions)
    studio.venue("v2", draw(st.sampled_from(["Asia/Tokyo", "America/Los_Angeles"])), currency="EUR")
    for day, rate in (("2020-01-01", "1.1"), ("2025-03-12", "1.2345"), ("2025-05-02", "0.9")):
        studio.case["fx"].append({"from": "EUR", "to": "USD", "date": day, "rate": rate})
    for _ in range(draw(st.integers(1, 12))):
        _reserve(draw, studio, least_payout)
    _link(draw, studio)
    studio.case["as_of"] = draw(st.sampled_from([AFTER, AFTER, AFTER, "2025-05-03T22:00:00Z"]))
    return studio


def _link(draw: st.DrawFn, studio: Studio) -> None:
    """The platform says of one marketplace reservation which other one took its place."""
    offered = [row for row in studio.case["reservations"] if row["channel"] == "marketplace"]
    if len(offered) > 1 and draw(st.booleans()):
        gone, came = draw(st.permutations(offered))[:2]
        gone["rebooked_by"] = came["id"]


def _reserve(draw: st.DrawFn, studio: Studio, least_payout: int) -> None:
    client, day = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(DAYS))
    more: Json = {"class_id": draw(st.sampled_from(["k", "l"])) + day, "tax": draw(st.sampled_from(["0.00", "0.335"]))}
    more["venue_id"] = draw(st.sampled_from(["v1", "v1", "v2"]))
    more |= draw(
        st.sampled_from(
            [
                {},
                {"timezone": "Europe/Paris"},
                {"outcome": "no_show"},
                {"outcome": "denied"},
                {"booked_at": None},
                cancelled(f"{day} 12:00"),
                cancelled(f"{day} 02:00", outcome="late_cancelled"),
                cancelled(f"{day} 12:00", "studio"),
            ]
        )
    )
    kind = draw(st.sampled_from(["market", "market", "direct", "third_party"]))
    if kind == "market":
        studio.market(client, day, f"{draw(st.integers(least_payout, 4000)) / 100:.2f}", **more)
    elif kind == "direct":
        funding = draw(
            st.sampled_from(
                [
                    {"kind": "drop_in", "price": "20.00"},
                    {"kind": "free"},
                    {"kind": "package", "purchase_id": "pack"},
                    {"kind": "membership", "purchase_id": "month"},
                ]
            )
        )
        studio.direct(client, day, funding, **more)
    else:
        studio.other(client, day, **more)


def shuffled(value: Any, draw: random.Random) -> Any:
    """The same case, its lists in another order."""
    if isinstance(value, list):
        mixed = [shuffled(item, draw) for item in value]
        draw.shuffle(mixed)
        return mixed
    if isinstance(value, dict):
        return {key: shuffled(item, draw) for key, item in sorted(value.items(), key=lambda pair: draw.random())}
    return value


@examples(25)
@given(studios(), READINGS, st.randoms(use_true_random=False))
def test_inv_7_the_order_of_what_came_never_matters(studio: Studio, readings: Json, draw: random.Random) -> None:
    case = studio.case | {"readings": readings}
    assert assess(shuffled(copy.deepcopy(case), draw)) == assess(case)


@examples(25)
@given(studios(), READINGS)
def test_inv_9_each_total_is_the_sum_of_its_lines(studio: Studio, readings: Json) -> None:
    statement = studio.assess(**readings)
    sums = {column: sum((Decimal(line[column]) for line in statement["lines"]), Decimal(0)) for column in COLUMNS}
    revenue = {name: Decimal(amount) for name, amount in statement["classpass_revenue"].items()}
    assert [revenue[name] for name in ("payouts", "switchers", "taxes")] == [
        sums[column] for column in ("payout", "switcher_revenue", "tax")
    ]
    assert revenue["total"] == revenue["payouts"] + revenue["switchers"] + revenue["taxes"]
    lost = Decimal(statement["lost_revenue"])
    assert lost == max(sums["lost_revenue"], 0)
    assert Decimal(statement["incremental"]) == revenue["total"] - lost
    assert Decimal(statement["payment"]) == max(2 * (lost - revenue["total"]), 0)


@examples(20)
@given(studios(least_payout=1000), READINGS)
def test_inv_5_payouts_of_half_the_retail_rate_never_cost_anything(studio: Studio, readings: Json) -> None:
    """Trap 4."""
    studio.case["pricing"] = [row for row in studio.case["pricing"] if row["kind"] == "drop_in"]
    studio.direct("zoe", "2025-03-01")  # else hardly a case has anybody who is lost
    studio.market("zoe", "2025-03-20", "10.00")
    for row in studio.case["reservations"]:  # who pays nothing at all, in lines that net off, is no exception
        row["tax"] = "0.00"
    assert studio.assess(**readings)["payment"] == "0.00"


@examples(20)
@given(studios(), READINGS, CENTS)
def test_inv_6_a_further_sale_to_a_switcher_never_raises_the_payment(
    studio: Studio, readings: Json, price: str
) -> None:
    studio.market("zoe", "2022-05-01")
    studio.direct("zoe", "2025-03-01", "20.00")  # not free-only
    studio.market("zoe", "2025-03-20", "1.00")
    before = Decimal(studio.assess(**readings)["payment"])
    studio.direct("zoe", "2025-04-01", price)
    assert Decimal(studio.assess(**readings)["payment"]) <= before


@examples(20)
@given(studios(), READINGS, CENTS)
def test_inv_13_a_stranger_changes_nobody_elses_lines(studio: Studio, readings: Json, payout: str) -> None:
    before = lines(studio.assess(**readings))
    studio.direct("stranger", "2024-06-01")
    added = studio.market("stranger", "2025-03-20", payout, class_id="their own")
    after = lines(studio.assess(**readings))
    assert after.pop(added)["payout"] == f"{Decimal(payout):.2f}"
    assert after.keys() == before.keys()
    for number, line in before.items():  # the cent that makes lines add up to their total may move to another line
        moved = [abs(Decimal(line[column]) - Decimal(after[number][column])) for column in COLUMNS]
        assert max(moved) <= Decimal("0.01")
        assert line == after[number] | {column: line[column] for column in COLUMNS}


@examples(20)
@given(studios())
def test_every_alternative_is_what_choosing_it_gives(studio: Studio) -> None:
    """A10."""
    statement = studio.assess()
    shown = {(other["reading"], other["value"]): other for other in statement["alternatives"]}
    for reading, value in (("cutoff", "max(policy,12h)"), ("email_mode", "collapse"), ("neg_lines", "floor"),
                           ("free_only", "not_exercised"), ("first_counts_cancelled", False)):  # fmt: skip
        chosen = studio.assess(**{reading: value})
        money = {name: chosen[name] for name in ("classpass_revenue", "lost_revenue", "payment")}
        if (reading, value) in shown:
            other = shown[reading, value]
            assert {name: other[name] for name in money} == money
            assert other["lines_changed"] > 0
        else:
            assert money == {name: statement[name] for name in money}


@examples(40)
@given(studios(), READINGS)
def test_the_statement_says_what_the_rules_say_when_they_are_written_down_a_second_time(
    studio: Studio, readings: Json
) -> None:
    case = studio.case | {"readings": readings}
    statement, plain = assess(case), Plain(case).told()
    revenue = statement["classpass_revenue"]
    assert [round(Decimal(revenue[name]) * 100) for name in ("payouts", "switchers", "taxes")] == plain["revenue"]
    assert round(Decimal(statement["lost_revenue"]) * 100) == plain["lost"]
    said = ("qualifying", "reason", "switcher", "lost")
    assert {number: tuple(line[name] for name in said) for number, line in lines(statement).items()} == plain["lines"]


@examples(40)
@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(1, 7)), min_size=1, max_size=9))
def test_inv_9_a_total_is_rounded_once_half_up(parts: list[tuple[int, int]]) -> None:
    amounts = [Fraction(above, below * 100) for above, below in parts]
    total = sum(amounts, Fraction(0))
    rounded = (Decimal(total.numerator * 1000000) / Decimal(total.denominator) / 1000000).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )
    units = spread(amounts, 2)
    assert sum(units) == in_units(total, 2) == int(rounded * 100)
    assert all(abs(unit - amount * 100) < 1 for unit, amount in zip(units, amounts, strict=True))
