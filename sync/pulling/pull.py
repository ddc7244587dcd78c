"""Pulling a platform into the mirror: a backfill of a year, or what is due now.

Pages become rows and a cursor in one commit each; a process that dies at any moment loses nothing and doubles nothing
when the run is taken up again. What a pull reads is planned (adapter/planning/cadence.py, adapter/planning/budget.py);
what was asked for by support is in resync.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.connecting.platforms import calls_per_day
from adapter.context import Context
from adapter.planning.budget import Plan
from adapter.planning.cadence import (
    CLIENTS,
    NIGHT,
    NIGHT_SALES_DAYS,
    NIGHT_TRIED,
    RINGS,
    ROSTERS,
    SALES,
    SALES_DAYS,
    WIDE,
)
from adapter.store.reading_plan import last_readings, note_readings, plan_of, window_of
from adapter.store.rosters import due_rosters, note_counted
from adapter.store.tables import Connection, Run, RunKind, RunOrigin
from connectors import registry
from connectors.errors import BadRecord, Rejected, TryAgain
from connectors.platform import Api, Everything, Platform, Since, Window
from connectors.records import Stream
from sync.engine.job import Job
from sync.pulling import windows
from sync.pulling.account import follow_account
from sync.pulling.changes import read_changes, read_long_list
from sync.pulling.cursors import instant, left_of, read_cursor, write_cursor
from sync.pulling.names import LISTS, Names, read_list
from sync.pulling.resync import resync
from sync.pulling.roster_pull import RosterPull, roster_keys
from sync.pulling.streams import Moved, mirror_stream, settle_rows

NEEDED = frozenset({Stream.SESSIONS, Stream.RESERVATIONS})
TIMETABLE = frozenset(ring.name for ring in RINGS)
LATE = timedelta(minutes=10)  # a backfill that took longer looks once more at what is ahead
MOST_OLD_ROSTERS = 500  # left over by a backfill, read again by one pull


def pull(ctx: Context, run: Run, *, kind: RunKind) -> None:
    """Do a BACKFILL, PULL or RESYNC run. Raises ConnectorError where the whole run must wait or stop."""
    job = Job.of(ctx, run)
    platform = registry.get(job.connection.platform)
    with open_connection(ctx, job.connection_id, asked=kind is not RunKind.PULL) as api:
        {RunKind.BACKFILL: backfill, RunKind.PULL: pull_changes, RunKind.RESYNC: resync}[kind](job, api, platform)


def backfill(job: Job, api: Api, platform: Platform) -> None:
    """A year of everything, newest first. Restarted, it goes on where it stood."""
    weeks = int(job.run.params.get("weeks", windows.BACKFILL_WEEKS))
    plan = windows.of_backfill(job.began, weeks)
    for stream in LISTS:
        read_list(job, api, platform, stream)
    read_clients(job, api, platform)
    _windows_back(job, api, platform, Stream.SESSIONS, plan, windows.SESSION_DAYS)
    _read_due_rosters(job, api, platform, plan)
    _windows_back(job, api, platform, Stream.SALES, windows.until_tomorrow(plan, job.began), windows.SALES_DAYS)
    finish_pull(job, {*TIMETABLE, CLIENTS, SALES, NIGHT})
    if job.ctx.now() - job.began > LATE:
        job.began = job.ctx.now()
        pull_changes(job, api, platform)


@dataclass(frozen=True)
class Step:
    """One stream of a round: how it is read, and what has then been read by the words of the cadence."""

    stream: Stream
    read: Callable[[], object]
    covers: frozenset[str] = frozenset()


def pull_changes(job: Job, api: Api, platform: Platform) -> None:
    """What is due now: a round of what changes by the hour, or all that is compared once a night."""
    with job.ctx.store.read() as db:
        connection = db.get_one(Connection, job.connection_id)
        allowed = calls_per_day(platform.name, job.ctx.config)
        asked = job.run.origin is not RunOrigin.SCHEDULE
        plan = plan_of(db, connection, allowed, job.began, at_once=asked)
    if plan.reads(NIGHT):
        job.write(lambda db: note_readings(db, job.connection_id, [NIGHT_TRIED], job.began))
        api = follow_account(job, api, platform)
    steps = [*(_night if plan.reads(NIGHT) else _round)(job, api, platform, plan)]
    failed = {step.stream for step in steps if not _goes_well(job, step)}
    read = {what for step in steps if step.stream not in failed for what in step.covers}
    finish_pull(job, read if failed.isdisjoint(NEEDED) else read - TIMETABLE - {NIGHT})


def _round(job: Job, api: Api, platform: Platform, plan: Plan) -> Iterator[Step]:
    """The parts of the timetable that are due, clients since, rosters that are due, the last days' sales."""
    rings = {ring.name: window_of(ring, job.began) for ring in RINGS if plan.reads(ring.name)}
    timetable = windows.joined(rings.values())
    if timetable:
        yield Step(Stream.SESSIONS, partial(_read_timetable, job, api, platform, timetable), frozenset(rings))
    if plan.reads(CLIENTS):
        yield Step(Stream.CLIENTS, partial(read_clients, job, api, platform), frozenset({CLIENTS}))
    if timetable:
        whole = Window(timetable[0].start, timetable[-1].end)
        yield Step(Stream.RESERVATIONS, partial(_read_due_rosters, job, api, platform, whole, most=_most(plan)))
    if plan.reads(SALES):
        sales = windows.of_last(SALES_DAYS, job.began)
        yield Step(Stream.SALES, partial(read_window, job, api, platform, Stream.SALES, sales), frozenset({SALES}))


