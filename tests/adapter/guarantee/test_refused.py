"""What is refused: a case that has the wrong shape or contradicts itself, with the path of what is wrong."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.guarantee import CaseError, assess
from tests.adapter.guarantee.cases import Json, Studio, cancelled, examples

Change = Callable[[Json], Any]


def whole_case() -> Json:
    """A case that uses every key there is."""
    studio = Studio(owes="1.00", history_from="2020-01-01")
    studio.venue("v2", currency="EUR", opened_on="2020-01-01")
    studio.person("ana", "ana@x.org", {"key": "k", "from": "2025-01-01T00:00:00Z"})
    studio.person("ben")
    studio.purchase("pack", "ana", "100.00", currency="USD", bonus_sessions=1, refunded="1.00", refunded_sessions=1)
    studio.purchase("month", "ana", "100.00", None)
    studio.market("ana", "2025-03-12", id="m", record="ab", timezone="Europe/Paris", **cancelled("2025-03-12 10:00"))
    studio.market("ana", "2025-03-12", id="n", rebooked_by="m", outcome="no_show")
    studio.direct("ana", "2025-03-13", {"kind": "drop_in", "price": "20.00", "refunded": "1.00"}, id="d")
    studio.direct("ana", "2025-03-14", {"kind": "package", "purchase_id": "pack"})
    studio.direct("ana", "2025-03-15", {"kind": "membership", "purchase_id": "month"})
    studio.direct("ana", "2025-03-16", {"kind": "free"})
    studio.price("100.00", "package", sessions=10, intro_only=False, hidden=False, unlimited=False)
    studio.price("20.00", "equivalent", approved_by="finance")
    case = studio.case
    case["readings"] = {"free_only": "exercised", "first_counts_cancelled": False}
    case["waivers"] = [{"requirement": "once", "reference": "letter", "agreed_by": "counsel"}]
    case["breaches"] = [{"kind": "fraud", "at": "2025-01-01T00:00:00Z", "reason": "see file", "recorded_by": "finance"}]
    case["merges"] = [{"client_ids": ["ana", "ben"]}]
    case["fx"] = [{"from": "EUR", "to": "USD", "date": "2020-01-01", "rate": "1.1"}]
    return case


CASE = whole_case()


def changed(change: Change) -> Json:
    case = copy.deepcopy(CASE)
    change(case)
    return case


def put(*path: Any, to: Any) -> Change:
    def change(case: Any) -> None:
        for step in path[:-1]:
            case = case[step]
        case[path[-1]] = to

    return change


def again(table: str) -> Change:
    return lambda case: case[table].append(copy.deepcopy(case[table][0]))


def without(*path: Any) -> Change:
    def change(case: Any) -> None:
        for step in path[:-1]:
            case = case[step]
        del case[path[-1]]

    return change


def test_the_case_itself_is_taken() -> None:
    assert assess(copy.deepcopy(CASE))["status"] == "void"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        # a wrong shape
        (put("case_version", to=2), "case_version"),
        (put("case_version", to=True), "case_version"),
        (put("as_of", to="2025-07-01T12:00:00"), "as_of"),
        (put("as_of", to="2025-07-01"), "as_of"),
        (put("as_of", to="soon"), "as_of"),
        (put("as_of", to="9999-12-31T23:59:59-12:00"), "as_of"),
        (put("as_of", to=1751371200), "as_of"),
        (put("venues", to={}), "venues"),
        (put("business", to=[]), "business"),
        (put("business", "id", to=""), "business.id"),
        (put("business", "id", to=7), "business.id"),
        (put("business", "cancellation_policy_hours", to=12.5), "business.cancellation_policy_hours"),
        (put("business", "cancellation_policy_hours", to=True), "business.cancellation_policy_hours"),
        (put("business", "cancellation_policy_hours", to=-1), "business.cancellation_policy_hours"),
        (put("participation", "earlier_participation", to=None), "participation.earlier_participation"),
        (put("participation", "displayed_start_date", to="10.03.2025"), "participation.displayed_start_date"),
        (put("participation", "displayed_start_date", to="2025-02-30"), "participation.displayed_start_date"),
        (put("reservations", 0, "tax", to=1.5), "reservations[0].tax"),
        (put("reservations", 0, "tax", to=None), "reservations[0].tax"),
        (put("reservations", 0, "payout", to="9,00"), "reservations[0].payout"),
        (put("reservations", 0, "payout", to="NaN"), "reservations[0].payout"),
        (put("reservations", 0, "payout", to="1e3"), "reservations[0].payout"),
        (put("reservations", 0, "payout", to="\u0661.00"), "reservations[0].payout"),
        (put("reservations", 0, "starts_at", to=None), "reservations[0].starts_at"),
        (put("purchases", 0, "sessions", to=0), "purchases[0].sessions"),
        (put("people", 0, "emails", 0, to={}), "people[0].emails[0]"),
        (put("people", 0, "emails", 0, "key", to="k"), "people[0].emails[0]"),
        (without("people"), "people"),
        (without("business", "platform"), "business.platform"),
        (without("reservations", 0, "tax"), "reservations[0].tax"),
        (without("reservations", 2, "funding", "kind"), "reservations[2].funding.kind"),
        # unknown keys
        (put("surprise", to=1), "surprise"),
        (put("reservations", 0, "price", to="0.00"), "reservations[0].price"),
        (put("reservations", 5, "funding", "price", to="0.00"), "reservations[5].funding.price"),
        # an amount below 0
        (put("reservations", 0, "payout", to="-0.01"), "reservations[0].payout"),
        (put("purchases", 0, "refunded", to="-1.00"), "purchases[0].refunded"),
        (put("pricing", 0, "price", to="-1"), "pricing[0].price"),
        (put("fx", 0, "rate", to="0"), "fx[0].rate"),
        # an id given twice
        (again("venues"), "venues[2].id"),
        (again("people"), "people[2].client_id"),
        (again("reservations"), "reservations[6].id"),  # EC-19, INV-8
        (again("purchases"), "purchases[2].id"),
        (again("pricing"), "pricing[4].id"),
        (again("fx"), "fx[1].date"),
        # an id that leads nowhere
        (put("reservations", 0, "client_id", to="x"), "reservations[0].client_id"),
        (put("reservations", 0, "venue_id", to="x"), "reservations[0].venue_id"),
        (put("reservations", 1, "rebooked_by", to="x"), "reservations[1].rebooked_by"),
        (put("reservations", 3, "funding", "purchase_id", to="x"), "reservations[3].funding.purchase_id"),
        (put("purchases", 0, "client_id", to="x"), "purchases[0].client_id"),
        (put("pricing", 0, "venue_id", to="x"), "pricing[0].venue_id"),
        (put("merges", 0, "client_ids", to=["ana", "x"]), "merges[0].client_ids"),
        (put("eligibility", 4, "venue_id", to="x"), "eligibility[4].venue_id"),
        # what goes with the channel
        (put("reservations", 0, "payout", to=None), "reservations[0].payout"),
        (put("reservations", 2, "payout", to="9.00"), "reservations[2].payout"),
        (put("reservations", 2, "funding", to=None), "reservations[2].funding"),
        (put("reservations", 1, "funding", to={"kind": "free"}), "reservations[1].funding"),
        # cancellations
        (put("reservations", 0, "cancelled_by", to=None), "reservations[0].cancelled_by"),
        (put("reservations", 1, "cancelled_by", to="studio"), "reservations[1].cancelled_by"),
        (put("reservations", 1, "outcome", to="cancelled"), "reservations[1].cancelled_at"),
        (put("reservations", 1, "outcome", to="late_cancelled"), "reservations[1].cancelled_at"),
        (put("reservations", 0, "booked_at", to="2025-03-12T14:00:01Z"), "reservations[0].cancelled_at"),
        # packages, memberships, venues
        (put("purchases", 0, "sessions", to=None), "purchases[0].sessions"),
        (without("purchases", 1, "cycle_from"), "purchases[1].cycle_from"),
        (without("purchases", 1, "cycle_until"), "purchases[1].cycle_until"),
        (without("pricing", 2, "sessions"), "pricing[2].sessions"),
        (without("eligibility", 4, "venue_id"), "eligibility[4].venue_id"),
        # two addresses that begin at the same time
        (put("people", 0, "emails", 0, "from", to="2025-01-01T01:00:00+01:00"), "people[0].emails[1]"),
        # words nobody has heard of
        (put("business", "timezone", to="Europe/Atlantis"), "business.timezone"),
        (put("venues", 0, "timezone", to="../UTC"), "venues[0].timezone"),
        (put("business", "currency", to="usd"), "business.currency"),
        (put("business", "sign_up", to="phone"), "business.sign_up"),
        (put("terms", to="2024-01-01"), "terms"),
        (put("readings", to={"cutoffs": "x"}), "readings.cutoffs"),
        (put("readings", to={"rebook": "lifo"}), "readings.rebook"),
        (put("readings", to={"first_counts_cancelled": 0}), "readings.first_counts_cancelled"),
        (put("readings", to={"first_counts_cancelled": "false"}), "readings.first_counts_cancelled"),
        (put("reservations", 0, "channel", to="web"), "reservations[0].channel"),
        (put("reservations", 0, "product", to="plus"), "reservations[0].product"),
        (put("reservations", 0, "outcome", to="came"), "reservations[0].outcome"),
        (put("reservations", 0, "cancelled_by", to="platform"), "reservations[0].cancelled_by"),
        (put("reservations", 2, "funding", "kind", to="gift"), "reservations[2].funding.kind"),
        (put("purchases", 0, "kind", to="gift"), "purchases[0].kind"),
        (put("pricing", 0, "kind", to="membership"), "pricing[0].kind"),
        (put("eligibility", 0, "requirement", to="once"), "eligibility[0].requirement"),
        (put("waivers", 0, "requirement", to="twice"), "waivers[0].requirement"),
        (put("breaches", 0, "kind", to="delay"), "breaches[0].kind"),
    ],
)
def test_a_malformed_case_is_refused_with_the_path_of_what_is_wrong(change: Change, where: str) -> None:
    with pytest.raises(CaseError) as refused:
        assess(changed(change))
    assert str(refused.value).startswith(f"{where}: ")
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("value", [None, [], "case", 1])
def test_what_is_no_object_is_no_case(value: Any) -> None:
    with pytest.raises(CaseError, match="the case: must be an object"):
        assess(value)


@pytest.mark.parametrize(
    "change",
    [
        put("readings", to={"rebook": "fifo", "cutoff": "max(policy,12h)"}),  # a default may be said
        put("reservations", 0, "booked_at", to="2025-03-12T14:00:00Z"),  # cancelled as it was booked
        put("reservations", 0, "starts_at", to="2025-03-12T18:00:00Z"),
        *(without(name) for name in ("readings", "waivers", "breaches", "merges", "fx")),
        put("people", 0, "emails", to=[]),
    ],
)
def test_what_is_allowed_is_taken(change: Change) -> None:
    assert assess(changed(change))["statement_version"] == 1


def test_assessing_changes_nothing_in_the_case() -> None:
    case = copy.deepcopy(CASE)
    assess(case)
    assert case == CASE


PATHS = [
    path
    for table in ("reservations", "purchases", "pricing", "people", "eligibility")
    for place in range(2)
    for path in [(table, place, key) for key in CASE[table][place]]
] + [(name, key) for name in ("business", "participation") for key in CASE[name]]
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=1),
    st.sampled_from(["0001-01-01", "9999-12-31T23:59:59Z", "2025-03-09T02:30:00-05:00", "1E+400", "-0", "0", "UTC"]),
)  # fmt: skip


@examples(60)
@given(st.sampled_from(PATHS), ODD)
def test_whatever_stands_there_it_is_taken_or_refused_and_never_breaks(path: tuple[Any, ...], value: Any) -> None:
    with contextlib.suppress(CaseError):
        json.dumps(assess(changed(put(*path, to=value))), allow_nan=False)
