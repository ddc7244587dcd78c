"""Pulling a platform into the mirror: a backfill of a year, or what changed since.

Pages become rows and a cursor in one commit each; a process that dies at any moment loses nothing and doubles nothing
when the run is taken up again. What was asked for by support is in resync.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.rosters import due_rosters, note_counted
from adapter.store.tables import Connection, Run, RunKind
from connectors import registry
from connectors.errors import BadRecord, Rejected, TryAgain
from connectors.platform import Api, Everything, Platform, Since, Window
from connectors.records import Stream
from sync import windows
from sync.changes import read_changes, read_long_list
from sync.cursors import instant, left_of, read_cursor, write_cursor
from sync.job import Job
from sync.resync import resync
from sync.roster_pull import RosterPull, roster_keys
from sync.streams import read_answer, settle_absent, settle_rows

LISTS = (Stream.VENUES, Stream.CLASS_TYPES, Stream.PRICES)  # small: read whole each time
NEEDED = (Stream.SESSIONS, Stream.RESERVATIONS)
LATE = timedelta(minutes=10)  # a backfill that took longer looks once more at what is ahead
MOST_OLD_ROSTERS = 500  # left over by a backfill, read again by one pull


def pull(ctx: Context, run: Run, *, kind: RunKind) -> None:
    """Do a BACKFILL, PULL or RESYNC run. Raises ConnectorError where the whole run must wait or stop."""
    job = Job.of(ctx, run)
    platform = registry.get(job.connection.platform)
    with open_connection(ctx, job.connection_id) as api:
        {RunKind.BACKFILL: backfill, RunKind.PULL: pull_changes, RunKind.RESYNC: resync}[kind](job, api, platform)


def backfill(job: Job, api: Api, platform: Platform) -> None:
    """A year of everything, newest first. Restarted, it goes on where it stood."""
    weeks = int(job.run.params.get("weeks", windows.BACKFILL_WEEKS))
    plan = windows.of_backfill(job.began, weeks)
    for stream in LISTS:
        read_list(job, api, platform, stream)
    read_clients(job, api, platform)
    _windows_back(job, api, platform, Stream.SESSIONS, plan, windows.SESSION_DAYS)
    _due_rosters(job, api, platform, plan)
    _windows_back(job, api, platform, Stream.SALES, windows.until_tomorrow(plan, job.began), windows.SALES_DAYS)
    if job.ctx.now() - job.began > LATE:
        job.began = job.ctx.now()
        pull_changes(job, api, platform)
    else:
        finish_pull(job, fresh=True)


def pull_changes(job: Job, api: Api, platform: Platform) -> None:
    """What changed: small lists, clients since, the sessions around now, rosters that are due, the last days' sales."""
    window = windows.of_pull(job.began)
    steps: list[tuple[Stream, Callable[[], object]]] = [
        *((stream, partial(read_list, job, api, platform, stream)) for stream in LISTS),
        (Stream.CLIENTS, lambda: read_clients(job, api, platform)),
        (Stream.SESSIONS, lambda: read_window(job, api, platform, Stream.SESSIONS, window)),
        (Stream.RESERVATIONS, lambda: _due_rosters(job, api, platform, window)),
        (
            Stream.SALES,
            lambda: read_window(job, api, platform, Stream.SALES, windows.until_tomorrow(window, job.began)),
        ),
    ]
    failed = {stream for stream, step in steps if not _goes_well(job, stream, step)}
    finish_pull(job, fresh=failed.isdisjoint(NEEDED))


def read_list(job: Job, api: Api, platform: Platform, stream: Stream) -> None:
    """A small stream, whole."""
    if stream in platform.streams:
        job.say(f"reading {stream.replace('_', ' ')}")
        settle_absent(job, stream, read_answer(job, api, platform, stream, Everything()), Everything())


