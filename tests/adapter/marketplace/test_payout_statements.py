"""A marketplace's payout statement: read from any usual file, and every line of either side in exactly one class."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.marketplace.payouts.causes import WORDS, Lookup, judge_with
from adapter.marketplace.payouts.comparing import Class, Entry, Place, compare
from adapter.marketplace.payouts.reading import BadStatement, Row, read_statement
from tests.adapter.guarantee.cases import examples

DAY = date(2025, 4, 1)
LOOKUP = Lookup(offered=lambda session: {900, 1100}, elsewhere=lambda name: "unknown_here")


def place(number: str = "1:r1", **values: Any) -> Place:
    """One place of ours: 12.00, attended, final; 1.50 of it the franchisor's, 2.28 tax on top."""
    reservation = number.partition("#")[0]
    plain = Place(number, reservation, (reservation[2:],), 1, DAY, "USD", 1200, 150, 228, 1200, "attended", None, True)
    return replace(plain, **values)


def row(amount: int = 1200, name: str = "r1", **values: Any) -> Row:
    return replace(Row(2, name, "USD", amount), **values)


def compared(ours: list[Place], theirs: list[Row]) -> list[Entry]:
    return compare(ours, [replace(each, number=place) for place, each in enumerate(theirs, 2)], judge_with(LOOKUP))


@pytest.mark.parametrize(
    ("content", "amounts"),
    [
        (b"reservation,amount\nr1,9.00\nr2,1234.5\n", [900, 123450]),
        ("\ufeffBooking ID;Payout\r\nr1;9,00\r\nr2;1.234,50\r\n".encode(), [900, 123450]),
        ("reservation\tamount\nr1\t€ 9,00\nr2\t1 234,50 €\n".encode("utf-16"), [900, 123450]),
        ("Reservation|Payout Amount\nr1|(9.00)\nr2|−1,234.50\n".encode(), [-900, -123450]),
        ("sep=;\nreservation;amount\nr1;9\n\n;;\nr2;1'234,5\n".encode("cp1252"), [900, 123450]),
        ('"reservation","amount","venue"\n"r1","1,234","Café, south"\n'.encode("cp1252"), [123400]),
    ],
)
def test_a_file_is_read_in_every_usual_dress(content: bytes, amounts: list[int]) -> None:
    assert [each.amount for each in read_statement(content, "EUR")] == amounts


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"reservation,amount,Bonus\nr1,9,1\n", "Row 1, column “Bonus”: is not a column we know"),
        (b"reservation,when\nr1,9\n", "Row 1: the column “amount” is missing"),
        (b"reservation,amount,Payout\nr1,9,9\n", "Row 1, column “Payout”: means the same as a column before it"),
        (b"reservation,amount\nr1,9.00\nr2,nine\n", "Row 3, column “amount”: “nine” is no amount"),
        (b"reservation,amount\nr1,9.00\nr2,9.005\n", "Row 3, column “amount”: “9.005” has another decimal mark"),
        (b"reservation,amount\nr1,9.00\n,9.00\n", "Row 3, column “reservation”: a row without a reservation"),
        (b"reservation;amount\nr1;9,00\nr2;9.50\n", "Row 3, column “amount”: “9.50” has another decimal mark"),
        (b"reservation,amount,date\nr1,9,04/05/2025\n", "Row 2, column “date”: “04/05/2025” is no date"),
        (b"reservation,amount,currency\nr1,9,EURO\n", "Row 2, column “currency”: “EURO”"),
        (b'reservation,amount\n"r1,9\n', "it is no CSV"),
        (b"", "the column “reservation” is missing"),
        (b"\xff\xfe\x00", "it is no text"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(content: bytes, told: str) -> None:
    with pytest.raises(BadStatement) as refused:
        read_statement(content, "EUR")
    assert told in str(refused.value)


def test_pr_08_words_of_theirs_become_ours_and_strange_ones_stay() -> None:
    content = b"reservation,amount,status,product\nr1,9,Missed,Plus\nr2,9,Late Cancel,Studio Direct\nr3,9,Teleported,\n"
    content += b"r4,9,,Dynamic\n"
    said = [(each.status, each.product) for each in read_statement(content, "EUR")]
    assert said == [("no_show", "premium"), ("late_cancelled", "premium"), ("teleported", None), (None, "premium")]


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "cause"),
    [
        ([place()], [row()], "matched", None),
        ([place()], [row(status="attended")], "matched", None),
        ([place()], [row(600), row(600)], "matched", None),
        ([place(), place("1:r1#2")], [row(2400)], "matched", None),
        ([place(amount=0, reason="cancelled_early")], [], "matched", None),
        ([place()], [row(status="no_show")], "different_status", "status"),
        ([place()], [], "missing_there", "missing_there"),
        ([place(final=False)], [], "missing_there", "not_final"),
        ([place(reason="late_cancelled")], [], "missing_there", "late_cancel_read_as_early"),
        ([], [row()], "missing_here", "unknown_here"),
        ([place()], [row(1050)], "different_amount", "franchisor_share"),
        ([place()], [row(1428)], "different_amount", "tax"),
        ([place()], [row(1100)], "different_amount", "rate_changed"),
        ([place()], [row(0)], "different_amount", "attended_unpaid"),
        ([place(reason="no_show")], [row(0)], "different_amount", "no_show_unpaid"),
        ([place(reason="late_cancelled")], [row(0)], "different_amount", "late_cancel_read_as_early"),
        ([place(reason="late_cancelled"), place("1:r1#2")], [row()], "different_amount", "late_cancel_read_as_early"),
        ([place(amount=0, reason="cancelled_early")], [row()], "different_amount", "early_cancel_read_as_late"),
        ([place(amount=0, reason="rebooked")], [row()], "different_amount", "rebooked"),
        ([place(amount=0, reason="cancelled_by_studio")], [row()], "different_amount", "cancelled_by_studio"),
        ([place(amount=0, product="trial")], [row()], "different_amount", "trial"),
        ([place()], [row(0, product="trial")], "different_amount", "trial"),
        ([place()], [row(1201)], "different_amount", "rounding"),
        ([place()], [row(777)], "different_amount", "unexplained"),
    ],
)
def test_each_difference_has_its_cause(ours: list[Place], theirs: list[Row], kind: str, cause: str | None) -> None:
    (entry,) = compared(ours, theirs)
    assert (entry.kind.value, entry.cause) == (kind, cause)
    assert cause is None or WORDS[cause]


