"""The figures by which a generated studio is compared with real ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Seller, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A studio's held classes in figures. Shares are of 1, lead times in hours before the start."""

    classes: int
    reservations: int
    clients: int
    clients_without_email: int
    sales: int
    fill: float
    sold_out: float
    fill_by_hour: dict[int, float]
    lead_quartiles: tuple[float, float, float]  # of direct bookings
    dispersion: float  # variance over mean of direct bookings within a slot, median over slots
    no_shows: float  # of those booked when the class began
    cancelled: float  # early, of all bookings
    late_cancelled: float
    marketplace: float  # of those booked when the class began
    third_party: float


def measure(site: Site) -> Figures:
    """The figures of all classes held so far that have a capacity."""
    held = [item for item in site.classes.values() if item.ends_at <= site.now and not item.cancelled]
    held = [item for item in held if item.max_capacity]
    made = [visit for item in held for visit in site.visits_of(item.id)]
    stood = [visit for visit in made if visit.active]
    fills = {item.id: site.booked(item.id) / (item.max_capacity or 1) for item in held}
    sellers = [site.seller_of(visit) for visit in stood]
    return Figures(
        classes=len(held),
        reservations=len(made),
        clients=len(site.clients),
        clients_without_email=sum(client.email is None for client in site.clients.values()),
        sales=len(site.sales),
        fill=float(np.mean(list(fills.values()))),
        sold_out=float(np.mean([fill >= 1 for fill in fills.values()])),
        fill_by_hour=_by_hour(held, fills),
        lead_quartiles=_leads(site, made),
        dispersion=_dispersion(site, held),
        no_shows=_share(stood, [not visit.signed_in for visit in stood]),
        cancelled=_share(made, [not visit.on_roster for visit in made]),
        late_cancelled=_share(made, [visit.late_cancelled for visit in made]),
        marketplace=sellers.count(Seller.MARKETPLACE) / len(stood),
        third_party=sellers.count(Seller.THIRD_PARTY) / len(stood),
    )


def _by_hour(held: list[ClassInstance], fills: dict[int, float]) -> dict[int, float]:
    hours: dict[int, list[float]] = defaultdict(list)
    for item in held:
        hours[item.starts_local.hour].append(fills[item.id])
    return {hour: round(float(np.mean(found)), 2) for hour, found in sorted(hours.items())}


def _leads(site: Site, made: list[Visit]) -> tuple[float, float, float]:
    direct = (visit for visit in made if site.seller_of(visit) is not Seller.MARKETPLACE)
    leads = [(site.classes[visit.class_id].starts_at - visit.booked_at) / timedelta(hours=1) for visit in direct]
    low, middle, high = np.percentile(leads, (25, 50, 75))
    return float(low), float(middle), float(high)


def _dispersion(site: Site, held: list[ClassInstance]) -> float:
    slots: dict[tuple[int, int], list[int]] = defaultdict(list)
    first = max(item.starts_local.date() for item in held) - timedelta(weeks=12)
    for item in held:
        day: date = item.starts_local.date()
        if day >= first:  # within a season, so that its course is not taken for chance
            slots[item.schedule_id, day.weekday()].append(site.booked(item.id))
    ratios = [np.var(counts, ddof=1) / np.mean(counts) for counts in slots.values() if len(counts) > 5]
    return float(np.median(ratios))


def _share(of: list[Visit], flags: list[bool]) -> float:
    return sum(flags) / len(of)
