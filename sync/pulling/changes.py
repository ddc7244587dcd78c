"""Streams of which a platform tells what changed, and long lists that it only gives whole: both read by a cursor.

Knows the cursor's rule: it moves to the instant at which the question was asked, once the answer was whole, and the
next question reaches back behind it by the platform's overlap. What slipped through all the same is found by counting:
the platform says how many places of a session are taken, and we know how many we hold.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from connectors.platform import Api, Everything, Platform, Since
from connectors.records import Stream
from sync.engine.job import Job
from sync.pulling.cursors import instant, read_cursor, write_cursor
from sync.pulling.streams import mirror_stream

BOOKED_AHEAD = timedelta(days=60)  # a first question reaches so far behind the first session: it was booked before


def read_changes(job: Job, api: Api, platform: Platform, stream: Stream, start: datetime) -> None:
    """What changed in a stream since it was last asked for; the first time, since ``start`` and a while before."""
    resource = platform.changes[stream]
    name = f"{stream}.changes"
    job.say(f"reading changed {stream}")
    since = _read_until(job, name)
    reach_back = timedelta(hours=resource.overlap_hours)
    ask = Since(start - BOOKED_AHEAD if since is None else since - reach_back)
    by_changes = replace(platform, streams={**platform.streams, stream: resource})
    mirror_stream(job, api, by_changes, stream, ask)
    _note(job, name)


def read_long_list(job: Job, api: Api, platform: Platform, stream: Stream, *, now: bool = False) -> None:
    """A stream that is only given whole, unless it was read not long ago; ``now`` reads it all the same."""
    name, good_for = f"{stream}.whole", timedelta(hours=platform.streams[stream].every_hours)
    last = _read_until(job, name)
    if last is not None and job.began - last < good_for and not now:
        return
    job.say(f"reading {stream}")
    mirror_stream(job, api, platform, stream, Everything())
    _note(job, name)


def _read_until(job: Job, name: str) -> datetime | None:
    with job.ctx.store.read() as db:
        return instant(read_cursor(db, job.connection_id, name).get("since"), now=job.began)


def _note(job: Job, name: str) -> None:
    value = {"since": job.began.isoformat()}
    job.write(partial(write_cursor, connection_id=job.connection_id, name=name, value=value))
