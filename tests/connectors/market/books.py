"""Ways to look at a site's books that several tests of the market share."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Seller, Visit
from connectors.sandbox.market.world import World

_KINDS = ("schedules", "options", "classes", "visits", "waitlist", "clients", "services", "sales", "offers")


def canonical(world: World) -> bytes:
    """Everything in the books of every site, in one order: equal books, equal bytes."""
    lines = [
        f"{number}/{kind}/{key}={_text(record)}"
        for number, site in sorted(world.sites.items())
        for kind in _KINDS
        for key, record in sorted(getattr(site, kind).items())
    ]
    return "\n".join(lines).encode()


def _text(value: object) -> str:
    if is_dataclass(value):
        return "{" + ",".join(f"{f.name}:{_text(getattr(value, f.name))}" for f in fields(value)) + "}"
    if isinstance(value, frozenset):
        return repr(sorted(value))
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return str(value)


def coming(world: World, site: Site, *, days: int = 28, hours: float = 0) -> list[ClassInstance]:
    """Classes with a capacity that start within so many days, but not within so many hours."""
    first, last = world.now + timedelta(hours=hours), world.now + timedelta(days=days)
    classes = (item for item in site.classes.values() if first < item.starts_at <= last)
    return [item for item in classes if item.max_capacity and not item.cancelled and not item.hidden]


def market_visits(site: Site, class_id: int) -> list[Visit]:
    """Active visits of a class that the marketplace sold."""
    return [v for v in site.visits_of(class_id) if v.active and site.seller_of(v) is Seller.MARKETPLACE]


def stranger(world: World, site_id: int, number: int = 0) -> int:
    """A client who has never been in any class."""
    return world.enter_client(site_id, "Pat", f"Stranger{number}", None).unique_id
