"""The dialect's wire: names in any case, pages, times, refusals in their order, what the public may not see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests

from connectors.sandbox.market.studios import public_studio, small_studio
from connectors.sandbox.market.world import World
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox

FEBRUARY = {"request.startDateTime": "2026-02-01", "request.endDateTime": "2026-02-28"}


class Api:
    """The sandbox's API, asked as the owner."""

    def __init__(self, sandbox: LiveSandbox) -> None:
        self.url = sandbox.api_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(sandbox.staff_headers())

    def get(self, path: str, **params: Any) -> requests.Response:
        """Ask; underscores in names stand for dots."""
        named = {name.replace("_", "."): value for name, value in params.items()}
        return self.session.get(f"{self.url}{path}", params=named, timeout=10)

    def read(self, path: str, **params: Any) -> Any:
        """Ask for what must be answered."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def api(sandbox: LiveSandbox) -> Api:
    """The owner's access to the sandbox."""
    return Api(sandbox)


@pytest.mark.parametrize("path", ["/class/classes", "/Class/Classes", "/CLASS/CLASSES"])
@pytest.mark.parametrize("names", [("request.startDateTime", "request.endDateTime"), ("StartDateTime", "ENDDATETIME")])
def test_paths_and_names_are_the_same_in_any_case(api: Api, path: str, names: tuple[str, str]) -> None:
    params = dict(zip(names, ("2026-02-01", "2026-02-28"), strict=True))
    answer = api.session.get(f"{api.url}{path}", params=params, timeout=10).json()
    assert answer["PaginationResponse"]["TotalResults"] > 20


def test_pages_add_up_to_the_whole_and_are_capped(sandbox: LiveSandbox, api: Api) -> None:
    first = api.read("/client/clients", request_limit=500, includeInactive="true")
    assert set(first["PaginationResponse"]) == {"RequestedLimit", "RequestedOffset", "PageSize", "TotalResults"}
    assert first["PaginationResponse"]["RequestedLimit"] == 200
    seen: list[int] = []
    while rows := api.read("/client/clients", limit=7, offset=len(seen), includeInactive="true")["Clients"]:
        seen += [row["UniqueId"] for row in rows]
    assert len(seen) == len(set(seen)) == first["PaginationResponse"]["TotalResults"]
    assert api.read("/client/clients")["PaginationResponse"]["RequestedLimit"] == 100


def test_short_pages_bring_fewer_rows_than_they_say(sandbox_with: Callable[..., LiveSandbox]) -> None:
    answer = Api(sandbox_with(short_pages=True)).read("/client/clients", limit=10)
    assert (answer["PaginationResponse"]["PageSize"], len(answer["Clients"])) == (10, 5)


def test_class_times_are_naive_and_local_audit_times_have_z_and_one_digit(sandbox: LiveSandbox, api: Api) -> None:
    item = api.read("/class/classes", **FEBRUARY)["Classes"][0]
    start = datetime.fromisoformat(item["StartDateTime"])
    assert start.tzinfo is None
    assert start == sandbox.site.classes[item["Id"]].starts_local
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\dZ", item["LastModifiedDateTime"])


