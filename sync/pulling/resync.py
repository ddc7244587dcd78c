"""Pulling again what support or the studio asked for: a session, a range of days, a stream, or everything.

A dry run reads the same pages, does the same work in one transaction, reports the difference and rolls back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.differences import Note, noting
from adapter.store.mirror import Counts
from adapter.store.tables import Session
from connectors.platform import Api, Everything, Platform, Since, Window
from connectors.records import Stream
from sync.engine import queue
from sync.engine.job import Job
from sync.events.looking import read_sessions
from sync.pulling import windows
from sync.pulling.roster_pull import RosterPull, roster_keys
from sync.pulling.rosters import RosterKey
from sync.pulling.streams import mirror_stream, settle_rows

SESSION_STREAMS = (Stream.SESSIONS, Stream.RESERVATIONS)
WINDOWED = {Stream.SESSIONS: windows.SESSION_DAYS, Stream.SALES: windows.SALES_DAYS}


@dataclass(frozen=True)
class Request:
    """What a resync is about, from the run's params: ``stream``, ``from`` and ``to`` (days there, inclusive),
    ``session`` (our id), ``items`` (what failed in another run: ``stream`` and ``id``), ``dry_run``."""

    streams: tuple[Stream, ...]
    window: Window
    sessions: tuple[str, ...] = ()  # the platform's ids; these alone are read where there are any
    dry_run: bool = False


def resync(job: Job, api: Api, platform: Platform) -> None:
    """Read what was asked for, bring the mirror in line with it, and keep a sample of what changed."""
    asked = read_request(job)
    if not asked.dry_run:
        noting_job = Noting.of_job(job)
        _read(noting_job, api, platform, asked)
        noting_job.write(partial(settle_rows, connection_id=job.connection_id, now=job.ctx.now()))
        return
    rehearsal = Rehearsal.of_job(job)
    _read(rehearsal, api, platform, asked)
    rehearsal.perform()


def read_request(job: Job) -> Request:
    """What the run's params say. What may be asked was checked where it was asked (adapter/steering/resync.py)."""
    params = job.run.params
    window, dry_run = _window(job, params), bool(params.get("dry_run"))
    if (session := params.get("session")) is not None:
        with job.ctx.store.read() as db:
            return Request((), window, (db.get_one(Session, session).external_id,), dry_run)
    if items := params.get("items"):
        single = {item["id"] for item in items if item["id"] and item["stream"] in SESSION_STREAMS}
        whole = {Stream(item["stream"]) for item in items if not (item["id"] and item["stream"] in SESSION_STREAMS)}
        return Request(tuple(stream for stream in Stream if stream in whole), window, tuple(sorted(single)), dry_run)
    streams: tuple[Stream, ...] = tuple(Stream)
    if "from" in params or "to" in params:
        streams = (Stream.SESSIONS, Stream.RESERVATIONS, Stream.SALES)
    if (stream := params.get("stream")) is not None:
        streams = (Stream(stream),)
    return Request(streams, window, (), dry_run)


def _window(job: Job, params: Mapping[str, Any]) -> Window:
    whole = windows.of_backfill(job.began, windows.BACKFILL_WEEKS)
    zone = ZoneInfo(job.connection.timezone)
    start = _midnight(params["from"], zone) if "from" in params else whole.start
    end = _midnight(params["to"], zone, days=1) if "to" in params else whole.end
    return Window(start, end)


def _midnight(day: str, zone: ZoneInfo, *, days: int = 0) -> datetime:
    wanted = date.fromisoformat(day) + timedelta(days=days)
    return datetime(wanted.year, wanted.month, wanted.day, tzinfo=zone)


