"""Classes and visits as the wire shows them. Nothing here knows a request.

``Lens`` is what a reading depends on besides the record: the site, whether the business or the public looks, and the
oddities that are switched on.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sandbox.market.site import Counts, Site
from connectors.sandbox.market.state import ClassDescription, ClassInstance, ClassSchedule, Visit, WaitlistEntry
from connectors.sandbox.server.shapes_site import (
    location_json,
    program_json,
    session_type_json,
    staff_json,
)
from connectors.sandbox.server.wire import Json, audit_text, day_text, local_text, naive_text, without_nothing

BOOKING_OPENS = timedelta(days=30)
DAY_NAMES = ("DayMonday", "DayTuesday", "DayWednesday", "DayThursday", "DayFriday", "DaySaturday", "DaySunday")
_OPTIONAL = frozenset(
    {"ProductId", "ServiceId", "ServiceName", "SignedIn", "MaxCapacity", "WebCapacity", "TotalBooked", "BookingWindow"}
)
"""Keys that are absent at times, as integrators have found."""


@dataclass(frozen=True, slots=True)
class Lens:
    """How a site's records are looked at."""

    site: Site
    at_desk: bool = True
    utc_mode: bool = False
    drop_optional: float = 0.0

    def thinned(self, record_id: int, values: Json) -> Json:
        """The record without some of its optional keys, always the same ones."""
        if not self.drop_optional:
            return values
        return {key: value for key, value in values.items() if not self._dropped(record_id, key)}

    def _dropped(self, record_id: int, key: str) -> bool:
        return key in _OPTIONAL and zlib.crc32(f"{record_id}/{key}".encode()) / 2**32 < self.drop_optional


def description_json(site: Site, item: ClassDescription) -> Json:
    """What is taught."""
    session_type = site.session_types[item.session_type_id]
    return {
        "Active": item.active,
        "Category": item.category,
        "Description": item.description,
        "Id": item.id,
        "LastUpdated": audit_text(item.last_updated),
        "Name": item.name,
        "Program": program_json(site.programs[session_type.program_id]),
        "SessionType": session_type_json(session_type),
    }


def class_json(lens: Lens, item: ClassInstance) -> Json:
    """One class. The public is shown no capacities."""
    site, counts = lens.site, lens.site.counts(item.id)
    values = {
        "ClassScheduleId": item.schedule_id,
        "Location": location_json(site, site.locations[item.location_id]),
        **(_capacities(item, counts) if lens.at_desk else {}),
        "IsCanceled": item.cancelled,
        "Substitute": item.substitute,
        "Active": not item.hidden,
        "IsWaitlistAvailable": item.waitlist_capacity > counts.waitlisted,
        "IsEnrolled": False,
        "HideCancel": item.cancelled and item.hidden,
        "Id": item.id,
        "IsAvailable": is_available(site, item, counts),
        "StartDateTime": local_text(item.starts_at, item.starts_local, utc_mode=lens.utc_mode),
        "EndDateTime": local_text(item.ends_at, item.ends_local, utc_mode=lens.utc_mode),
        "LastModifiedDateTime": audit_text(item.last_modified),
        "ClassDescription": description_json(site, site.descriptions[item.description_id]),
        "Staff": staff_json(site.staff[item.staff_id], at_desk=lens.at_desk),
        "BookingWindow": {
            "StartDateTime": naive_text(item.starts_local - BOOKING_OPENS),
            "EndDateTime": naive_text(item.starts_local),
        },
        "BookingStatus": "PaymentRequired",
        "WaitListSize": item.waitlist_capacity,
    }
    return lens.thinned(item.id, values)


def _capacities(item: ClassInstance, counts: Counts) -> Json:
    return without_nothing(
        (
            ("MaxCapacity", item.max_capacity),
            ("WebCapacity", item.web_capacity),
            ("TotalBooked", counts.booked),
            ("TotalSignedIn", counts.signed_in),
            ("TotalBookedWaitlist", counts.waitlisted),
            ("WebBooked", counts.web_booked),
        )
    )


def online_places(item: ClassInstance, counts: Counts) -> int | None:
    """Places that the public can still book; None where nothing limits them."""
    limits = (
        None if item.max_capacity is None else item.max_capacity - counts.booked,
        None if item.web_capacity is None else item.web_capacity - counts.web_booked,
    )
    known = [max(0, limit) for limit in limits if limit is not None]
    return min(known) if known else None


