"""A site and what it consists of, as the wire shows them: locations, programs, session types, staff."""

from __future__ import annotations

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Location, Program, SessionType, Staff
from connectors.sandbox.server.wire import Json


def site_json(site: Site, *, detailed: bool) -> Json:
    """A tenant. All but its name is shown only to who asks for exactly one."""
    short: Json = {"Id": site.id, "Name": site.name}
    if not detailed:
        return short
    return {
        **short,
        "AcceptsAmericanExpress": True,
        "AcceptsDiscover": False,
        "AcceptsMasterCard": True,
        "AcceptsVisa": True,
        "AllowsDashboardAccess": True,
        "ContactEmail": f"desk@site{abs(site.id)}.example",
        "Description": f"{site.name}, a studio of the sandbox",
        "PricingLevel": "Accelerate",
        "SmsPackageEnabled": False,
        "TaxInclusivePrices": False,
        "CurrencyIsoCode": site.currency,
        "CountryCode": site.country,
        "TimeZone": site.timezone,
        "AcceptsDirectDebit": False,
    }


def location_json(site: Site, item: Location) -> Json:
    """A place."""
    return {
        "Address": item.address,
        "City": item.city,
        "HasClasses": True,
        "Id": item.id,
        "Name": item.name,
        "PostalCode": item.postal_code,
        "SiteID": site.id,
        "StateProvCode": item.state,
        "Tax1": float(item.tax_rate),
        "TotalNumberOfRatings": 0,
        "AverageRating": 0.0,
    }


def program_json(item: Program) -> Json:
    """A service category. ``ScheduleOffset`` is in no specification, but in real answers."""
    return {
        "Id": item.id,
        "Name": item.name,
        "ScheduleType": "Class",
        "CancelOffset": item.cancel_offset,
        "ContentFormats": ["InPerson"],
        "ScheduleOffset": 0,
        "ScheduleOffsetEnd": 10,
        "PricingRelationships": {"PaysFor": [item.id], "PaidBy": [item.id]},
    }


def session_type_json(item: SessionType) -> Json:
    """A kind of session."""
    return {
        "Type": "Class",
        "DefaultTimeLength": item.minutes,
        "Id": item.id,
        "Name": item.name,
        "NumDeducted": 1,
        "ProgramId": item.program_id,
        "AvailableForAddOn": False,
    }


def staff_json(item: Staff, *, at_desk: bool) -> Json:
    """A teacher; the public sees only the first lines."""
    public: Json = {
        "Id": item.id,
        "FirstName": item.first_name,
        "LastName": item.last_name,
        "DisplayName": item.name,
        "Bio": "",
    }
    if not at_desk:
        return public
    return {
        **public,
        "Name": item.name,
        "ClassTeacher": True,
        "AppointmentInstructor": False,
        "AlwaysAllowDoubleBooking": False,
        "IndependentContractor": False,
        "SortOrder": 0,
    }
