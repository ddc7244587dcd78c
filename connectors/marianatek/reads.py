"""What is asked of Mariana Tek, stream by stream.

Knows paths and parameters of the Admin API. How a list comes is in lists.py; what a resource means in shapes.py and
reservations.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from connectors.errors import Rejected, TryAgain
from connectors.fields import Shape, reach
from connectors.listing import Listing, fetched, page
from connectors.marianatek.lists import PAGE, listed, pages, utc_text
from connectors.marianatek.reservations import STANDARD, kind_of, reservation
from connectors.marianatek.shapes import ClassTypeShape, ClientShape, SessionShape, VenueShape
from connectors.platform import Api, Everything, OfSession, Since, Site, Window
from connectors.records import Page, Stream

WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


@lru_cache(maxsize=256)
def shape(kind: type[Shape], site: Site) -> Shape:
    """A site's schema, kept."""
    return kind(site)


def describe(api: Api) -> Site:
    """The brand, as far as it can be known: its first location's zone, the currency that its classes are priced in.

    No currency where no class tells one: the studio's own holds then. Raises Rejected where there is no location.
    """
    found = [shape(VenueShape, api.site).read(raw, currency="") for raw in _first_page(api, "/locations", {})]
    if not found:
        raise Rejected(f"The brand {api.site.id} has no location that this login may see.")
    first = min(found, key=lambda venue: (len(venue.external_id), venue.external_id))
    soon = {"min_datetime": utc_text(api.now - WEEK), "max_datetime": utc_text(api.now + WEEK)}
    codes = (reach(raw, "attributes.direct_booking_currency_code") for raw in _first_page(api, "/class_sessions", soon))
    currency = next((code for code in codes if isinstance(code, str) and len(code) == 3), "")
    name = first.name if len(found) == 1 else api.site.id
    return Site(api.site.id, name, first.timezone, currency.upper())


def venues(api: Api, _: Everything) -> Iterator[Page]:
    """All locations."""
    schema, currency = shape(VenueShape, api.site), api.site.currency
    read = Listing(stream=Stream.VENUES, path="/locations", read=lambda raw: schema.read(raw, currency=currency))
    return pages(api, read)


def class_types(api: Api, _: Everything) -> Iterator[Page]:
    """All types of class."""
    read = shape(ClassTypeShape, api.site).read
    return pages(api, Listing(stream=Stream.CLASS_TYPES, path="/class_session_types", read=read))


def clients(api: Api, _: Everything) -> Iterator[Page]:
    """All users: there is no way to ask for the changed ones."""
    read = shape(ClientShape, api.site).read
    return pages(api, Listing(stream=Stream.CLIENTS, path="/users", read=read))


def sessions(api: Api, ask: Window) -> Iterator[Page]:
    """Class sessions that start in a window. Nobody says whether its ends are counted in: we look ourselves."""
    listing = Listing(
        stream=Stream.SESSIONS,
        path="/class_sessions",
        read=shape(SessionShape, api.site).read,
        params={"min_datetime": utc_text(ask.start), "max_datetime": utc_text(ask.end)},
        keep=lambda session: ask.start <= session.starts_at < ask.end,
    )
    return pages(api, listing)


def sessions_by_id(api: Api, ids: Sequence[str]) -> Iterator[Page]:
    """These class sessions, whenever they are held, one by one; what is not there any more is left out."""
    read = shape(SessionShape, api.site).read
    found = (raw for each in ids if (raw := _session(api, each)) is not None)
    yield page((fetched(Stream.SESSIONS, raw, read) for raw in found), final=True)


def roster(api: Api, ask: OfSession) -> Iterator[Page]:
    """All reservations ever made in one session, cancelled ones too."""
    return _reservations(api, {"class_session": ask.session_id})


def changed_reservations(api: Api, ask: Since) -> Iterator[Page]:
    """Reservations changed at or after an instant, in any session; up to now, so that the list stands still."""
    since = {"min_updated_datetime": utc_text(ask.instant)} if ask.instant else {}
    return _reservations(api, {**since, "max_updated_datetime": utc_text(api.now + SECOND)})


def _reservations(api: Api, params: Mapping[str, str]) -> Iterator[Page]:
    """Those that hold a place: neither standby nor waitlist."""
    payer = api.settings.get("PAYER_ID")
    listing = Listing(
        stream=Stream.RESERVATIONS,
        path="/reservations",
        read=lambda raw: reservation(raw, payer),
        params=params,
        spread=lambda raw: (raw,) if kind_of(raw) == STANDARD else (),
    )
    return pages(api, listing)


def _session(api: Api, number: str) -> Any:
    try:
        raw = reach(api.door.get(f"/class_sessions/{number}"), "data")
    except Rejected as error:
        if error.status == 404:
            return None
        raise
    if not isinstance(raw, Mapping):
        raise TryAgain("GET /class_sessions/{id}: the answer has no data.")
    return raw


def _first_page(api: Api, path: str, params: Mapping[str, Any]) -> list[Any]:
    return listed(api.door.get(path, {**params, "page": 1, "page_size": PAGE}), f"GET {path}")
