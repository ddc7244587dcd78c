"""Cases to assess: a small studio, said in as few words as a test needs. Everything else has a plain default."""

from __future__ import annotations

import copy
import itertools
import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings

from adapter.guarantee import assess

Json = dict[str, Any]
ZONE = "America/New_York"
AFTER = "2025-07-01T12:00:00-04:00"  # everything of a period that starts on 10 March is settled
DAYS = [f"2025-03-{day}" for day in range(11, 31)]
REQUIREMENTS = ("subscriber", "agreement", "inventory", "payout_set")


def examples(number: int) -> settings:
    """As many drawn cases; a thorough run (`benchmarks/bench_invariants.py`) draws many times that."""
    return settings(max_examples=number * int(os.environ.get("THOROUGH", "1")), deadline=None)


def at(text: str, zone: str = ZONE) -> str:
    """A local time, such as ``2025-03-12 18:00``, with its offset; 18:00 where only a date is given."""
    moment = datetime.fromisoformat(text if len(text) > 10 else f"{text} 18:00")
    return moment.replace(tzinfo=ZoneInfo(zone)).isoformat()


class Studio:
    """One case in the making."""

    def __init__(self, start: str | None = "2025-03-10", as_of: str = AFTER, **business: Any) -> None:
        self._numbers = itertools.count(1)
        self.case: Json = {
            "case_version": 1,
            "as_of": as_of,
            "terms": "2023-05-01",
            "readings": {},
            "business": {
                "id": "aurora",
                "currency": "USD",
                "timezone": ZONE,
                "cancellation_policy_hours": 12,
                "sign_up": "assisted",
                "platform": "sandbox",
                **business,
            },
            "venues": [],
            "participation": {"acknowledged_at": "2025-03-01T10:00:00-05:00", "earlier_participation": False},
            "eligibility": [
                {"requirement": name, "from": "2020-01-01T00:00:00Z", "until": None} for name in REQUIREMENTS
            ],
            "waivers": [],
            "breaches": [],
            "people": [],
            "merges": [],
            "reservations": [],
            "purchases": [],
            "pricing": [],
            "fx": [],
        }
        if start is not None:
            self.case["participation"]["displayed_start_date"] = start
        self.venue("v1")

    def venue(self, number: str, timezone: str = ZONE, retail: str | None = "20.00", **more: Any) -> None:
        self.case["venues"].append({"id": number, "timezone": timezone, **more})
        self.case["eligibility"].append(
            {"requirement": "smarttools", "venue_id": number, "from": "2020-01-01T00:00:00Z", "until": None}
        )
        if retail is not None:
            self.price(retail, venue=number)

    def price(
        self, price: str, kind: str = "drop_in", venue: str = "v1", class_type: str = "yoga", **more: Any
    ) -> None:
        row = {"id": f"price-{next(self._numbers)}", "class_type": class_type, "venue_id": venue, "kind": kind}
        self.case["pricing"].append({**row, "price": price, "from": "2020-01-01", "until": None, **more})

    def person(self, client: str, *emails: Any) -> None:
        """A client; without addresses one of their own, None for none."""
        told = emails or (f"{client}@x.org",)
        rows = [{"email": each} if isinstance(each, str) else each for each in told if each is not None]
        self.case["people"].append({"client_id": client, "emails": rows})

    def purchase(self, number: str, client: str, price: str, sessions: int | None = 10, **more: Any) -> None:
        row = {"id": number, "client_id": client, "kind": "package" if sessions else "membership", "price": price}
        if sessions is None:
            row |= {"cycle_from": "2025-03-01", "cycle_until": "2025-03-31"}
        self.case["purchases"].append({**row, "sessions": sessions, "bought_at": at("2025-02-01"), **more})

    def market(self, client: str, day: str, payout: str = "9.00", **more: Any) -> str:
        """A marketplace reservation, attended; booked two days before unless said otherwise."""
        return self._add(client, day, {"channel": "marketplace", "product": "standard", "payout": payout} | more)

    def direct(self, client: str, day: str, price: str | Json = "20.00", **more: Any) -> str:
        """A direct reservation, attended: a drop-in, or what funds it."""
        funding = {"kind": "drop_in", "price": price} if isinstance(price, str) else price
        return self._add(client, day, {"channel": "direct", "funding": funding} | more)

    def other(self, client: str, day: str, channel: str = "third_party", **more: Any) -> str:
        return self._add(client, day, {"channel": channel} | more)

    def _add(self, client: str, day: str, more: Json) -> str:
        if client not in {person["client_id"] for person in self.case["people"]}:
            self.person(client)
        zone = more.pop("zone", ZONE)
        starts = at(day, zone)
        number = more.pop("id", f"r{next(self._numbers)}")
        booked = (datetime.fromisoformat(starts) - timedelta(days=2)).isoformat()
        row = {
            "id": number,
            "client_id": client,
            "venue_id": "v1",
            "class_id": f"class-{number}",
            "class_type": "yoga",
            "product": None,
            "booked_at": booked,
            "starts_at": starts,
            "cancelled_at": None,
            "cancelled_by": None,
            "outcome": "attended",
            "payout": None,
            "tax": "0.00",
            "funding": None,
        }
        self.case["reservations"].append(row | more)
        return str(number)

    def five(self, day: str = "2025-03-10") -> None:
        """Five paid qualifying reservations of newcomers."""
        for number in range(5):
            self.market(f"five{number}", day, "12.00")

    def assess(self, **readings: Any) -> Json:
        """The statement, under these readings."""
        return assess(copy.deepcopy(self.case) | {"readings": readings})


