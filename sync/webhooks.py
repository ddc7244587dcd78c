"""Working off the webhook inbox: each message is a hint where to look. The mirror is filled by pulling, nothing else.

The one fact taken from a message is when a booking was made, where the platform's API does not tell; the store reads it
from the inbox itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
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
        ids = {found for message in messages for hint in message.hints if (found := _session_of(hint))}
        touched = _touched(db, job.connection_id, ids)
    if not messages:
        return
    job.say(f"looking where {len(messages)} messages point", total=len(messages))
    if touched:
        platform = registry.get(job.connection.platform)
        with open_connection(ctx, job.connection_id) as api:
            _look(job, api, platform, touched)
        decide(ctx, job.connection_id, now=ctx.now(), job=job, only=frozenset(row.id for row in touched))
    known = {row.external_id for row in touched}
    job.write(lambda db: _done(db, job, messages, known))
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


def _touched(db: Database, connection_id: int, ids: set[str]) -> list[Session]:
    """The sessions that we mirror of those that messages point at."""
    wanted = select(Session).where(Session.connection_id == connection_id, Session.external_id.in_(sorted(ids)))
    return list(db.scalars(wanted.order_by(Session.id)))


def _session_of(hint: Mapping[str, Any]) -> str | None:
    """The platform's id of the session that a hint points at."""
    found = hint.get("session_id") or (hint.get("external_id") if hint["stream"] == Stream.SESSIONS else None)
    return str(found) if found else None


def _needs_pull(message: WebhookMessage, known: set[str]) -> bool:
    """Whether a message speaks of the timetable as a whole, or of a session that is new to us."""
    about = [hint for hint in message.hints if hint["stream"] in SESSION_STREAMS]
    return any(_session_of(hint) not in known for hint in about)


def _done(db: Database, job: Job, messages: Sequence[WebhookMessage], known: set[str]) -> None:
    """Mark them. The timetable and new sessions are pulled at once; clients, sales and the like with the next pull."""
    now = job.ctx.now()
    for message in messages:
        pull = _needs_pull(message, known)
        message.processed_at = now
        message.result = "a pull was asked for" if pull else "looked at" if message.hints else "nothing to look at"
        db.merge(message)
        if pull:
            request_run(db, RunKind.PULL, job.connection_id, origin=RunOrigin.WEBHOOK, actor="webhook", now=now)


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
