"""Mariana Tek's JSON:API resources as records: our names on the left, theirs on the right.

Knows its attributes and relationships; knows no HTTP. Reservations are read in reservations.py.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from connectors.fields import Count, Flag, Id, Instant, Shape, Text, Zone
from connectors.records import ClassType, Client, Session, SessionStatus, Venue


class VenueShape(Shape):
    """A location. It has a zone of its own, by a legacy name; its currency is nowhere, so it is the account's."""

    what, record = "Location", Venue
    external_id = Id(data_key="id", required=True)
    name = Text(data_key="attributes.name", required=True)
    timezone = Zone(data_key="attributes.timezone", required=True)
    city = Text(data_key="attributes.city")


class ClassTypeShape(Shape):
    """A class session type."""

    what, record = "Class session type", ClassType
    external_id = Id(data_key="id", required=True)
    name = Text(data_key="attributes.name", required=True)
    enabled = Flag(data_key="attributes.enabled", load_default=True)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """What is not enabled is not shown."""
        return values | {"hidden": not values.pop("enabled")}


class ClientShape(Shape):
    """A user of the brand. A guest of an integration is none: its address is on the reservation."""

    what, record = "User", Client
    external_id = Id(data_key="id", required=True)
    email = Text(data_key="attributes.email")


class SessionShape(Shape):
    """A class session. ``cancellation_datetime`` is how long a client may cancel, not when the class was cancelled.

    There is no id of a series, and no time of change.
    """

    what, record = "Class session", Session
    external_id = Id(data_key="id", required=True)
    venue_id = Id(data_key="relationships.location.data.id", required=True)
    class_type_id = Id(data_key="relationships.class_session_type.data.id", required=True)
    instructor_id = Id(data_key="relationships.instructors.data.0.id", load_default=None)
    starts_at = Instant(data_key="attributes.start_datetime", required=True)
    ends_at = Instant(data_key="attributes.end_datetime", required=True)
    capacity = Count(data_key="attributes.capacity", load_default=None)
    booked = Count(data_key="attributes.standard_reservation_user_count")
    waitlisted = Count(data_key="attributes.waitlist_reservation_user_count")
    public = Flag(data_key="attributes.public", load_default=True)
    archived = Text(data_key="attributes.archived_at", load_default=None)
    cancelled_by = Id(data_key="relationships.cancelled_by_user.data.id", load_default=None)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """A class ends after it starts; one that somebody cancelled, or that was archived, does not take place."""
        if values["ends_at"] <= values["starts_at"]:
            raise ValidationError({"attributes.end_datetime": ["is not after the start"]})
        cancelled = values.pop("archived") or values.pop("cancelled_by")
        values.pop("cancelled_by", None)
        return values | {
            "template_id": None,
            "status": SessionStatus.CANCELLED if cancelled else SessionStatus.SCHEDULED,
            "hidden": not values.pop("public"),
        }
