"""Mindbody's payloads as records: our names on the left, theirs on the right.

Knows Mindbody's keys and what they mean; knows no HTTP. Keys may be absent where they have nothing to say, and an id
may come as a number here and as text there. Visits and sales are read in visits.py and sales.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from connectors.fields import Amount, Count, Flag, Id, Instant, Price, Shape, Text, Zone, cents
from connectors.platform import Site
from connectors.records import ClassType, Client, PriceKind, PriceOption, Session, SessionStatus, Venue

_KINDS = {"drop-in": PriceKind.DROP_IN, "series": PriceKind.PACKAGE, "unlimited": PriceKind.MEMBERSHIP}


class Payload(Shape):
    """What all of Mindbody's payloads share."""

    named_by = "Id"


class SiteShape(Payload):
    """One studio's account."""

    what, record = "Site", Site
    id = Id(data_key="Id", required=True)
    name = Text(data_key="Name", required=True)
    timezone = Zone(data_key="TimeZone", required=True)
    currency = Text(data_key="CurrencyIsoCode", required=True)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """A currency is three letters."""
        code = values["currency"].upper()
        if len(code) != 3 or not code.isalpha():
            raise ValidationError({"CurrencyIsoCode": ["is no currency"]})
        return values | {"currency": code}


class VenueShape(Payload):
    """A location. Its zone and currency are the site's."""

    what, record = "Location", Venue
    external_id = Id(data_key="Id", required=True)
    name = Text(data_key="Name", required=True)
    city = Text(data_key="City")


class ClassTypeShape(Payload):
    """A class description. Its category is the studio's own word, else the session type's, else the program's."""

    what, record = "ClassDescription", ClassType
    external_id = Id(data_key="Id", required=True)
    name = Text(data_key="Name", required=True)
    category = Text(data_key="Category")
    session_type = Text(data_key="SessionType.Name")
    program = Text(data_key="Program.Name")
    active = Flag(data_key="Active", load_default=True)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """The finest word there is: one program often pays for every class."""
        coarser = values.pop("session_type", None), values.pop("program", None)
        category = values.get("category") or coarser[0] or coarser[1]
        return values | {"category": category, "hidden": not values.pop("active")}


class ClientShape(Payload):
    """A person. ``UniqueId`` never changes; ``Id`` may be given anew by the studio."""

    what, record = "Client", Client
    external_id = Id(data_key="UniqueId", required=True)
    public_id = Id(data_key="Id")
    email = Text(data_key="Email")
    created_at = Instant(data_key="CreationDate")
    updated_at = Instant(data_key="LastModifiedDateTime")
    active = Flag(data_key="Active", load_default=True)


class SessionShape(Payload):
    """A class instance. A capacity that is not said is None: neither 0 nor infinite."""

    what, record = "Class", Session
    external_id = Id(data_key="Id", required=True)
    venue_id = Id(data_key="Location.Id", required=True)
    class_type_id = Id(data_key="ClassDescription.Id", required=True)
    template_id = Id(data_key="ClassScheduleId", load_default=None)
    instructor_id = Id(data_key="Staff.Id", load_default=None)
    starts_at = Instant(data_key="StartDateTime", required=True)
    ends_at = Instant(data_key="EndDateTime", required=True)
    capacity = Count(data_key="MaxCapacity", load_default=None)
    online_capacity = Count(data_key="WebCapacity")
    booked = Count(data_key="TotalBooked")
    booked_online = Count(data_key="WebBooked")
    waitlisted = Count(data_key="TotalBookedWaitlist")
    cancelled = Flag(data_key="IsCanceled", load_default=False)
    shown = Flag(data_key="Active", load_default=True)
    hidden_cancel = Flag(data_key="HideCancel", load_default=False)
    updated_at = Instant(data_key="LastModifiedDateTime")

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """A class ends after it starts, and offers no more places online than it has."""
        if values["ends_at"] <= values["starts_at"]:
            raise ValidationError({"EndDateTime": ["is not after the start"]})
        capacity, online = values["capacity"], values.get("online_capacity")
        if capacity is not None and online is not None and online > capacity:
            raise ValidationError({"WebCapacity": [f"is more than MaxCapacity {capacity}"]})
        cancelled = values.pop("cancelled")
        hidden = not values.pop("shown"), values.pop("hidden_cancel") and cancelled
        return values | {
            "status": SessionStatus.CANCELLED if cancelled else SessionStatus.SCHEDULED,
            "hidden": any(hidden),
        }


class PriceShape(Payload):
    """A pricing option at its desk price; ``ProductId`` is what visits and sales refer to."""

    what, record = "Service", PriceOption
    external_id = Id(data_key="ProductId", required=True)
    name = Text(data_key="Name", required=True)
    kind = Text(data_key="Type")
    price = Price(data_key="Price", required=True)
    tax = Amount(data_key="TaxIncluded", load_default=Decimal(0))
    sessions = Count(data_key="Count")
    intro_only = Flag(data_key="IsIntroOffer", load_default=False)
    online = Flag(data_key="SellOnline", load_default=True)
    discontinued = Flag(data_key="Discontinued", load_default=False)
    contract_only = Flag(data_key="SaleInContractOnly", load_default=False)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """Before tax, where the platform says how much of the price is tax."""
        price = cents(values["price"] - values.pop("tax"), self.site.currency)
        if price < 0:
            raise ValidationError({"Price": ["is less than nothing before tax"]})
        kind = _KINDS.get((values.pop("kind", None) or "").lower(), PriceKind.UNKNOWN)
        values["sessions"] = None if kind is PriceKind.MEMBERSHIP else values.get("sessions")
        hidden = (not values.pop("online"), values.pop("discontinued"), values.pop("contract_only"))
        return values | {"price": price, "kind": kind, "hidden": any(hidden)}
