"""A subscription's life: made where the platform can reach us, watched, switched on again, renewed, ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from adapter.connecting.disconnect import disconnect
from adapter.context import Context
from adapter.store.alerts import open_alerts
from adapter.store.inbox import keep_message, webhook_secrets
from adapter.store.tables import (
    Alert,
    AlertKind,
    Connection,
    ConnectionState,
    EventsState,
    Run,
    RunKind,
    RunOrigin,
    RunState,
)
from adapter.work import request_run
from connectors import registry
from connectors.errors import Rejected
from connectors.platform import Platform
from connectors.records import Delivery, Hint, Stream
from connectors.sandbox.server.webhooks import Status, Subscription
from sync.engine.jobs import do_next
from sync.engine.schedule import ask_for_subscriptions
from sync.events.reaching import knock, not_public
from sync.events.subscriptions import make_shared, subscribe, watch_subscriptions
from tests.fixtures.doors import reply
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import connect

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


@dataclass
class Adapter:
    """An adapter that a sandbox can reach, with one connection; ``status`` is what our address answers."""

    ctx: Context
    sandbox: LiveSandbox
    connection_id: int = 0
    status: list[int] = field(default_factory=lambda: [200])

    @property
    def row(self) -> Connection:
        with self.ctx.store.read() as db:
            return db.get_one(Connection, self.connection_id)

    @property
    def theirs(self) -> list[Subscription]:
        return list(self.sandbox.core.webhooks.subscriptions.values())

    def runs(self, kind: RunKind) -> list[Run]:
        with self.ctx.store.read() as db:
            return list(db.query(Run).filter_by(connection_id=self.connection_id, kind=kind).order_by(Run.id))

    def run(self, **params: Any) -> Run:
        """Somebody asks for it."""
        with self.ctx.store.write() as db:
            asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": self.ctx.now()}
            run, _ = request_run(db, RunKind.SUBSCRIBE, self.connection_id, params=params, **asked)
        do_next(self.ctx, run_id=run.id)
        with self.ctx.store.read() as db:
            return db.get_one(Run, run.id)

    def hears(self, number: str) -> None:
        """An event arrives."""
        delivery = Delivery(message_id=number, event="test", hints=(Hint(site="1001", stream=Stream.SALES),))
        with self.ctx.store.write() as db:
            keep_message(db, self.ctx.keys, "sandbox", self.connection_id, delivery, b"{}", now=self.ctx.now())

    def alerts(self) -> Sequence[Alert]:
        with self.ctx.store.read() as db:
            return open_alerts(db)

    def secrets(self) -> tuple[str, ...]:
        with self.ctx.store.read() as db:
            return webhook_secrets(db, self.ctx.keys, "sandbox", self.connection_id, self.ctx.now())


@pytest.fixture
def adapter(ctx: Context, sandbox: LiveSandbox, loopback: Serve) -> Adapter:
    made = Adapter(ctx, sandbox)
    public = loopback(lambda handler: reply(handler, b"", status=made.status[0]))
    given = {"API_URL": sandbox.api_url, "API_KEY": sandbox.api_key, "WEBHOOK_URL": sandbox.webhook_url}
    ctx.config = replace(
        ctx.config,
        public_url=public,
        allow_private_addresses=False,
        allowed_addresses=frozenset({sandbox.url.removeprefix("http://")}),
        platforms={"sandbox": given},
    )
    ctx.now = lambda: sandbox.time[0]
    made.connection_id = connect(ctx, sandbox.sites[0], "token")
    return made


def test_a_connection_is_subscribed_once_and_its_secret_is_sealed(adapter: Adapter) -> None:
    assert subscribe(adapter.ctx, adapter.connection_id)
    assert not subscribe(adapter.ctx, adapter.connection_id)
    (made,) = adapter.theirs
    assert made.url == f"{adapter.ctx.config.public_url}/webhooks/sandbox/{adapter.connection_id}"
    row = adapter.row
    assert (row.webhook_id, row.webhook_state, row.webhook_why) == (made.id, EventsState.ACTIVE, None)
    assert made.key.encode() not in (row.webhook_secret or b"")
    assert adapter.secrets() == (made.key,)
    assert row.webhook_gap is None


def test_a_new_connection_is_asked_for_at_once_and_once(adapter: Adapter) -> None:
    for _ in range(2):
        with adapter.ctx.store.write() as db:
            ask_for_subscriptions(db, adapter.ctx.now())
    (run,) = adapter.runs(RunKind.SUBSCRIBE)
    do_next(adapter.ctx, run_id=run.id)
    assert adapter.runs(RunKind.SUBSCRIBE)[0].state is RunState.DONE
    with adapter.ctx.store.write() as db:
        assert ask_for_subscriptions(db, adapter.ctx.now() + timedelta(days=1)) == 0


def test_what_the_platform_switched_off_is_found_switched_on_and_the_gap_is_read(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    adapter.sandbox.time[0] += timedelta(hours=1)
    adapter.hears("m1")
    last, (theirs,) = adapter.ctx.now(), adapter.theirs
    adapter.sandbox.time[0] += timedelta(hours=5)
    theirs.turn(Status.OFF_BY_FAILURES, adapter.ctx.now() - timedelta(minutes=20))
    watch_subscriptions(adapter.ctx)
    row = adapter.row
    assert row.webhook_state is EventsState.OFF
    assert row.webhook_since == adapter.ctx.now() - timedelta(minutes=20)
    assert row.webhook_why == "The platform's word: too many of its messages could not be delivered."
    assert row.webhook_gap == {"from": last.isoformat(), "to": None, "run": None}
    assert [alert.kind for alert in adapter.alerts()] == [AlertKind.SUBSCRIPTION]
    (asked,) = adapter.runs(RunKind.SUBSCRIBE)
    assert (asked.origin, asked.why) == (RunOrigin.SCHEDULE, row.webhook_why)
    do_next(adapter.ctx, run_id=asked.id)
    assert (theirs.status, adapter.row.webhook_state) == (Status.ACTIVE, EventsState.ACTIVE)
    assert adapter.alerts() == []
    (resync,) = adapter.runs(RunKind.RESYNC)
    assert resync.params == {"from": "2026-03-02", "to": "2026-03-16"}
    assert resync.why.startswith("events were missing from 2 Mar 13:00 to 2 Mar 18:00")
    assert adapter.row.webhook_gap == {
        "from": last.isoformat(), "to": adapter.ctx.now().isoformat(), "run": resync.id
    }  # fmt: skip


def test_what_vanished_is_made_anew_and_what_is_left_over_is_cleared_away(adapter: Adapter) -> None:
    adapter.run()
    (gone,) = adapter.theirs
    del adapter.sandbox.core.webhooks.subscriptions[gone.id]
    stray = adapter.sandbox.core.webhooks.subscribe(gone.url, gone.event_ids, None)
    watch_subscriptions(adapter.ctx)
    assert (adapter.row.webhook_state, adapter.row.webhook_why) == (
        EventsState.MISSING, "The platform has no subscription of ours any more."
    )  # fmt: skip
    asked = adapter.runs(RunKind.SUBSCRIBE)[-1]
    assert (asked.state, asked.origin) == (RunState.QUEUED, RunOrigin.SCHEDULE), "minutes after the last one"
    do_next(adapter.ctx, run_id=asked.id)
    (made,) = adapter.theirs
    assert stray is not None
    assert made.id not in (gone.id, stray.id)
    assert adapter.secrets() == (made.key, gone.key)


def test_messages_that_were_given_up_are_a_gap_though_events_come(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    adapter.theirs[0].failed = 2
    adapter.sandbox.time[0] += timedelta(minutes=15)
    watch_subscriptions(adapter.ctx)
    watch_subscriptions(adapter.ctx)
    (resync,) = adapter.runs(RunKind.RESYNC)
    assert resync.params["from"] == "2026-03-02"
    assert adapter.row.webhook_state is EventsState.ACTIVE


def test_a_renewed_subscription_has_a_new_key_and_the_old_one_holds_until_its_end(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    (old,) = adapter.theirs
    assert adapter.run(again=True).state is RunState.DONE
    (new,) = adapter.theirs
    assert new.id != old.id
    assert adapter.secrets() == (new.key, old.key)
    adapter.sandbox.time[0] += timedelta(hours=4)
    assert adapter.secrets() == (new.key,)
    assert adapter.runs(RunKind.RESYNC) == []


@pytest.mark.parametrize(("status", "words"), [(404, "status 404"), (302, "a redirect, which no platform follows")])
def test_an_address_of_ours_that_answers_wrongly_is_told_in_words(adapter: Adapter, status: int, words: str) -> None:
    adapter.status[0] = status
    run = adapter.run()
    assert run.state is RunState.FAILED
    assert words in run.errors[0]["message"]
    assert adapter.row.webhook_state is EventsState.UNREACHABLE
    watch_subscriptions(adapter.ctx)
    assert words in (adapter.row.webhook_why or "")
    assert adapter.theirs == []


def test_where_nobody_opens_the_platforms_word_is_told_beside_ours(adapter: Adapter) -> None:
    adapter.ctx.config = replace(adapter.ctx.config, public_url="http://127.0.0.1:9")
    run = adapter.run()
    assert run.state is RunState.FAILED
    assert "We can't reach http://127.0.0.1:9" in run.errors[0]["message"]
    assert "webhookUrl did not answer a HEAD request with 2xx" in run.errors[0]["message"]


def test_an_address_that_no_platform_can_reach_fails_no_run_that_nobody_asked_for(adapter: Adapter) -> None:
    adapter.ctx.config = replace(adapter.ctx.config, public_url="http://adapter.example", allowed_addresses=frozenset())
    with adapter.ctx.store.write() as db:
        ask_for_subscriptions(db, adapter.ctx.now())
    do_next(adapter.ctx)
    assert [run.state for run in adapter.runs(RunKind.SUBSCRIBE)] == [RunState.DONE]
    assert "it has to be https at a public name" in (adapter.row.webhook_why or "")
    assert adapter.run().state is RunState.FAILED


def test_a_disconnected_studios_subscription_ends_as_often_as_it_takes(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    disconnect(adapter.ctx, adapter.connection_id, "test")
    (asked,) = adapter.runs(RunKind.SUBSCRIBE)
    assert adapter.secrets() == ()
    adapter.sandbox.faults({"kind": "error", "path": "/subscriptions", "method": "DELETE", "status": 400})
    do_next(adapter.ctx, run_id=asked.id)
    assert len(adapter.theirs) == 1
    adapter.sandbox.mend()
    adapter.sandbox.time[0] += timedelta(hours=2)
    watch_subscriptions(adapter.ctx)
    do_next(adapter.ctx, run_id=adapter.runs(RunKind.SUBSCRIBE)[-1].id)
    assert adapter.theirs == []
    assert adapter.row.webhook_id is None


def test_a_key_that_is_lost_is_renewed_like_any_other(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    with adapter.ctx.store.write() as db:
        db.get_one(Connection, adapter.connection_id).webhook_secret = b"sealed with a key that is lost"
    run = adapter.run(again=True)
    assert (run.state, run.errors) == (RunState.DONE, [])
    (made,) = adapter.theirs
    assert adapter.secrets() == (made.key,)


def test_who_connects_again_before_it_has_ended_gets_a_subscription_with_a_key_we_know(adapter: Adapter) -> None:
    subscribe(adapter.ctx, adapter.connection_id)
    (old,) = adapter.theirs
    disconnect(adapter.ctx, adapter.connection_id, "test")
    with adapter.ctx.store.write() as db:
        db.get_one(Connection, adapter.connection_id).state = ConnectionState.ACTIVE
    assert subscribe(adapter.ctx, adapter.connection_id)
    (new,) = adapter.theirs
    assert new.id != old.id
    assert adapter.secrets() == (new.key,)


@pytest.fixture
def shared(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adapter]:
    """The same where one subscription of our account serves every studio."""
    sandbox = registry.get("sandbox")
    assert sandbox.webhooks is not None
    platform: Platform = replace(sandbox, webhooks=replace(sandbox.webhooks, shared=True))
    monkeypatch.setattr(registry, "get", lambda name: platform)
    return adapter


def test_a_shared_subscription_is_made_by_hand_once_and_looked_after_from_then_on(shared: Adapter) -> None:
    run = shared.run()
    assert run.state is RunState.FAILED
    assert "ADAPTER_SANDBOX_WEBHOOK_SECRET" in run.errors[0]["message"]
    callback, key = make_shared(shared.ctx, shared.connection_id)
    assert callback == f"{shared.ctx.config.public_url}/webhooks/sandbox"
    (theirs,) = shared.theirs
    assert (theirs.url, theirs.key) == (callback, key)
    with pytest.raises(Rejected, match="already"):
        make_shared(shared.ctx, shared.connection_id)
    watch_subscriptions(shared.ctx)
    assert (shared.row.webhook_state, shared.row.webhook_id) == (EventsState.ACTIVE, None)
    theirs.turn(Status.OFF_BY_FAILURES, shared.ctx.now())
    assert shared.run().state is RunState.DONE
    assert theirs.status is Status.ACTIVE
    disconnect(shared.ctx, shared.connection_id, "test")
    assert not subscribe(shared.ctx, shared.connection_id)
    assert shared.theirs == [theirs]


def test_a_shared_one_that_nobody_has_made_yet_is_told_and_fails_no_run(shared: Adapter) -> None:
    with shared.ctx.store.write() as db:
        ask_for_subscriptions(db, shared.ctx.now())
    do_next(shared.ctx)
    watch_subscriptions(shared.ctx)
    assert [run.state for run in shared.runs(RunKind.SUBSCRIBE)] == [RunState.DONE]
    assert (shared.row.webhook_state, "--make" in (shared.row.webhook_why or "")) == (EventsState.MISSING, True)


def test_what_serves_one_studio_is_not_made_by_hand(adapter: Adapter) -> None:
    with pytest.raises(Rejected, match="no subscription that serves every studio"):
        make_shared(adapter.ctx, adapter.connection_id)


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
    config = replace(ctx.config, public_url=public_url, allow_private_addresses=False)
    assert (not_public(config) is None) is reached


def test_mindbodys_one_subscription_is_declared_as_shared() -> None:
    declared: Any = registry.get("mindbody").webhooks
    assert declared.shared
    assert declared.api_url.startswith("https://")
    assert not registry.get("sandbox").webhooks.shared  # type: ignore[union-attr]


def test_our_own_address_is_knocked_at_without_following_anybody(adapter: Adapter) -> None:
    assert knock(adapter.ctx.config.public_url).words is None
