"""Faults on purpose: which call is hit, and what the caller then meets."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.connectors.sandbox_server.test_writes import OFFER, Writer, coming, stranger
from tests.fixtures.sandbox import LiveSandbox

ROSTER = "/class/classvisits"


@pytest.fixture
def api(sandbox: LiveSandbox) -> Writer:
    """The owner's access to the sandbox."""
    return Writer(sandbox)


def _statuses(api: Writer, sandbox: LiveSandbox, times: int, path: str = ROSTER) -> list[int]:
    number = next(iter(sandbox.site.classes))
    return [api.get(path, classID=number).status_code for _ in range(times)]


def test_the_third_call_to_rosters_fails_and_no_other(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "error", "path": "classvisits", "skip": 2, "count": 1})
    assert api.get("/client/clients").ok
    assert _statuses(api, sandbox, 4) == [200, 200, 500, 200]
    assert sandbox.core.faults.report()[0]["hits"] == 1


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (
            {"kind": "error", "status": 503},
            503,
            {"Error": {"Message": "An unexpected error occurred.", "Code": "Unknown"}},
        ),
        ({"kind": "message"}, 500, {"Message": "An error has occurred."}),
        ({"kind": "unauthorized"}, 401, {"Error": {"Message": "Access denied", "Code": "DeniedAccess"}}),
        ({"kind": "answer", "status": 418, "body": '{"a": 1}'}, 418, {"a": 1}),
    ],
)
def test_answers_in_the_applications_stead(
    sandbox: LiveSandbox, api: Writer, fault: dict[str, Any], status: int, body: dict[str, Any]
) -> None:
    sandbox.faults({**fault, "path": "/class/"})
    answer = api.get(ROSTER, classID=1)
    assert (answer.status_code, answer.json()) == (status, body)
    sandbox.mend()
    assert api.get(ROSTER, classID=1).status_code == 404


def test_too_many_with_and_without_retry_after(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "too_many", "count": 1, "retry_after": 3}, {"kind": "too_many", "count": 1})
    told, silent = api.get("/client/clients"), api.get("/client/clients")
    assert (told.status_code, told.headers["Retry-After"]) == (429, "3")
    assert silent.status_code == 429
    assert "Retry-After" not in silent.headers


def test_html_and_half_an_answer_are_no_json(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "html", "count": 1}, {"kind": "truncated", "count": 1})
    page, half = api.get("/client/clients"), api.get("/client/clients")
    assert page.headers["Content-Type"].startswith("text/html")
    assert half.status_code == 200
    for answer in (page, half):
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_a_dropped_connection_has_no_answer_and_does_nothing(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    before = len(sandbox.site.visits)
    sandbox.faults({"kind": "dropped", "path": "addclienttoclass", "count": 1})
    with pytest.raises(requests.ConnectionError):
        api.send("POST", "/class/addclienttoclass", {"ClientId": stranger(sandbox, item), "ClassId": item.id})
    assert len(sandbox.site.visits) == before


def test_a_lost_answer_was_carried_out(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    sandbox.faults({"kind": "lost", "method": "PUT", "count": 1})
    with pytest.raises(requests.ConnectionError):
        api.send("PUT", f"/channel/offers/{item.id}", OFFER)
    assert api.read(f"/channel/offers/{item.id}")["Sequence"] == OFFER["Sequence"]


def test_a_slow_answer_outlasts_a_short_patience(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.5, "count": 1})
    with pytest.raises(requests.ReadTimeout):
        api.session.get(f"{api.url}/client/clients", timeout=0.05)
    assert api.get("/client/clients").ok


def test_reads_trail_writes_for_as_many_reads_as_told(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    path = f"/channel/offers/{item.id}"
    sandbox.faults({"kind": "stale", "count": 2})
    assert api.send("PUT", path, OFFER).ok
    assert [api.get(path).status_code for _ in range(3)] == [404, 404, 200]


def test_a_roster_trails_a_booking(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    sandbox.faults({"kind": "stale", "path": "roster", "count": 1})
    body = {"ClientId": stranger(sandbox, item), "ClassId": item.id}
    made = api.send("POST", "/class/addclienttoclass", body).json()["Visit"]["Id"]
    rosters = [api.read(ROSTER, classID=item.id)["Class"]["Visits"] for _ in range(2)]
    assert [made in [visit["Id"] for visit in roster] for roster in rosters] == [False, True]


def test_a_withdrawn_site_answers_nothing(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "revoked_site", "site": "1001"})
    answer = api.get("/class/classes")
    assert (answer.status_code, answer.json()["Error"]["Message"]) == (401, "Site is deactivated.")
    sites = requests.get(f"{api.url}/site/sites", headers={"API-Key": sandbox.api_key}, timeout=10)
    assert sites.json()["Sites"] == []


def test_the_clock_can_be_wrong(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.faults({"kind": "clock_skew", "seconds": 90_000})
    assert api.get("/client/clients").status_code == 401


def test_rate_limit_says_when_to_come_back(sandbox: LiveSandbox, api: Writer) -> None:
    sandbox.options(per_minute=3)
    assert [api.get("/site/programs").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(api.get("/site/programs").headers["Retry-After"]) == 60
    sandbox.tick(seconds=61)
    assert api.get("/site/programs").ok


def test_meter_counts_by_key_site_day_and_endpoint(sandbox: LiveSandbox, api: Writer) -> None:
    _statuses(api, sandbox, 3)
    sandbox.tick(days=1)
    report = requests.get(f"{sandbox.url}/_sandbox/meter", timeout=10).json()
    rows = {(row["site"], row["day"], row["endpoint"]): row["calls"] for row in report["calls"]}
    assert rows["1001", "2026-03-02", "GET /class/classvisits"] == 3
    assert sandbox.calls("classvisits") == 3
    assert sandbox.api_key not in str(report)


def test_offers_are_counted_under_one_endpoint(sandbox: LiveSandbox, api: Writer) -> None:
    api.send("PUT", f"/channel/offers/{coming(sandbox).id}", OFFER)
    assert sandbox.calls("PUT /channel/offers/{id}") == 1


def test_switches_over_http(sandbox: LiveSandbox, api: Writer) -> None:
    url = f"{sandbox.url}/_sandbox"
    assert requests.post(f"{url}/faults", json={"kind": "error", "path": "clients"}, timeout=10).ok
    assert api.get("/client/clients").status_code == 500
    assert requests.delete(f"{url}/faults", timeout=10).json() == {"faults": []}
    assert api.get("/client/clients").ok
    wrong = requests.post(f"{url}/faults", json={"kind": "gremlin"}, timeout=10)
    assert wrong.status_code == 400
    assert "gremlin" in wrong.json()["error"]
    assert requests.patch(f"{url}/options", json={"window": "edits"}, timeout=10).ok
    assert requests.patch(f"{url}/options", json={"window": "sideways"}, timeout=10).status_code == 400


def test_the_market_lives_on_when_told(sandbox: LiveSandbox) -> None:
    before = requests.get(f"{sandbox.url}/_sandbox/state", timeout=10).json()
    after = requests.post(f"{sandbox.url}/_sandbox/advance", json={"hours": 48}, timeout=10).json()
    assert after["now"] == "2026-03-04T12:00:00+00:00"
    assert after["sites"][0]["visits"] > before["sites"][0]["visits"]
