"""Clients, what they bought and what the studio sells, as the wire shows them."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Client, ClientService, PricingOption, Sale, SaleItem, Seller
from connectors.sandbox.server.shapes_site import program_json
from connectors.sandbox.server.wire import Json, audit_text, day_text, naive_text, without_nothing

_METHODS = {"Cash": 1, "Visa": 2, "Mastercard": 3, "Comp": 16}


def client_json(site: Site, item: Client) -> Json:
    """A person. The address is absent where the studio has none."""
    home = next(iter(site.locations.values()))
    return without_nothing(
        (
            ("AppointmentGenderPreference", "None"),
            ("Country", site.country),
            ("CreationDate", audit_text(item.created_at)),
            ("FirstName", item.first_name),
            ("Id", item.id),
            ("IsCompany", False),
            ("IsProspect", False),
            ("LastName", item.last_name),
            ("UniqueId", item.unique_id),
            ("LastModifiedDateTime", audit_text(item.last_modified)),
            ("Email", item.email),
            ("AccountBalance", 0.0),
            ("Active", item.active),
            ("Status", item.status),
            ("Action", "None"),
            ("SendAccountEmails", True),
            ("SendPromotionalEmails", False),
            ("SendScheduleEmails", True),
            ("HomeLocation", {"Id": home.id, "Name": home.name, "SiteID": site.id}),
            ("SuspensionInfo", {"BookingSuspended": False}),
        )
    )


def client_service_json(site: Site, item: ClientService) -> Json:
    """A purchase that pays for visits; an unlimited one does not count."""
    option = site.options[item.product_id]
    return without_nothing(
        (
            ("ActiveDate", day_text(item.active_on)),
            ("Count", item.count),
            ("Current", not item.returned and item.remaining != 0 and item.expires_on >= site.local(site.now).date()),
            ("ExpirationDate", day_text(item.expires_on)),
            ("Id", item.id),
            ("ProductId", item.product_id),
            ("Name", item.name),
            ("PaymentDate", day_text(site.local(item.bought_at).date())),
            ("Program", program_json(site.programs[option.program_id])),
            ("Remaining", item.remaining),
            ("SiteId", site.id),
            ("Action", "None"),
            ("ClientID", site.clients[item.client_id].id),
            ("Returned", item.returned),
        )
    )


def option_json(site: Site, item: PricingOption, *, location_id: int | None = None) -> Json:
    """A pricing option; the tax is told only for a location that was asked for."""
    tax = site.locations[location_id].tax_rate if location_id in site.locations else None
    places = list(site.locations)
    return without_nothing(
        (
            ("Price", item.price),
            ("OnlinePrice", item.online_price),
            ("TaxIncluded", 0.0),
            ("ProgramId", item.program_id),
            ("TaxRate", tax),
            ("ProductId", item.product_id),
            ("Id", item.barcode_id),
            ("Name", item.name),
            ("Count", item.count),
            ("SellOnline", item.sell_online),
            ("SaleInContractOnly", False),
            ("Type", item.kind.value),
            ("ExpirationType", "ActivationDate"),
            ("ExpirationUnit", "Days"),
            ("ExpirationLength", item.days),
            ("RevenueCategory", "Classes"),
            ("MembershipId", item.membership_id),
            ("SellAtLocationIds", places),
            ("UseAtLocationIds", places),
            ("Priority", "Medium"),
            ("IsIntroOffer", item.intro),
            ("IntroOfferType", "NewConsumer" if item.intro else None),
            ("IsThirdPartyDiscountPricing", item.seller is not Seller.STUDIO),
            ("Program", site.programs[item.program_id].name),
            ("Discontinued", item.discontinued),
        )
    )


def sale_json(site: Site, item: Sale) -> Json:
    """A sale with its lines and how it was paid."""
    sold = site.local(item.sold_at).replace(microsecond=0)
    payment: dict[str, Any] = {
        "Id": item.id,
        "Amount": item.total,
        "Method": _METHODS.get(item.payment, 11),
        "Type": item.payment,
        "Notes": "",
    }
    return {
        "Id": item.id,
        "SaleDate": day_text(sold.date()),
        "SaleTime": sold.time().isoformat(),
        "SaleDateTime": naive_text(sold),
        "OriginalSaleDateTime": naive_text(sold),
        "SalesRepId": 0,
        "ClientId": site.clients[item.client_id].id,
        "PurchasedItems": [_line_json(line) for line in item.items],
        "LocationId": item.location_id,
        "Payments": [payment],
    }


def _line_json(line: SaleItem) -> Json:
    return {
        "SaleDetailId": line.id,
        "Id": line.product_id,
        "IsService": True,
        "BarcodeId": line.barcode_id,
        "Description": line.description,
        "UnitPrice": line.unit_price,
        "Quantity": line.quantity,
        "DiscountPercent": 0.0,
        "DiscountAmount": line.discount,
        "Tax1": line.tax,
        "Tax2": 0.0,
        "Tax3": 0.0,
        "Tax4": 0.0,
        "Tax5": 0.0,
        "TaxAmount": line.tax,
        "TotalAmount": line.total,
        "Notes": "",
        "Returned": line.returned,
    }
