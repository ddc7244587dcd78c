"""The ledger's arithmetic: what is owed for a place, and the lines that bring the books there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.guarantee.qualifying import (
    ATTENDED,
    BY_STUDIO,
    DENIED,
    EARLY,
    LATE_CANCELLED,
    NO_SHOW,
    REBOOKED,
    Verdict,
)
from adapter.marketplace.payouts.lines import Line, LineKind, balances, missing_lines, withdrawn
from adapter.marketplace.payouts.owed import Account, Owed, Quote, owed_for
from tests.adapter.guarantee.cases import examples

DAY = date(2025, 4, 1)
USD = Account(1, DAY, "USD", Decimal(0))
NONE = Decimal(0)


def owed(rate: str = "12.00", verdict: Verdict = ATTENDED, product: str | None = None, share: str = "0") -> Owed:
    return owed_for(Quote(Decimal(rate), product), verdict, USD, Decimal(share))


@pytest.mark.parametrize(
    ("verdict", "units"),
    [(ATTENDED, 1200), (NO_SHOW, 1200), (LATE_CANCELLED, 1200), (REBOOKED, 0), (EARLY, 0), (BY_STUDIO, 0), (DENIED, 0)],
)
def test_pd_04_what_qualifies_is_paid_its_quote_and_nothing_else_is(verdict: Verdict, units: int) -> None:
    assert owed(verdict=verdict).amount == units


@pytest.mark.parametrize(
    ("product", "units"), [("standard", 1200), ("premium", 1200), ("a_la_carte", 1200), ("trial", 0)]
)
def test_sr_07_a_trial_pays_nothing_whatever_its_rate(product: str, units: int) -> None:
    assert owed(product=product).amount == units


def test_gc_02_the_payout_includes_the_franchisors_part() -> None:
    """Trap 14."""
    found = owed("9.54", share="0.146751")
    assert (found.amount, found.franchisor, found.amount - found.franchisor) == (954, 140, 814)


@pytest.mark.parametrize(
    ("currency", "rate", "units"), [("JPY", "1500", 1500), ("KWD", "3.275", 3275), ("EUR", "9", 900)]
)
def test_ec_32_amounts_are_in_the_currencys_own_smallest_unit(currency: str, rate: str, units: int) -> None:
    account = replace(USD, currency=currency)
    assert owed_for(Quote(Decimal(rate)), ATTENDED, account, NONE).amount == units


def test_a_place_gets_one_line_and_then_none() -> None:
    first = missing_lines([], owed())
    assert [(line.kind, line.amount, line.why) for line in first] == [(LineKind.PAYOUT, 1200, "")]
    assert missing_lines(first, owed()) == []


def test_what_is_found_out_later_is_a_line_of_the_difference_that_says_why() -> None:
    first = missing_lines([], owed(share="0.1"))
    (later,) = missing_lines(first, owed(verdict=REBOOKED, share="0.1"))
    assert (later.kind, later.amount, later.franchisor) == (LineKind.CORRECTION, -1200, -120)
    assert later.why == "was attended, is rebooked"
    (again,) = missing_lines([*first, later], owed(share="0.1"))
    assert again.amount == 1200


def test_a_change_without_money_is_told_all_the_same() -> None:
    first = missing_lines([], owed())
    (later,) = missing_lines(first, owed(verdict=NO_SHOW))
    assert (later.amount, later.reason, later.why) == (0, "no_show", "was attended, is no show")


@pytest.mark.parametrize("elsewhere", [{"day": date(2025, 4, 2)}, {"currency": "EUR"}])
def test_a_place_without_money_is_taken_back_too_where_it_stands_no_more(elsewhere: dict[str, Any]) -> None:
    first = missing_lines([], owed(product="trial"))
    moved = replace(owed(product="trial"), account=replace(USD, **elsewhere))
    back, anew = missing_lines(first, moved)
    assert [(line.account, line.reason, line.amount) for line in (back, anew)] == [
        (USD, "moved", 0),
        (moved.account, "attended", 0),
    ]
    assert missing_lines([*first, back, anew], moved) == []


def test_another_tax_is_taken_back_at_the_old_rate_and_booked_at_the_new() -> None:
    first = missing_lines([], owed())
    taxed = replace(owed(), account=replace(USD, tax_rate=Decimal("0.19")))
    back, anew = missing_lines(first, taxed)
    assert [(line.account.tax_rate, line.amount) for line in (back, anew)] == [(NONE, -1200), (Decimal("0.19"), 1200)]
    assert back.why == "the tax on payouts was set anew"


def test_a_share_set_for_days_gone_by_moves_the_parts_and_not_the_payout() -> None:
    first = missing_lines([], owed())
    (later,) = missing_lines(first, owed(share="0.125"))
    assert (later.amount, later.franchisor, later.why) == (0, 150, "the franchisor's share was set anew")


def test_a_reservation_mapped_anew_is_taken_back() -> None:
    first = missing_lines([], owed())
    (later,) = missing_lines(first, withdrawn(first))
    assert (later.amount, later.reason) == (-1200, "withdrawn")


accounts = st.builds(
    Account,
    session_id=st.integers(1, 2),
    day=st.dates(DAY, date(2025, 4, 2)),
    currency=st.sampled_from(("USD", "JPY", "KWD")),
    tax_rate=st.sampled_from((NONE, Decimal("0.19"))),
)
verdicts = st.sampled_from((ATTENDED, NO_SHOW, LATE_CANCELLED, REBOOKED, EARLY, BY_STUDIO))
rates = st.integers(0, 5000).map(lambda units: Decimal(units) / 100) | st.decimals(0, 99_999_999, places=3)
products = st.sampled_from((None, "premium", "trial"))
owings = st.builds(
    owed_for,
    st.builds(Quote, rates, products),
    verdicts,
    accounts,
    st.sampled_from((NONE, Decimal("0.13"), Decimal("0.145"), Decimal(1))),
)


@examples(60)
@given(st.lists(owings, min_size=1, max_size=6))
def test_whatever_changes_in_whatever_order_the_lines_add_up_to_what_is_owed(story: list[Owed]) -> None:
    lines: list[Line] = []
    for owing in story:
        before = list(lines)
        lines += missing_lines(lines, owing)
        assert lines[: len(before)] == before  # nothing written is touched
        assert missing_lines(lines, owing) == []
        assert (lines[-1].reason, lines[-1].quote) == (owing.reason, owing.quote)
        stands = {account: sums for account, sums in balances(lines).items() if any(sums)}
        ought = {owing.account: (owing.amount, owing.franchisor)} if owing.amount else {}
        assert stands == ought
