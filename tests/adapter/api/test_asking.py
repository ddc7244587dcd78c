"""Work that is asked for through the API: once for each key, joined where it goes on, audited."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adapter.context import Context
from adapter.store.tables import Audit, Connection, EventsState, PushMode, Role, Run, RunKind
from tests.adapter.api.conftest import Headers
from tests.fixtures.studio import Seeded, bearer


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
