"""The market's records as this dialect's resources. Nothing here knows a request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import (
    ClassDescription,
    ClassInstance,
    Client,
    Location,
    Seller,
    Visit,
    WaitlistEntry,
)
from connectors.sandbox.server.brands.access import PARTNER, PAYER
from connectors.sandbox.server.brands.wire import many, one, resource, utc_text
from connectors.sandbox.server.wire import Json

WAITING = 9_000_000  # what is added to the id of a waiting-list entry: it is a reservation here
CHOSEN = frozenset({"Cycling", "Strength"})  # kinds of classes in which a client picks a place
_LEGACY = {
    "America/New_York": "US/Eastern",
    "America/Chicago": "US/Central",
    "America/Denver": "US/Mountain",
    "America/Los_Angeles": "US/Pacific",
}
_PAYERS = {Seller.MARKETPLACE: PAYER, Seller.THIRD_PARTY: PARTNER}


def location(site: Site, item: Location) -> Json:
    """A place, with its zone by a legacy name."""
    attributes = {
        "name": item.name,
        "address_line1": item.address,
        "city": item.city,
        "state_province": item.state,
        "postal_code": item.postal_code,
        "timezone": _LEGACY.get(site.timezone, site.timezone),
        "listed": True,
    }
    return resource("locations", item.id, attributes, {"classrooms": many("classrooms", [item.id])})


def class_type(item: ClassDescription) -> Json:
    """What is taught."""
    attributes = {"name": item.name, "description": item.description, "enabled": item.active, "duration": 60}
    return resource("class_session_types", item.id, attributes, {})


def picks_a_spot(site: Site, item: ClassInstance) -> bool:
    """Whether places have numbers there."""
    return site.descriptions[item.description_id].category in CHOSEN


def free_spots(site: Site, item: ClassInstance) -> list[int]:
    """The numbered places that are free."""
    if not picks_a_spot(site, item) or item.max_capacity is None:
        return []
    return [item.id * 100 + n for n in range(site.booked(item.id), item.max_capacity)]


def class_session(site: Site, item: ClassInstance) -> Json:
    """A class. What a payer may book shows as its direct booking price and limit, once there is such."""
    counts, offer, open_spots = site.counts(item.id), site.offers.get(item.id), free_spots(site, item)
    program = site.programs[site.session_types[site.descriptions[item.description_id].session_type_id].program_id]
    attributes = {
        "start_datetime": utc_text(item.starts_at),
        "end_datetime": utc_text(item.ends_at),
        "start_date": item.starts_local.date().isoformat(),
        "start_time": item.starts_local.time().isoformat(),
        "capacity": item.max_capacity,
        "available_spots": open_spots,
        "standard_reservation_user_count": counts.booked,
        "checked_in_user_count": counts.signed_in,
        "waitlist_reservation_user_count": counts.waitlisted,
        "standby_capacity": 0,
        "standby_availability": 0,
        "cancellation_datetime": utc_text(item.starts_at - timedelta(minutes=program.cancel_offset)),
        "archived_at": None,
        "public": not item.hidden,
        "in_booking_window": item.starts_at > site.now,
        "recurring_status": "in_sync",
        "public_note": None,
        "direct_booking_price": None if offer is None else format(offer.rate, ".2f"),
        "direct_booking_currency_code": site.currency,
        "direct_booking_reservation_limit": None if offer is None else offer.limit,
    }
    relationships = {
        "location": one("locations", item.location_id),
        "classroom": one("classrooms", item.location_id),
        "layout": one("layouts", layout_id(site, item)),
        "class_session_type": one("class_session_types", item.description_id),
        "instructors": many("employees", [item.staff_id]),
        "substituted_instructors": many("employees", [item.staff_id] if item.substitute else []),
        "cancelled_by_user": one("users", 1 if item.cancelled else None),
        "tags": [],
    }
    return resource("class_sessions", item.id, attributes, relationships)


def layout_id(site: Site, item: ClassInstance) -> int:
    """The layout of a class's room."""
    return 2 if picks_a_spot(site, item) else 1


def layout(site: Site, item: ClassInstance) -> Json:
    """How places are given."""
    how = "pick-a-spot" if picks_a_spot(site, item) else "first-come-first-serve"
    return resource("layouts", layout_id(site, item), {"format": how, "capacity": item.max_capacity}, {})


def user(item: Client) -> Json:
    """Somebody with an account of the brand."""
    attributes: dict[str, Any] = {
        "email": item.email,
        "first_name": item.first_name,
        "last_name": item.last_name,
        "is_staff": False,
        "is_minimal": False,
    }
    return resource("users", item.unique_id, attributes, {})


def reservation(site: Site, visit: Visit) -> Json:
    """A booking. A guest's address is here, and nowhere else."""
    client, payer = site.clients[visit.client_id], _PAYERS.get(site.seller_of(visit))
    paid = None if visit.product_id is None else site.options[visit.product_id].kind.value.lower()
    attributes = {
        "booked_by": None,
        "booked_for": None,
        "status": None,
        "creation_date": utc_text(visit.booked_at),
        "cancel_date": utc_text(visit.cancelled_at),
        "check_in_date": utc_text(site.classes[visit.class_id].starts_at) if visit.signed_in else None,
        "reservation_type": "standard",
        "reserved_for_guest": payer is not None,
        "guest_email": client.email if payer is not None else None,
        "guest_name": f"{client.first_name} {client.last_name}".strip() if payer is not None else None,
        "waitlist_weight": None,
        "payment_options": [] if paid is None or payer else [{"count": 1, "type": paid}],
    }
    return _reservation(visit.id, attributes, visit.class_id, payer or client.unique_id)


def waiting(entry: WaitlistEntry) -> Json:
    """Somebody on a waiting list: a reservation of another type."""
    attributes: Json = {
        "status": None,
        "creation_date": utc_text(entry.requested_at),
        "cancel_date": utc_text(entry.removed_at),
        "check_in_date": None,
        "reservation_type": "waitlist",
        "reserved_for_guest": False,
        "guest_email": None,
        "waitlist_weight": entry.id,
        "payment_options": [],
    }
    return _reservation(WAITING + entry.id, attributes, entry.class_id, entry.client_id)


def _reservation(number: int, attributes: Json, class_id: int, user_id: int) -> Json:
    relationships = {
        "class_session": one("class_sessions", class_id),
        "spot": None,
        "user": one("users", user_id),
    }
    return resource("reservations", number, attributes, relationships)
