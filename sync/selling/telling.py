"""Delivering messages to marketplaces: claimed, sent, settled; tried again for three days, with the same id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.marketplace.messages import body_of, headers_of, wait_after
from adapter.marketplace.sellers import secret_name
from adapter.store.sealing import SealBroken
from adapter.store.tables import ChannelMessage, Marketplace, Run
from connectors.errors import ConnectorError
from connectors.http import post
from sync.engine import queue

A_TIME = 200  # messages of one run
SENDING = timedelta(minutes=2)  # a message in hand is nobody else's for so long

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with what its marketplace's endpoint is."""

    message: ChannelMessage
    url: str | None
    sealed: bytes | None


def tell_run(ctx: Context, run: Run) -> None:
    """Deliver every message that is due; what fails waits for its next try.

    A marketplace that does not answer at all is left alone for this run: each silence lasts as long as its time-out.
    """
    silent: set[int] = set()
    for _ in range(A_TIME):
        if ctx.stopping.is_set():
            raise queue.PutDown("its worker was asked to end")
        with ctx.store.write() as db:
            letter = _claim(db, ctx.now(), silent)
        if letter is None:
            return
        try:
            answer = _send(ctx, letter)
        except ConnectorError as error:
            answer = str(error)
            silent.add(letter.message.marketplace_id)
        with ctx.store.write() as db:
            _settle(db, letter.message.id, answer, ctx.now())


def messages_due(db: Database, now: datetime) -> bool:
    """Whether a message is to be sent now."""
    return db.scalar(select(ChannelMessage.id).where(ChannelMessage.next_try_at <= now).limit(1)) is not None


def _claim(db: Database, now: datetime, silent: Collection[int]) -> Letter | None:
    """The next due message to one that is not silent, of which nobody else gets hold meanwhile."""
    wanted = ChannelMessage.next_try_at <= now, ChannelMessage.marketplace_id.not_in(silent)
    due = select(ChannelMessage).where(*wanted).order_by(ChannelMessage.next_try_at)
    for message in db.scalars(due.limit(20)).all():
        mine = ChannelMessage.id == message.id, ChannelMessage.next_try_at == message.next_try_at
        values = {"next_try_at": now + SENDING, "attempts": ChannelMessage.attempts + 1}
        if cast("CursorResult[None]", db.execute(update(ChannelMessage).where(*mine).values(values))).rowcount == 1:
            seller = db.get_one(Marketplace, message.marketplace_id)
            return Letter(message, seller.webhook_url, seller.webhook_secret)
    return None


def _send(ctx: Context, letter: Letter) -> str | None:
    """Send it; None where it was taken, else why not. Raises ConnectorError where nobody answers."""
    if letter.url is None or letter.sealed is None:
        return "The marketplace has no address for messages any more."
    body = body_of(letter.message)
    try:
        secret = ctx.keys.open(letter.sealed, secret_name(letter.message.marketplace_id))
    except SealBroken:
        return (
            "Its signing key can't be opened with our keys: restore ADAPTER_ENCRYPTION_KEYS, or set its address anew."
        )
    headers = headers_of(letter.message, body, secret, ctx.now())
    status = post(
        letter.url,
        body,
        headers,
        allow_private=ctx.config.allow_private_addresses,
        allowed=ctx.config.allowed_addresses,
    )
    return None if 200 <= status < 300 else f"answered {status}"


def _settle(db: Database, message_id: int, answer: str | None, now: datetime) -> None:
    row = db.get_one(ChannelMessage, message_id, populate_existing=True)
    row.answer = answer
    if answer is None:
        row.delivered_at, row.next_try_at = now, None
        return
    wait = wait_after(row.attempts)
    row.next_try_at = None if wait is None else now + wait
    log.warning("message.not_taken", message=row.message_id, attempts=row.attempts, why=answer, given_up=wait is None)
