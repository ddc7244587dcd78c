"""The lists of this dialect, with the filters that are documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from flask import Response, request

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Client, Seller, Visit, WaitlistEntry
from connectors.sandbox.server.brands import shapes
from connectors.sandbox.server.brands.access import brand
from connectors.sandbox.server.brands.wire import Wrong, document, instant, numbers, page
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import Json

DAY = timedelta(days=1)


def locations() -> Response:
    """All places."""
    site = brand()
    return page(list(site.locations.values()), lambda item: shapes.location(site, item))


def class_session_types() -> Response:
    """What is taught."""
    return page(list(brand().descriptions.values()), shapes.class_type)


def users() -> Response:
    """Everybody with an account: not the guests of integrations."""
    site, email = brand(), request.args.get("email", "").casefold()
    rows = [item for item in site.clients.values() if item.merged_into is None and _has_account(site, item)]
    return page([item for item in rows if not email or (item.email or "").casefold() == email], shapes.user)


def class_sessions() -> Response:
    """Classes that start between two instants, both included."""
    site = brand()
    start, end = instant("min_datetime") or site.now, instant("max_datetime") or site.now + DAY
    days = site.classes_between(site.local(start).date() - DAY, site.local(end).date() + DAY)
    return page([item for item in days if start <= item.starts_at <= end], shown_session)


def shown_session(item: ClassInstance) -> Json:
    """A class, trailing writes where that fault is on."""
    site, sandbox = brand(), here()
    key = ("class_session", site.id, item.id)
    return sandbox.lag.read(sandbox.faults, key, lambda: shapes.class_session(site, item))


def class_session(number: int) -> Response:
    """One class; with ``include=layout``, how its places are given."""
    item = find_class(brand(), number)
    included = [shapes.layout(brand(), item)] if "layout" in request.args.get("include", "") else []
    return document({"data": shown_session(item), "included": included, "meta": None, "links": None})


def find_class(site: Site, number: int) -> ClassInstance:
    """A class, or a refusal."""
    if number not in site.classes:
        raise Wrong(404, {"detail": ["Not found."]})
    return site.classes[number]


def reservations() -> Response:
    """Bookings, and waiting-list entries, by class, time of change, type, guest."""
    site = brand()
    return page(list(_asked_for(site)), lambda item: _shown(site, item))


def reservation(number: int) -> Response:
    """One booking."""
    site = brand()
    if number not in site.visits:
        raise Wrong(404, {"detail": ["Not found."]})
    return document({"data": shapes.reservation(site, site.visits[number]), "meta": None, "links": None})


def _asked_for(site: Site) -> Iterator[Visit | WaitlistEntry]:
    changed = _changed()
    kind, classes, email = (
        request.args.get("reservation_type"),
        numbers("class_session"),
        request.args.get("guest_email"),
    )
    visits = site.visits.values() if classes is None else (v for n in sorted(classes) for v in site.visits_of(n))
    if kind in (None, "standard"):
        for visit in visits:
            if changed(visit.last_modified) and visit.class_id in site.classes and _is_for(site, visit, email):
                yield visit
    if kind in (None, "waitlist") and email is None:
        for entry in site.waitlist.values():
            if changed(entry.removed_at or entry.requested_at) and (classes is None or entry.class_id in classes):
                yield entry


def _changed() -> Callable[[datetime], bool]:
    """Whether something changed in the time asked for."""
    since, until = instant("min_updated_datetime"), instant("max_updated_datetime")
    return lambda at: (since is None or at >= since) and (until is None or at <= until)


def _shown(site: Site, item: Visit | WaitlistEntry) -> Json:
    return shapes.reservation(site, item) if isinstance(item, Visit) else shapes.waiting(item)


def _is_for(site: Site, visit: Visit, email: str | None) -> bool:
    """Whether it is this guest's; anybody's where none is named."""
    if email is None:
        return True
    guest = site.seller_of(visit) is not Seller.STUDIO
    return guest and (site.clients[visit.client_id].email or "").casefold() == email.casefold()


def _has_account(site: Site, client: Client) -> bool:
    """Whoever has only ever come through an integration has none."""
    visits = site.visits_by(client.unique_id)
    return not visits or any(site.seller_of(visit) is Seller.STUDIO for visit in visits)