def test_utc_mode_follows_the_specifications_prose(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(utc_mode=True)
    item = Api(sandbox).read("/class/classes", **FEBRUARY)["Classes"][0]
    assert item["StartDateTime"].endswith("Z")
    assert datetime.fromisoformat(item["StartDateTime"]) == sandbox.site.classes[item["Id"]].starts_at


def test_window_defaults_to_today_and_looks_at_days_alone(sandbox: LiveSandbox, api: Api) -> None:
    today = sandbox.site.local(sandbox.world.now).date()
    for params in ({}, {"startDateTime": f"{today}T23:59:00", "endDateTime": f"{today}T00:00:00"}):
        days = {row["StartDateTime"][:10] for row in api.read("/class/classes", **params)["Classes"]}
        assert days == {today.isoformat()}


def test_headers_are_looked_at_in_order(sandbox: LiveSandbox) -> None:
    def code(**headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.get(f"{sandbox.api_url}/client/clients", headers=named, timeout=10)
        return answer.status_code, answer.json()["Error"]["Code"]

    key = sandbox.api_key
    assert code() == (401, "DeniedAccess")
    assert code(API_Key="wrong", SiteId="1001") == (401, "DeniedAccess")
    assert code(API_Key=key) == (400, "MissingRequiredFields")
    assert code(API_Key=key, SiteId="one") == (400, "InvalidSiteId")
    assert code(API_Key=key, SiteId="4711") == (401, "DeniedAccess")
    assert code(API_Key=key, SiteId="1001") == (401, "DeniedAccess")
    assert code(API_Key=key, SiteId="1001", Authorization="Bearer nonsense") == (401, "DeniedAccess")


def test_token_is_taken_bare_and_as_bearer(sandbox: LiveSandbox) -> None:
    headers = sandbox.staff_headers()
    for token in (headers["Authorization"], f"Bearer {headers['Authorization']}"):
        sent = {**headers, "Authorization": token}
        assert requests.get(f"{sandbox.api_url}/client/clients", headers=sent, timeout=10).ok


def test_exactly_one_site_is_told_in_full_many_are_not(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(World(7, NOON, (small_studio(), public_studio())))
    api = Api(sandbox)
    one = api.read("/site/sites", request_siteIds="1001")["Sites"]
    assert (one[0]["TimeZone"], one[0]["CurrencyIsoCode"]) == ("America/New_York", "USD")
    assert [set(row) for row in api.read("/site/sites")["Sites"]] == [{"Id", "Name"}] * 2


def test_a_token_belongs_to_its_site(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(World(7, NOON, (small_studio(), public_studio())))
    headers = {**sandbox.staff_headers(), "SiteId": "-99"}
    assert requests.get(f"{sandbox.api_url}/client/clients", headers=headers, timeout=10).status_code == 401


def test_the_public_sees_no_capacities_nor_hidden_classes(sandbox: LiveSandbox, api: Api) -> None:
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001"}
    window = {"startDateTime": "2026-03-02", "endDateTime": "2026-03-15", "limit": "200"}
    public = requests.get(f"{sandbox.api_url}/class/classes", params=window, headers=headers, timeout=10).json()[
        "Classes"
    ]
    private = api.read("/class/classes", **window)["Classes"]
    hidden = {row["Id"] for row in private if not row["Active"]}
    assert hidden
    assert hidden.isdisjoint(row["Id"] for row in public)
    assert {row["Id"] for row in public} < {row["Id"] for row in private}
    assert all("MaxCapacity" not in row and "TotalBooked" not in row for row in public)
    assert any("MaxCapacity" in row for row in private)
    assert all("Name" not in row["Staff"] for row in public)


def test_a_class_without_a_capacity_does_not_name_one(sandbox: LiveSandbox, api: Api) -> None:
    rows = api.read("/class/classes", **FEBRUARY)["Classes"]
    bare = [row for row in rows if sandbox.site.classes[row["Id"]].max_capacity is None]
    assert bare
    assert all("MaxCapacity" not in row and row["TotalBooked"] >= 0 for row in bare)


def test_optional_keys_are_dropped_the_same_way_every_time(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(drop_optional=0.5)
    api = Api(sandbox)
    once, again = (api.read("/class/classes", **FEBRUARY)["Classes"] for _ in range(2))
    assert once == again
    assert 0 < sum("MaxCapacity" not in row for row in once) < len(once)
    assert all("Id" in row and "StartDateTime" in row for row in once)


def test_roster_hides_early_cancellations_and_keeps_late_ones(sandbox: LiveSandbox, api: Api) -> None:
    site = sandbox.site
    for item in list(site.classes.values())[:40]:
        visits = site.visits_of(item.id)
        shown = {v["Id"]: v for v in api.read("/class/classvisits", request_classID=item.id)["Class"]["Visits"]}
        assert set(shown) == {v.id for v in visits if v.active or v.late_cancelled}
        assert all(shown[v.id]["LateCancelled"] == v.late_cancelled for v in visits if v.id in shown)


def test_visits_that_nothing_paid_for_omit_the_keys_of_payment(sandbox: LiveSandbox, api: Api) -> None:
    unpaid = next(v for v in sandbox.site.visits.values() if v.product_id is None and v.active and not v.signed_in)
    roster = api.read("/class/classvisits", request_classID=unpaid.class_id)["Class"]["Visits"]
    shown = next(v for v in roster if v["Id"] == unpaid.id)
    assert {"ProductId", "ServiceId", "ServiceName", "SignedIn"}.isdisjoint(shown)


def test_roster_wants_a_class_that_exists(api: Api) -> None:
    missing, unknown = api.get("/class/classvisits"), api.get("/class/classvisits", classID=1)
    assert (missing.status_code, missing.json()["Error"]["Code"]) == (400, "MissingRequiredFields")
    assert (unknown.status_code, unknown.json()["Error"]["Code"]) == (404, "InvalidClassId")


def test_changed_clients_are_found_by_when_they_changed(sandbox: LiveSandbox, api: Api) -> None:
    sandbox.advance(hours=1)
    client = next(c for c in sandbox.site.clients.values() if c.active and c.merged_into is None)
    sandbox.world.change_client(1001, client.unique_id, email="new@example.com", text_id="CARD-77")
    rows = api.read("/client/clients", request_lastModifiedDate="2026-03-02T13:00:00Z")["Clients"]
    assert ("CARD-77", client.unique_id, "new@example.com") in [(r["Id"], r["UniqueId"], r["Email"]) for r in rows]
    assert len(rows) < 10


def test_limits_of_the_clients_question(api: Api) -> None:
    too_many = api.get("/client/clients", request_clientIDs=[str(n) for n in range(21)])
    mixed = api.get("/client/clients", request_clientIDs="1", request_uniqueIds="2")
    assert (too_many.status_code, mixed.status_code) == (400, 400)


def test_values_that_cannot_be_read_are_refused_by_name(api: Api) -> None:
    for params in ({"startDateTime": "soon"}, {"limit": "many"}, {"classIds": "x"}):
        answer = api.get("/class/classes", **params)
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidParameter")
        assert next(iter(params)).lower() in answer.json()["Error"]["Message"].lower()


def test_sales_are_found_by_local_time_alone(sandbox: LiveSandbox, api: Api) -> None:
    window = {"startSaleDateTime": "2026-02-20T00:00:00", "endSaleDateTime": "2026-02-22T00:00:00", "limit": 200}
    rows = api.read("/sale/sales", **window)["Sales"]
    zone = sandbox.site.zone
    start, end = (datetime.fromisoformat(window[k]).replace(tzinfo=zone) for k in list(window)[:2])
    assert (
        {row["Id"] for row in rows} == {s.id for s in sandbox.site.sales.values() if start <= s.sold_at < end} != set()
    )
    assert all("2026-02-20" <= row["SaleDateTime"][:10] <= "2026-02-21" for row in rows)
    assert api.read("/sale/sales", StartDate="2026-02-20")["Sales"] == api.read("/sale/sales")["Sales"]


def test_waiting_lists_want_a_filter_and_show_who_waits(sandbox: LiveSandbox, api: Api) -> None:
    assert api.get("/class/waitlistentries").status_code == 400
    site = sandbox.site
    coming = next(c for c in site.classes.values() if c.starts_at > NOON and c.waitlist_capacity and not c.cancelled)
    inside = {v.client_id for v in site.visits_of(coming.id)} | {e.client_id for e in site.waiting_for(coming.id)}
    entry = sandbox.world.join_waitlist(1001, coming.id, next(n for n in site.clients if n not in inside))
    rows = api.read("/class/waitlistentries", request_classIds=coming.id)["WaitlistEntries"]
    assert entry.id in [row["Id"] for row in rows]
    assert all(row["ClassId"] == coming.id for row in rows)


def test_schedules_have_no_capacity_but_days(api: Api) -> None:
    rows = api.read("/class/classschedules", startDate="2026-03-02")["ClassSchedules"]
    assert rows
    assert all("MaxCapacity" not in row and any(row[f"Day{day}"] for day in ("Monday", "Tuesday", "Sunday",
        "Wednesday", "Thursday", "Friday", "Saturday")) for row in rows)  # fmt: skip


def test_user_tokens_are_renewed_seven_times_and_revoked(sandbox: LiveSandbox, api: Api) -> None:
    for _ in range(7):
        assert api.session.post(f"{api.url}/usertoken/renew", timeout=10).ok
    assert api.session.post(f"{api.url}/usertoken/renew", timeout=10).status_code == 400
    sandbox.tick(days=7, hours=23)
    assert api.get("/client/clients").ok
    assert api.session.delete(f"{api.url}/usertoken/revoke", timeout=10).ok
    assert api.get("/client/clients").status_code == 401


def test_wrong_staff_password_is_refused(sandbox: LiveSandbox) -> None:
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001"}
    login = {"Username": sandbox.sites[0]["owner_login"], "Password": "wrong"}
    answer = requests.post(f"{sandbox.api_url}/usertoken/issue", json=login, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (401, "InvalidUserCredentials")


def test_what_does_not_exist_answers_in_the_error_shape(api: Api) -> None:
    answer = api.get("/class/nothing")
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (404, "ResourceDoesNotExist")
