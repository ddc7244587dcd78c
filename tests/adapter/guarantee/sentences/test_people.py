"""Who somebody is, and how they came first."""

from __future__ import annotations

import pytest

from tests.adapter.guarantee.cases import Json, at, cancelled
from tests.adapter.guarantee.sentences.words import (
    FREE,
    PACK,
    PASS,
    Build,
    Sentences,
    bought,
    direct,
    do,
    lost,
    market,
    merge,
    other,
    person,
    told,
    won,
)

CASES = Sentences()
says = CASES.says

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


@pytest.mark.parametrize(("about", "build", "readings", "expected"), CASES)
def test_it_is_as_the_text_says(about: Json, build: Build, readings: Json, expected: Json) -> None:
    assert told(about, build, readings, expected) == expected
