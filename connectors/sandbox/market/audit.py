"""What a faithful mirror of a site holds: its books in plain values, field by field, to be compared with.

Written from the books themselves, not through the wire: what the API would show is not asked. Values are what JSON can
hold; instants are ISO text in UTC. The words are those of ``connectors.records``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import (
    ClassInstance,
    Client,
    OptionKind,
    PricingOption,
    Sale,
    SaleItem,
    Visit,
)

Audit = dict[str, dict[str, dict[str, Any]]]
"""By stream and id: the fields of every record."""

_KINDS = {OptionKind.DROP_IN: "drop_in", OptionKind.SERIES: "package", OptionKind.UNLIMITED: "membership"}


def audit(site: Site, start: datetime, end: datetime) -> Audit:
    """All that stands in the books; of classes, who is booked in them and sales, what lies in [start, end)."""
    held = [item for item in site.classes.values() if start <= item.starts_at < end]
    sold = [item for item in site.sales.values() if start <= item.sold_at < end]
    return {
        "venues": {str(each.id): _venue(site, each.id) for each in site.locations.values()},
        "class_types": {str(each.id): _class_type(site, each.id) for each in site.descriptions.values()},
        "prices": {str(each.product_id): _price(site, each) for each in site.options.values()},
        "clients": {str(each.unique_id): _client(each) for each in _people(site)},
        "sessions": {str(each.id): _session(site, each) for each in held},
        "reservations": {str(visit.id): _reservation(site, visit) for each in held for visit in site.roster(each.id)},
        "sales": {f"{sale.id}:{line.id}": _sale_line(site, sale, line) for sale in sold for line in sale.items},
        "offers": {str(each.class_id): _offer(site, each.class_id) for each in site.offers.values()},
    }


def _people(site: Site) -> Iterable[Client]:
    return (each for each in site.clients.values() if each.merged_into is None)


def _venue(site: Site, number: int) -> dict[str, Any]:
    item = site.locations[number]
    return {"name": item.name, "city": item.city or None, "timezone": site.timezone, "currency": site.currency}


def _class_type(site: Site, number: int) -> dict[str, Any]:
    item = site.descriptions[number]
    return {"name": item.name, "category": item.category, "hidden": not item.active}


def _price(site: Site, item: PricingOption) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": _KINDS[item.kind],
        "price": _money(item.price),
        "currency": site.currency,
        "sessions": None if item.kind is OptionKind.UNLIMITED else item.count,
        "intro_only": item.intro,
        "hidden": item.discontinued or not item.sell_online,
    }


def _client(item: Client) -> dict[str, Any]:
    return {
        "public_id": item.id,
        "email": item.email,
        "created_at": _audited(item.created_at),
        "updated_at": _audited(item.last_modified),
        "active": item.active,
    }


def _session(site: Site, item: ClassInstance) -> dict[str, Any]:
    counts = site.counts(item.id)
    return {
        "venue_id": str(item.location_id),
        "class_type_id": str(item.description_id),
        "template_id": str(item.schedule_id),
        "instructor_id": str(item.staff_id),
        "starts_at": item.starts_at.isoformat(),
        "ends_at": item.ends_at.isoformat(),
        "capacity": item.max_capacity,
        "online_capacity": item.web_capacity,
        "booked": counts.booked,
        "booked_online": counts.web_booked,
        "waitlisted": counts.waitlisted,
        "status": "cancelled" if item.cancelled else "scheduled",
        "hidden": item.hidden,
        "updated_at": _audited(item.last_modified),
    }


def _reservation(site: Site, visit: Visit) -> dict[str, Any]:
    paid = None if visit.product_id is None else f"service:{site.options[visit.product_id].name}"
    return {
        "session_id": str(visit.class_id),
        "client_id": str(visit.client_id),
        "source": paid or ("web" if visit.web_signup else "staff"),
        "outcome": _outcome(visit),
        "purchase_id": _text(visit.client_service_id),
        "price_option_id": _text(visit.product_id),
        "seats": 1,
        "updated_at": _audited(visit.last_modified),
    }


def _outcome(visit: Visit) -> str:
    if visit.late_cancelled:
        return "late_cancelled"
    if visit.signed_in:
        return "attended"
    return "no_show" if visit.missed else "booked"


def _sale_line(site: Site, sale: Sale, line: SaleItem) -> dict[str, Any]:
    return {
        "sale_id": str(sale.id),
        "client_id": site.clients[sale.client_id].id,
        "sold_at": sale.sold_at.replace(microsecond=0).isoformat(),
        "description": line.description,
        "currency": site.currency,
        "quantity": line.quantity,
        "net": _money(line.total - line.tax),
        "tax": _money(line.tax),
        "price_option_id": str(line.product_id),
    }


def _offer(site: Site, class_id: int) -> dict[str, Any]:
    held = site.offers[class_id]
    return {
        "sequence": held.sequence,
        "limit": held.limit,
        "rate": _money(held.rate),
        "premium_limit": held.premium_limit,
        "premium_rate": None if held.premium_rate is None else _money(held.premium_rate),
    }


def _audited(instant: datetime) -> str:
    """When something was changed, as finely as this platform tells it: to the tenth of a second."""
    return instant.replace(microsecond=instant.microsecond // 100_000 * 100_000).isoformat()


def _money(amount: Decimal) -> str:
    return format(amount, ".2f")


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
