"""Reading one stream's answer into the mirror: page by page, a commit each, and what vanished from a complete one.

Knows how a page becomes rows; knows no order of streams and no windows of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.first_booking import refresh_first_bookings
from adapter.store.mirror import Counts, mark_absent, save_page
from adapter.store.rates import fill_rates
from adapter.store.tables import ClassType, Client, Connection, PriceOption, SaleLine, Session, Venue
from connectors.errors import TryAgain
from connectors.platform import Api, Ask, Platform, Since, Window
from connectors.records import Page, Stream
from sync.job import Job

TABLES: dict[Stream, type[Venue | ClassType | PriceOption | Client | Session | SaleLine]] = {
    Stream.VENUES: Venue,
    Stream.CLASS_TYPES: ClassType,
    Stream.PRICES: PriceOption,
    Stream.CLIENTS: Client,
    Stream.SESSIONS: Session,
    Stream.SALES: SaleLine,
}
FEW = 4  # so few may all vanish without a question


@dataclass
class Answer:
    """What one question brought: the ids seen, the latest change among them, and whether this was all there is."""

    seen: set[str] = field(default_factory=set)
    latest: datetime | None = None
    complete: bool = False

    def add(self, page: Page, now: datetime) -> None:
        """Take note of a page. A change in the future is a wrong clock over there, never a place to go on from."""
        for record in (fetched.record for fetched in page.items):
            self.seen.add(record.external_id)
            changed = getattr(record, "updated_at", None)
            if changed is not None and changed <= now and (self.latest is None or changed > self.latest):
                self.latest = changed
        self.seen.update(item.external_id for item in page.set_aside if item.external_id)
        self.complete = page.final


def read_answer(job: Job, api: Api, platform: Platform, stream: Stream, ask: Ask) -> Answer:
    """Read an answer to its end, one commit a page, so that an error half-way loses nothing that came before."""
    answer = Answer()
    for page in platform.streams[stream].read(api, ask):
        job.commit(stream, partial(_save, job, stream, page))
        _list_set_aside(job, stream, page)
        answer.add(page, job.began)
    return answer


def settle_absent(job: Job, stream: Stream, answer: Answer, ask: Ask) -> None:
    """Mark what a complete answer no longer contains; nothing where it was not complete or far too much is missing."""
    if not answer.complete:
        raise TryAgain(f"{stream}: the platform's answer was not complete")
    if isinstance(ask, Since) and ask.instant is not None:
        return
    window = ask if isinstance(ask, Window) else None
    with job.ctx.store.read() as db:
        standing = _standing(db, job.connection_id, stream, window)
    missing = len(standing - answer.seen)
    if not missing:
        return
    if missing * 2 > len(standing) and len(standing) > FEW:
        words = f"{missing} of {len(standing)} vanished from the platform's answer: none was taken as deleted"
        job.fail(stream, f"{words}; resync once the platform shows them, or tell support if they are really gone")
        return
    job.commit(stream, partial(_mark, job, stream, answer.seen, window))


def settle_rows(db: Database, connection_id: int) -> None:
    """What follows from new rows: who was first booked where, and what marketplace reservations were booked at."""
    refresh_first_bookings(db, db.get_one(Connection, connection_id).studio_id)
    fill_rates(db, connection_id)


def _save(job: Job, stream: Stream, page: Page, db: Database) -> Counts:
    connection = db.get_one(Connection, job.connection_id)
    return save_page(db, job.ctx.keys, connection, stream, page, now=job.ctx.now())


def _mark(job: Job, stream: Stream, kept: set[str], window: Window | None, db: Database) -> Counts:
    connection = db.get_one(Connection, job.connection_id)
    return Counts(gone=mark_absent(db, connection, stream, kept, now=job.ctx.now(), window=window))


def _standing(db: Database, connection_id: int, stream: Stream, window: Window | None) -> set[str]:
    table = TABLES[stream]
    wanted = select(table.external_id).where(table.connection_id == connection_id, table.gone_at.is_(None))
    if window is not None:
        at = SaleLine.sold_at if stream is Stream.SALES else Session.starts_at
        wanted = wanted.where(at >= window.start, at < window.end)
    return set(db.scalars(wanted))


def _list_set_aside(job: Job, stream: Stream, page: Page) -> None:
    for item in page.set_aside:
        job.fail(f"{stream} {item.external_id or '(no id)'}", item.reason)
