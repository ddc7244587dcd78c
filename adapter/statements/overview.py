"""What the customer acquisition page shows beside the statement: a forecast, disputes, trials, aliases, the floor.

None of it changes money. Addresses are compared in memory; only clients' numbers leave.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.guarantee import assess
from adapter.guarantee.identity import collapse, normalise
from adapter.guarantee.outlook import BreakEven, Forecast, break_even, daily_balance, forecast, people
from adapter.guarantee.periods import local_date
from adapter.guarantee.reading_case import read_prices
from adapter.guarantee.readings import read_readings
from adapter.guarantee.retail import retail_rates
from adapter.statements.case import LONG_AGO, build_case
from adapter.statements.making import note_unpaid
from adapter.statements.recorded import prices_of_today
from adapter.store.connection_health import connections_of
from adapter.store.tables import Studio

Json = dict[str, Any]
ACCOUNT_OF = {"attended": "Attended, though a cancellation was recorded", "denied": "Turned away at the desk"}
ACCOUNT_OF["cancelled_by_studio"] = "Cancelled by the studio"


@dataclass(frozen=True)
class Dispute:
    """A reservation whose evidence may be contested (EC-21), and what is known about it."""

    reservation_id: str
    what: str
    starts_at: str
    cancelled_at: str | None
    record: str


@dataclass(frozen=True)
class Overview:
    """Everything the page shows."""

    body: Json  # the statement
    people: dict[str, int]
    forecast: Forecast | None
    break_even: list[BreakEven]
    payout_share: float | None  # of the retail rate, over the lines that have one
    disputes: list[Dispute]
    trials: int  # visits that are known to have paid nothing
    untold: list[str]  # reservations that count and whose payout is not known: their lines hold 0
    aliases: list[list[str]]  # clients whose addresses differ by an alias only
    retail_then: Decimal | None  # the mean retail rate when the period started
    retail_now: Decimal | None


def overview_of(db: Db, context: Context, studio_id: int) -> Overview:
    """Work out the page of a studio, as of now."""
    now, studio = context.now(), db.get_one(Studio, studio_id)
    case, gaps = build_case(db, context.keys, studio_id, now)
    body = note_unpaid(assess(case), gaps)
    reservations = {row["id"]: row for row in case["reservations"]}
    today = local_date(now, studio.timezone)
    untold = [each for each in body["lines"] if each["qualifying"] and each["reservation_id"] in gaps.without_payout]
    nothing = sum(each["qualifying"] and Decimal(each["payout"] or 1) == 0 for each in body["lines"])
    lost = [line for line in body["lines"] if line["retail_rate"] and Decimal(line["retail_rate"])]
    return Overview(
        body=body,
        people=people(body),
        forecast=_forecast(body, reservations, today, studio.timezone),
        break_even=break_even(),
        payout_share=_share(lost),
        disputes=_disputes(body, reservations),
        trials=nothing - len(untold),
        untold=[each["reservation_id"] for each in untold],
        aliases=_aliases(case),
        retail_then=_retail(case["pricing"], _start(body) or today, body["readings"]),
        retail_now=retail_now(db, studio_id, today, body["readings"]),
    )


def _forecast(body: Json, reservations: dict[str, Json], today: date, timezone: str) -> Forecast | None:
    if body["start_date"] is None:
        return None
    zone = ZoneInfo(timezone)
    dates = {
        line["reservation_id"]: datetime.fromisoformat(reservations[line["reservation_id"]]["starts_at"])
        .astimezone(zone)
        .date()
        for line in body["lines"]
    }
    settled = date.fromordinal(today.toordinal() - 2)  # what is younger is not in the lines yet
    left = max(0, (date.fromisoformat(body["last_day"]) - settled).days + 1)
    return forecast(daily_balance(body, dates, settled), left)


def _share(lost: list[Json]) -> float | None:
    if not lost:
        return None
    return sum(float(line["payout"] or 0) / float(line["retail_rate"]) for line in lost) / len(lost)


def _disputes(body: Json, reservations: dict[str, Json]) -> list[Dispute]:
    found = []
    for line in body["lines"]:
        made = reservations[line["reservation_id"]]
        if line["reason"] in ACCOUNT_OF and (line["reason"] != "attended" or made["cancelled_at"]):
            what = ACCOUNT_OF[line["reason"]]
            found.append(Dispute(made["id"], what, made["starts_at"], made["cancelled_at"], made["record"]))
    return found


def _aliases(case: Json) -> list[list[str]]:
    """Clients with different addresses that are one without ``+…`` and dots: perhaps one person (N-20)."""
    groups: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for person in case["people"]:
        for known in person["emails"]:
            address = normalise(known.get("email", ""))
            if address and (shared := collapse(address)):
                groups[shared][address].add(person["client_id"])
    alike = [set().union(*by_address.values()) for by_address in groups.values() if len(by_address) > 1]
    return sorted(sorted(clients) for clients in alike)


def _start(body: Json) -> date | None:
    return None if body["start_date"] is None else date.fromisoformat(body["start_date"])


def retail_now(db: Db, studio_id: int, day: date, readings: Json) -> Decimal | None:
    """The mean retail rate at the prices of today."""
    return _retail(prices_of_today(db, connections_of(db, studio_id), LONG_AGO), day, readings)


def _retail(prices: list[Json], day: date, readings: Json) -> Decimal | None:
    """The mean of the retail rates of everything offered, by the rule of the guarantee (GR-01)."""
    rates = retail_rates(read_prices(prices), day, read_readings(readings)).values()
    mean = sum(rates, Fraction(0)) / len(rates) if rates else None
    return None if mean is None else Decimal(mean.numerator) / Decimal(mean.denominator)