def _night(job: Job, api: Api, platform: Platform, plan: Plan) -> Iterator[Step]:
    """Everything that a round takes on trust: the small lists, all clients, weeks of the timetable and of sales."""
    for stream in LISTS:
        yield Step(stream, partial(read_list, job, api, platform, stream))
    everyone = partial(read_clients, job, api, platform, all_of_them=True)
    yield Step(Stream.CLIENTS, everyone, frozenset({CLIENTS}))
    wide = window_of(WIDE, job.began)
    yield Step(Stream.SESSIONS, partial(_read_timetable, job, api, platform, [wide]), TIMETABLE | {NIGHT})
    rosters = partial(_read_due_rosters, job, api, platform, wide, most=_most(plan), nightly=_most(plan) is None)
    yield Step(Stream.RESERVATIONS, rosters)
    sales = windows.of_last(NIGHT_SALES_DAYS, job.began)
    yield Step(Stream.SALES, partial(read_window, job, api, platform, Stream.SALES, sales), frozenset({SALES}))


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
    since = instant(cursor.get("since"), now=job.began)
    overlap = timedelta(hours=platform.streams[Stream.CLIENTS].overlap_hours)
    ask = Since(None if since is None or all_of_them else since - overlap)
    answer = mirror_stream(job, api, platform, Stream.CLIENTS, ask)
    latest = max((at for at in (since, answer.latest) if at is not None), default=None)
    if latest is not None:
        value = {"since": latest.isoformat()}
        job.write(lambda db: write_cursor(db, job.connection_id, Stream.CLIENTS, value))


def read_window(job: Job, api: Api, platform: Platform, stream: Stream, window: Window) -> None:
    """A window of sessions or sales, whole; what vanished from it is marked."""
    if stream in platform.streams:
        job.say(f"reading {stream} from {window.start:%-d %b %Y} to {window.end:%-d %b %Y}")
        before = Names(job, api, platform) if stream is Stream.SESSIONS else None
        mirror_stream(job, api, platform, stream, window, before=before)


def finish_pull(job: Job, read: Iterable[str]) -> None:
    """What follows from new rows: first bookings, and how fresh the mirror is."""
    job.say("finding first bookings")

    def settle(db: Database) -> None:
        settle_rows(db, job.connection_id, job.ctx.now())
        note_readings(db, job.connection_id, read, job.began)
        readings = last_readings(db, job.connection_id, job.began)
        if readings.keys() >= TIMETABLE:
            db.get_one(Connection, job.connection_id).last_pulled_at = min(readings[name] for name in TIMETABLE)

    job.write(settle)


def _read_timetable(job: Job, api: Api, platform: Platform, timetable: Iterable[Window]) -> None:
    for window in timetable:
        read_window(job, api, platform, Stream.SESSIONS, window)


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


def _most(plan: Plan) -> int | None:
    """How many rosters a pull may read; None: all that are due."""
    (grant,) = (grant for grant in plan.grants if grant.wish.what == ROSTERS)
    return None if grant.whole else grant.times


def _read_due_rosters(
    job: Job, api: Api, platform: Platform, window: Window, *, most: int | None = None, nightly: bool = False
) -> None:
    """Rosters that are due in a window, and those that an earlier run could not read, newest first.

    Where a platform tells what changed, that is read first, and only the rosters whose count is not ours are left.
    Where not all can be afforded, those of the sessions nearest to now: the others are due again at the next round.
    """
    if Stream.RESERVATIONS in platform.changes:
        read_changes(job, api, platform, Stream.RESERVATIONS, window.start)
        job.write(lambda db: note_counted(db, job.connection_id, now=job.began))
    older = Window(window.start - timedelta(weeks=windows.BACKFILL_WEEKS), window.start)
    with job.ctx.store.read() as db:
        ask = partial(due_rosters, db, job.connection_id, now=job.began)
        due = ask(window=window, nightly=nightly) if most is None else ask(window=window, nearest=True)[:most]
        due += ask(window=older)[: MOST_OLD_ROSTERS if most is None else 0]
        keys = roster_keys(db, due)
    job.say(f"reading {len(keys)} rosters", total=job.done + len(keys))
    RosterPull(job, api, platform).read(keys)


def _goes_well(job: Job, step: Step) -> bool:
    """Whether a stream could be read; a failure of its own is listed and the other streams go on.

    A platform that asks to wait, or that gives no sessions, ends the run: it is tried again as a whole. A list that
    keeps moving waits for the next round.
    """
    try:
        step.read()
    except (Rejected, BadRecord, TryAgain) as error:
        waits = isinstance(error, TryAgain) and not isinstance(error, Moved)
        if waits and (getattr(error, "after", None) is not None or step.stream in NEEDED):
            raise
        job.fail(step.stream, str(error), stream=step.stream)
        return False
    return True
