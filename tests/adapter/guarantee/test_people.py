"""GI and the edge cases of identity and sources: who a reservation belongs to, and where that person came from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapter.guarantee.cases import Json, Studio, cancelled, codes, lines


def lost_through(first: tuple[Any, ...], later: tuple[Any, ...], merges: list[list[str]] | None = None) -> bool:
    """Whether what ``first`` did directly makes the marketplace reservation of ``later`` a lost customer's."""
    studio = Studio()
    studio.person("one", *first)
    studio.person("two", *later)
    studio.direct("one", "2024-06-01")
    number = studio.market("two", "2025-03-12")
    studio.case["merges"] = [{"client_ids": ids} for ids in merges or []]
    return bool(lines(studio.assess())[number]["lost"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (" Ana.Ruiz@Gmail.com ", "ana.ruiz@gmail.com", True),  # EC-11
        ("jose\u0301@x.org", "jos\u00e9@x.org", True),
        ("ana@b\u00fccher.example", "ana@xn--bcher-kva.example", True),
        ("ana+cp@gmail.com", "ana@gmail.com", False),  # GI-03
        ("a.na@gmail.com", "ana@gmail.com", False),
        ("x7f@privaterelay.appleid.com", "ana@x.org", False),  # EC-12
        ("ana@studio.org", "ana@work.org", False),  # EC-16
    ],
)
def test_gi_01_gi_03_ec_11_ec_12_ec_16_one_address_is_one_person(one: str, other: str, same: bool) -> None:
    assert lost_through((one,), (other,)) is same


def test_gi_03_aliases_are_one_person_if_it_is_read_so() -> None:
    studio = Studio()
    studio.person("one", "ana.ruiz+studio@x.org")
    studio.person("two", "anaruiz@x.org")
    studio.direct("one", "2024-06-01")
    studio.market("two", "2025-03-12")
    statement = studio.assess()
    shown = {other["reading"]: other for other in statement["alternatives"]}["email_mode"]
    assert (statement["lost_revenue"], shown["lost_revenue"], shown["lines_changed"]) == ("0.00", "11.00", 1)
    assert studio.assess(email_mode="collapse")["lost_revenue"] == "11.00"


def test_gi_02_ec_05_the_first_booking_decides_not_the_first_class() -> None:
    studio = Studio()
    studio.direct("ana", "2025-03-20 19:00", booked_at="2025-03-11T09:00:00-04:00")
    number = studio.market("ana", "2025-03-12 18:00", booked_at="2025-03-11T09:05:00-04:00")
    assert lines(studio.assess())[number]["switcher"] is False


def test_gi_02_an_unknown_booking_time_is_the_class_start_and_is_flagged() -> None:
    studio = Studio()
    studio.market("ana", "2025-03-12 18:00", booked_at=None)
    number = studio.direct("ana", "2025-03-20", booked_at="2025-03-12T17:59:00-04:00")
    studio.market("ben", "2025-03-12 18:00", booked_at=None)
    statement = studio.assess()
    assert number not in lines(statement)  # ana's first was direct
    assert "booking_time" in codes(statement)


@pytest.mark.parametrize(
    "address", [None, "", "none", "none@none.com", "NoEmail@x.org", "no-email@x.org", "na@x", "unknown@x.org"]
)
def test_gi_04_without_an_address_nobody_is_known(address: str | None) -> None:
    studio = Studio()
    studio.person("ana", address)
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12", "9.00")
    studio.market("ana", "2025-03-13", "24.00")
    studio.market("ana", "2025-03-14", "9.00", outcome="denied")
    statement = studio.assess()
    assert statement["classpass_revenue"]["payouts"] == "33.00"
    assert statement["lost_revenue"] == "0.00"
    assert statement["unattributable"] == {"reservations": 2, "max_exposure": "11.00"}
    assert {line["person"] for line in statement["lines"]} == {None}


@pytest.mark.parametrize(("sharers", "known"), [(10, True), (11, False), (14, False)])
def test_gi_04_an_address_that_more_than_ten_clients_share_is_nobodys(sharers: int, known: bool) -> None:
    studio = Studio()
    for number in range(sharers):
        studio.person(f"c{number}", "Front@desk.org" if number else "front@desk.org")
    number = studio.market("c0", "2025-03-12")
    assert (lines(studio.assess())[number]["person"] is not None) is known