def is_available(site: Site, item: ClassInstance, counts: Counts) -> bool:
    """Whether a client could book online now."""
    opens = item.starts_at - BOOKING_OPENS
    return not item.cancelled and opens <= site.now < item.starts_at and online_places(item, counts) != 0


def roster_json(lens: Lens, item: ClassInstance, visits: Iterable[Visit]) -> Json:
    """A class with its roster."""
    return {"Class": {**class_json(lens, item), "Visits": [visit_json(lens, visit) for visit in visits]}}


def visit_json(lens: Lens, visit: Visit) -> Json:
    """One visit. The time of booking is nowhere on it; what paid is absent where nothing did."""
    site, item, client = lens.site, lens.site.classes[visit.class_id], lens.site.clients[visit.client_id]
    values: Json = {
        "AppointmentId": 0,
        "AppointmentGenderPreference": "None",
        "AppointmentStatus": "NoShow",
        "ClassId": visit.class_id,
        "ClientId": client.id,
        "ClientUniqueId": client.unique_id,
        "StartDateTime": local_text(item.starts_at, item.starts_local, utc_mode=lens.utc_mode),
        "EndDateTime": local_text(item.ends_at, item.ends_local, utc_mode=lens.utc_mode),
        "Id": visit.id,
        "LastModifiedDateTime": audit_text(visit.last_modified),
        "LateCancelled": visit.late_cancelled,
        "SiteId": site.id,
        "LocationId": item.location_id,
        "MakeUp": False,
        "Name": site.descriptions[item.description_id].name,
        "StaffId": item.staff_id,
        "WebSignup": visit.web_signup,
        "Action": "None",
        "Missed": visit.missed,
        **_paid_by(site, visit),
    }
    if visit.waitlist_entry_id is not None:
        values["WaitlistEntryId"] = visit.waitlist_entry_id
    return lens.thinned(visit.id, values)


def _paid_by(site: Site, visit: Visit) -> Json:
    """Which purchase paid. A visit that nothing paid for does not say either whether the client came."""
    if visit.product_id is None:
        return {"SignedIn": True} if visit.signed_in else {}
    name = site.options[visit.product_id].name
    values: Json = {"ProductId": visit.product_id, "ServiceName": name, "SignedIn": visit.signed_in, "TypeTaken": name}
    if visit.client_service_id is not None:
        values["ServiceId"] = visit.client_service_id
    return values


def schedule_json(lens: Lens, item: ClassSchedule) -> Json:
    """A recurring block. It has no capacity of its own to show."""
    site = lens.site
    return {
        "Id": item.id,
        "ClassDescription": description_json(site, site.descriptions[item.description_id]),
        "IsAvailable": item.active,
        **{name: day in item.days for day, name in enumerate(DAY_NAMES)},
        "AllowOpenEnrollment": False,
        "AllowDateForwardEnrollment": False,
        "StartTime": f"1899-12-30T{item.start_time.isoformat()}",
        "EndTime": f"1899-12-30T{item.end_time.isoformat()}",
        "StartDate": day_text(item.start_date),
        "EndDate": day_text(item.end_date),
        "Staff": staff_json(site.staff[item.staff_id], at_desk=lens.at_desk),
        "Location": location_json(site, site.locations[item.location_id]),
        "FrequencyType": "Weekly",
        "FrequencyInterval": 1,
    }


def waitlist_json(lens: Lens, entry: WaitlistEntry) -> Json:
    """Somebody who waits for a place."""
    site = lens.site
    item, client = site.classes[entry.class_id], site.clients[entry.client_id]
    person: dict[str, Any] = {"Id": client.id, "UniqueId": client.unique_id, "FirstName": client.first_name}
    return without_nothing(
        (
            ("ClassDate", local_text(item.starts_at, item.starts_local, utc_mode=lens.utc_mode)),
            ("ClassId", item.id),
            ("ClassSchedule", {"Id": item.schedule_id}),
            ("Client", {**person, "LastName": client.last_name}),
            ("Id", entry.id),
            ("RequestDateTime", naive_text(site.local(entry.requested_at).replace(microsecond=0))),
            ("VisitRefNo", entry.visit_id),
            ("Web", entry.web),
        )
    )
