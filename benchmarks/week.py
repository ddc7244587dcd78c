"""A week of the sandbox sold through the channel by two marketplaces over real HTTP, while direct clients book too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from adapter.store.calendar import upcoming
from adapter.store.tables import ChannelReservation, RunKind, RunOrigin
from adapter.work import request_run
from benchmarks.marketplace import STANDING, Marketplace
from benchmarks.shop import FLOOR, Shop
from connectors.sandbox.market.state import Seller
from sync.engine import engine_of
from sync.engine.schedule import SCHEDULE

STEP = timedelta(hours=6)


def week(shop: Shop, steps: int) -> int:
    """Two marketplaces sell a week over HTTP, while direct clients book too; then everybody's books are compared.

    ``steps``: of six hours each. Answers how many things are not as they should be.
    """
    began = shop.time[0]
    with serving(shop.app) as url:
        sellers = [
            Marketplace(name, f"{url}/channel/v1", token, n) for n, (name, token) in enumerate(shop.tokens.items())
        ]
        for _ in range(steps):
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
    return compare(shop, sellers, began)


def read_again(shop: Shop) -> None:
    """All is read again, as each night: rounds read what is near, and what was done to the rest is not known yet."""
    now, origin = shop.ctx.now(), RunOrigin.MANUAL
    with shop.ctx.store.write() as db:
        request_run(db, RunKind.RESYNC, shop.connection_id, origin=origin, actor="benchmark", now=now)
    engine_of(shop.ctx).run_due()


def compare(shop: Shop, sellers: list[Marketplace], began: datetime) -> int:
    """How many things are not as they should be. Places are told by the platform's ids: desks correct addresses."""
    site = next(iter(shop.world.sites.values()))
    sold = [held for seller in sellers for held in seller.books.values()]
    standing = [held for held in sold if held["state"] in STANDING]
    with shop.ctx.store.read() as db:
        rows = [row for row in db.scalars(select(ChannelReservation)) if row.state.value in STANDING]
        pages = upcoming(db, None, shop.ctx.now(), shop.ctx.now() + timedelta(days=28))
    new = [visit for visit in site.visits.values() if visit.active and visit.booked_at >= began]
    there = {str(visit.id) for visit in new if site.seller_of(visit) is Seller.MARKETPLACE}
    paid = sum((seller.payouts() for seller in sellers), Decimal(0))
    apart = {
        "oversold classes": sum(
            item.max_capacity is not None and site.booked(item.id) > item.max_capacity for item in site.classes.values()
        ),
        "sales below the floor": sum(Decimal(held["payout"]) < FLOOR for held in sold),
        "reservations not in our ledger": abs(len(rows) - len(standing)),
        "cents not in our ledger": int(abs(sum((row.payout for row in rows), Decimal(0)) - paid) * 100),
        "places that the platform or our ledger has alone": len(there ^ {row.platform_id for row in rows}),
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