def test_gi_04_what_is_no_address_is_skipped_for_the_one_before_it() -> None:
    assert lost_through(("ana@x.org", {"email": "none@x.org", "from": "2020-01-01T00:00:00Z"}), ("ana@x.org",))


@pytest.mark.parametrize(("address", "same"), [("old@x.org", True), ("new@x.org", False)])
def test_ec_13_a_reservation_belongs_to_the_address_its_client_had_then(address: str, same: bool) -> None:
    moved = ("old@x.org", {"email": "new@x.org", "from": "2025-01-01T00:00:00Z"})
    assert lost_through(moved, (address,)) is same


def test_ec_13_where_none_is_known_for_then_the_first_one_holds() -> None:
    later = ({"email": "b@x.org", "from": "2026-01-01T00:00:00Z"}, {"email": "a@x.org", "from": "2025-01-01T00:00:00Z"})
    assert lost_through(later, ("a@x.org",))
    assert not lost_through(later, ("b@x.org",))


def test_ec_13_an_address_holds_from_its_very_instant() -> None:
    studio = Studio()
    studio.person("one", "a@x.org", {"email": "b@x.org", "from": "2024-05-30T18:00:00-04:00"})
    studio.direct("one", "2024-06-01", booked_at="2024-05-30T18:00:00-04:00")
    studio.person("two", "b@x.org")
    number = studio.market("two", "2025-03-12")
    assert lines(studio.assess())[number]["lost"] is True


def test_ec_14_a_merge_makes_its_addresses_one_person() -> None:
    assert lost_through(("a@x.org",), ("b@x.org",), [["one", "two"]])
    assert not lost_through(("a@x.org",), ("b@x.org",))


def test_ec_14_merges_that_overlap_are_one() -> None:
    studio = Studio()
    for client in ("a", "b", "c"):
        studio.person(client)
    studio.direct("a", "2024-06-01")
    number = studio.market("c", "2025-03-12")
    studio.case["merges"] = [{"client_ids": ["c", "b"]}, {"client_ids": ["b", "a"]}]
    assert lines(studio.assess())[number]["lost"] is True


def test_ec_14_gi_04_without_an_address_but_merged_with_one_who_has_is_known() -> None:
    assert lost_through((None,), ("b@x.org",), [["one", "two"]])
    studio = Studio()
    studio.person("one", None)
    studio.person("two", "none@x.org")
    studio.market("one", "2025-03-12")
    studio.case["merges"] = [{"client_ids": ["one", "two"]}]
    assert studio.assess()["unattributable"]["reservations"] == 1


def test_ec_15_a_family_that_shares_an_address_is_one_person() -> None:
    assert lost_through(("family@x.org",), ("family@x.org",))


def test_ec_17_an_erased_person_keeps_their_lines() -> None:
    studio = Studio()
    studio.person("one", "ana@x.org")
    studio.person("two", "ana@x.org")
    studio.direct("one", "2024-06-01")
    studio.market("two", "2025-03-12")
    before = studio.assess()
    for person in studio.case["people"]:
        person["emails"] = [{"key": "a1b2"}]
    assert studio.assess() == before
    assert before["lost_revenue"] == "11.00"


def test_no_address_and_no_plain_hash_of_one_appears() -> None:
    import hashlib

    studio = Studio()
    studio.person("ana@x.org", "ana@x.org")
    studio.market("ana@x.org", "2025-03-12", id="r")
    text = json.dumps(studio.assess())
    assert "@" not in text
    for name in ("md5", "sha1", "sha256"):
        assert hashlib.new(name, b"ana@x.org").hexdigest()[:16] not in text


def sources(*made: Json) -> Json:
    """What a person is who made these reservations, and one in the period."""
    studio = Studio()
    for row in made:
        kind, day = row.pop("kind"), row.pop("day")
        (studio.market if kind == "market" else studio.direct)("ana", day, **row)
    number = studio.market("ana", "2025-03-20")
    line = lines(studio.assess())[number]
    return {"switcher": line["switcher"], "lost": line["lost"]}


def direct(day: str, **more: Any) -> Json:
    return {"kind": "direct", "day": day, **more}


def market(day: str, **more: Any) -> Json:
    return {"kind": "market", "day": day, **more}


