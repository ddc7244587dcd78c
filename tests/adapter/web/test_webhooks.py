"""Events in: verified on the raw body, stored once, redacted; and what is said to whoever is not the platform."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adapter.context import Context
from adapter.store.inbox import secret_name
from adapter.store.tables import Connection, WebhookMessage
from connectors.signatures import sha256_base64
from tests.fixtures.studio import Seeded, app_on

SECRET = "secret of the subscription"
SHARED = "secret of the setting"


def message(site: str = "1001", number: str = "m1", **data: Any) -> bytes:
    """A booking event in the dialect."""
    told = {
        "messageId": number,
        "eventId": "classRosterBooking.created",
        "eventInstanceOriginationDateTime": "2026-03-02T11:58:00Z",
        "eventData": {
            "siteId": int(site),
            "classId": 11,
            "classRosterBookingId": 77,
            "clientFirstName": "Ana",
            "clientEmail": "ana@example.com",
            **data,
        },
    }
    return json.dumps(told).encode()


def signed(body: bytes, secret: str = SHARED) -> dict[str, str]:
    """The header with which the platform signs."""
    return {"X-Mindbody-Signature": f"sha256={sha256_base64(secret, body)}", "Content-Type": "application/json"}


@pytest.fixture
def inbox(ctx: Context, seeded: Seeded) -> FlaskClient:
    """The application, with the platform's secret in its settings."""
    ctx.config = replace(ctx.config, platforms={"sandbox": {"WEBHOOK_SECRET": SHARED}})
    return app_on(ctx).test_client()


def kept(ctx: Context) -> list[WebhookMessage]:
    """What the inbox holds."""
    with ctx.store.read() as db:
        return list(db.scalars(select(WebhookMessage).order_by(WebhookMessage.id)))


def test_the_platform_may_look_whether_we_are_there(inbox: FlaskClient) -> None:
    assert inbox.head("/webhooks/sandbox").status_code == 200
    assert inbox.head("/webhooks/nobody").status_code == 404
    assert inbox.get("/webhooks/sandbox").status_code == 405


def test_a_signed_message_is_kept_once_without_anybody_in_it(inbox: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    woken: list[bool] = []
    ctx.wake_engine = lambda: woken.append(True)
    body = message()
    for _ in range(3):
        assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 202
    (row,) = kept(ctx)
    assert (row.connection_id, row.event) == (seeded.connection_id, "classRosterBooking.created")
    assert row.hints[0]["session_id"] == "11"
    assert row.hints[0]["occurred_at"].startswith("2026-03-02T11:58:00")
    text = json.dumps(row.payload)
    assert "ana@example.com" not in text
    assert "Ana" not in text
    assert len(woken) == 1


RIGHT = signed(message())["X-Mindbody-Signature"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Mindbody-Signature": ""},
        {"X-Mindbody-Signature": f"{RIGHT},{RIGHT}"},
        {"X-Mindbody-Signature": f",{RIGHT}"},
        {"X-Mindbody-Signature": ",".join([RIGHT] * 1000)},
        {"X-Mindbody-Signature": "sha256=!!!!"},
        {"X-Mindbody-Signature": "sha256=\u00e9\u00e9"},
        {"X-Mindbody-Signature": "a" * 2**20},
        {"X-Mindbody-Signature": "sha256="},
        {"X-Mindbody-Signature": "sha256=" + "A" * 44},
        {"X-Mindbody-Signature": sha256_base64(SHARED, message())},
    ],
)
def test_without_a_valid_signature_nothing_is_kept(inbox: FlaskClient, ctx: Context, headers: dict[str, str]) -> None:
    assert inbox.post("/webhooks/sandbox", data=message(), headers=headers).status_code == 401
    assert kept(ctx) == []


def test_a_changed_body_is_refused(inbox: FlaskClient, ctx: Context) -> None:
    answer = inbox.post("/webhooks/sandbox", data=message(classId=12), headers=signed(message()))
    assert answer.status_code == 401
    assert kept(ctx) == []


def test_the_same_json_written_otherwise_is_refused(inbox: FlaskClient, ctx: Context) -> None:
    otherwise = json.dumps(json.loads(message()), separators=(",", ":")).encode()
    assert inbox.post("/webhooks/sandbox", data=otherwise, headers=signed(message())).status_code == 401


