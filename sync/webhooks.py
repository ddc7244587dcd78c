"""Working off the webhook inbox: each message is a hint where to look. The mirror is filled by pulling, nothing else.

The one fact taken from a message is when a booking was made, where the platform's API does not tell; the store reads it
from the inbox itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.opening import open_connection
from adapter.store.tables import Connection, Run, RunKind, RunOrigin, Session, WebhookMessage
from adapter.work import request_run
from connectors import registry
from connectors.platform import Api, Platform, Window
from connectors.records import Stream
from sync.decide import decide
from sync.job import Job
from sync.pull import read_window
from sync.roster_pull import RosterPull, roster_keys
from sync.streams import settle_rows

A_TIME = 200  # messages worked off by one run
SESSION_STREAMS = (Stream.SESSIONS, Stream.RESERVATIONS)
UNKNOWN_SITE = "about a site that is not connected here"


def work_off_inbox(ctx: Context, run: Run) -> None:
    """Look where the messages point, decide for those sessions, mark the messages done.

    A process that dies in between finds the messages again: looking twice changes nothing.
    """
    if run.connection_id is None:
        _share_out(ctx)
        return
    job = Job.of(ctx, run)
    with ctx.store.read() as db:
        messages = _waiting(db, job.connection_id)
        touched = _touched(db, job.connection_id, messages)
    if not messages:
        return
    job.say(f"looking where {len(messages)} messages point", total=len(messages))
    if touched:
        platform = registry.get(job.connection.platform)
        with open_connection(ctx, job.connection_id) as api:
            _look(job, api, platform, touched)
        decide(ctx, job.connection_id, now=ctx.now(), job=job, only=frozenset(row.id for row in touched))
    job.write(lambda db: _done(db, job, messages, len(touched)))
    job.done = len(messages)
    job.tell_counts()


def _look(job: Job, api: Api, platform: Platform, touched: Sequence[Session]) -> None:
    """The sessions themselves (capacity, waiting list, cancelled or not), then their rosters."""
    for start in sorted({row.starts_at for row in touched}):
        read_window(job, api, platform, Stream.SESSIONS, Window(start, start + timedelta(minutes=1)))
    with job.ctx.store.read() as db:
        standing = select(Session.id).where(Session.id.in_([row.id for row in touched]), Session.gone_at.is_(None))
        keys = roster_keys(db, db.scalars(standing.order_by(Session.id)).all())
    RosterPull(job, api, platform).read(keys)
    connection_id = job.connection_id
    job.write(lambda db: settle_rows(db, connection_id))


def _waiting(db: Database, connection_id: int) -> list[WebhookMessage]:
    wanted = select(WebhookMessage).where(
        WebhookMessage.connection_id == connection_id, WebhookMessage.processed_at.is_(None)
    )
    return list(db.scalars(wanted.order_by(WebhookMessage.id).limit(A_TIME)))


def _touched(db: Database, connection_id: int, messages: Sequence[WebhookMessage]) -> list[Session]:
    """Sessions that we mirror and that a message points at. A session new to us is found by the next pull."""
    ids = {hint["session_id"] for message in messages for hint in message.hints if hint.get("session_id")}
    wanted = select(Session).where(Session.connection_id == connection_id, Session.external_id.in_(sorted(ids)))
    return list(db.scalars(wanted.order_by(Session.id)))


def _done(db: Database, job: Job, messages: Sequence[WebhookMessage], touched: int) -> None:
    """Mark them; what points beyond the sessions that were looked at is left to a pull, asked for at once."""
    beyond = [message for message in messages if _points_beyond(message)]
    if beyond or not touched:
        now, why = job.ctx.now(), "a message points at more than one session"
        request_run(db, RunKind.PULL, job.connection_id, origin=RunOrigin.WEBHOOK, actor="webhook", now=now, why=why)
    result = "a pull was asked for" if beyond else "looked at"
    db.execute(
        update(WebhookMessage)
        .where(WebhookMessage.id.in_([message.id for message in messages]))
        .values(processed_at=job.ctx.now(), result=result)
    )


def _points_beyond(message: WebhookMessage) -> bool:
    return any(not hint.get("session_id") or hint["stream"] not in SESSION_STREAMS for hint in message.hints)


def _share_out(ctx: Context) -> None:
    """A run without a connection: one for each connection that has messages; those of unknown sites end here."""
    now = ctx.now()
    with ctx.store.write() as db:
        waiting = select(WebhookMessage.connection_id).where(WebhookMessage.processed_at.is_(None)).distinct()
        for number in db.scalars(select(Connection.id).where(Connection.id.in_(waiting))).all():
            request_run(db, RunKind.WEBHOOKS, number, origin=RunOrigin.WEBHOOK, actor="webhook", now=now)
        unknown = update(WebhookMessage).where(
            WebhookMessage.connection_id.is_(None), WebhookMessage.processed_at.is_(None)
        )
        db.execute(unknown.values(processed_at=now, result=UNKNOWN_SITE))