def test_ec_01_one_person_can_be_both() -> None:
    """Trap 2."""
    assert sources(market("2022-05-01"), direct("2024-05-01")) == {"switcher": True, "lost": True}


def test_ec_02_or_neither() -> None:
    """Trap 2."""
    assert sources(direct("2022-05-01"), market("2024-08-01")) == {"switcher": False, "lost": False}


def test_ec_03_direct_before_the_window_only_is_neither() -> None:
    assert sources(direct("2024-01-01")) == {"switcher": False, "lost": False}


def test_ec_04_a_first_booking_inside_the_period_loses_nobody() -> None:
    assert sources(direct("2025-03-15")) == {"switcher": False, "lost": False}


def test_ec_06_at_the_same_instant_class_start_decides_then_the_channel() -> None:
    moment = {"booked_at": "2024-06-01T10:00:00Z"}
    earlier = sources(direct("2024-06-05", **moment), market("2024-06-04", **moment))
    assert earlier == {"switcher": True, "lost": False}
    studio = Studio()
    studio.market("ana", "2024-06-05", **moment)
    studio.direct("ana", "2024-06-05", **moment)
    studio.market("ana", "2025-03-20")
    statement = studio.assess()
    assert statement["lines"][0]["lost"] is True
    assert "tie" in codes(statement)


def test_ec_07_a_cancelled_booking_was_made_all_the_same() -> None:
    studio = Studio()
    studio.market("ana", "2024-05-01", **cancelled("2024-04-30 08:00"))
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-20")
    statement = studio.assess()
    assert (statement["lines"][0]["switcher"], statement["lost_revenue"]) == (True, "0.00")
    shown = {other["reading"]: other for other in statement["alternatives"]}["first_counts_cancelled"]
    assert (shown["value"], shown["lost_revenue"]) == (False, "11.00")
    assert studio.assess(first_counts_cancelled=False)["lines"][0]["lost"] is True


def test_ec_07_honoured_only_skips_the_denied_and_keeps_who_came() -> None:
    for outcome, first in (({"outcome": "denied"}, False), (cancelled("2024-04-30 08:00", outcome="attended"), True)):
        studio = Studio()
        studio.market("ana", "2024-05-01", **outcome)
        number = studio.market("ana", "2025-03-20")
        studio.direct("ana", "2024-06-01")
        assert lines(studio.assess(first_counts_cancelled=False))[number]["switcher"] is first


def test_ec_07_a_booking_that_is_not_settled_can_be_a_first_one() -> None:
    studio = Studio(as_of="2025-03-16T00:00:00Z")
    studio.direct("ana", "2025-06-01", booked_at="2025-02-01T00:00:00Z")
    studio.market("ana", "2025-03-12")
    assert studio.assess()["lines"][0]["lost"] is True


def test_ec_18_a_visit_imported_at_0_is_the_marketplaces_by_its_channel() -> None:
    """Trap 6."""
    assert sources(market("2024-06-01", payout="0.00")) == {"switcher": True, "lost": False}
    both = market("2024-06-01", payout="0.00"), direct("2024-07-01")
    assert sources(*both) == {"switcher": True, "lost": False}


def test_gv_01_a_first_reservation_at_any_venue_counts() -> None:
    studio = Studio()
    studio.venue("v2")
    studio.direct("ana", "2024-06-01", venue_id="v2")
    studio.market("ana", "2025-03-12")
    assert studio.assess()["lost_revenue"] == "11.00"


def test_ec_47_each_seat_is_a_line_and_a_guest_without_an_address_is_nobody() -> None:
    studio = Studio()
    studio.person("guest", None)
    studio.market("ana", "2025-03-12", class_id="k")
    studio.market("guest", "2025-03-12", class_id="k")
    statement = studio.assess()
    assert (len(statement["lines"]), statement["unattributable"]["reservations"]) == (2, 1)


def test_ec_34_a_short_history_is_said() -> None:
    studio = Studio(history_from="2024-08-10")
    warnings = {warning["code"]: warning["message"] for warning in studio.assess()["warnings"]}
    assert "7 of the 12 months" in warnings["coverage"]
    assert "coverage" not in codes(Studio(history_from="2024-03-10").assess())


def test_ec_35_two_platforms_are_joined_by_the_address() -> None:
    assert lost_through(("ana@x.org",), ("ana@x.org",))
