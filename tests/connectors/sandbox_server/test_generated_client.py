"""An independent reader of the dialect: the client that was generated from the platform's own specification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mindbody_api
import pytest

from tests.fixtures.sandbox import LiveSandbox

VERSION = "6"


@pytest.fixture
def generated(sandbox: LiveSandbox) -> Iterator[mindbody_api.ApiClient]:
    """The generated client, pointed at the sandbox."""
    configuration = mindbody_api.Configuration()
    configuration.host = sandbox.url
    configuration.api_key["API-Key"] = sandbox.api_key
    client = mindbody_api.ApiClient(configuration)
    client.set_default_header("API-Key", sandbox.api_key)
    yield client
    client.rest_client.pool_manager.clear()


@pytest.fixture
def token(sandbox: LiveSandbox, generated: mindbody_api.ApiClient) -> str:
    """A staff token, issued through the generated client."""
    site = sandbox.sites[0]
    request = mindbody_api.IssueRequest(username=site["owner_login"], password=site["owner_password"])
    answer = mindbody_api.UserTokenApi(generated).user_token_issue(request, site["id"], VERSION)
    return str(answer.access_token)


def test_sites(sandbox: LiveSandbox, generated: mindbody_api.ApiClient) -> None:
    answer = mindbody_api.SiteApi(generated).site_get_sites(VERSION, request_site_ids=[1001])
    assert [(site.id, site.name, site.currency_iso_code) for site in answer.sites] == [(1001, "Small Studio", "USD")]
    assert answer.pagination_response.total_results == 1


def test_classes_and_class_visits(sandbox: LiveSandbox, generated: mindbody_api.ApiClient, token: str) -> None:
    api = mindbody_api.ClassApi(generated)
    window: dict[str, Any] = {"request_start_date_time": "2026-02-01", "request_end_date_time": "2026-02-28"}
    answer = api.class_get_classes("1001", VERSION, authorization=token, request_limit=200, **window)
    assert len(answer.classes) == answer.pagination_response.total_results > 20
    for item in answer.classes:
        roster = api.class_get_class_visits("1001", VERSION, authorization=token, request_class_id=item.id)._class
        active = [visit for visit in roster.visits if not visit.late_cancelled]
        assert len(active) == item.total_booked
        assert item.start_date_time == sandbox.site.classes[item.id].starts_local
        assert {visit.class_id for visit in roster.visits} <= {item.id}


def test_clients(sandbox: LiveSandbox, generated: mindbody_api.ApiClient, token: str) -> None:
    api = mindbody_api.ClientApi(generated)
    known: dict[int, str | None] = {}
    while True:
        answer = api.client_get_clients(
            "1001", VERSION, authorization=token, request_limit=50, request_offset=len(known)
        )
        if not answer.clients:
            break
        known |= {client.unique_id: client.email for client in answer.clients}
    assert known == {c.unique_id: c.email for c in sandbox.site.clients.values() if c.active and not c.merged_into}


def test_sales_and_services(sandbox: LiveSandbox, generated: mindbody_api.ApiClient, token: str) -> None:
    api = mindbody_api.SaleApi(generated)
    services = api.sale_get_services("1001", VERSION, authorization=token, request_limit=200).services
    assert {item.product_id for item in services} == {
        o.product_id for o in sandbox.site.options.values() if not o.discontinued
    }
    sold = api.sale_get_sales("1001", VERSION, authorization=token).sales
    assert {sale.id for sale in sold} <= set(sandbox.site.sales)


def test_purchases_and_visits_of_a_client(sandbox: LiveSandbox, generated: mindbody_api.ApiClient, token: str) -> None:
    api, site = mindbody_api.ClientApi(generated), sandbox.site
    busiest = max(site.clients.values(), key=lambda client: len(site.visits_by(client.unique_id)))
    window: dict[str, Any] = {"request_start_date": "2025-01-01", "request_end_date": "2026-12-31"}
    visits = api.client_get_client_visits(busiest.id, "1001", VERSION, authorization=token, request_limit=200, **window)
    assert {v.id for v in visits.visits} == {v.id for v in site.visits_by(busiest.unique_id) if v.on_roster}
    services = api.client_get_client_services(busiest.id, "1001", VERSION, authorization=token, **window)
    assert {s.id for s in services.client_services} == {s.id for s in site.services_of(busiest.unique_id)}
