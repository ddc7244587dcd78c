"""What is asked of Mindbody, stream by stream, with the parameter names of its specification.

Knows paths and parameters. How a list comes is in pages.py; what a payload means in shapes.py, visits.py and sales.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from connectors.errors import Rejected, TryAgain
from connectors.fields import Shape, reach
from connectors.listing import fetched, page
from connectors.mindbody.pages import Listing, listed, pages
from connectors.mindbody.sales import LINE_ID, SaleLineShape, items_of
from connectors.mindbody.shapes import ClassTypeShape, ClientShape, PriceShape, SessionShape, SiteShape, VenueShape
from connectors.mindbody.visits import reservation
from connectors.platform import Api, Everything, OfSession, Since, Site, Window
from connectors.records import Page, Reservation, Stream
from connectors.times import local_text

FAR = timedelta(days=366)  # no class is moved further than that


@lru_cache(maxsize=256)
def shape(kind: type[Shape], site: Site) -> Shape:
    """A site's schema: it takes longer to make than to use, so it is kept."""
    return kind(site)


def describe(api: Api) -> Site:
    """The account as Mindbody describes it. Raises Rejected where it does not admit us, BadRecord without a zone."""
    answer = api.door.get("/site/sites", {"request.siteIds": api.site.id})
    for payload in listed(answer, "Sites", "GET /site/sites"):
        if str(reach(payload, "Id")) == api.site.id:
            found: Site = SiteShape(Site(api.site.id, "", "UTC", "")).read(payload)
            return found
    raise Rejected(f"Mindbody does not list site {api.site.id}: its owner has not admitted this service yet.")


def venues(api: Api, _: Everything) -> Iterator[Page]:
    """All locations, in the site's zone and currency."""
    schema, site = shape(VenueShape, api.site), api.site
    return pages(
        api,
        Listing(
            stream=Stream.VENUES,
            path="/site/locations",
            collection="Locations",
            read=lambda raw: schema.read(raw, timezone=site.timezone, currency=site.currency),
        ),
    )


def class_types(api: Api, _: Everything) -> Iterator[Page]:
    """All class descriptions, retired ones too."""
    return pages(
        api,
        Listing(
            stream=Stream.CLASS_TYPES,
            path="/class/classdescriptions",
            collection="ClassDescriptions",
            read=shape(ClassTypeShape, api.site).read,
            params={"request.includeInactive": "true"},
        ),
    )


def prices(api: Api, _: Everything) -> Iterator[Page]:
    """All pricing options, discontinued ones too."""
    schema, currency = shape(PriceShape, api.site), api.site.currency
    return pages(
        api,
        Listing(
            stream=Stream.PRICES,
            path="/sale/services",
            collection="Services",
            read=lambda raw: schema.read(raw, currency=currency),
            params={"request.includeDiscontinued": "true"},
            key="ProductId",
        ),
    )


def clients(api: Api, ask: Since) -> Iterator[Page]:
    """Clients changed since an instant. Nobody says in which zone Mindbody means it: ask with a day of overlap."""
    since = {"request.lastModifiedDate": local_text(ask.instant, api.zone)} if ask.instant else {}
    return pages(
        api,
        Listing(
            stream=Stream.CLIENTS,
            path="/client/clients",
            collection="Clients",
            read=shape(ClientShape, api.site).read,
            params={"request.includeInactive": "true", **since},
            key="UniqueId",
        ),
    )


def sessions(api: Api, ask: Window) -> Iterator[Page]:
    """Classes that start in a window, cancelled and hidden ones too. Mindbody filters by whole days, we by time."""
    first = ask.start.astimezone(api.zone).date()
    last = (ask.end - timedelta(microseconds=1)).astimezone(api.zone).date()
    days = {"request.startDateTime": f"{first}T00:00:00", "request.endDateTime": f"{last}T23:59:59"}
    return pages(api, replace(_classes(api, days), keep=lambda session: ask.start <= session.starts_at < ask.end))


def sessions_by_id(api: Api, ids: Sequence[str]) -> Iterator[Page]:
    """These classes, whenever they are held. Nobody says if a window narrows a question by id: it is given wide."""
    asked = {
        "request.classIds": list(ids),
        "request.startDateTime": local_text(api.now - FAR, api.zone),
        "request.endDateTime": local_text(api.now + FAR, api.zone),
    }
    return pages(api, _classes(api, asked))


def _classes(api: Api, asked: Mapping[str, Any]) -> Listing:
    """The list of classes, cancelled ones too, and those that can't be booked yet."""
    return Listing(
        stream=Stream.SESSIONS,
        path="/class/classes",
        collection="Classes",
        read=shape(SessionShape, api.site).read,
        params={**asked, "request.hideCanceledClasses": "false", "request.schedulingWindow": "false"},
    )


def sales(api: Api, ask: Window) -> Iterator[Page]:
    """Sale lines of a window. Nobody says whether Mindbody counts the window's ends in: it is asked a second wider."""
    second = timedelta(seconds=1)
    return pages(
        api,
        Listing(
            stream=Stream.SALES,
            path="/sale/sales",
            collection="Sales",
            read=shape(SaleLineShape, api.site).read,
            params={
                "request.startSaleDateTime": local_text(ask.start - second, api.zone),
                "request.endSaleDateTime": local_text(ask.end + second, api.zone),
            },
            spread=items_of,
            part_key=LINE_ID,
            keep=lambda line: ask.start <= line.sold_at < ask.end,
        ),
    )


def rosters(api: Api, ask: OfSession) -> Iterator[Page]:
    """The whole roster of one class, in one call. An empty one is not believed while the class counts bookings."""
    held = reach(api.door.get("/class/classvisits", {"request.classID": ask.session_id}), "Class")
    if not isinstance(held, Mapping) or str(held.get("Id", ask.session_id)) != ask.session_id:
        raise TryAgain("GET /class/classvisits: the answer is not about the class that was asked for.")
    visits = held.get("Visits") or []
    if not isinstance(visits, list):
        raise TryAgain("GET /class/classvisits: Visits is no list.")

    def read(raw: Any) -> Reservation:
        return reservation(raw, ask.session_id, api.zone)

    every = (fetched(Stream.RESERVATIONS, raw, read, "Id") for raw in visits)
    yield page(every, final=bool(visits) or not held.get("TotalBooked"))
