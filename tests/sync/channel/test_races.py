"""Many ask at once, while decisions are made and a consumer follows the feed."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from adapter.marketplace.offering import offered
from sync.deciding.decide import decide as decide_now
from sync.pulling.streams import settle_rows
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, decide
from tests.sync.selling import Seller, class_of, offer_all, seller_of, sold_there


def test_the_last_places_are_sold_once_however_many_ask_at_once(
    everywhere: Road, sandbox: LiveSandbox, app: Flask
) -> None:
    """First one class to its end, by two marketplaces; then many, while decisions are made and a consumer follows."""
    everywhere.agree(premium=False)
    decide(everywhere)
    offer_all(everywhere, sandbox)
    shop, other = seller_of(everywhere, app), seller_of(everywhere, app, "beta")
    decision = min((row for row in everywhere.latest().values() if row.spots), key=lambda row: row.spots)
    spots = shop.spots(decision.session_id)[0]
    class_id = class_of(everywhere, decision.session_id)
    there = sold_there(sandbox, class_id)
    orders = [(each, each.order(decision.session_id)) for _ in range(spots + 5) for each in (shop, other)]
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(send_alone, orders))
    assert answers == {(201, None): spots, (409, "sold_out"): len(orders) - spots}
    assert sold_there(sandbox, class_id) == there + spots
    assert shop.spots(decision.session_id) == other.spots(decision.session_id) == (0, 0)
    sell_while_deciding(shop, sandbox)


def sell_while_deciding(shop: Seller, sandbox: LiveSandbox) -> None:
    road, over = shop.road, threading.Event()
    sessions = [row.session_id for row in road.latest().values() if shop.spots(row.session_id)[0] >= 2][:6]
    orders = [(shop, shop.order(session)) for session in sessions for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        seen, decided = pool.submit(follow, copy_of(shop), over), pool.submit(decide_again, road, over)
        answers = list(pool.map(send_alone, orders))
        over.set()
    assert decided.result() > 0
    assert {refusal for _, refusal in answers} <= {None, "sold_out"}
    truth = shop.offers()
    assert seen.result() == {number: item["spots"] for number, item in truth.items()}
    with road.ctx.store.read() as db:
        current = offered(db, list(truth), road.ctx.now())
    assert seen.result() == {number: each.offer.spots for number, each in current.items()}
    items = [sandbox.site.classes[class_of(road, session)] for session in sessions]
    assert all(sandbox.site.booked(item.id) <= (item.max_capacity or 0) for item in items)


def copy_of(shop: Seller) -> Seller:
    """The same marketplace in another thread."""
    return Seller(shop.road, shop.client.application.test_client(), shop.name, shop.headers)


def send_alone(one: tuple[Seller, dict[str, Any]]) -> tuple[int, str | None]:
    answer = copy_of(one[0]).send(one[1])
    return answer.status_code, answer.json.get("refusal")


def follow(shop: Seller, over: threading.Event) -> dict[int, int]:
    """What a consumer of the feed knows of spots, once all is over and it has caught up."""
    seen: dict[int, int] = {}
    cursor = ""
    while True:
        last = over.is_set()
        page = shop.get(f"offers?limit=20&cursor={cursor}" if cursor else "offers?limit=20").json
        seen |= {item["session_id"]: item["spots"] for item in page["items"]}
        cursor = page["next_cursor"]
        if last and not page["more"]:
            return seen


def decide_again(road: Road, over: threading.Event) -> int:
    """Decide, and follow the platform, again and again; how often."""
    for times in itertools.count(1):
        decide_now(road.ctx, road.connection_id, now=road.ctx.now())
        with road.ctx.store.write() as db:
            settle_rows(db, road.connection_id, road.ctx.now())
        if over.is_set():
            return times
    raise AssertionError
