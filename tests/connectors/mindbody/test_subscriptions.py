"""Subscribing to events: at an address of its own, with our key alone, and what then comes is genuine."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import responses

from connectors import registry
from connectors.errors import Rejected, TryAgain
from connectors.mindbody.subscriptions import subscribe
from connectors.mindbody.webhooks import EVENTS, verify
from tests.fixtures.doors import FAR, Wire, reply
from tests.fixtures.sandbox import LiveSandbox

Wires = Callable[..., Wire]
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def test_the_sandbox_delivers_signed_events_to_who_subscribed(
    sandbox: LiveSandbox, wire: Wires, loopback: Serve
) -> None:
    came: list[tuple[dict[str, str], bytes]] = []

    def receive(handler: BaseHTTPRequestHandler) -> None:
        if handler.command == "POST":
            came.append((dict(handler.headers), handler.body))  # type: ignore[attr-defined]
        reply(handler, b"{}")

    made = wire(sandbox.webhook_url, headers={"API-Key": sandbox.api_key}, tokens=[None])
    declared = registry.get("sandbox").webhooks
    assert declared is not None
    assert declared.subscribe is not None
    number, secret = declared.subscribe(made.api, f"{loopback(receive)}/webhooks/sandbox/1")
    assert sandbox.core.webhooks.subscriptions[number].site_ids == {made.api.site.id}  # not of every studio
    item = next(item for item in sandbox.site.classes.values() if item.starts_at > sandbox.site.now)
    visit = sandbox.world.book(sandbox.site.id, item.id, next(iter(sandbox.site.clients)))
    sandbox.pump()
    deliveries = [(headers, declared.read(body)) for headers, body in came if verify(secret, headers, body)]
    assert len(deliveries) == len(came) > 0
    assert any(hint.external_id == str(visit.id) for _, delivery in deliveries for hint in delivery.hints)
    assert made.calls == [("POST /subscriptions", 200), ("PATCH /subscriptions/{id}", 200)]


def test_an_address_that_does_not_answer_is_refused(sandbox: LiveSandbox, wire: Wires) -> None:
    made = wire(sandbox.webhook_url, headers={"API-Key": sandbox.api_key}, tokens=[None])
    with pytest.raises(Rejected) as caught:
        subscribe(made.api, "http://127.0.0.1:9/nobody")
    assert caught.value.code == "invalidWebhookURLNoResponse"


@responses.activate
@pytest.mark.parametrize("wrapped", [True, False])
def test_both_forms_of_the_answer_are_read(wire: Wires, wrapped: bool) -> None:
    answer: dict[str, Any] = {"subscriptionId": "0b3c-1", "messageSignatureKey": "k", "status": "PendingActivation"}
    body = {"errorInformation": [], "isSuccess": True, "value": answer} if wrapped else answer
    responses.post(f"{FAR}/subscriptions", json=body)
    responses.patch(f"{FAR}/subscriptions/0b3c-1", json=answer)
    assert subscribe(wire(tokens=[None]).api, "https://adapter.example/webhooks/x") == ("0b3c-1", "k")
    asked = json.loads(responses.calls[0].request.body or b"")
    assert asked == {
        "eventIds": list(EVENTS),
        "eventSchemaVersion": 1,
        "referenceId": "1001",
        "webhookUrl": "https://adapter.example/webhooks/x",
    }


@responses.activate
@pytest.mark.parametrize("body", [{}, [], {"subscriptionId": "1"}, {"messageSignatureKey": "k"}])
def test_an_answer_without_a_key_is_no_subscription(wire: Wires, body: Any) -> None:
    responses.post(f"{FAR}/subscriptions", json=body)
    with pytest.raises(TryAgain, match="POST /subscriptions"):
        subscribe(wire(tokens=[None]).api, "https://adapter.example/webhooks/x")
