"""The small lists that sessions name things from: read whole at night, and when a session names something new.

Knows venues, class types and prices; knows no cadence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from adapter.store.reading_plan import last_readings, note_readings
from adapter.store.tables import ClassType, Venue
from connectors.errors import BadRecord, Rejected
from connectors.platform import Api, Everything, Platform
from connectors.records import Page, Stream
from sync.engine.job import Job
from sync.pulling.streams import mirror_stream

LISTS = (Stream.VENUES, Stream.CLASS_TYPES, Stream.PRICES)
NAMED: Mapping[Stream, tuple[type[Venue | ClassType], str]] = {
    Stream.VENUES: (Venue, "venue_id"),
    Stream.CLASS_TYPES: (ClassType, "class_type_id"),
}
UNEXPLAINED = ".unexplained"
ASKED_AGAIN = timedelta(hours=1)  # for a name that the list did not explain


def read_list(job: Job, api: Api, platform: Platform, stream: Stream) -> None:
    """A small list, whole."""
    if stream in platform.streams:
        job.say(f"reading {stream.replace('_', ' ')}")
        mirror_stream(job, api, platform, stream, Everything())
        job.write(lambda db: note_readings(db, job.connection_id, [stream], job.began))


class Names:
    """Looks at pages of sessions before they are saved: a session keeps the zone of its venue as first seen (EC-45)."""

    def __init__(self, job: Job, api: Api, platform: Platform) -> None:
        self._job, self._api, self._platform = job, api, platform
        self._known: dict[Stream, set[str]] = {}

    def __call__(self, page: Page) -> None:
        """Read the lists that would explain what this page names and we don't know."""
        for stream, (table, column) in NAMED.items():
            named = {getattr(item.record, column) for item in page.items}
            known = self._known.setdefault(stream, self._ours(table))
            if named - known and self._may_help(stream):
                self._read(stream)
                known |= self._ours(table)
                if named - known:
                    self._note(stream)
            known |= named  # asked for once

    def _read(self, stream: Stream) -> None:
        try:
            read_list(self._job, self._api, self._platform, stream)
        except (Rejected, BadRecord) as error:
            self._job.fail(stream, str(error))  # the timetable does not wait for a name

    def _note(self, stream: Stream) -> None:
        connection_id, began = self._job.connection_id, self._job.began
        self._job.write(lambda db: note_readings(db, connection_id, [f"{stream}{UNEXPLAINED}"], began))

    def _ours(self, table: type[Venue | ClassType]) -> set[str]:
        with self._job.ctx.store.read() as db:
            return set(db.scalars(select(table.external_id).where(table.connection_id == self._job.connection_id)))

    def _may_help(self, stream: Stream) -> bool:
        with self._job.ctx.store.read() as db:
            last = last_readings(db, self._job.connection_id, self._job.began).get(f"{stream}{UNEXPLAINED}")
        return last is None or self._job.began - last >= ASKED_AGAIN
