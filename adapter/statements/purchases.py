"""What paid for direct reservations: the purchases behind them, as far as sales and price options tell.

A sale names its client and its option, a visit the purchase that it used: they are matched in their order. What was
given back takes from its sale (GC-08), its tax too. What has no sale has the list price, and that is said.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.guarantee.direct import earns, spread_over
from adapter.guarantee.terms import SETTLES_AFTER
from adapter.statements.gaps import Gaps
from adapter.statements.reservations import Json, Mirrored, client_of, key, plain
from adapter.store.tables import Client, Connection, PriceOption, SaleLine
from connectors.records import Channel, PriceKind

NONE = Decimal(0)
TAX_DIGITS = Decimal("0.000001")  # of one visit's share of a purchase's tax


@dataclass
class Sold:
    """One purchase that was sold, before tax, and what of it was given back."""

    at: datetime
    currency: str
    net: Decimal
    tax: Decimal
    net_back: Decimal = NONE
    tax_back: Decimal = NONE

    def give_back(self, net: Decimal, tax: Decimal) -> None:
        """Take a refund from it."""
        self.net_back += net
        self.tax_back += tax


Sales = dict[tuple[int, str, str], list[Sold]]  # by connection, client and option, the latest last
Refunds = dict[tuple[int, str], tuple[Decimal, Decimal]]  # before tax, and the tax, by connection and purchase


@dataclass
class Till:
    """A studio's price options and sales, and the purchases found so far."""

    options: dict[tuple[int, str], Any]
    sales: Sales
    refunds: Refunds
    zone: ZoneInfo
    as_of: datetime
    purchases: dict[str, Json] = field(default_factory=dict)
    taxes: dict[str, Decimal] = field(default_factory=dict)  # of a whole purchase


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
    sales: Sales = defaultdict(list)
    refunds: Refunds = defaultdict(lambda: (NONE, NONE))
    lines = (
        select(SaleLine).options(defer(SaleLine.raw)).where(SaleLine.connection_id.in_(ours), SaleLine.sold_at <= as_of)
    )
    for line in db.scalars(lines.order_by(SaleLine.sold_at, SaleLine.id)):
        if line.net < 0 and line.purchase_id:
            net, tax = refunds[line.connection_id, line.purchase_id]
            refunds[line.connection_id, line.purchase_id] = net - line.net, tax - line.tax
        elif line.price_option_id and (line.quantity > 0 or line.net < 0):
            client = names.get((line.connection_id, line.client_id or ""), "")
            _ring_up(sales[line.connection_id, client, line.price_option_id], line)
    known = {(row.connection_id, row.external_id): row for row in options}
    return Till(known, sales, refunds, ZoneInfo(timezone), as_of)


def _ring_up(sold: list[Sold], line: Any) -> None:
    """Enter a sale of one option to one client, or what was given back of one.

    A return names no purchase: it takes from the latest sale that has as much left. Where there is none it is the sale
    itself that the platform has marked as returned.
    """
    if line.net < 0:
        standing = [each for each in sold if each.net - each.net_back >= -line.net]
        if not standing:
            standing = [Sold(line.sold_at, line.currency, -line.net, -line.tax)]
            sold += standing
        standing[-1].give_back(-line.net, -line.tax)
    else:
        sold.append(Sold(line.sold_at, line.currency, line.net, line.tax))


def fund(rows: Iterable[tuple[Mirrored, Json]], till: Till, gaps: Gaps) -> list[Json]:
    """Fill in what paid for each direct reservation, in the order of booking; returns the purchases."""
    direct = [(each, row) for each, row in rows if each.channel is Channel.DIRECT]
    for each, row in sorted(direct, key=lambda pair: (pair[1]["booked_at"] or pair[1]["starts_at"], pair[1]["id"])):
        row["funding"] = _funding(each, till, gaps)
    visits = Counter(row["funding"].get("purchase_id") for each, row in direct if _visited(each, row, till.as_of))
    _add_bonus(visits, till)
    for _, row in direct:
        row["tax"] = _tax(row, visits, till)
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
    bought_at = sale.at if sale else each.made.booked_at or each.held.starts_at
    sessions = _sessions(option)
    purchase: Json = {
        "id": number,
        "client_id": client_of(each.made),
        "kind": "package" if sessions else "membership",
        "price": plain(sale.net if sale else option.price),
        "currency": sale.currency if sale else option.currency,
        "sessions": sessions,
        "bought_at": bought_at.isoformat(),
    }
    if sessions is None:
        gaps.note("cycle" if option is not None and option.kind is PriceKind.MEMBERSHIP else "sessions")
        purchase |= _cycle(bought_at, till.zone)
    net_back, tax_back = till.refunds.get((each.made.connection_id, each.made.purchase_id or ""), (NONE, NONE))
    if sale:
        net_back, tax_back = net_back + sale.net_back, tax_back + sale.tax_back
        till.taxes[number] = max(sale.tax - tax_back, NONE)
    till.purchases[number] = purchase | ({"refunded": plain(net_back)} if net_back else {})
    return True


def _add_bonus(visits: Mapping[str, int], till: Till) -> None:
    """Whoever came more often than a purchase is good for was given the rest: it never earns more than it cost."""
    for number, purchase in till.purchases.items():
        if purchase["sessions"] and visits[number] > purchase["sessions"]:
            purchase["bonus_sessions"] = visits[number] - purchase["sessions"]


def _tax(row: Json, visits: Mapping[str, int], till: Till) -> str:
    """The tax of a purchase is spread as its price is: over its sessions, or over the visits made (GC-04)."""
    number = row["funding"].get("purchase_id")
    if not till.taxes.get(number):
        return "0.00"
    purchase = till.purchases[number]
    parts = spread_over(purchase["sessions"], visits[number], bonus=purchase.get("bonus_sessions", 0))
    return plain((till.taxes[number] / parts).quantize(TAX_DIGITS)) if parts else "0.00"


def _visited(each: Mirrored, row: Json, as_of: datetime) -> bool:
    return as_of - each.held.starts_at >= SETTLES_AFTER and earns(row["outcome"], row["cancelled_by"])


def _sale(each: Mirrored, till: Till) -> Sold | None:
    """The client's latest sale of that option before the first visit, not yet another purchase's."""
    made = each.made
    open_ones = till.sales.get((made.connection_id, made.client_id or "", made.price_option_id or ""), [])
    latest = [sold for sold in open_ones if sold.at <= each.held.starts_at]
    if not latest:
        return None
    open_ones.remove(latest[-1])
    return latest[-1]


def _sessions(option: Any) -> int | None:
    """How many reservations a purchase is good for; None: unlimited, or nobody says."""
    if option is None:
        return None
    if option.kind is PriceKind.DROP_IN:
        return 1
    sessions: int | None = option.sessions
    return sessions or None


def _cycle(bought_at: datetime, zone: ZoneInfo) -> Json:
    first = bought_at.astimezone(zone).date()
    return {"cycle_from": first.isoformat(), "cycle_until": (_month_later(first) - timedelta(days=1)).isoformat()}


def _month_later(day: date) -> date:
    years, month = divmod(day.year * 12 + day.month, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
