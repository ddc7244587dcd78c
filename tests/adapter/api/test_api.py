"""The JSON API: what it answers, how it pages, how it says no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import func, select

from adapter.api.paging import cursor_of
from adapter.app import create_app
from adapter.context import Context
from adapter.store.tables import Audit, Connection, EventsState, PushMode, Role, Run, RunKind
from adapter.web.limits import limiter
from tests.fixtures.studio import Seeded, bearer

Headers = dict[str, str]


@pytest.fixture
def owner(ctx: Context, seeded: Seeded) -> Headers:
    return bearer(ctx, Role.OWNER, seeded.studio_id)


@pytest.mark.parametrize("prefix", ["/api/v1/", "/channel/v1/"])
def test_the_description_is_valid_and_holds_every_route(client: FlaskClient, prefix: str) -> None:
    spec = client.get(f"{prefix}openapi.json").json
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()
    described = {
        (method.upper(), path)
        for path, item in spec["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    }
    routed = {
        (method, rule.rule.replace("<int:", "{").replace("<path:", "{").replace("<", "{").replace(">", "}"))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(prefix) and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routed


def test_a_marketplace_is_told_what_every_field_of_the_channel_means(client: FlaskClient) -> None:
    """Its developers have the document alone."""
    shapes = client.get("/channel/v1/openapi.json").json["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, shape in shapes.items()
        for field, told in shape["properties"].items()
        if not told.get("description")
    ]
    assert silent == []


def test_errors_are_described_as_problems(client: FlaskClient) -> None:
    spec = client.get("/api/v1/openapi.json").json
    for name, response in spec["components"]["responses"].items():
        assert set(response["content"]) == {"application/problem+json"}, name


@pytest.mark.parametrize(
    "amount", ["Settings.rate_floor", "Campaign.fee", "CampaignBody.fee", "Opportunity.revenue", "BroughtBy.revenue"]
)
def test_an_amount_is_described_as_the_string_that_it_is(client: FlaskClient, amount: str) -> None:
    name, field = amount.split(".")
    told = client.get("/api/v1/openapi.json").json["components"]["schemas"][name]["properties"][field]
    assert "string" in told["type"]
    assert told["format"] == "decimal"


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


@pytest.mark.parametrize(("role", "sees"), [(Role.OWNER, True), (Role.FINANCE, True), (Role.OPERATIONS, False)])
def test_the_floor_shows_in_settings_to_owner_and_finance(
    client: FlaskClient, seeded: Seeded, ctx: Context, role: Role, sees: bool
) -> None:
    settings = client.get(
        f"/api/v1/studios/{seeded.studio_id}/settings", headers=bearer(ctx, role, seeded.studio_id)
    ).json
    assert ("rate_floor" in settings) is sees
    assert settings["release_all_hours"] == 6


def test_putting_settings_replaces_them_and_leaves_a_trace(
    client: FlaskClient, seeded: Seeded, ctx: Context, owner: Headers
) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    answer = client.put(path, headers=owner, json={"min_spots": 3, "rate_ceiling": "19.50"})
    assert answer.status_code == 200
    assert (answer.json["min_spots"], answer.json["release_all_hours"]) == (3, None)
    assert answer.json["rate_floor"] == "7.5000", "left out, the floor stays"
    with ctx.store.read() as db:
        audit = db.scalars(select(Audit).where(Audit.act == "settings.changed")).one()
    assert audit.actor.startswith("token:")
    assert (audit.before or {})["min_spots"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"release_all_hours": 1}, "release_all_hours"),
        ({"release_all_hours": 73}, "release_all_hours"),
        ({"release_all_hours": 72.9}, "release_all_hours"),
        ({"min_spots": -1}, "min_spots"),
        ({"min_spots": 2.5}, "min_spots"),
        ({"no_increase_after_minutes": 7.5}, "no_increase_after_minutes"),
        ({"max_displacement_risk": 1.5}, "max_displacement_risk"),
        ({"rate_ceiling": "7.00"}, "rate_ceiling"),
        ({"rate_ceiling": "NaN"}, "rate_ceiling"),
        ({"rate_ceiling": "much"}, "rate_ceiling"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_named(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: dict[str, Any], field: str
) -> None:
    """SS-12."""
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    answer = client.put(path, headers=owner, json=body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert list(answer.json["errors"]["json"]) == [field]
    assert client.get(path, headers=owner).json["min_spots"] == 2


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_said_to_be_json_is_refused_and_not_passed_over(
    client: FlaskClient, seeded: Seeded, owner: Headers, kind: str
) -> None:
    """As ``curl --data`` sends it: passed over, it took every setting back, and read the whole studio again."""
    settings = f"/api/v1/studios/{seeded.studio_id}/settings"
    resync = f"/api/v1/connections/{seeded.connection_id}/resync"
    before = client.get(settings, headers=owner).json
    for answer in (
        client.put(settings, headers=owner, data='{"min_spots": 3}', content_type=kind),
        client.post(resync, headers=owner | {"Idempotency-Key": "l"}, data='{"dry_run": true}', content_type=kind),
    ):
        assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")
        assert "Content-Type: application/json" in answer.json["detail"]
    assert client.get(settings, headers=owner).json == before
    bare = client.post(resync, headers=owner | {"Idempotency-Key": "l"}, content_type=kind)
    assert bare.status_code == 202, "without a body there is nothing to be passed over"


def test_operations_can_neither_see_nor_move_the_floor(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    headers = bearer(ctx, Role.OPERATIONS, seeded.studio_id)
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    assert client.put(path, headers=headers, json={"rate_floor": "1"}).status_code == 403
    below = client.put(path, headers=headers, json={"rate_ceiling": "5"})
    assert below.status_code == 422
    assert "floor" not in below.text


class TestResync:
    @pytest.fixture
    def url(self, seeded: Seeded) -> str:
        return f"/api/v1/connections/{seeded.connection_id}/resync"

    def test_needs_a_key(self, client: FlaskClient, url: str, owner: Headers) -> None:
        answer = client.post(url, headers=owner, json={})
        assert answer.status_code == 422
        assert "Idempotency-Key" in answer.json["errors"]["headers"]

    def test_answers_with_a_run_and_wakes_the_engine(
        self, client: FlaskClient, url: str, owner: Headers, ctx: Context
    ) -> None:
        woken: list[bool] = []
        ctx.wake_engine = lambda: woken.append(True)
        body = {"from": "2026-03-01", "to": "2026-03-02", "dry_run": True}
        answer = client.post(url, headers={**owner, "Idempotency-Key": "a"}, json=body)
        assert answer.status_code == 202
        run = client.get(f"/api/v1/runs/{answer.json['id']}", headers=owner).json
        assert (run["kind"], run["origin"], run["state"]) == ("resync", "manual", "queued")
        assert run["params"] == {"from": "2026-03-01", "to": "2026-03-02", "dry_run": True}
        assert run["actor"].startswith("token:")
        assert woken

    def test_the_same_key_does_it_once(self, client: FlaskClient, url: str, owner: Headers, ctx: Context) -> None:
        headers = {**owner, "Idempotency-Key": "b"}
        first = client.post(url, headers=headers, json={"stream": "sessions"})
        with ctx.store.write() as db:
            run = db.get_one(Run, first.json["id"])
            run.step = "moved on"
        again = client.post(url, headers=headers, json={"stream": "sessions"})
        assert (again.status_code, again.json) == (202, first.json)
        with ctx.store.read() as db:
            assert db.scalar(select(func.count()).where(Run.params["stream"].as_string() == "sessions")) == 1

    def test_the_same_key_for_something_else_is_a_conflict(self, client: FlaskClient, url: str, owner: Headers) -> None:
        headers = {**owner, "Idempotency-Key": "c"}
        client.post(url, headers=headers, json={"stream": "sessions"})
        assert client.post(url, headers=headers, json={"stream": "clients"}).status_code == 409

    def test_another_caller_may_use_the_same_key(
        self, client: FlaskClient, url: str, owner: Headers, ctx: Context, seeded: Seeded
    ) -> None:
        client.post(url, headers={**owner, "Idempotency-Key": "d"}, json={"stream": "sessions"})
        support = bearer(ctx, Role.SUPPORT, seeded.studio_id)
        answer = client.post(url, headers={**support, "Idempotency-Key": "d"}, json={"stream": "clients"})
        assert answer.status_code == 202

    def test_an_identical_resync_that_still_goes_on_is_joined(
        self, client: FlaskClient, url: str, owner: Headers
    ) -> None:
        first, second = (
            client.post(url, headers={**owner, "Idempotency-Key": key}, json={"stream": "prices"}).json
            for key in ("e", "f")
        )
        assert first["id"] == second["id"]
        assert (second["asked"], second["message"]) == (
            "joined", f"The same is already running, or waits: joined run {first['id']}."
        )  # fmt: skip

    def test_who_comes_second_is_told_behind_whom(
        self, client: FlaskClient, url: str, owner: Headers, seeded: Seeded
    ) -> None:
        told = client.post(url, headers={**owner, "Idempotency-Key": "h"}, json={"why": "the studio called"}).json
        assert (told["asked"], told["behind"], told["why"]) == ("queued", seeded.runs[2], "the studio called")

    def test_what_failed_is_retried_on_its_own(
        self, client: FlaskClient, owner: Headers, seeded: Seeded, ctx: Context
    ) -> None:
        number = seeded.runs[1]
        retry = f"/api/v1/runs/{number}/retry"
        listed = [{"what": "sessions s9", "message": "no", "stream": "sessions", "id": "s9"}, {"what": "run"}]
        with ctx.store.write() as db:
            db.get_one(Run, number).errors = listed
        told = client.post(retry, headers={**owner, "Idempotency-Key": "i"}, json={"item": 0})
        assert (told.status_code, told.json["params"]) == (202, {"items": [{"stream": "sessions", "id": "s9"}]})
        refused = client.post(retry, headers={**owner, "Idempotency-Key": "j"}, json={"item": 1})
        assert (refused.status_code, refused.json["detail"]) == (
            400,
            f"Nothing in run {number} can be retried on its own",
        )

    def test_support_subscribes_to_events_again_and_sees_how_they_stand(
        self, client: FlaskClient, seeded: Seeded, ctx: Context
    ) -> None:
        path = f"/api/v1/connections/{seeded.connection_id}"
        with ctx.store.write() as db:
            row = db.get_one(Connection, seeded.connection_id)
            row.webhook_state, row.webhook_why = EventsState.OFF, "The platform's word: it is off."
            row.webhook_gap = {"from": "2026-03-02T09:00:00+00:00", "to": None, "run": None}
        support = bearer(ctx, Role.SUPPORT, seeded.studio_id)
        events = client.get(path, headers=support).json["events"]
        assert (events["state"], events["why"]) == ("off", "The platform's word: it is off.")
        assert events["gap"] == {"from": "2026-03-02T09:00:00+00:00", "to": None, "run": None}
        told = client.post(f"{path}/events", headers={**support, "Idempotency-Key": "k"})
        assert (told.status_code, told.json["kind"], told.json["params"]) == (202, "subscribe", {"again": True})

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"from": "2026-03-02", "to": "2026-03-01"}, 400),
            ({"session": 999_999}, 400),
            ({"stream": "moods"}, 422),
            ({"from": "soon"}, 422),
        ],
    )
    def test_nonsense_is_refused(
        self, client: FlaskClient, url: str, owner: Headers, body: dict[str, Any], status: int
    ) -> None:
        answer = client.post(url, headers={**owner, "Idempotency-Key": "g"}, json=body)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")

    def test_a_session_of_another_studio_is_refused(
        self, client: FlaskClient, url: str, owner: Headers, seeded: Seeded
    ) -> None:
        body = {"session": seeded.other_session_id}
        answer = client.post(url, headers={**owner, "Idempotency-Key": "h"}, json=body)
        assert answer.status_code == 400


def test_pausing_is_audited_and_carried_out_beside_any_pull(
    client: FlaskClient, seeded: Seeded, owner: Headers, ctx: Context
) -> None:
    path = f"/api/v1/connections/{seeded.connection_id}/push-mode"
    assert client.put(path, headers=owner, json={"push_mode": "paused"}).json["push_mode"] == "paused"
    assert client.put(path, headers=owner, json={"push_mode": "paused"}).status_code == 200
    with ctx.store.read() as db:
        audit = db.scalars(select(Audit).where(Audit.act == "push_mode.changed")).one()
        assert (audit.before, audit.after) == ({"push_mode": "live"}, {"push_mode": "paused"})
        assert db.get_one(Connection, seeded.connection_id).push_mode is PushMode.PAUSED
        assert db.scalar(select(func.count()).where(Run.kind == RunKind.PUSH)) == 1


def test_sources_are_mapped_by_the_studio(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/sources"
    before = {item["source"]: item for item in client.get(path, headers=owner).json["items"]}
    assert before["service:Partner pass"]["channel"] == "unknown"
    one = {"connection_id": seeded.connection_id, "source": "service:Partner pass", "channel": "third_party"}
    after = client.put(path, headers=owner, json={"items": [one]}).json["items"]
    assert {item["source"]: item["channel"] for item in after} == {
        "web": "direct",
        "channel": "marketplace",
        "service:Partner pass": "third_party",
    }
    foreign = {**one, "connection_id": seeded.other_connection_id}
    assert client.put(path, headers=owner, json={"items": [foreign]}).status_code == 404


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


def test_wrong_tokens_are_slowed_down(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    wrong = {"Authorization": "Bearer spot_guess"}
    answers = [client.get("/api/v1/studios", headers=wrong).status_code for _ in range(32)]
    assert answers[:30] == [401] * 30
    assert answers[31] == 429
    waits = client.get("/api/v1/studios", headers=owner)
    assert (waits.status_code, waits.json["detail"][-14:]) == (429, "wait a minute."), "the guesser's address waits"


@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 401)])
def test_an_address_from_a_header_counts_only_behind_our_own_proxy(
    ctx: Context, seeded: Seeded, proxies: int, status: int
) -> None:
    ctx.config = replace(ctx.config, trusted_proxies=proxies)
    client = create_app(ctx).test_client()
    limiter.reset()
    for number in range(31):
        headers = {"Authorization": "Bearer spot_guess", "X-Forwarded-For": f"198.51.100.{number}"}
        answer = client.get("/api/v1/studios", headers=headers)
    assert answer.status_code == status


def test_right_tokens_are_not_counted(client: FlaskClient, owner: Headers) -> None:
    assert {client.get("/api/v1/studios", headers=owner).status_code for _ in range(40)} == {200}


@pytest.mark.parametrize(("body", "kind"), [(b"{", "application/json"), (b"a=b", "application/x-www-form-urlencoded")])
def test_a_body_that_is_no_json_is_a_problem(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: bytes, kind: str
) -> None:
    path = f"/api/v1/connections/{seeded.connection_id}/push-mode"
    answer = client.put(path, headers=owner, data=body, content_type=kind)
    assert answer.status_code in (400, 415, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"items": [{"connection_id": 1, "source": "\\ud800", "channel": "direct"}]}', "half a surrogate pair"),
        ('{"items": [], "items": []}', "a key stands twice"),
    ],
)
def test_a_body_that_cannot_be_read_or_kept_is_a_400(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: str, why: str
) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/sources"
    answer = client.put(path, headers=owner, data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert why in answer.json["detail"]
    assert why in answer.json["errors"]["json"][0]


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/channel/v1/offers", 401, "Authorization: Bearer"),
        ("GET", "/api/v1/nowhere", 404, "not yours"),
        ("GET", "/channel/v1/reservations/a%00", 400, "NUL"),  # PostgreSQL broke at it
        ("DELETE", "/api/v1/studios", 405, "Allow"),
        ("GET", "/api/v1/studios?limit=x", 422, "errors says where"),
    ],
)
def test_a_program_is_not_told_of_browsers(
    client: FlaskClient, owner: Headers, method: str, path: str, status: int, said: str
) -> None:
    answer = client.open(path, method=method, headers={} if status == 401 else owner)
    assert answer.status_code == status
    assert said in answer.json["detail"]
    assert "browser" not in answer.text
