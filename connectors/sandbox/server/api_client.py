"""Reads of clients, their visits and their purchases."""

from __future__ import annotations

from flask import Blueprint, Response

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Client
from connectors.sandbox.server.access import caller, query
from connectors.sandbox.server.api_class import lens, today
from connectors.sandbox.server.pages import page
from connectors.sandbox.server.shapes import Lens, visit_json
from connectors.sandbox.server.shapes_client import client_json, client_service_json
from connectors.sandbox.server.wire import Json, Query, Refusal

MOST_CLIENT_IDS = 20


def client_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/client/clients", view_func=clients)
    routes.add_url_rule("/client/clientvisits", view_func=client_visits)
    routes.add_url_rule("/client/clientservices", view_func=client_services)


def clients() -> Response:
    """People in the studio's books; a merged one is gone."""
    asked, site = query(), caller().site
    rows = [item for item in _candidates(asked, site) if item.merged_into is None]
    if not asked.flag("IncludeInactive"):
        rows = [item for item in rows if item.active]
    if text := (asked.text("SearchText") or "").lower():
        rows = [item for item in rows if text in f"{item.first_name} {item.last_name} {item.email or ''}".lower()]
    return page(asked, "Clients", rows, lambda item: client_json(site, item))


def _candidates(asked: Query, site: Site) -> list[Client]:
    texts, numbers = asked.texts("ClientIDs"), asked.integers("UniqueIds")
    if numbers and (texts or "SearchText" in asked):
        raise Refusal("InvalidParameter", "UniqueIds cannot be used with ClientIDs or SearchText.")
    if len(texts) > MOST_CLIENT_IDS:
        raise Refusal("InvalidParameter", f"At most {MOST_CLIENT_IDS} ClientIDs may be requested.")
    since = asked.instant("LastModifiedDate")
    found = list(site.clients.values()) if since is None else site.clients_modified_since(since)
    return [item for item in found if (not texts or item.id in texts) and (not numbers or item.unique_id in numbers)]


def one_client(asked: Query, site: Site) -> Client:
    """The client that a question is about; the unchangeable id wins."""
    number, text = asked.integer("UniqueClientId"), asked.text("ClientId")
    if number is None and text is None:
        raise Refusal("MissingRequiredFields", "ClientId or UniqueClientId is required.")
    item = site.clients.get(number) if number is not None else site.client_by_text(text or "")
    if item is None or item.merged_into is not None:
        raise Refusal("ClientNotFound", f"Client {number or text} does not exist.")
    return item


def client_visits() -> Response:
    """A client's visits on the days asked for; without any, today's."""
    asked, view = query(), lens()
    site = view.site
    person = one_client(asked, site)
    last = asked.local_day("EndDate") or today(site)
    first = asked.local_day("StartDate") or last
    rows = [
        visit
        for visit in site.visits_by(person.unique_id)
        if visit.on_roster
        and visit.class_id in site.classes  # a cut series takes its classes' visits with it
        and first <= site.classes[visit.class_id].starts_local.date() <= last
    ]
    rows.sort(key=lambda visit: site.classes[visit.class_id].starts_at, reverse=asked.text("Order") == "desc")
    return page(
        asked, "Visits", rows, lambda visit: {**visit_json(view, visit), **_service(view, visit.client_service_id)}
    )


def _service(view: Lens, number: int | None) -> Json:
    return {} if number is None else {"Service": client_service_json(view.site, view.site.services[number])}


def client_services() -> Response:
    """What clients bought on the days asked for; without any, today."""
    asked, site = query(), caller().site
    first = asked.local_day("StartDate") or today(site)
    last = asked.local_day("EndDate") or today(site)
    rows = [
        item
        for person in _people(asked, site)
        for item in site.services_of(person.unique_id)
        if first <= (item.active_on if asked.flag("UseActivateDate") else site.local(item.bought_at).date()) <= last
    ]
    if asked.flag("ShowActiveOnly"):
        rows = [item for item in rows if item.remaining != 0 and item.expires_on >= today(site)]
    return page(asked, "ClientServices", rows, lambda item: client_service_json(site, item))


def _people(asked: Query, site: Site) -> list[Client]:
    numbers, texts = asked.integers("UniqueClientIds"), asked.texts("ClientIds")
    if numbers:
        return [site.clients[number] for number in sorted(numbers) if number in site.clients]
    if texts and "ClientId" not in asked:
        found = (site.client_by_text(text) for text in sorted(texts))
        return [item for item in found if item is not None]
    return [one_client(asked, site)]