def cancelled(when: str, by: str = "customer", outcome: str = "cancelled") -> Json:
    """How a reservation was cancelled."""
    return {"cancelled_at": at(when), "cancelled_by": by, "outcome": outcome}


def lines(statement: Json) -> dict[str, Json]:
    """The lines by reservation."""
    return {line["reservation_id"]: line for line in statement["lines"]}


def codes(statement: Json) -> set[str]:
    return {warning["code"] for warning in statement["warnings"]}


def aurora() -> Studio:
    """A8: the studio whose numbers were checked by hand."""
    studio = Studio()
    studio.direct("ana", "2024-06-01")
    for day, payout in zip(("11", "12", "13", "14"), ("9.00", "9.00", "9.00", "24.00"), strict=True):
        studio.market("ana", f"2025-03-{day}", payout)
    studio.market("ben", "2024-11-02", "10.00")
    studio.market("ben", "2025-03-11", "10.00")
    studio.purchase("ben-10", "ben", "200.00")
    for day in ("12", "13", "14"):
        studio.direct("ben", f"2025-03-{day}", {"kind": "package", "purchase_id": "ben-10"})
    studio.direct("cara", "2022-05-01")
    studio.market("cara", "2025-03-20")
    studio.market("cara", "2025-03-21")
    studio.direct("dan", "2022-05-01")
    studio.market("dan", "2024-08-01")
    studio.market("dan", "2025-03-20")
    studio.direct("dan", "2025-03-22", "22.00")
    studio.market("eve", "2022-05-01")
    studio.direct("eve", "2024-05-01")
    studio.market("eve", "2025-03-20")
    studio.market("eve", "2025-03-21")
    studio.direct("eve", "2025-03-22", "18.00")
    studio.person("nobody", None)
    for day in ("20", "21", "22"):
        studio.market("nobody", f"2025-03-{day}")
    studio.direct("gus", "2024-12-01", {"kind": "free"})
    studio.market("gus", "2025-03-20")
    studio.market("gus", "2025-03-21")
    studio.direct("hal", "2024-07-07")
    late = cancelled("2025-03-20 13:00", outcome="late_cancelled")
    studio.market("hal", "2025-03-20", class_id="flow", **late)
    studio.market("ivy", "2025-03-20", class_id="flow", booked_at=at("2025-03-20 14:00"))
    studio.market("hal", "2025-03-25", outcome="no_show")
    studio.market("jan", "2025-03-20", "0.00", product="trial")
    studio.direct("jan", "2025-03-27", "22.00")
    studio.direct("kim", "2024-09-09")
    studio.market("kim", "2025-03-20", **cancelled("2025-03-19 10:00", "studio"))
    studio.market("lee", "2024-10-10")
    studio.purchase("lee-march", "lee", "120.00", None)
    for day in ("03", "05", "07", "10", "12", "14", "17", "19"):
        studio.direct("lee", f"2025-03-{day}", {"kind": "membership", "purchase_id": "lee-march"})
    studio.direct("mia", "2024-10-01")
    studio.market("mia", "2025-03-20", "0.00", product="trial")
    return studio


def bleak(**business: Any) -> Studio:
    """A8: the studio that lost more than it earned."""
    studio = Studio(**business)
    studio.case["pricing"] = []
    studio.price("30.00")
    for number in range(60):
        studio.direct(f"lost{number}", "2024-06-01")
    for number in range(100):
        studio.market(f"lost{number}" if number < 60 else f"new{number}", "2025-04-01")
    studio.market("switcher", "2024-06-01")
    studio.direct("switcher", "2025-04-02", "160.00")
    return studio


def switcher(uses: int, funding: Json | str, **business: Any) -> Studio:
    """Somebody who came through the marketplace, with some direct reservations in the period."""
    studio = Studio(**business)
    studio.market("ben", "2024-11-02")
    for day in DAYS[:uses]:
        studio.direct("ben", day, funding)
    return studio


def lost(payout: str = "9.00", **more: Any) -> Studio:
    """Somebody who came directly, with one marketplace reservation in the period."""
    studio = Studio()
    studio.direct("ana", "2024-06-01")
    studio.market("ana", "2025-03-12", payout, **more)
    return studio
