"""A subscription's life at the platform: listed with its state, switched on again, ended; in the documented words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import responses

from connectors.errors import TryAgain
from connectors.mindbody.subscriptions import delete, listed, resume, subscribe
from connectors.mindbody.webhooks import EVENTS
from connectors.platform import Subscription, SubscriptionState
from connectors.sandbox.server.webhooks import Status
from tests.fixtures.doors import FAR, Wire, reply
from tests.fixtures.sandbox import LiveSandbox

Wires = Callable[..., Wire]
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def test_a_subscription_is_listed_switched_on_again_and_ended(
    sandbox: LiveSandbox, wire: Wires, loopback: Serve
) -> None:
    callback = loopback(lambda handler: reply(handler, b""))
    api = wire(sandbox.webhook_url, headers={"API-Key": sandbox.api_key}, tokens=[None]).api
    number, _ = subscribe(api, callback)
    (found,) = listed(api)
    assert (found.id, found.callback, found.state, found.why) == (number, callback, SubscriptionState.ACTIVE, None)
    made = sandbox.core.webhooks.subscriptions[number]
    made.failed = 4
    made.status = Status.OFF_BY_FAILURES
    (off,) = listed(api)
    assert (off.state, off.given_up) == (SubscriptionState.OFF, 4)
    assert off.why == "too many of its messages could not be delivered"
    resume(api, number)
    assert listed(api)[0].state is SubscriptionState.ACTIVE
    delete(api, number)
    delete(api, number)
    assert list(listed(api)) == []


@responses.activate
@pytest.mark.parametrize(
    ("status", "state", "why"),
    [
        ("Active", SubscriptionState.ACTIVE, None),
        ("PendingActivation", SubscriptionState.OFF, "it has not been switched on yet"),
        ("DeactivatedByEventDeactivation", SubscriptionState.ENDED, "one of its kinds of events is no longer offered"),
        ("DeactivatedBySomethingNew", SubscriptionState.OFF, "DeactivatedBySomethingNew"),
    ],
)
def test_every_word_of_the_platform_has_a_meaning(
    wire: Wires, status: str, state: SubscriptionState, why: str | None
) -> None:
    told = {
        "subscriptionId": "0b3c-1",
        "status": status,
        "webhookUrl": "https://adapter.example/webhooks/x",
        "statusChangeDate": "2026-03-01T09:30:00Z",
        "somethingNew": {},
    }
    responses.get(f"{FAR}/subscriptions", json={"errorInformation": [], "isSuccess": True, "value": {"items": [told]}})
    responses.get(f"{FAR}/metrics", json={"items": [{"subscriptionId": "0b3c-1", "messagesFailed": 2}]})
    assert list(listed(wire(tokens=[None]).api)) == [
        Subscription(
            id="0b3c-1",
            callback="https://adapter.example/webhooks/x",
            state=state,
            why=why,
            since=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            given_up=2,
        )
    ]


@responses.activate
def test_the_events_are_named_again_when_it_is_switched_on(wire: Wires) -> None:
    responses.patch(f"{FAR}/subscriptions/0b3c-1", json={"subscriptionId": "0b3c-1", "status": "Active"})
    resume(wire(tokens=[None]).api, "0b3c-1")
    assert json.loads(responses.calls[0].request.body or b"") == {"status": "Active", "eventIds": list(EVENTS)}


@responses.activate
@pytest.mark.parametrize("body", [{}, {"items": "none"}, {"items": [{"status": "Active"}]}])
def test_a_list_that_is_none_tells_nothing(wire: Wires, body: Any) -> None:
    responses.get(f"{FAR}/metrics", json={"items": []})
    responses.get(f"{FAR}/subscriptions", json=body)
    with pytest.raises(TryAgain, match="GET /subscriptions"):
        listed(wire(tokens=[None]).api)
