"""What happened, in the platform's own event names: what a webhook would tell.

Knows the names and which records an event is about; the server renders the payload from the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """The platform's event ids that the market gives rise to."""

    BOOKING_CREATED = "classRosterBooking.created"
    BOOKING_CANCELLED = "classRosterBooking.cancelled"
    BOOKING_STATUS = "classRosterBookingStatus.updated"
    WAITLIST_CREATED = "classWaitlistRequest.created"
    WAITLIST_CANCELLED = "classWaitlistRequest.cancelled"
    CLASS_UPDATED = "class.updated"
    SCHEDULE_UPDATED = "classSchedule.updated"
    SALE_CREATED = "clientSale.created"
    CLIENT_CREATED = "client.created"
    CLIENT_UPDATED = "client.updated"
    CLIENTS_MERGED = "clientProfileMerger.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at a site. ``number`` counts up over the whole world: no two events share one."""

    number: int
    site_id: int
    kind: EventKind
    at: datetime
    class_id: int | None = None
    schedule_id: int | None = None
    visit_id: int | None = None
    client_id: int | None = None  # Client.unique_id; in a merger, the one that was kept
    removed_client_id: int | None = None  # in a merger, the one that is gone
    sale_id: int | None = None
    waitlist_entry_id: int | None = None
    status: str | None = None  # of a roster booking: SignedIn, EarlyCancelled, LateCancelled, Missed or None
