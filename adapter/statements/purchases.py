"""What paid for direct reservations: the purchases behind them, as far as sales and price options tell.

A sale names its client and its option, a visit the purchase that it used: they are matched in their order. What has no
sale has the list price, and that is said.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.statements.gaps import Gaps
from adapter.statements.reservations import Json, Mirrored, client_of, key, plain
from adapter.store.tables import Client, Connection, PriceOption, SaleLine
from connectors.records import Channel, PriceKind

TAX_DIGITS = Decimal("0.000001")  # of one visit's share of a purchase's tax


@dataclass
class Till:
    """A studio's price options and sales, and the purchases found so far."""

    options: dict[tuple[int, str], Any]
    sales: dict[tuple[int, str, str], list[Any]]  # by connection, client and option, the latest last
    refunds: dict[tuple[int, str], Decimal]  # by connection and purchase
    zone: ZoneInfo
    purchases: dict[str, Json] = field(default_factory=dict)
    taxes: dict[str, str] = field(default_factory=dict)  # of one reservation on a purchase


def till_of(db: Db, studio_id: int, timezone: str, as_of: datetime) -> Till:
    """Read the studio's price options and sales up to then."""
    ours = select(Connection.id).where(Connection.studio_id == studio_id)
    options = db.scalars(select(PriceOption).options(defer(PriceOption.raw)).where(PriceOption.connection_id.in_(ours)))
    names = {
        (row.connection_id, public or row.external_id): row.external_id
        for row in db.execute(
            select(Client.connection_id, Client.external_id, Client.public_id).where(Client.connection_id.in_(ours))
        )
        for public in {row.public_id, row.external_id}
    }
    sales: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    refunds: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    lines = (
        select(SaleLine).options(defer(SaleLine.raw)).where(SaleLine.connection_id.in_(ours), SaleLine.sold_at <= as_of)
    )
    for line in db.scalars(lines.order_by(SaleLine.sold_at, SaleLine.id)):
        if line.net < 0 and line.purchase_id:
            refunds[line.connection_id, line.purchase_id] -= line.net
        elif line.price_option_id and line.quantity > 0 and line.net >= 0:
            client = names.get((line.connection_id, line.client_id or ""), "")
            sales[line.connection_id, client, line.price_option_id].append(line)
    known = {(row.connection_id, row.external_id): row for row in options}
    return Till(known, sales, refunds, ZoneInfo(timezone))


def fund(rows: Iterable[tuple[Mirrored, Json]], till: Till, gaps: Gaps) -> list[Json]:
    """Fill in what paid for each direct reservation, in the order of booking; returns the purchases."""
    direct = [(each, row) for each, row in rows if each.channel is Channel.DIRECT]
    for each, row in sorted(direct, key=lambda pair: (pair[1]["booked_at"] or pair[1]["starts_at"], pair[1]["id"])):
        row["funding"] = _funding(each, till, gaps)
        row["tax"] = till.taxes.get(row["funding"].get("purchase_id", ""), "0.00")
    return list(till.purchases.values())


def _funding(each: Mirrored, till: Till, gaps: Gaps) -> Json:
    made = each.made
    option = till.options.get((made.connection_id, made.price_option_id or ""))
    if made.purchase_id is None and option is None:
        gaps.note("funding")
        return {"kind": "free"}
    number = key(made.connection_id, made.purchase_id or f"visit {made.external_id}")
    if number not in till.purchases and not _enter(number, each, option, till, gaps):
        gaps.note("funding")
        return {"kind": "free"}
    return {"kind": till.purchases[number]["kind"], "purchase_id": number}


def _enter(number: str, each: Mirrored, option: Any, till: Till, gaps: Gaps) -> bool:
    """Add the purchase behind a reservation; False where neither a sale nor an option tells its price."""
    sale = _sale(each, till)
    if sale is None and option is None:
        return False
    if sale is None:
        gaps.note("list_price")
    bought_at = sale.sold_at if sale else each.made.booked_at or each.held.starts_at
    net = sale.net if sale else option.price
    sessions = _sessions(option)
    purchase: Json = {
        "id": number,
        "client_id": client_of(each.made),
        "kind": "package" if sessions else "membership",
        "price": plain(net),
        "currency": sale.currency if sale else option.currency,
        "sessions": sessions,
        "bought_at": bought_at.isoformat(),
    }
    if sessions is None:
        gaps.note("cycle")
        purchase |= _cycle(bought_at, till.zone)
    refunded = till.refunds.get((each.made.connection_id, each.made.purchase_id or ""))
    till.purchases[number] = purchase | ({"refunded": plain(refunded)} if refunded else {})
    if sale and sessions:
        till.taxes[number] = plain((sale.tax / sessions).quantize(TAX_DIGITS))
    return True


def _sale(each: Mirrored, till: Till) -> Any:
    """The client's latest sale of that option before the first visit, not yet another purchase's."""
    made = each.made
    open_ones = till.sales.get((made.connection_id, made.client_id or "", made.price_option_id or ""), [])
    latest = [line for line in open_ones if line.sold_at <= each.held.starts_at]
    if not latest:
        return None
    open_ones.remove(latest[-1])
    return latest[-1]


def _sessions(option: Any) -> int | None:
    """How many reservations a purchase is good for; None: unlimited."""
    if option is None or option.kind is PriceKind.DROP_IN:
        return 1
    sessions: int | None = option.sessions
    return sessions or None


def _cycle(bought_at: datetime, zone: ZoneInfo) -> Json:
    first = bought_at.astimezone(zone).date()
    return {"cycle_from": first.isoformat(), "cycle_until": (_month_later(first) - timedelta(days=1)).isoformat()}


def _month_later(day: date) -> date:
    years, month = divmod(day.year * 12 + day.month, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