def _read(job: Job, api: Api, platform: Platform, asked: Request) -> None:
    if asked.sessions:
        job.say(f"reading {len(asked.sessions)} sessions")
        read_sessions(job, api, platform, asked.sessions)
    for stream in asked.streams:
        if stream not in platform.streams:
            continue
        if stream is Stream.RESERVATIONS:
            _read_rosters(job, api, platform, asked)
        elif stream in WINDOWED:
            _read_windows(job, api, platform, stream, asked.window)
        else:
            job.say(f"reading {stream.replace('_', ' ')}")
            ask = Since(None) if platform.streams[stream].ask is Since else Everything()
            mirror_stream(job, api, platform, stream, ask)


def _read_windows(job: Job, api: Api, platform: Platform, stream: Stream, whole: Window) -> None:
    if stream is Stream.SALES:
        whole = windows.until_tomorrow(whole, job.began)
    for window in windows.newest_first(whole, WINDOWED[stream]):
        job.say(f"reading {stream} from {window.start:%-d %b %Y} to {window.end:%-d %b %Y}")
        mirror_stream(job, api, platform, stream, window)


def _read_rosters(job: Job, api: Api, platform: Platform, asked: Request) -> None:
    with job.ctx.store.read() as db:
        keys = _session_keys(db, job.connection_id, asked)
    job.say(f"reading {len(keys)} rosters", total=job.done + len(keys))
    RosterPull(job, api, platform).read(keys)


def _session_keys(db: Database, connection_id: int, asked: Request) -> list[RosterKey]:
    wanted = select(Session.id).where(Session.connection_id == connection_id, Session.gone_at.is_(None))
    inside = wanted.where(Session.starts_at >= asked.window.start, Session.starts_at < asked.window.end)
    return roster_keys(db, db.scalars(inside.order_by(Session.starts_at.desc(), Session.id)).all())


@dataclass
class Noting(Job):
    """A job that keeps a sample of what its commits change, on the run."""

    found: list[Note] = field(default_factory=list)

    @classmethod
    def of_job(cls, job: Job) -> Noting:
        """The same run; one that was interrupted goes on where its sample stood."""
        state = (job.counts, job.errors, job.step, job.done, job.total)
        return cls(job.ctx, job.run, job.connection_id, job.began, *state, found=list(job.run.changes or []))

    def commit(self, stream: str, work: Callable[[Database], Counts], *, done: int = 0) -> Counts:
        """Do a step's work, and note what it changes in the same transaction."""

        def noted(db: Database) -> Counts:
            with noting(db, self.found):
                counts = work(db)
            queue.hold(db, self.run, self.ctx.now(), changes=self.found)
            return counts

        return super().commit(stream, noted, done=done)


class _Undone(Exception):
    """Rolls a rehearsal's transaction back."""


@dataclass
class Rehearsal(Job):
    """A job whose work is kept back, then done in one transaction that is rolled back: only the difference remains."""

    def __post_init__(self) -> None:
        self.kept: list[tuple[str, Callable[[Database], Counts]]] = []

    @classmethod
    def of_job(cls, job: Job) -> Rehearsal:
        """The same run, in rehearsal. Counts start anew: an interrupted rehearsal left nothing."""
        return cls(job.ctx, job.run, job.connection_id, job.began)

    def commit(self, stream: str, work: Callable[[Database], Counts], *, done: int = 0) -> Counts:
        """Keep the work for later; the lease is renewed all the same."""
        self.kept.append((stream, work))
        self.done += done
        self.say(self.step)
        return Counts()

    def write(self, work: Callable[[Database], None]) -> None:
        """Nothing: a rehearsal moves no cursor."""

    def perform(self) -> None:
        """Do all of it, count and note, undo it; then write the difference down."""
        found: list[Note] = []
        try:
            with self.ctx.store.write() as db, noting(db, found):
                for stream, work in self.kept:
                    self.counts[stream] = self.counts.get(stream, Counts()) + work(db)
                raise _Undone
        except _Undone:
            self.tell_counts()
            super().write(lambda db: queue.hold(db, self.run, self.ctx.now(), changes=found))
