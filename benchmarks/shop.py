"""A studio at a sandbox in which only the channel sells, mirrored, live and pushed: what the channel is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask

from adapter.app import create_app
from adapter.compose import compose
from adapter.config import load_config
from adapter.connecting.login import connect_with_login
from adapter.context import Context
from adapter.marketplace.sellers import register_marketplace
from adapter.operating.moving import move
from adapter.people.accounts import create_studio, create_token
from adapter.steering.push_mode import switch_push_mode
from adapter.store.settings import change_settings, map_sources, sources
from adapter.store.tables import Connection, Market, PushMode, Role, Rounding, Scope
from benchmarks.postgres import postgres
from connectors import registry
from connectors.records import Channel
from connectors.sandbox.market.world import World, small_world
from connectors.sandbox.server.app import create_app as create_sandbox
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.running import Server, facts, listen
from sync.engine import engine_of

FLOOR = Decimal("7.50")


@dataclass
class Shop:
    """A studio that sells, its sandbox, and the application."""

    ctx: Context
    world: World
    time: list[datetime]
    app: Flask
    connection_id: int
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    def call(self, method: str, path: str, body: Any = None, *, key: str = "", name: str = "alpha") -> Any:
        """One request of a marketplace."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"} | ({"Idempotency-Key": key} if key else {})
        return self.app.test_client().open(f"/channel/v1/{path}", method=method, json=body, headers=headers)


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """A studio at a sandbox in which only the channel sells, mirrored, live and pushed."""
    bound, url = listen()
    time_now = [datetime.now(UTC).replace(microsecond=0)]
    world = small_world(time_now[0], marketplace=False)
    platform = create_sandbox(world, Options(url=url), clock=lambda: time_now[0])
    server = Server(platform, bound)
    server.start()
    told = facts(platform.extensions["sandbox"])
    site = told["sites"][0]
    settings = {
        "API_URL": told["api_url"],
        "API_KEY": told["api_key"],
        "STAFF_USER": site["owner_login"],
        "STAFF_PASSWORD": site["owner_password"],
    }
    environment = {f"ADAPTER_SANDBOX_{name}": value for name, value in settings.items()}
    environment |= {"ADAPTER_INSTANCE": str(folder / "instance"), "ADAPTER_ALLOW_PRIVATE_ADDRESSES": "on"}
    ctx = compose(load_config(environment, folder=folder), now=lambda: time_now[0])
    try:
        yield _live(Shop(ctx, world, time_now, create_app(ctx), 0), site)
    finally:
        server.stop()
        ctx.store.close()


def _live(shop: Shop, site: dict[str, Any]) -> Shop:
    ctx, now = shop.ctx, shop.ctx.now()
    with ctx.store.write() as db:
        studio = create_studio(db, site["name"], timezone=site["timezone"], currency="USD", now=now)
        rates = {"rate_floor": FLOOR, "rate_ceiling": Decimal(24), "displacement_weight": 6.0, "premium": True}
        change_settings(db, studio.id, Scope.STUDIO, 0, rates, actor="bench", now=now)
    row = connect_with_login(ctx, registry.get("sandbox"), studio_id=studio.id, site=str(site["id"]))
    shop.connection_id = row.id
    engine_of(ctx).run_due()
    with ctx.store.write() as db:
        for use in sources(db, row.id):
            meaning = Channel.MARKETPLACE if "ClassPass" in use.source else Channel.DIRECT
            map_sources(db, row.id, {use.source: meaning}, actor="bench", now=now)
        map_sources(db, row.id, {"ClassPass": Channel.MARKETPLACE}, actor="bench", now=now)
        market = Market(name="US", currency="USD", margin=Decimal("0.25"), credit_value=Decimal("1.90"))
        market.rounding, market.created_at = Rounding.UP, now
        db.add(market)
        db.flush()
        for name in ("alpha", "beta"):
            register_marketplace(db, name, now, market="US")
            shop.tokens[name] = create_token(db, ctx.keys, Role.MARKETPLACE, None, name, now)
        switch_push_mode(db, db.get_one(Connection, row.id), PushMode.LIVE, actor="bench", now=now)
    engine_of(ctx).run_due()
    return shop


@contextmanager
def on(kind: str, shop: Shop) -> Iterator[Shop]:
    """The same shop on the other database."""
    if kind == "sqlite":
        yield shop
        return
    with postgres("channel") as url:
        config = replace(shop.ctx.config, database_url=url)
        there = compose(config, now=shop.ctx.now)
        move(shop.ctx.store, there.store, shop.ctx.now(), lambda *_: None)
        moved = Context(config=config, store=there.store, keys=shop.ctx.keys, now=shop.ctx.now)
        shop.app.extensions["context"] = moved
        yield replace(shop, ctx=moved)
        moved.store.close()
