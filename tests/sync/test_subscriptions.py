"""Subscribing a connection to its platform's events, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from adapter.context import Context
from adapter.store.inbox import webhook_secret
from adapter.store.tables import Connection
from connectors import registry
from sync.subscriptions import reachable, subscribe, subscribe_missing
from tests.fixtures.doors import reply
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import connect

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


@pytest.fixture
def adapter(ctx: Context, sandbox: LiveSandbox, loopback: Serve) -> Context:
    """An adapter that a sandbox can reach."""
    public = loopback(lambda handler: reply(handler, b""))
    given = {"API_URL": sandbox.api_url, "API_KEY": sandbox.api_key, "WEBHOOK_URL": sandbox.webhook_url}
    ctx.config = replace(
        ctx.config,
        public_url=public,
        allow_private_addresses=False,
        allowed_addresses=frozenset({sandbox.url.removeprefix("http://")}),
        platforms={"sandbox": given},
    )
    return ctx


def test_a_connection_is_subscribed_once_and_its_secret_is_sealed(adapter: Context, sandbox: LiveSandbox) -> None:
    connection_id = connect(adapter, sandbox.sites[0], "token")
    assert subscribe(adapter, connection_id)
    assert not subscribe(adapter, connection_id)
    (made,) = sandbox.core.webhooks.subscriptions.values()
    assert made.url == f"{adapter.config.public_url}/webhooks/sandbox/{connection_id}"
    with adapter.store.read() as db:
        row = db.get_one(Connection, connection_id)
        assert row.webhook_id == made.id
        assert made.key.encode() not in (row.webhook_secret or b"")
        assert webhook_secret(db, adapter.keys, "sandbox", connection_id) == made.key


def test_a_platform_that_cannot_reach_us_is_asked_again_later(adapter: Context, sandbox: LiveSandbox) -> None:
    connection_id = connect(adapter, sandbox.sites[0], "token")
    public, adapter.config = adapter.config, replace(adapter.config, public_url="http://127.0.0.1:9")
    subscribe_missing(adapter)
    with adapter.store.read() as db:
        assert db.get_one(Connection, connection_id).webhook_id is None
    adapter.config = public
    subscribe_missing(adapter)
    with adapter.store.read() as db:
        assert db.get_one(Connection, connection_id).webhook_id


@pytest.mark.parametrize(
    ("public_url", "reached"),
    [
        ("https://adapter.example", True),
        ("http://adapter.example", False),
        ("https://10.0.0.5", False),
        ("https://localhost", False),
    ],
)
def test_only_a_public_address_is_told_to_a_platform(ctx: Context, public_url: str, reached: bool) -> None:
    ctx.config = replace(ctx.config, public_url=public_url, allow_private_addresses=False)
    assert reachable(ctx) is reached


def test_what_is_subscribed_for_all_sites_at_once_is_not_subscribed_for_each(ctx: Context) -> None:
    declared: Any = registry.get("mindbody").webhooks
    assert declared.subscribe is None
