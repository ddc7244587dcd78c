"""How long a statement of 50,000 reservations takes, every alternative reading beside it. The limit is 5 seconds."""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from adapter.guarantee import assess

RESERVATIONS, CLIENTS, CLASSES = 50_000, 8_000, 4_000
LIMIT = 5.0  # seconds
START = datetime(2025, 3, 10, 12, tzinfo=UTC)
REQUIREMENTS = ("subscriber", "agreement", "inventory", "payout_set")
FUNDING: tuple[dict[str, str], ...] = (
    {"kind": "drop_in", "price": "20.00"},
    {"kind": "package", "purchase_id": "ten"},
    {"kind": "membership", "purchase_id": "month"},
    {"kind": "free"},
)


def large_case(seed: int = 0) -> dict[str, Any]:
    """Three years of a busy business; two thirds of the reservations lie in the period."""
    draw = random.Random(seed)
    return {
        "case_version": 1,
        "as_of": "2025-09-01T00:00:00Z",
        "terms": "2023-05-01",
        "business": {
            "id": "large",
            "currency": "EUR",
            "timezone": "Europe/Paris",
            "cancellation_policy_hours": 24,
            "sign_up": "assisted",
            "platform": "sandbox",
        },
        "venues": [
            {"id": "v", "timezone": "Europe/Paris"},
            {"id": "w", "timezone": "Europe/London", "currency": "GBP"},
        ],
        "participation": {"acknowledged_at": "2025-03-10T08:00:00Z", "earlier_participation": False},
        "eligibility": [_held(name) for name in REQUIREMENTS] + [_held("smarttools", venue_id=v) for v in "vw"],
        "people": [_person(number) for number in range(CLIENTS)],
        "reservations": [_reservation(number, draw) for number in range(RESERVATIONS)],
        "purchases": [_purchase("ten", "package", 7), _purchase("month", "membership", None)],
        "pricing": [_price(number, venue) for venue in "vw" for number in range(3)],
        "fx": [{"from": "GBP", "to": "EUR", "date": "2020-01-01", "rate": "1.1873"}, _dollars()],
    }


def _held(requirement: str, **venue: str) -> dict[str, Any]:
    return {"requirement": requirement, "from": "2020-01-01T00:00:00Z", "until": None, **venue}


def _dollars() -> dict[str, str]:
    return {"from": "EUR", "to": "USD", "date": "2020-01-01", "rate": "1.09"}


def _person(number: int) -> dict[str, Any]:
    addresses = [{"email": f"client.{number}@x.org"}]
    if number % 10 == 0:
        addresses.append({"email": f"client{number}+new@x.org", "from": "2024-09-01T00:00:00Z"})
    return {"client_id": f"c{number}", "emails": addresses}


def _purchase(number: str, kind: str, sessions: int | None) -> dict[str, Any]:
    cycle = {} if sessions else {"cycle_from": "2025-03-01", "cycle_until": "2025-03-31"}
    row = {"id": number, "client_id": "c0", "kind": kind, "price": "120.00", "sessions": sessions, **cycle}
    return {**row, "bought_at": "2025-03-01T00:00:00Z"}


def _price(number: int, venue: str) -> dict[str, Any]:
    row = {"id": f"{venue}{number}", "class_type": f"t{number}", "venue_id": venue, "kind": "package"}
    return {**row, "price": "200.00", "sessions": 7 + number, "from": "2020-01-01", "until": None}


def _reservation(number: int, draw: random.Random) -> dict[str, Any]:
    day = draw.randrange(90) if draw.random() < 0.66 else -draw.randrange(1, 1000)
    starts = START + timedelta(days=day, minutes=15 * draw.randrange(30))
    booked = starts - timedelta(hours=draw.randrange(30, 200))
    channel = draw.choices(("marketplace", "direct", "third_party"), (5, 4, 1))[0]
    gone = draw.random() < 0.2
    return {
        "id": f"r{number}",
        "client_id": f"c{draw.randrange(CLIENTS)}",
        "venue_id": draw.choice("vw"),
        "class_id": f"k{draw.randrange(CLASSES)}",
        "class_type": f"t{draw.randrange(3)}",
        "channel": channel,
        "product": None,
        "booked_at": booked.isoformat(),
        "starts_at": starts.isoformat(),
        "cancelled_at": (starts - timedelta(hours=draw.randrange(1, 30))).isoformat() if gone else None,
        "cancelled_by": "customer" if gone else None,
        "outcome": "cancelled" if gone else "attended",
        "payout": f"{draw.randrange(700, 2500) / 100:.2f}" if channel == "marketplace" else None,
        "tax": "1.23",
        "funding": draw.choice(FUNDING) if channel == "direct" else None,
        "record": f"{number:064x}",
    }


def main() -> int:
    """Print seconds and their ratio to the limit; 0 where it stays under it."""
    case = large_case()
    began = time.perf_counter()
    statement = assess(case)
    took = time.perf_counter() - began
    lines, alternatives = len(statement["lines"]), len(statement["alternatives"])
    print(f"guarantee: {RESERVATIONS} reservations, {lines} lines, {alternatives} alternatives that change the money")
    print(f"guarantee: {took:.2f} s of {LIMIT:.0f} s allowed, ratio {took / LIMIT:.2f} (must stay below 1)")
    return 0 if took < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