def read_clients(job: Job, api: Api, platform: Platform, *, all_of_them: bool = False) -> None:
    """Clients changed since the cursor, reaching back by the platform's overlap; the cursor moves after the last page.

    It never passes what was seen (F3), nor the present (F11).
    """
    if Stream.CLIENTS not in platform.streams:
        return
    if platform.streams[Stream.CLIENTS].ask is Everything:
        read_long_list(job, api, platform, Stream.CLIENTS, now=all_of_them)
        return
    job.say("reading clients")
    with job.ctx.store.read() as db:
        cursor = read_cursor(db, job.connection_id, Stream.CLIENTS)
    since = None if all_of_them else instant(cursor.get("since"), now=job.began)
    overlap = timedelta(hours=platform.streams[Stream.CLIENTS].overlap_hours)
    ask = Since(None if since is None else since - overlap)
    answer = read_answer(job, api, platform, Stream.CLIENTS, ask)
    settle_absent(job, Stream.CLIENTS, answer, ask)
    latest = max((at for at in (since, answer.latest) if at is not None), default=None)
    if latest is not None:
        value = {"since": latest.isoformat()}
        job.write(lambda db: write_cursor(db, job.connection_id, Stream.CLIENTS, value))


def read_window(job: Job, api: Api, platform: Platform, stream: Stream, window: Window) -> None:
    """A window of sessions or sales, whole; what vanished from it is marked."""
    if stream in platform.streams:
        job.say(f"reading {stream} from {window.start:%-d %b %Y} to {window.end:%-d %b %Y}")
        settle_absent(job, stream, read_answer(job, api, platform, stream, window), window)


def finish_pull(job: Job, *, fresh: bool) -> None:
    """What follows from new rows: first bookings, and how fresh the mirror is."""
    job.say("finding first bookings")

    def settle(db: Database) -> None:
        settle_rows(db, job.connection_id)
        if fresh:
            db.get_one(Connection, job.connection_id).last_pulled_at = job.began

    job.write(settle)


def _windows_back(job: Job, api: Api, platform: Platform, stream: Stream, plan: Window, days: int) -> None:
    """A stream by windows, newest first; how far it got stands in a cursor of its own, for this run."""
    name = f"{stream}.backfill"
    with job.ctx.store.read() as db:
        stored = read_cursor(db, job.connection_id, name)
    left = left_of(stored, plan, job.began) if stored.get("run") == job.run.id else plan
    for window in windows.newest_first(left, days):
        read_window(job, api, platform, stream, window)
        value = {"run": job.run.id, "start": left.start.isoformat(), "reached": window.start.isoformat()}
        job.write(partial(write_cursor, connection_id=job.connection_id, name=name, value=value))


def _due_rosters(job: Job, api: Api, platform: Platform, window: Window) -> None:
    """Rosters that are due in a window, and those that an earlier run could not read, newest first.

    Where a platform tells what changed, that is read first, and only the rosters whose count is not ours are left.
    """
    if Stream.RESERVATIONS in platform.changes:
        read_changes(job, api, platform, Stream.RESERVATIONS, window.start)
        job.write(lambda db: note_counted(db, job.connection_id, now=job.began))
    older = Window(window.start - timedelta(weeks=windows.BACKFILL_WEEKS), window.start)
    with job.ctx.store.read() as db:
        due = due_rosters(db, job.connection_id, now=job.began, window=window)
        due += due_rosters(db, job.connection_id, now=job.began, window=older)[:MOST_OLD_ROSTERS]
        keys = roster_keys(db, due)
    job.say(f"reading {len(keys)} rosters", total=job.done + len(keys))
    RosterPull(job, api, platform).read(keys)


def _goes_well(job: Job, stream: Stream, step: Callable[[], object]) -> bool:
    """Whether a stream could be read; a failure of its own is listed and the other streams go on.

    A platform that asks to wait, or that gives no sessions, ends the run: it is tried again as a whole.
    """
    try:
        step()
    except (Rejected, BadRecord, TryAgain) as error:
        if isinstance(error, TryAgain) and (error.after is not None or stream in NEEDED):
            raise
        job.fail(stream, str(error))
        return False
    return True
