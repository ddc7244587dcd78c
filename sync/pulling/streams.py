"""Reading one stream's answer into the mirror: page by page, a commit each, and what vanished from a complete one.

Knows how a page becomes rows, and when an answer proves that something is gone; knows no order of streams and no
windows of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.feed import announce_connection
from adapter.marketplace.ledger import follow_platform
from adapter.store.dialect import chunks
from adapter.store.first_booking import refresh_first_bookings
from adapter.store.mirror import Counts, Tell, mark_absent, save_page
from adapter.store.rates import fill_rates
from adapter.store.tables import ClassType, Client, Connection, PriceOption, SaleLine, Session, Venue
from connectors.errors import TryAgain
from connectors.platform import Api, Ask, Platform, Since, Window
from connectors.records import Page, SetAside, Stream
from sync.engine.job import Job

TABLES: dict[Stream, type[Venue | ClassType | PriceOption | Client | Session | SaleLine]] = {
    Stream.VENUES: Venue,
    Stream.CLASS_TYPES: ClassType,
    Stream.PRICES: PriceOption,
    Stream.CLIENTS: Client,
    Stream.SESSIONS: Session,
    Stream.SALES: SaleLine,
}
FEW = 4  # so few may all vanish without a question
READINGS = 2  # of a list that moves while it is read; then it has to wait for the next round
LOOK_AT_ONCE = 50  # ids in one question

Before = Callable[[Page], None]


class Moved(TryAgain):
    """A list that changed each time while it was read: what came is kept, nothing is taken as deleted."""


@dataclass
class Answer:
    """What one question brought: the ids seen, the latest change among them, and whether this was all there is."""

    seen: set[str] = field(default_factory=set)
    latest: datetime | None = None
    complete: bool = False
    pages: int = 0  # with anything in them
    nameless: bool = False  # a record that could not be read has no id: it may be any of those we have

    def add(self, page: Page, now: datetime) -> None:
        """Take note of a page. A change in the future is a wrong clock over there, never a place to go on from."""
        for record in (fetched.record for fetched in page.items):
            self.seen.add(record.external_id)
            changed = getattr(record, "updated_at", None)
            if changed is not None and changed <= now and (self.latest is None or changed > self.latest):
                self.latest = changed
        self.seen.update(item.external_id for item in page.set_aside if item.external_id)
        self.nameless = self.nameless or any(not item.external_id for item in page.set_aside)
        self.pages += bool(page.items or page.set_aside)
        self.complete = page.final


def mirror_stream(
    job: Job, api: Api, platform: Platform, stream: Stream, ask: Ask, *, before: Before | None = None
) -> Answer:
    """Read an answer into the mirror and mark what vanished from it; ``before`` sees each page before it is saved.

    Raises Moved where the list moved each time it was read, and what the platform's reader raises.
    """
    resource = platform.streams[stream]
    for _ in range(READINGS):
        answer = save_pages(job, stream, resource.read(api, ask), before)
        if answer.complete:
            _settle_absent(job, api, platform, stream, answer, ask)
            return answer
    raise Moved(f"{stream}: the list changed while it was read, {READINGS} times: nothing is taken as deleted from it")


def settle_rows(db: Database, connection_id: int, now: datetime) -> None:
    """What follows from new rows: who was first booked where, what marketplace reservations were booked at, and what
    became of those made through the channel."""
    refresh_first_bookings(db, db.get_one(Connection, connection_id).studio_id)
    fill_rates(db, connection_id, now)
    follow_platform(db, connection_id, now)
    announce_connection(db, connection_id, now)


def save_pages(job: Job, stream: Stream, pages: Iterable[Page], before: Before | None = None) -> Answer:
    """Save page by page, one commit each, so that an error half-way loses nothing that came before."""
    answer = Answer()
    for page in pages:
        if before is not None:
            before(page)
        news: list[SetAside] = []
        job.commit(stream, partial(_save, job, stream, page, news.append))
        job.set_aside(news)
        answer.add(page, job.began)
    return answer


def _settle_absent(job: Job, api: Api, platform: Platform, stream: Stream, answer: Answer, ask: Ask) -> None:
    """Mark what a complete answer no longer contains; nothing where far too much is missing, or it may be hidden."""
    if answer.nameless or (isinstance(ask, Since) and ask.instant is not None):
        return
    window = ask if isinstance(ask, Window) else None
    with job.ctx.store.read() as db:
        standing = _standing(db, job.connection_id, stream, window)
    missing = standing - answer.seen
    if not missing:
        return
    if len(missing) * 2 > len(standing) and len(standing) > FEW:
        words = f"{len(missing)} of {len(standing)} vanished from the platform's answer: none was taken as deleted"
        job.fail(
            stream,
            f"{words}; resync once the platform shows them, or tell support if they are really gone",
            stream=stream,
        )
        return
    elsewhere = _look_for(job, api, platform, stream, answer, ask, missing)
    if missing - elsewhere:
        job.commit(stream, partial(_mark, job, stream, answer.seen | elsewhere, window))


def _look_for(
    job: Job, api: Api, platform: Platform, stream: Stream, answer: Answer, ask: Ask, missing: set[str]
) -> set[str]:
    """Those of the missing that are only elsewhere in time now, or slipped from one page to the next while they were
    read: they are saved as they are there.

    Where a platform can't be asked by id, what came in pages is read once more, as two changes between two pages can
    hide one from us; what is elsewhere in time counts as gone until a wider window shows it again.
    """
    resource = platform.streams[stream]
    looks: Iterable[Iterable[Page]] = [resource.read(api, ask)] if answer.pages > 1 else []
    if resource.look is not None:
        looks = (resource.look(api, some) for some in chunks(sorted(missing), LOOK_AT_ONCE))
    found: set[str] = set()
    for look in looks:
        told = save_pages(job, stream, look)
        if not told.complete or told.nameless:
            raise Moved(f"{stream}: some vanished, and looking for them gave no clear answer: none is taken as deleted")
        found |= told.seen
    return found


def _save(job: Job, stream: Stream, page: Page, tell: Tell, db: Database) -> Counts:
    connection = db.get_one(Connection, job.connection_id)
    return save_page(db, job.ctx.keys, connection, stream, page, now=job.ctx.now(), tell=tell)


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
