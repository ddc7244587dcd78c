"""What the API tells: places, decisions with their reasons, connections; how lists page, and whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from adapter.api.paging import cursor_of
from adapter.context import Context
from adapter.store.tables import Role
from tests.adapter.api.conftest import Headers
from tests.fixtures.studio import Seeded, bearer


def test_the_calendar_tells_places_and_decisions(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    answer = client.get("/api/v1/sessions?from=2026-03-03&to=2026-03-04", headers=owner).json
    session = next(item for item in answer["items"] if item["class_name"] == "Lunch Stretch")
    places, decision = session["places"], session["decision"]
    assert session["starts_at"] == "2026-03-03T17:15:00+00:00"
    assert places["listed"] == decision["spots"] == 10
    assert decision["rate"] == "13.5000"
    taken = places["direct"] + places["marketplace"] + places["third_party"] + places["unknown"]
    assert taken + places["listed"] + places["kept"] == places["capacity"] == 16


def test_sessions_page_by_cursor_without_gap_or_repeat(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    url = "/api/v1/sessions?from=2026-03-02&to=2026-03-20&limit=7"
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        answer = client.get(url + (f"&cursor={cursor}" if cursor else ""), headers=owner).json
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert sorted(seen) == sorted(seeded.sessions)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("path", ["sessions", "connections", "runs", "studios"])
def test_a_cursor_of_our_own_making_only(client: FlaskClient, owner: Headers, path: str) -> None:
    unfit = [cursor_of(2**63), cursor_of(-1), cursor_of("0001-01-01T00:00:00+14:00", 1), cursor_of("9999-12-31", 2**63)]
    for cursor in ("x", "bm90anNvbg", "WzEsMiwzLDRd", "%00", "WyJ4Il0", "W3RydWVd", "W1tb" * 1500, *unfit):
        answer = client.get(f"/api/v1/{path}?cursor={cursor}", headers=owner)
        assert answer.status_code == 400, cursor
        assert answer.json["detail"] == "cursor: not one of ours"


def test_decisions_come_with_reasons_and_pushes(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    answer = client.get(f"/api/v1/sessions/{seeded.sessions[4]}/decisions", headers=owner).json
    latest, first = answer["items"]
    assert (latest["sequence"], first["sequence"]) == (2, 1)
    assert sum(part["value"] for part in latest["explanation"]["parts"]) == latest["spots"]
    assert latest["push"]["state"] == "refused"
    assert latest["push"]["answer"] == "The class is closed for edits"
    one = client.get(f"/api/v1/sessions/{seeded.sessions[4]}/decisions?limit=1", headers=owner).json
    url = f"/api/v1/sessions/{seeded.sessions[4]}/decisions?limit=1&cursor={one['next_cursor']}"
    assert client.get(url, headers=owner).json["items"][0]["sequence"] == 1


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.SUPPORT, Role.READONLY, Role.FRANCHISOR])
def test_the_floor_is_a_limit_to_others(client: FlaskClient, seeded: Seeded, ctx: Context, role: Role) -> None:
    """SR-11."""
    headers = bearer(ctx, role, seeded.studio_id)
    for session in seeded.sessions:
        text = client.get(f"/api/v1/sessions/{session}/decisions", headers=headers).text
        assert "floor" not in text
    text = client.get("/api/v1/sessions?from=2026-03-02&to=2026-03-20&limit=200", headers=headers).text
    assert "floor" not in text
    assert '"binding":"limit"' in text.replace(" ", "")


def test_lists_hold_only_what_is_the_callers(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    connections = client.get("/api/v1/connections", headers=owner).json["items"]
    assert [item["id"] for item in connections] == [seeded.connection_id]
    runs = client.get("/api/v1/runs", headers=owner).json["items"]
    assert {item["id"] for item in runs} == set(seeded.runs)
    sessions = client.get("/api/v1/sessions?limit=200&from=2026-03-02", headers=owner).json["items"]
    assert {item["id"] for item in sessions} <= set(seeded.sessions)
    for path in ("sessions?studio_id", "runs?connection_id"):
        other = seeded.other_studio_id if "studio" in path else seeded.other_connection_id
        assert client.get(f"/api/v1/{path}={other}", headers=owner).status_code == 404


def test_a_connection_tells_its_health(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    health = client.get(f"/api/v1/connections/{seeded.connection_id}", headers=owner).json["health"]
    assert (health["calls_today"], health["call_errors_today"], health["set_aside"]) == (312, 2, 1)
    assert health["pushes"]["refused"] == 1
    assert (health["calls_allowed"], health["calls_run_out_at"]) == (None, None)


def test_a_connection_short_of_calls_says_what_they_are_kept_for(
    client: FlaskClient, seeded: Seeded, owner: Headers, ctx: Context
) -> None:
    """N-14."""
    ctx.config = replace(ctx.config, platforms={"sandbox": {"CALLS_PER_DAY": "320"}})
    health = client.get(f"/api/v1/connections/{seeded.connection_id}", headers=owner).json["health"]
    assert health["calls_plan"] == "312 of 320 calls are used: the rest of today is kept for pushing."
    assert health["calls_run_out_at"].startswith("2026-03-02T12:18")
