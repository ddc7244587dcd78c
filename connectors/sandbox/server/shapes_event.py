"""The market's events as webhook messages: camelCase, ids and a few facts, read from the books when it is sent.

A cancellation carries ids alone. Times of classes are naive on the site's clock, as in the API.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256

from connectors.sandbox.market.events import Event, EventKind
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Client, Visit
from connectors.sandbox.server.wire import Json, audit_text, day_text, naive_text

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def message_json(site: Site, event: Event) -> Json:
    """The whole message. Its id is the same whenever it is sent again."""
    digest = sha256(f"{event.site_id}/{event.number}".encode()).digest()
    return {
        "messageId": urlsafe_b64encode(digest[:16]).decode("ascii").rstrip("="),
        "eventId": event.kind.value,
        "eventSchemaVersion": 1,
        "eventInstanceOriginationDateTime": audit_text(event.at),
        "eventData": {"siteId": site.id, **_DATA_OF[event.kind](site, event)},
    }


def is_gone(site: Site, event: Event) -> bool:
    """Whether the class that an event is about has been cut from its series since."""
    return event.class_id is not None and event.class_id not in site.classes


def _class_of(site: Site, event: Event) -> ClassInstance:
    return site.classes[event.class_id or 0]


def _client_of(site: Site, event: Event) -> Client:
    return site.clients[event.client_id or 0]


def _visit_of(site: Site, event: Event) -> Visit:
    return site.visits[event.visit_id or 0]


def _ids(site: Site, event: Event) -> Json:
    item, client = _class_of(site, event), _client_of(site, event)
    return {
        "locationId": item.location_id,
        "classId": item.id,
        "classRosterBookingId": event.visit_id,
        "clientId": client.id,
        "clientUniqueId": client.unique_id,
    }


def _person(client: Client) -> Json:
    return {
        "clientFirstName": client.first_name,
        "clientLastName": client.last_name,
        "clientEmail": client.email,
        "clientPhone": None,
    }


def _item(site: Site, visit: Visit) -> Json:
    if visit.product_id is None:
        return {}
    name = site.options[visit.product_id].name
    passed = None if visit.client_service_id is None else str(visit.client_service_id)
    return {"clientPassId": passed, "itemId": visit.product_id, "itemName": name, "itemSiteId": site.id}


def _booked(site: Site, event: Event) -> Json:
    item, visit, counts = _class_of(site, event), _visit_of(site, event), site.counts(event.class_id or 0)
    return {
        **_ids(site, event),
        "classStartDateTime": naive_text(item.starts_local),
        "classEndDateTime": naive_text(item.ends_local),
        "signedInStatus": event.status,
        "staffId": item.staff_id,
        "staffName": site.staff[item.staff_id].name,
        "maxCapacity": item.max_capacity,
        "webCapacity": item.web_capacity,
        "totalBooked": counts.booked,
        "webBooked": counts.web_booked,
        "totalWaitlisted": counts.waitlisted,
        **_person(_client_of(site, event)),
        **_item(site, visit),
        "bookingOriginatedFromWaitlist": visit.waitlist_entry_id is not None,
        "clientsNumberOfVisitsAtSite": len(site.visits_by(visit.client_id)),
    }


def _status(site: Site, event: Event) -> Json:
    item = _class_of(site, event)
    return {
        **_ids(site, event),
        "classDateTime": naive_text(item.starts_local),
        "signedInStatus": event.status,
        "staffId": item.staff_id,
        **_person(_client_of(site, event)),
        **_item(site, _visit_of(site, event)),
    }


def _waiting(site: Site, event: Event) -> Json:
    item, client = _class_of(site, event), _client_of(site, event)
    return {
        "locationId": item.location_id,
        "classId": item.id,
        "classScheduleId": item.schedule_id,
        "waitlistEntryId": event.waitlist_entry_id,
        "waitlistMaxSize": item.waitlist_capacity,
        "clientId": client.id,
        "clientUniqueId": client.unique_id,
        "clientEmail": client.email,
        "classStartDateTime": naive_text(item.starts_local),
        "classEndDateTime": naive_text(item.ends_local),
    }


def _class(site: Site, event: Event) -> Json:
    item = _class_of(site, event)
    return {
        "locationId": item.location_id,
        "classId": item.id,
        "classScheduleId": item.schedule_id,
        "isCancelled": item.cancelled,
        "isStaffASubstitute": item.substitute,
        "isWaitlistAvailable": item.waitlist_capacity > 0,
        "isIntendedForOnlineViewing": False,
        "staffId": item.staff_id,
        "staffName": site.staff[item.staff_id].name,
        "startDateTime": naive_text(item.starts_local),
        "endDateTime": naive_text(item.ends_local),
        "classDescriptionId": item.description_id,
        "resources": [],
    }


def _schedule(site: Site, event: Event) -> Json:
    item = site.schedules[event.schedule_id or 0]
    return {
        "locationId": item.location_id,
        "classScheduleId": item.id,
        "classDescriptionId": item.description_id,
        "resources": [],
        "maxCapacity": item.max_capacity,
        "webCapacity": item.web_capacity,
        "staffId": item.staff_id,
        "staffName": site.staff[item.staff_id].name,
        "isActive": item.active,
        "startDate": day_text(item.start_date),
        "endDate": day_text(item.end_date),
        "startTime": item.start_time.isoformat(),
        "endTime": item.end_time.isoformat(),
        "daysOfWeek": [_WEEK[day] for day in sorted(item.days)],
    }


def _sale(site: Site, event: Event) -> Json:
    sale = site.sales[event.sale_id or 0]
    items = [
        {
            "itemId": line.product_id,
            "type": "Service",
            "name": line.description,
            "amountPaid": float(line.total),
            "amountDiscounted": float(line.discount),
            "quantity": line.quantity,
        }
        for line in sale.items
    ]
    return {
        "saleId": sale.id,
        "purchasingClientId": site.clients[sale.client_id].id,
        "payments": [{"paymentId": sale.id, "paymentMethodName": sale.payment, "paymentAmountPaid": float(sale.total)}],
        "saleDateTime": naive_text(site.local(sale.sold_at).replace(microsecond=0)),
        "locationId": sale.location_id,
        "totalAmountPaid": float(sale.total),
        "items": items,
    }


def _client(site: Site, event: Event) -> Json:
    client = _client_of(site, event)
    return {
        "clientId": client.id,
        "clientUniqueId": client.unique_id,
        "creationDateTime": audit_text(client.created_at),
        "status": client.status,
        "firstName": client.first_name,
        "lastName": client.last_name,
        "email": client.email,
    }


def _merged(site: Site, event: Event) -> Json:
    return {
        "mergeDateTime": audit_text(event.at),
        "mergedByStaffId": 0,
        "keptClientId": _client_of(site, event).id,
        "keptClientUniqueId": event.client_id,
        "removedClientUniqueId": event.removed_client_id,
    }


_DATA_OF: Mapping[EventKind, Callable[[Site, Event], Json]] = {
    EventKind.BOOKING_CREATED: _booked,
    EventKind.BOOKING_CANCELLED: _ids,
    EventKind.BOOKING_STATUS: _status,
    EventKind.WAITLIST_CREATED: _waiting,
    EventKind.WAITLIST_CANCELLED: lambda _, event: {"waitlistEntryId": event.waitlist_entry_id},
    EventKind.CLASS_UPDATED: _class,
    EventKind.SCHEDULE_UPDATED: _schedule,
    EventKind.SALE_CREATED: _sale,
    EventKind.CLIENT_CREATED: _client,
    EventKind.CLIENT_UPDATED: _client,
    EventKind.CLIENTS_MERGED: _merged,
}
