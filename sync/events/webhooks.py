"""Working off the webhook inbox: each message is a hint where to look. The mirror is filled by pulling, nothing else.

The one fact taken from a message is when a booking was made, where the platform's API does not tell; the store reads it
from the inbox itself. What turns out to be as we had it, or to be our own write come back, is decided no further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.tables import Run, RunKind, RunOrigin, WebhookMessage
from adapter.work import request_run
from connectors import registry
from connectors.records import Stream
from sync.deciding.decide import decide
from sync.engine.job import Job
from sync.events.looking import Looked, just_written, look_at_all, numbers_of, sessions_of

A_TIME = 200  # messages worked off by one run
SESSION_STREAMS = (Stream.SESSIONS, Stream.RESERVATIONS)
CHANGED, SAME, OURS = "looked at: it had changed", "looked at: nothing was new", "our own change came back"
PULLED, LATER = "a pull was asked for", "read with the next pull"
REFUSED = "the platform would not tell: see the run"

HintJson = Mapping[str, Any]


def work_off_inbox(ctx: Context, run: Run) -> None:
    """Look where the messages point, decide for the sessions that have changed, mark the messages done.

    A process that dies in between finds the messages again: looking twice changes nothing.
    """
    job = Job.of(ctx, run)
    with ctx.store.read() as db:
        errand = Errand.of(db, job)
    if not errand.messages:
        return
    job.say(f"looking where {len(errand.messages)} messages point", total=len(errand.messages))
    looked = _look(job, errand)
    again = run.fence > 1  # an earlier worker may have died between looking and deciding
    numbers = frozenset(looked.changed.values()) | (_all_of(ctx, job, errand) if again else frozenset())
    if numbers:
        decide(ctx, job.connection_id, now=ctx.now(), job=job, only=numbers)
    job.write(lambda db: _done(db, job, errand, looked))
    job.done = len(errand.messages)
    job.tell_counts()


@dataclass(frozen=True)
class Errand:
    """The messages of one run, and where they send us."""

    messages: Sequence[WebhookMessage]
    written: Mapping[str, str | None] = field(default_factory=dict)  # sessions that we wrote just now, and their slots
    slots: Mapping[str, Sequence[str]] = field(default_factory=dict)  # slots to look at, and their sessions

    @classmethod
    def of(cls, db: Database, job: Job) -> Errand:
        """What waits on a connection."""
        wanted = select(WebhookMessage).where(
            WebhookMessage.connection_id == job.connection_id, WebhookMessage.processed_at.is_(None)
        )
        messages = list(db.scalars(wanted.order_by(WebhookMessage.id).limit(A_TIME)))
        now = job.ctx.now()
        written = just_written(db, job.connection_id, now)
        told = {slot for message in messages for hint in message.hints if (slot := hint.get("template_id"))}
        ours = sorted(told & set(written.values()))
        return cls(messages, written, {slot: sessions_of(db, job.connection_id, slot, now) for slot in ours})

    @property
    def sessions(self) -> set[str]:
        """Every session to be looked at, by the platform's id."""
        return {session for message in self.messages for session in self.of_hints(message.hints)}

    def of_hints(self, hints: Iterable[HintJson]) -> set[str]:
        """The sessions that hints point at; a recurring slot is looked at whole where we wrote into it ourselves."""
        found: set[str] = set()
        for hint in hints:
            if session := _session_of(hint):
                found.add(session)
            else:
                found.update(self.slots.get(hint.get("template_id") or "", ()))
        return found

    def needs_pull(self, message: WebhookMessage, looked: Looked) -> bool:
        """Whether a message speaks of the timetable as a whole, or of a session that could not be found."""
        about = [hint for hint in message.hints if hint["stream"] in SESSION_STREAMS]
        wide = any(not _session_of(hint) and hint.get("template_id") not in self.slots for hint in about)
        return wide or not self.of_hints(about).isdisjoint(looked.absent)

    def result(self, message: WebhookMessage, looked: Looked) -> str:
        """What came of a message, in plain words."""
        if not self.of_hints(message.hints).isdisjoint(looked.refused):
            return REFUSED
        if self.needs_pull(message, looked):
            return PULLED
        sessions = self.of_hints(message.hints)
        if not sessions:
            return LATER
        if not sessions.isdisjoint(looked.changed):
            return CHANGED
        return SAME if sessions.isdisjoint(looked.ours | self.written.keys()) else OURS


def _look(job: Job, errand: Errand) -> Looked:
    if not errand.sessions:
        return Looked()
    platform = registry.get(job.connection.platform)
    with open_connection(job.ctx, job.connection_id) as api:
        return look_at_all(job, api, platform, sorted(errand.sessions))


def _all_of(ctx: Context, job: Job, errand: Errand) -> frozenset[int]:
    with ctx.store.read() as db:
        return frozenset(numbers_of(db, job.connection_id, errand.sessions))


def _session_of(hint: HintJson) -> str | None:
    """The platform's id of the session that a hint points at."""
    found = hint.get("session_id") or (hint.get("external_id") if hint["stream"] == Stream.SESSIONS else None)
    return str(found) if found else None


def _done(db: Database, job: Job, errand: Errand, looked: Looked) -> None:
    """Mark them. The timetable and lost sessions are pulled at once; clients, sales and the like with the next pull."""
    now = job.ctx.now()
    for message in errand.messages:
        message.processed_at, message.result = now, errand.result(message, looked)
        db.merge(message)
    if any(message.result == PULLED for message in errand.messages):
        why = "an event spoke of the timetable"
        origin = RunOrigin.WEBHOOK
        request_run(db, RunKind.PULL, job.connection_id, origin=origin, actor="webhook", now=now, why=why)
