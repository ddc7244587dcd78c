"""The kill switch on both databases, with several writes at a time: what stands in the end is what should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapter.config import Config
from adapter.context import Context
from adapter.steering.push_mode import switch_push_mode
from adapter.store.database import Store
from adapter.store.push_health import push_health_of
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Listing, Push, PushMode, PushState, RunKind
from sync.engine.jobs import do_next
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, connect, done, settings_of


@pytest.fixture
def anywhere(sandbox: LiveSandbox, config: Config, any_store: Store, keys: Keyring) -> Road:
    """A studio connected to the small sandbox, on either database, its next weeks mirrored."""
    config = replace(config, platforms=settings_of(sandbox.facts, config.instance, config.database_url).platforms)
    ctx = Context(config=config, store=any_store, keys=keys, now=lambda: sandbox.time[0])
    token = sandbox.staff_headers()["Authorization"].removeprefix("Bearer ")
    road = Road(ctx, connect(ctx, sandbox.sites[0], token), sandbox.time)
    done(road.backfill(weeks=1))
    road.map_sources()
    road.agree(nothing_after_minutes=1440)
    return road


def switch(road: Road, mode: PushMode) -> None:
    with road.ctx.store.write() as db:
        connection = db.get_one(Connection, road.connection_id)
        run = switch_push_mode(db, connection, mode, actor="test", now=road.ctx.now())
    assert run is not None
    do_next(road.ctx, run_id=run.id)
    done(road.run(run.id))


def test_live_compared_and_stopped(anywhere: Road, sandbox: LiveSandbox) -> None:
    road = anywhere
    switch(road, PushMode.LIVE)
    done(road.do(RunKind.PUSH))
    assert {push.state for push in road.pushes()} == {PushState.CONFIRMED}
    removed = next(iter(sandbox.site.offers))
    held: dict[int, Any] = dict(sandbox.site.offers)
    del sandbox.site.offers[removed]
    sandbox.tick(hours=2)
    done(road.do(RunKind.PUSH))
    assert sandbox.site.offers[removed].limit == held[removed].limit
    with road.ctx.store.read() as db:
        health = push_health_of(db, road.connection_id, road.ctx.now())
    assert (health.parity, health.mended, health.waiting) == (100, 1, 0)
    switch(road, PushMode.PAUSED)
    booked = {row.session_id: row.inputs["marketplace"] for row in road.latest().values()}
    stopped = road.pushes(Push.urgent)
    assert {push.state for push in stopped} == {PushState.CONFIRMED}
    assert all(sandbox.site.offers[int(p.wanted["session_id"])].limit == booked[p.session_id] for p in stopped)
    assert len(stopped) >= len(held) - 1
    assert road.all(Listing) == []
