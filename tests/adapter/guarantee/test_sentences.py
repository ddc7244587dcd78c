"""The interface sentence by sentence: cases thought of from the text alone, their results worked out by hand.

Each builds on a studio whose period is 10 March to 7 June 2025, everything settled, a drop-in at 20.00, policy 12 h.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from adapter.guarantee import assess
from tests.adapter.guarantee.cases import Json, Studio, at, cancelled

Build = Callable[[Studio], object]
CASES: list[Any] = []


def says(name: str, build: Build, studio: Json | None = None, readings: Json | None = None, **expected: Any) -> None:
    """A case and what must come of it; ``a__b`` looks into ``a``."""
    CASES.append(pytest.param(studio or {}, build, readings or {}, expected, id=name))


def do(*acts: Build) -> Build:
    def build(studio: Studio) -> None:
        for act in acts:
            act(studio)

    return build


def lost(client: str = "c", **more: Any) -> Build:
    """Somebody who came directly before."""
    return lambda s: s.direct(client, "2024-06-01", **more)


def won(client: str = "c") -> Build:
    """Somebody who came through the marketplace first of all."""
    return lambda s: s.market(client, "2024-06-01")


def market(client: str = "c", day: str = "2025-03-12", payout: str = "9.00", **more: Any) -> Build:
    return lambda s: s.market(client, day, payout, **more)


def direct(client: str = "c", day: str = "2025-03-12", price: Any = "20.00", **more: Any) -> Build:
    return lambda s: s.direct(client, day, price, **more)


def other(client: str, day: str, channel: str = "third_party", **more: Any) -> Build:
    return lambda s: s.other(client, day, channel, **more)


def bought(sessions: int | None, price: str = "120.00", client: str = "c", **more: Any) -> Build:
    return lambda s: s.purchase("p", client, price, sessions, **more)


def person(client: str, *emails: Any) -> Build:
    return lambda s: s.person(client, *emails)


def merge(*clients: str) -> Build:
    return lambda s: s.case["merges"].append({"client_ids": list(clients)})


def prices(*rows: Json) -> Build:
    """These prices instead of the drop-in."""

    def build(studio: Studio) -> None:
        studio.case["pricing"] = []
        for row in rows:
            studio.price(**row)

    return build


def has(key: str, **more: Any) -> Build:
    """More about the business or the participation."""
    return lambda s: s.case[key].update(more)


def holds(requirement: str, *spans: tuple[str, str | None], venue: str | None = None) -> Build:
    """A requirement held in these intervals alone."""

    def build(studio: Studio) -> None:
        rows = [row for row in studio.case["eligibility"] if row["requirement"] != requirement]
        place = {} if venue is None else {"venue_id": venue}
        rows += [{"requirement": requirement, "from": a, "until": b, **place} for a, b in spans]
        studio.case["eligibility"] = rows

    return build


def fx(base: str, day: str, rate: str, to: str = "USD") -> Build:
    return lambda s: s.case["fx"].append({"from": base, "to": to, "date": day, "rate": rate})


def breach(kind: str = "tracking") -> Build:
    row = {"kind": kind, "at": at("2025-04-01"), "reason": "r", "recorded_by": "b"}
    return lambda s: s.case["breaches"].append(row)


def waive(requirement: str) -> Build:
    row = {"requirement": requirement, "reference": "letter", "agreed_by": "b"}
    return lambda s: s.case["waivers"].append(row)


def abroad(**more: Any) -> Build:
    return lambda s: s.venue("v2", currency="EUR", **more)


PASS = {"kind": "membership", "purchase_id": "p"}
PACK = {"kind": "package", "purchase_id": "p"}
FREE = {"kind": "free"}

# Settled
says("settled_after_48_h", market(), {"as_of": at("2025-03-14 18:00")}, paid_qualifying=1, lines__len=1)
says("not_a_second_before", market(), {"as_of": at("2025-03-14 17:59:59")}, paid_qualifying=0, lines__len=0)
says(
    "unsettled_can_be_first",
    do(direct(day="2025-03-30", booked_at=at("2025-03-08")), market(day="2025-03-12")),
    {"as_of": at("2025-03-20")},
    lost_revenue="11.00",
)
says("booked_means_attended", market(outcome="booked"), lines__0__reason="attended", paid_qualifying=1)
says(
    "unsettled_is_no_visit",
    do(won(), bought(None), *(direct(day=f"2025-03-{day}", price=PASS) for day in (11, 12, 19))),
    {"as_of": at("2025-03-20")},
    classpass_revenue__switchers="120.00",
    lines__len=2,
)
# Qualifying
says("attended_whatever_cancelled", market(**cancelled("2025-03-10", outcome="attended")), lines__0__qualifying=True)
says("attended_though_studio", market(**cancelled("2025-03-12 17:00", "studio", "attended")), paid_qualifying=1)
says("denied", market(outcome="denied"), lines__0__reason="denied", classpass_revenue__total="0.00")
says("denied_late", market(**cancelled("2025-03-12 17:00", outcome="denied")), lines__0__reason="denied")
says("at_the_cutoff", market(**cancelled("2025-03-12 06:00")), lines__0__reason="cancelled_early")
says("after_the_cutoff", market(**cancelled("2025-03-12 06:00:01")), lines__0__reason="late_cancelled")
says("no_show_that_cancelled", market(**cancelled("2025-03-11", outcome="no_show")), paid_qualifying=0)
says("late_in_name_only", market(**cancelled("2025-03-11", outcome="late_cancelled")), paid_qualifying=0)
says("by_the_marketplace_late", market(**cancelled("2025-03-12 17:00", "marketplace")), paid_qualifying=1)
says(
    "no_policy",
    market(**cancelled("2025-03-12 18:00")),
    {"cancellation_policy_hours": 0},
    lines__0__reason="cancelled_early",
)
says("policy_24", market(**cancelled("2025-03-12 03:00")), {"cancellation_policy_hours": 24}, paid_qualifying=0)
says(
    "policy_24_both_needed",
    market(**cancelled("2025-03-12 03:00")),
    {"cancellation_policy_hours": 24},
    {"cutoff": "max(policy,12h)"},
    paid_qualifying=1,
)
says(
    "elapsed_hours",
    market(day="2025-03-09 09:00", **cancelled("2025-03-08 20:30")),
    {"start": "2025-03-08"},
    lines__0__reason="late_cancelled",
)
LATE = cancelled("2025-03-12 13:00")
says(
    "linked_in_another_class",
    do(market(id="b", day="2025-04-12"), market(id="a", rebooked_by="b", **LATE)),
    lines__0__reason="rebooked",
)
says(
    "a_linked_one_has_replaced",
    do(
        market(id="b", class_id="k", booked_at=at("2025-03-12 15:00")),
        market("d", class_id="k", **LATE),
        market("e", id="x", class_id="z", rebooked_by="b", **LATE),
    ),
    paid_qualifying=2,
)
says(
    "two_gone_one_came",
    do(
        market("d", id="x", class_id="k", **cancelled("2025-03-12 14:00")),
        market("e", id="y", class_id="k", **cancelled("2025-03-12 13:00")),
        market(id="z", class_id="k", booked_at=at("2025-03-12 15:00")),
    ),
    lines__reasons=["late_cancelled", "rebooked", "attended"],
)
says(
    "booked_that_very_instant",
    do(market("d", class_id="k", **LATE), market(class_id="k", booked_at=at("2025-03-12 13:00"))),
    paid_qualifying=2,
)
says(
    "what_becomes_of_it",
    do(
        market("d", id="x", class_id="k", **LATE),
        market(id="y", class_id="k", booked_at=at("2025-03-12 13:01"), **cancelled("2025-03-12 14:00", "studio")),
    ),
    lines__reasons=["rebooked", "cancelled_by_studio"],
)
says(
    "direct_rebooks_nothing",
    do(market("d", class_id="k", **LATE), direct(class_id="k", booked_at=at("2025-03-12 14:00"))),
    paid_qualifying=1,
)
# Direct reservations
for outcome, by, earned in (
    ("late_cancelled", "customer", "20.00"),
    ("cancelled", "customer", "0.00"),
    ("attended", "studio", "0.00"),
    ("no_show", "customer", "20.00"),
):
    says(
        f"direct_{outcome}_by_{by}",
        do(won(), direct(tax="1.00", **cancelled("2025-03-11", by, outcome))),
        classpass_revenue__switchers=earned,
        classpass_revenue__taxes="1.00" if earned != "0.00" else "0.00",
    )
says("direct_denied", do(won(), direct(outcome="denied")), classpass_revenue__switchers="0.00", lines__len=1)
says(
    "refunded_drop_in",
    do(won(), direct(price={"kind": "drop_in", "price": "20.00", "refunded": "5.50"})),
    classpass_revenue__switchers="14.50",
)
says(
    "package",
    do(
        won(),
        bought(10, "200.00", bonus_sessions=2, refunded="80.00", refunded_sessions=4),
        direct(price=PACK),
    ),
    classpass_revenue__switchers="15.00",
)
COUNTED = {"kind": "membership", "cycle_from": "2025-03-01", "cycle_until": "2025-03-31"}
says("counted_membership", do(won(), bought(8, **COUNTED), direct(price=PASS)), classpass_revenue__switchers="15.00")
says(
    "visits_before_and_after",
    do(
        won(),
        bought(None, "100.00", refunded="10.00"),
        *(direct(day=day, price=PASS) for day in ("2025-03-01", "2025-03-12", "2025-06-20")),
        direct(day="2025-03-13", price=PASS, **cancelled("2025-03-12")),
        direct("friend", "2025-03-14", PASS, outcome="no_show"),
        direct(day="2025-03-15", price=PASS, outcome="denied"),
    ),
    classpass_revenue__switchers="22.50",
)
says("no_sessions_left", do(won(), bought(2, refunded_sessions=2), direct(price=PACK)), classpass_revenue__total="0.00")
says("third_party_earns_nothing", do(won(), other("c", "2025-03-12")), lines__len=0, classpass_revenue__total="0.00")
# Start
FIVE = [market(f"n{day}", f"2025-03-{day}") for day in (14, 11, 13, 12, 15)]
says("fifth_by_class_start", do(*FIVE), {"start": None}, start_date="2025-03-15", last_day="2025-06-12", lines__len=1)
says("four", do(*FIVE[:4]), {"start": None}, status="waiting", paid_qualifying=4, start_date=None, lines=[])
says("free_is_not_paid", do(*FIVE[:4], market(payout="0.00")), {"start": None}, status="waiting", paid_qualifying=4)
says(
    "acknowledged_in_business_time",
    do(*FIVE, has("participation", acknowledged_at="2025-04-01T03:00:00Z")),
    {"start": None},
    start_date="2025-03-31",
)
says("displayed_binds_earlier", do(*FIVE), start_date="2025-03-10", computed_start_date="2025-03-15", lines__len=5)
says("displayed_binds_later", do(*FIVE), {"start": "2025-03-14"}, lines__len=2, due_date="2025-08-10")
says("displayed_binds_with_none", do(), computed_start_date=None, start_date="2025-03-10", status="final")
says(
    "fifth_at_its_venue",
    do(
        lambda s: s.venue("la", "America/Los_Angeles"),
        *FIVE[:4],
        market(day="2025-03-20 23:30", zone="America/Los_Angeles", venue_id="la"),
    ),
    {"start": None},
    start_date="2025-03-20",
)
says("last_evening", do(market(day="2025-06-07 23:59"), market(day="2025-06-08 00:00")), lines__len=1)
says(
    "zone_of_the_class",
    market(day="2025-06-07 23:30", timezone="America/Halifax"),
    lines__len=0,
)
# Who
MOVED = [{"email": "b@x.org", "from": at("2025-01-01")}, {"email": "a@x.org"}]
says("address_of_then", do(person("c", *MOVED), lost(), market()), lost_revenue="0.00")
says("unless_merged", do(person("c", *MOVED), lost(), market(), merge("c")), lost_revenue="11.00")
says(
    "before_the_first",
    do(person("c", {"email": "a@x.org", "from": at("2025-01-01")}), lost(), market()),
    lost_revenue="11.00",
)
says("the_very_instant", do(person("c", *MOVED), market(booked_at=at("2025-01-01")), lost("b")), lost_revenue="11.00")
says(
    "skipped_not_held",
    do(person("c", "a@x.org", {"email": "none@none.com", "from": at("2025-01-01")}), lost(), market()),
    lost_revenue="11.00",
)
for address in ("ana", "NONE@x.org", "noemail@x.org", " No-Email@x.org", "na@x.org", "unknown@x.org", ""):
    says(
        f"no_address_{address.strip()}",
        do(person("c", address), lost(), market()),
        unattributable={"reservations": 1, "max_exposure": "11.00"},
        lost_revenue="0.00",
    )
for sharing, reservations in ((10, 0), (11, 1)):
    says(
        f"shared_by_{sharing}",
        do(*(person(f"c{number}", "desk@x.org") for number in range(sharing)), market("c0")),
        unattributable__reservations=reservations,
    )
says("one_address", do(person("c", " ANA@X.org"), person("d", "ana@x.org "), lost(), market("d")), lost_revenue="11.00")
says("one_key", do(person("c", {"key": "k"}), person("d", {"key": "k"}), lost(), market("d")), lost_revenue="11.00")
says("nobody_merged", do(person("c", None), merge("c", "d"), lost("d"), market()), lost_revenue="11.00")
says(
    "merged_through_another",
    do(lost("a"), person("b", "b@x.org"), market("c"), merge("a", "b"), merge("c", "b")),
    lost_revenue="11.00",
)
says(
    "exposure_only_where_positive",
    do(person("c", None), market(payout="25.00"), market(payout="15.00")),
    unattributable={"reservations": 2, "max_exposure": "5.00"},
)
# First
says(
    "booked_unknown",
    do(direct(day="2025-03-09", booked_at=None), market(booked_at=at("2025-03-09 17:59"))),
    lost_revenue="0.00",
)
for day, revenue in (("2024-03-09", "0.00"), ("2024-03-10", "11.00"), ("2025-03-09", "11.00"), ("2025-03-10", "0.00")):
    booked = direct(day="2025-05-01", booked_at=at(f"{day} 23:59"))
    says(f"window_{day}", do(booked, market(day="2025-05-02")), lost_revenue=revenue)
says(
    "leap_before",
    do(lost(booked_at=at("2023-02-27")), market(day="2024-03-01")),
    {"start": "2024-02-29"},
    lost_revenue="0.00",
)
says(
    "leap_window",
    do(direct(day="2023-03-01", booked_at=at("2023-02-28 00:00")), market(day="2024-03-01")),
    {"start": "2024-02-29"},
    lost_revenue="11.00",
    last_day="2024-05-28",
)
for mine, theirs, revenue in (("direct", "marketplace", "11.00"), ("third_party", "marketplace", "0.00")):
    booked_at = at("2024-06-01 09:00")
    make = (
        direct(day="2024-06-02", booked_at=booked_at)
        if mine == "direct"
        else other("c", "2024-06-02", booked_at=booked_at)
    )
    says(
        f"tie_{mine}_{theirs}",
        do(market(day="2024-06-02", booked_at=booked_at), make, market()),
        lost_revenue=revenue,
        lines__0__switcher=False,
    )
says("both", do(market(day="2022-01-01"), lost(), market()), lines__0__switcher=True, lines__0__lost=True)
says("neither", do(lost(booked_at=at("2022-01-01")), market()), lines__0__switcher=False, lines__0__lost=False)
says(
    "cancelled_counts_as_first",
    do(market(day="2024-05-01", **cancelled("2024-04-30")), lost(), market()),
    lost_revenue="0.00",
    alternatives__names=[("first_counts_cancelled", 1, "11.00")],
)
# Free
for name, funding in (("refunded_pack", PACK), ("free", FREE), ("no_price", {"kind": "drop_in", "price": "0.00"})):
    says(
        f"free_only_{name}",
        do(bought(5, refunded="120.00"), lost(price=funding), market()),
        lost_revenue="0.00",
        excluded_free_only={"reservations": 1, "lost_revenue": "11.00"},
        lines__0__lost=False,
        alternatives__names=[("free_only", 1, "11.00")],
    )
says("member_is_not_free", do(bought(None), lost(price=PASS), market()), lost_revenue="11.00")
says(
    "paid_once_denied", do(lost(price=FREE), direct(day="2025-07-09", outcome="denied"), market()), lost_revenue="11.00"
)
# Unknown channel
says(
    "unknown_first",
    do(other("c", "2022-06-01", "unknown"), market()),
    status="blocked",
    blocked_by=[{"fact": "channel", "about": "r2"}],
    payment=None,
    net_payment=None,
    incremental=None,
    lost_revenue=None,
    method="none",
    classpass_revenue__payouts="9.00",
    lines__0__lost_revenue="0.00",
    lines__0__switcher=None,
)
says("unknown_in_window", do(won(), other("c", "2024-05-01", "unknown"), market("d")), status="final", blocked_by=[])
says(
    "unknown_first_in_window",
    do(market(day="2022-01-01"), other("c", "2024-05-01", "unknown"), market()),
    status="blocked",
    lines__0__lost_revenue=None,
    lines__0__switcher=True,
    lines__0__payout="9.00",
)
says("unknown_of_a_switcher", do(won(), other("c", "2025-04-01", "unknown")), status="blocked")
says("unknown_of_a_switcher_later", do(won(), other("c", "2025-06-08", "unknown")), status="final")
says("unknown_elsewhere", do(lost(), other("c", "2025-04-01", "unknown"), market()), lost_revenue="11.00")
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
# Eligibility
says(
    "a_second_missing",
    holds("inventory", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-01 18:00:01"), None)),
    status="ineligible",
)
says("from_midnight_here", holds("subscriber", (at("2025-03-10 00:00"), at("2025-06-08 00:00"))), status="final")
says("to_midnight_there", holds("subscriber", (at("2025-03-10 00:00"), at("2025-06-07 23:59:59"))), status="ineligible")
says(
    "only_until_now",
    holds("agreement", (at("2025-03-01"), at("2025-04-02"))),
    {"as_of": at("2025-04-01")},
    status="running",
)
DAY_OFF = holds("smarttools", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-02"), None), venue="v1")
says("smarttools_24_h", DAY_OFF, status="final", eligibility__4__held=True, eligibility__4__gaps__len=1)
says(
    "smarttools_a_second_more",
    holds("smarttools", ("2020-01-01T00:00:00Z", at("2025-04-01")), (at("2025-04-02 18:00:01"), None), venue="v1"),
    status="ineligible",
)
NEW = do(lambda s: s.venue("v2", "America/Los_Angeles", opened_on="2025-04-10"))
says(
    "smarttools_from_opening_there",
    do(NEW, lambda s: s.case["eligibility"][-1].update({"from": "2025-04-11T07:00:00Z"})),
    status="final",
)
says(
    "smarttools_a_day_each",
    do(
        lambda s: s.venue("v2"),
        lambda s: [
            row.update({"from": at("2025-03-11 00:00")})
            for row in s.case["eligibility"]
            if row["requirement"] == "smarttools"
        ],
    ),
    status="final",
)
says("booker", has("business", platform="booker"), {"start": None}, status="ineligible", payment="0.00")
says(
    "booker_waived",
    do(has("business", platform="booker"), waive("subscriber")),
    status="final",
    eligibility__0__waived=True,
)
says("earlier", has("participation", earlier_participation=True), {"start": None}, status="ineligible")
says("earlier_waived", do(has("participation", earlier_participation=True), waive("once")), status="final")
says("online_tool", do(), {"sign_up": "online_tool"}, status="final", warnings__0__code="self_service")
says(
    "the_end_of_time_is_none",
    do(
        holds("inventory", ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00")),
        prices({"price": "30.00", "from": "0001-01-01", "until": "9999-12-31"}),
        lost(),
        market(),
    ),
    status="final",
    lost_revenue="21.00",
)
# Status
NOT_YET = has("participation", acknowledged_at=None)
says("void_first", do(breach(), has("participation", earlier_participation=True), NOT_YET), status="void")
says("ineligible_second", do(NOT_YET, has("participation", earlier_participation=True)), status="ineligible")
says(
    "not_acknowledged_third",
    do(NOT_YET, *FIVE),
    {"start": None},
    status="not_acknowledged",
    paid_qualifying=5,
    lines=[],
)
GONE = do(prices({"price": "50.00"}), lost(), market())
says(
    "numbers_stay_when_void",
    do(GONE, breach()),
    payment="0.00",
    net_payment="0.00",
    method="none",
    lost_revenue="41.00",
    incremental="-32.00",
)
says("blocked_before_running", do(prices(), lost(), market()), {"as_of": at("2025-04-01")}, status="blocked")
says("running_to_midnight", do(), {"as_of": at("2025-06-07 23:59:59")}, status="running")
says("over_at_midnight", do(), {"as_of": at("2025-06-08 00:00")}, status="final")
says("provisional", market(day="2025-06-07 10:00"), {"as_of": at("2025-06-09 09:59:59")}, status="provisional")
CYCLE = {"cycle_from": "2025-06-01", "cycle_until": "2025-06-30"}
for who, moment, status in (
    ("won", "2025-07-02 23:59:59", "provisional"),
    ("won", "2025-07-03 00:00", "final"),
    ("lost", "2025-06-20", "final"),
):
    says(
        f"cycle_{who}_{moment[:10]}",
        do(won() if who == "won" else lost(), bought(None, **CYCLE), direct(day="2025-06-05", price=PASS)),
        {"as_of": at(moment)},
        status=status,
    )
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


def found(body: Any, path: str) -> Any:
    for step in path.split("__"):
        if step == "len":
            return len(body)
        if step == "reasons":
            return [line["reason"] for line in body]
        if step == "column":
            return [line["switcher_revenue"] for line in body]
        if step == "names":
            return [(row["reading"], row["lines_changed"], row["lost_revenue"]) for row in body]
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


@pytest.mark.parametrize(("about", "build", "readings", "expected"), CASES)
def test_it_is_as_the_text_says(about: Json, build: Build, readings: Json, expected: Json) -> None:
    studio = Studio(**about)
    build(studio)
    studio.case["readings"] = readings
    told = copy.deepcopy(studio.case)
    body = assess(studio.case)
    assert studio.case == told
    assert {path: found(body, path) for path in expected} == expected
    for rows in told.values():
        if isinstance(rows, list):
            random.Random(7).shuffle(rows)
    assert assess(json.loads(json.dumps(told))) == body