def test_while_keys_change_both_are_believed_and_after_its_end_the_old_one_is_not(
    inbox: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    row_id = seeded.connection_id
    with ctx.store.write() as db:
        row = db.get_one(Connection, row_id)
        row.webhook_secret = ctx.keys.seal(SECRET, secret_name(row_id))
        row.webhook_secret_before = ctx.keys.seal("the old one", secret_name(row_id, "webhook_secret_before"))
        row.webhook_secret_before_until = ctx.now() + timedelta(hours=4)
    ctx.config = replace(ctx.config, platforms={"sandbox": {"WEBHOOK_SECRET": "new", "WEBHOOK_SECRET_BEFORE": "old"}})
    own, shared = f"/webhooks/sandbox/{row_id}", "/webhooks/sandbox"

    def statuses() -> list[int]:
        tried = [(own, SECRET), (own, "the old one"), (shared, "new"), (shared, "old")]
        return [inbox.post(path, data=message(), headers=signed(message(), key)).status_code for path, key in tried]

    assert statuses() == [202, 202, 202, 202]
    later = ctx.now() + timedelta(hours=4)
    ctx.now = lambda: later
    ctx.config = replace(ctx.config, platforms={"sandbox": {"WEBHOOK_SECRET": "new"}})
    assert statuses() == [202, 401, 202, 401]


def test_a_studios_valid_message_about_another_studio_is_not_taken(
    inbox: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    own = f"/webhooks/sandbox/{seeded.connection_id}"
    body = message(site="1002")
    assert inbox.post(own, data=body, headers=signed(body)).status_code == 202, "the platform need not send it again"
    assert kept(ctx) == []
    assert inbox.post(own.replace("/1", "/2"), data=body, headers=signed(body)).status_code == 202
    assert [row.connection_id for row in kept(ctx)] == [seeded.other_connection_id]


def test_an_unknown_event_and_an_unknown_key_are_taken_and_ask_for_nothing(
    inbox: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    new_key = message(somethingNew={"deep": [1]})
    new_event = message(number="m2").replace(b"classRosterBooking.created", b"classRosterBooking.teleported")
    for body in (new_key, new_event):
        assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 202
    known, unknown = kept(ctx)
    assert (known.processed_at, len(known.hints)) == (None, 1)
    assert (unknown.result, unknown.connection_id) == ("about a site that is not connected here", None)


def test_a_connections_own_secret_counts_for_its_own_address(inbox: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        row = db.get_one(Connection, seeded.connection_id)
        row.webhook_secret = ctx.keys.seal(SECRET, f"connection:{row.id}:webhook_secret")
    body = message()
    path = f"/webhooks/sandbox/{seeded.connection_id}"
    assert inbox.post(path, data=body, headers=signed(body, SHARED)).status_code == 401
    assert inbox.post(path, data=body, headers=signed(body, SECRET)).status_code == 202
    assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body, SECRET)).status_code == 401
    assert [row.connection_id for row in kept(ctx)] == [seeded.connection_id]


def test_a_site_that_we_do_not_know_is_recorded(inbox: FlaskClient, ctx: Context) -> None:
    body = message(site="4711")
    assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 202
    assert [row.connection_id for row in kept(ctx)] == [None]


@pytest.mark.parametrize("mine", [True, False])
def test_an_address_that_names_no_connection_of_the_platform_leaves_it_to_the_site(
    inbox: FlaskClient, ctx: Context, seeded: Seeded, mine: bool
) -> None:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.other_connection_id).platform = "mindbody"
    for connection_id in (seeded.other_connection_id, 999):
        body = message(site="1001" if mine else "4711", number=f"m{connection_id}")
        answer = inbox.post(f"/webhooks/sandbox/{connection_id}", data=body, headers=signed(body))
        assert answer.status_code == 202
    assert {row.connection_id for row in kept(ctx)} == {seeded.connection_id if mine else None}


def test_a_signed_message_that_makes_no_sense_is_recorded(inbox: FlaskClient, ctx: Context) -> None:
    for body in (b"{", b"[]", b'{"messageId": 7, "eventId": "classRosterBooking.created", "eventData": {}}'):
        assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 202
    assert {row.event for row in kept(ctx)} == {"unreadable"}
    assert len(kept(ctx)) == 3


def test_too_much_is_refused_before_it_is_read(inbox: FlaskClient, ctx: Context) -> None:
    body = b"x" * 300_000
    assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 413
    assert kept(ctx) == []


def test_a_database_that_is_down_lets_the_platform_try_again(
    inbox: FlaskClient, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("insert", {}, Exception("no connection"))

    monkeypatch.setattr(ctx.store, "write", down)
    body = message()
    assert inbox.post("/webhooks/sandbox", data=body, headers=signed(body)).status_code == 503


def test_without_any_secret_nobody_is_believed(ctx: Context, seeded: Seeded) -> None:
    body = message()
    for secret in ("", SHARED):
        client = app_on(ctx).test_client()
        assert client.post("/webhooks/sandbox", data=body, headers=signed(body, secret)).status_code == 401
