"""A8: the two studios whose numbers were worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.adapter.guarantee.cases import aurora, bleak


def test_aurora_earned_344_and_lost_82() -> None:
    """A8."""
    statement = aurora().assess()
    assert statement["classpass_revenue"] == {
        "payouts": "169.00",
        "switchers": "175.00",
        "taxes": "0.00",
        "total": "344.00",
    }
    assert (statement["lost_revenue"], statement["incremental"], statement["payment"]) == ("82.00", "262.00", "0.00")
    assert (statement["method"], statement["status"]) == ("none", "final")
    assert statement["unattributable"] == {"reservations": 3, "max_exposure": "33.00"}
    assert statement["excluded_free_only"] == {"reservations": 2, "lost_revenue": "22.00"}


def test_a10_every_statement_says_how_the_terms_were_read() -> None:
    assert aurora().assess()["readings"] == {
        "provided": "class_held",
        "date_basis": "class_start",
        "first_basis": "booked_at",
        "first_counts_cancelled": True,
        "email_mode": "strict",
        "cutoff": "min(policy,12h)",
        "rebook": "fifo",
        "free_only": "exercised",
        "retail_method": "package_mean",
        "unlimited": "fee/visits",
        "tax_basis_lr": "ex_tax",
        "neg_lines": "net",
        "own_app": "direct",
        "due_from": "period_end",
        "deminimis": "before_setoff",
        "fx": "line_date",
    }


def test_aurora_without_the_discretion_lost_104() -> None:
    """GL-04, N-13."""
    shown = {other["reading"]: other for other in aurora().assess()["alternatives"]}["free_only"]
    assert (shown["value"], shown["lines_changed"], shown["lost_revenue"]) == ("not_exercised", 2, "104.00")
    chosen = aurora().assess(free_only="not_exercised")
    assert (chosen["lost_revenue"], chosen["payment"]) == ("104.00", "0.00")
    assert chosen["excluded_free_only"] == {"reservations": 0, "lost_revenue": "0.00"}


@pytest.mark.parametrize(
    ("person", "payouts", "switchers", "lost"),
    [
        ("ana", 51, 0, 29),
        ("ben", 10, 60, 0),
        ("cara", 18, 0, 0),
        ("dan", 9, 0, 0),
        ("eve", 18, 18, 22),
        ("nobody", 27, 0, 0),
        ("gus", 18, 0, 0),
        ("hal", 9, 0, 11),
        ("ivy", 9, 0, 0),
        ("jan", 0, 22, 0),
        ("kim", 0, 0, 0),
        ("lee", 0, 75, 0),
        ("mia", 0, 0, 20),
    ],
)
def test_aurora_person_by_person(person: str, payouts: int, switchers: int, lost: int) -> None:
    """EC-01, EC-02, A8, Trap 3."""
    studio = aurora()
    theirs = {row["id"] for row in studio.case["reservations"] if row["client_id"] == person}
    lines = [line for line in studio.assess()["lines"] if line["reservation_id"] in theirs]
    sums = [sum(Decimal(line[column]) for line in lines) for column in ("payout", "switcher_revenue", "lost_revenue")]
    assert sums == [payouts, switchers, lost]


def test_bleak_is_paid_double_the_difference_not_double_the_loss() -> None:
    """GU-01, A8."""
    statement = bleak().assess()
    assert statement["classpass_revenue"]["total"] == "1060.00"
    assert (statement["lost_revenue"], statement["incremental"]) == ("1260.00", "-200.00")
    assert (statement["payment"], statement["method"], statement["net_payment"]) == ("400.00", "payment", "400.00")


@pytest.mark.parametrize(("owes", "net"), [("150.00", "250.00"), ("500.00", "0.00")])
def test_bleak_after_set_off(owes: str, net: str) -> None:
    """GX-02, A8."""
    statement = bleak(owes=owes).assess()
    assert (statement["payment"], statement["net_payment"]) == ("400.00", net)
