"""The channel against its limits, on SQLite and on PostgreSQL: quotes and reservations a second with their 99th
percentile, the last place under 200 requests at once, a consumer a million changes behind; and a week of the sandbox
sold by two marketplaces over real HTTP.

Quotes and reservations are whole requests through the application, by eight threads of one process; the booking
platform's own time is left out, since it is not ours. The million changes are made by moving the feed's rows on, as
that many changes would have: the feed keeps a row a session. Run: python benchmarks/bench_channel.py [--short]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, insert, select, update

from adapter.logs import configure_logs
from adapter.marketplace.booking import Placed
from adapter.store.tables import ChannelOffer, ChannelReservation, Decision, Push, PushState, Session
from benchmarks.shop import Shop, on, open_shop
from benchmarks.week import week

SHORT = "--short" in sys.argv
THREADS, ASKED = 8, 80 if SHORT else 800
AT_ONCE = 40 if SHORT else 200
STEPS = 4 if SHORT else 28  # of six hours: the week
BEHIND = 1_000_000
LEAST_QUOTES, LEAST_RESERVATIONS = 40.0, 15.0  # a second: a million reservations a day at ten studios' peak is fewer
LONGEST = 1.0  # seconds, for 99 of 100
LONGEST_CATCH_UP = 60.0  # seconds


def main() -> int:
    """0 where every limit is kept."""
    configure_logs(40)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        wrong += week(shop, STEPS)
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop, on(kind, shop) as there:
            wrong += speed(there, kind) + last_place(there, kind) + catch_up(there, kind)
    return 0 if not wrong else 1


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
    """Room for as many reservations as are to be timed, at the platform too."""
    with shop.ctx.store.write() as db:
        db.execute(update(Session).values(capacity=5000))
        db.execute(update(Decision).values(spots=1000, limit=1000, rate=Decimal(12)))
        for push in db.scalars(select(Push)):
            push.state, push.wanted = PushState.CONFIRMED, {**push.wanted, "limit": 1000}


def open_sessions(shop: Shop) -> list[int]:
    """Sessions still to come that the platform sells, the latest first."""
    with shop.ctx.store.read() as db:
        coming = select(Session.id).join(Push, Push.session_id == Session.id)
        later = coming.where(
            Session.starts_at > shop.ctx.now() + timedelta(days=2), Session.hidden.is_(False)
        ).distinct()
        return sorted(db.scalars(later), reverse=True)


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {THREADS} threads, {ASKED} requests")
    sys.exit(main())
