"""Messages to marketplaces: signed by the specification, the same id at every try, no guest in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from adapter.marketplace.messages import wait_after
from adapter.marketplace.sellers import marketplace_named, register_marketplace, set_webhook
from adapter.store.tables import ChannelMessage, Run, RunKind, RunState
from sync.engine import schedule
from sync.engine.jobs import do_next
from tests.fixtures.database import NOON
from tests.fixtures.doors import reply
from tests.sync.conftest import Road, decide
from tests.sync.selling import listed_with, offer_all, seller_of


def test_a_reservation_is_told_signed_and_once_for_each_id(
    mirrored: Road, sandbox: object, app: Flask, loopback: Callable[..., str]
) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    def receive(handler: BaseHTTPRequestHandler) -> None:
        got.append((dict(handler.headers.items()), handler.__dict__["body"]))
        reply(handler, b"not now" if len(got) == 1 else b"", status=503 if len(got) == 1 else 204)

    decide(mirrored)
    offer_all(mirrored, sandbox)
    shop, ctx = seller_of(mirrored, app), mirrored.ctx
    with ctx.store.write() as db:
        secret = set_webhook(db, ctx.keys, marketplace_named(db, "alpha"), loopback(receive))
    assert secret is not None
    made = shop.sell(listed_with(mirrored).session_id, email="ana@example.org").json
    tell(mirrored)
    (waiting,) = mirrored.all(ChannelMessage)
    assert (waiting.attempts, waiting.answer, waiting.delivered_at) == (1, "answered 503", None)
    mirrored.time[0] += timedelta(seconds=6)
    tell(mirrored)
    tell(mirrored)
    assert len(got) == 2
    assert len({headers["webhook-id"] for headers, _ in got}) == 1
    headers, body = got[-1]
    with time_machine.travel(mirrored.time[0], tick=False):
        told = Webhook(secret).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body + b" ", headers)
    assert (told["type"], told["data"]["id"], told["data"]["state"]) == (
        "reservation.confirmed",
        made["id"],
        "confirmed",
    )
    assert b"ana" not in body
    assert b"Guest" not in body
    (sent,) = mirrored.all(ChannelMessage)
    assert sent.next_try_at is None


def tell(road: Road) -> None:
    """What the clock asks for, done."""
    with road.ctx.store.write() as db:
        schedule.ask_for_messages(db, road.ctx.now())
    for run in road.all(Run):
        if run.kind is RunKind.TELL and run.state is RunState.QUEUED:
            do_next(road.ctx, run_id=run.id)


def test_a_marketplace_that_does_not_answer_holds_up_nobody(mirrored: Road, loopback: Callable[..., str]) -> None:
    """Each silence lasts as long as its time-out, and the thread that waits for it is one that decides as well."""
    got: list[str] = []

    def silent(handler: BaseHTTPRequestHandler) -> None:
        got.append("alpha")
        handler.close_connection = True

    def receive(handler: BaseHTTPRequestHandler) -> None:
        got.append("beta")
        reply(handler, b"", status=204)

    ctx = mirrored.ctx
    with ctx.store.write() as db:
        for name, answering in (("alpha", silent), ("beta", receive)):
            shop = register_marketplace(db, name, NOON)
            set_webhook(db, ctx.keys, shop, loopback(answering))
            db.add_all(message(shop.id, f"{name}-{number}") for number in range(3))
    tell(mirrored)
    assert got == ["alpha", "beta", "beta", "beta"]
    with ctx.store.write() as db:
        schedule.ask_for_messages(db, ctx.now())
        (asked,) = db.scalars(select(Run).where(Run.kind == RunKind.TELL, Run.state == RunState.QUEUED))
        asked.state, asked.leased_until = RunState.RUNNING, ctx.now() + timedelta(seconds=30)
        db.flush()
        assert schedule.ask_for_messages(db, ctx.now()) == 0, "one thread may wait, not one more every few seconds"


def test_a_message_that_cannot_be_signed_is_told_and_no_others_wait(
    mirrored: Road, loopback: Callable[..., str]
) -> None:
    """A key that no longer opens broke each run, before it could note that the message had been tried."""
    ctx = mirrored.ctx
    with ctx.store.write() as db:
        for name in ("alpha", "beta"):
            shop = register_marketplace(db, name, NOON)
            set_webhook(db, ctx.keys, shop, loopback(lambda handler: reply(handler, b"", status=204)))
            db.add(message(shop.id, name))
        marketplace_named(db, "alpha").webhook_secret = b"sealed with a key that is lost"
    tell(mirrored)
    one, other = mirrored.all(ChannelMessage)
    assert (one.attempts, one.delivered_at, "can't be opened" in str(one.answer)) == (1, None, True)
    assert other.delivered_at is not None


def message(marketplace_id: int, number: str) -> ChannelMessage:
    about = {"marketplace_id": marketplace_id, "message_id": number, "kind": "reservation.confirmed", "payload": {}}
    return ChannelMessage(**about, created_at=NOON, next_try_at=NOON)


def test_a_message_is_tried_for_three_days_and_given_up() -> None:
    waits = [wait for attempt in range(1, 20) if (wait := wait_after(attempt)) is not None]
    assert sum(waits, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)
    assert wait_after(len(waits) + 1) is None