def test_a_line_listed_twice_is_a_duplicate_and_the_first_one_counts() -> None:
    found = compared([place()], [row(), row()])
    assert [(each.kind.value, each.pair.difference) for each in found] == [("matched", 0), ("duplicate", 1200)]


def test_another_currency_leaves_each_side_alone() -> None:
    found = compared([place()], [row(currency="EUR")])
    assert [(each.kind, each.cause, each.pair.currency) for each in found] == [
        (Class.DIFFERENT_AMOUNT, "currency", "EUR"),
        (Class.DIFFERENT_AMOUNT, "currency", "USD"),
    ]


def test_a_number_that_means_two_reservations_is_nobodys() -> None:
    found = compared([place("1:r1"), place("2:r1")], [row()])
    assert Counter(each.kind for each in found) == {Class.MISSING_HERE: 1, Class.MISSING_THERE: 2}


reasons = st.sampled_from(("attended", "no_show", "late_cancelled", "rebooked", "cancelled_early"))
numbers = st.sampled_from(("1:r1", "1:r1#2", "1:r2", "2:r2", "1:r3"))
amounts = st.sampled_from((0, 900, 1100, 1200, 1428))
currencies = st.sampled_from(("USD", "USD", "EUR"))
our_places = st.builds(
    place, numbers, amount=amounts, reason=reasons, currency=currencies, product=st.sampled_from((None, "trial"))
)
their_rows = st.builds(
    row,
    amounts.flatmap(lambda amount: st.sampled_from((amount, -amount))),
    st.sampled_from(("r1", "1:r1#2", "r2", "1:r2", "r3", "strange")),
    currency=currencies,
    status=st.sampled_from((None, "attended", "no_show", "teleported")),
)


@examples(80)
@given(st.lists(our_places, unique_by=lambda each: each.number, max_size=5), st.lists(their_rows, max_size=8))
def test_every_line_is_in_exactly_one_class_and_the_differences_add_up(ours: list[Place], theirs: list[Row]) -> None:
    found = compared(ours, theirs)
    placed = Counter(each.number for entry in found for each in entry.pair.ours)
    assert placed == Counter(each.number for each in ours)
    assert sorted(each.number for entry in found for each in entry.pair.theirs) == list(range(2, len(theirs) + 2))
    for currency in ("USD", "EUR"):
        whole = sum(each.amount for each in theirs if each.currency == currency)
        whole -= sum(each.amount for each in ours if each.currency == currency)
        assert sum(entry.pair.difference for entry in found if entry.pair.currency == currency) == whole
    for entry in found:
        assert (entry.cause is None) == (entry.kind is Class.MATCHED)
        assert entry.kind is not Class.MATCHED or entry.pair.difference == 0
    again = compare(ours[::-1], [row for entry in found for row in entry.pair.theirs], judge_with(LOOKUP))
    assert Counter((each.kind, each.cause, each.pair.difference) for each in again) == Counter(
        (each.kind, each.cause, each.pair.difference) for each in found
    )
