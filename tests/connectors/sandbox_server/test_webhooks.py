"""Webhooks out, to a real receiver on loopback: signed, repeated, given up."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from connectors.sandbox.market.events import EventKind
from connectors.sandbox.server.webhooks import signature
from tests.connectors.sandbox_server.test_writes import coming, stranger
from tests.fixtures.sandbox import LiveSandbox

BOOKED, CANCELLED = "classRosterBooking.created", "classRosterBooking.cancelled"


@dataclass
class Receiver:
    """Somebody who is told: what came, and how it answers."""

    url: str = ""
    status: int = 204
    probe: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that listens on loopback."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(state.probe)

        def do_POST(self) -> None:
            state.came.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(state.status)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def ask(sandbox: LiveSandbox, method: str, path: str = "", **body: Any) -> requests.Response:
    """Call the subscriptions API."""
    url = f"{sandbox.webhook_url}/subscriptions{path}"
    return requests.request(method, url, json=body or None, headers={"API-Key": sandbox.api_key}, timeout=10)


def subscribe(sandbox: LiveSandbox, receiver: Receiver, *events: str) -> dict[str, Any]:
    """A subscription that is switched on."""
    made: dict[str, Any] = ask(
        sandbox, "POST", eventIds=list(events), eventSchemaVersion=1, referenceId="ours", webhookUrl=receiver.url
    ).json()
    assert made["status"] == "PendingActivation"
    assert ask(sandbox, "PATCH", f"/{made['subscriptionId']}", status="Active").json()["status"] == "Active"
    return made


def book(sandbox: LiveSandbox) -> int:
    """Something to tell of."""
    item = coming(sandbox)
    client = sandbox.site.client_by_text(stranger(sandbox, item))
    assert client is not None
    return sandbox.world.book(1001, item.id, client.unique_id, overbook=True).id


def test_signature_fits_the_known_vector() -> None:
    body = (
        '{"messageId":"SYNTH000000000000000A2","eventId":"classRosterBooking.cancelled","eventSchemaVersion":1,'
        '"eventInstanceOriginationDateTime":"2026-03-02T16:00:00Z","eventData":{"siteId":-99,"locationId":1,'
        '"classId":201,"classRosterBookingId":11111,"clientId":"100000009","clientUniqueId":100000009}}'
    )
    expected = "sha256=tfJg0FLbP9pBtrgq2Ve6BhVfiUDegwa3eAusboqcd0Q="
    assert signature("SYNTHETIC-signature-key-not-a-real-one", body.encode()) == expected


def test_a_booking_is_told_signed_over_the_raw_body(sandbox: LiveSandbox, receiver: Receiver) -> None:
    key = subscribe(sandbox, receiver, BOOKED)["messageSignatureKey"]
    sandbox.pump()
    visit = book(sandbox)
    assert sandbox.pump() == 1
    headers, body = receiver.came[0]
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    assert headers["X-Mindbody-Signature"] == "sha256=" + b64encode(digest).decode()
    message = json.loads(body)
    assert (message["eventId"], message["eventSchemaVersion"]) == (BOOKED, 1)
    assert message["eventData"]["siteId"] == 1001
    assert message["eventData"]["classRosterBookingId"] == visit
    assert message["eventInstanceOriginationDateTime"].endswith("Z")


def test_a_cancellation_carries_ids_alone(sandbox: LiveSandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver, CANCELLED)
    sandbox.world.cancel(1001, book(sandbox), late=False)
    sandbox.pump()
    ids = {"siteId", "locationId", "classId", "classRosterBookingId", "clientId", "clientUniqueId"}
    assert ids == set(receiver.messages[-1]["eventData"])


def test_only_what_was_asked_for_is_told_once_active(sandbox: LiveSandbox, receiver: Receiver) -> None:
    made = subscribe(sandbox, receiver, BOOKED)
    sandbox.advance(hours=12)
    sandbox.pump()
    assert {message["eventId"] for message in receiver.messages} == {BOOKED}
    told = len(receiver.came)
    ask(sandbox, "PATCH", f"/{made['subscriptionId']}", status="DeactivatedByUser")
    book(sandbox)
    assert sandbox.pump() == 0
    assert len(receiver.came) == told


@pytest.mark.parametrize(("sites", "told"), [([], 1), (["1001"], 1), (["1002", 1003], 0)])
def test_who_names_sites_is_told_of_these_alone(
    sandbox: LiveSandbox, receiver: Receiver, sites: list[str], told: int
) -> None:
    wanted = {"eventIds": [BOOKED], "eventSchemaVersion": 1, "webhookUrl": receiver.url, "siteIds": sites}
    ask(sandbox, "PATCH", f"/{ask(sandbox, 'POST', **wanted).json()['subscriptionId']}", status="Active")
    sandbox.pump()
    book(sandbox)
    assert sandbox.pump() == told


def test_every_kind_of_event_can_be_told(sandbox: LiveSandbox, receiver: Receiver) -> None:

    subscribe(sandbox, receiver, *(kind.value for kind in EventKind))
    site, item = sandbox.site, coming(sandbox)
    world, clients = sandbox.world, [c for c in site.clients.values() if c.merged_into is None]
    visit = book(sandbox)
    world.mark(1001, visit, came=True)
    world.cancel(1001, visit, late=False)
    inside = {v.client_id for v in site.visits_of(item.id)} | {e.client_id for e in site.waiting_for(item.id)}
    entry = world.join_waitlist(1001, item.id, next(c.unique_id for c in clients if c.unique_id not in inside))
    world.leave_waitlist(1001, entry.id)
    world.change_client(1001, clients[0].unique_id, email=None)
    world.merge(1001, clients[1].unique_id, clients[2].unique_id)
    world.enter_client(1001, "New", "Person", None)
    world.cancel_class(1001, item.id)
    schedule = site.schedules[item.schedule_id]
    world.cut_schedule(1001, schedule.id, schedule.start_date, schedule.end_date)
    sandbox.advance(hours=48)
    sandbox.pump()
    assert {message["eventId"] for message in receiver.messages} >= {kind.value for kind in EventKind}


def test_what_is_gone_is_not_told_of(sandbox: LiveSandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver, BOOKED)
    visit = sandbox.site.visits[book(sandbox)]
    sandbox.site.remove_class(visit.class_id)
    assert sandbox.pump() == 0


def test_a_failed_delivery_comes_again_by_the_clock(sandbox: LiveSandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver, BOOKED)
    receiver.status = 500
    book(sandbox)
    assert (sandbox.pump(), sandbox.pump()) == (1, 0)
    sandbox.tick(minutes=15)
    receiver.status = 200
    assert (sandbox.pump(), sandbox.pump()) == (1, 0)
    first, second = receiver.messages
    assert first["messageId"] == second["messageId"]


def test_after_too_many_failures_the_subscription_is_switched_off(sandbox: LiveSandbox, receiver: Receiver) -> None:
    sandbox.options(webhook_retry_minutes=[1], webhook_give_up_after=1)
    made = subscribe(sandbox, receiver, BOOKED)
    receiver.status = 500
    book(sandbox)
    sandbox.pump()
    sandbox.tick(minutes=1)
    sandbox.pump()
    shown = ask(sandbox, "GET", f"/{made['subscriptionId']}").json()
    assert shown["status"] == "DeactivatedTooManyFailedMessageDeliveryAttempts"
    metrics = requests.get(f"{sandbox.webhook_url}/metrics", headers={"API-Key": sandbox.api_key}, timeout=10).json()
    counts = metrics["items"][0]
    assert (counts["messagesAttempted"], counts["messagesDelivered"], counts["messagesFailed"]) == (2, 0, 1)


def test_duplicates_and_the_wrong_order(sandbox: LiveSandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver, BOOKED)
    sandbox.faults({"kind": "webhook_duplicate", "count": 1}, {"kind": "webhook_reorder", "count": 1})
    visits = [book(sandbox), book(sandbox)]
    sandbox.pump()
    told = [message["eventData"]["classRosterBookingId"] for message in receiver.messages]
    assert told == [visits[1], visits[1], visits[0]]


def test_subscriptions_are_refused_with_a_reason(sandbox: LiveSandbox, receiver: Receiver) -> None:
    good = {"eventIds": [BOOKED], "eventSchemaVersion": 1, "webhookUrl": receiver.url}
    wrong = {
        "invalidValueWebhookURLRequired": {"webhookUrl": ""},
        "invalidWebhookURLMissingHTTPS": {"webhookUrl": "http://elsewhere.example/hook"},
        "invalidWebhookUrlBadFormat": {"webhookUrl": "hook"},
        "invalidValueEventIdsRequired": {"eventIds": []},
        "invalidValueEventIds": {"eventIds": ["class.imagined"]},
        "invalidEventSchemaVersion": {"eventSchemaVersion": 2},
    }
    for reason, change in wrong.items():
        answer = ask(sandbox, "POST", **{**good, **change})
        assert (answer.status_code, answer.json()["errors"][0]["errorType"]) == (400, reason)
    receiver.probe = 404
    assert ask(sandbox, "POST", **good).json()["errors"][0]["errorType"] == "invalidWebhookURLNoResponse"
    assert ask(sandbox, "GET").json() == {"items": []}


def test_key_is_demanded(sandbox: LiveSandbox) -> None:
    answer = requests.get(f"{sandbox.webhook_url}/subscriptions", timeout=10)
    assert (answer.status_code, answer.json()["errors"][0]["errorType"]) == (401, "missingAPIKeyHeader")


def test_a_removed_subscription_is_gone(sandbox: LiveSandbox, receiver: Receiver) -> None:
    made = subscribe(sandbox, receiver, BOOKED)
    path = f"/{made['subscriptionId']}"
    assert ask(sandbox, "DELETE", path).json()["subscriptionId"] == made["subscriptionId"]
    assert ask(sandbox, "GET", path).status_code == 404


def test_the_background_thread_pumps_by_itself(sandbox: LiveSandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver, BOOKED)
    told = threading.Event()
    send = sandbox.core.webhooks.send

    def noting(*given: Any) -> int | None:
        status = send(*given)
        told.set()
        return status

    sandbox.core.webhooks.send = noting
    book(sandbox)
    sandbox.core.webhooks.start()
    assert told.wait(10)
    sandbox.core.webhooks.stop()
    assert receiver.messages[0]["eventId"] == BOOKED
