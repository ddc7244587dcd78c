"""Rosters into the mirror: fetched a few at a time, written a few a commit, a failed one listed and passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.mirror import Counts, Tell, save_rosters
from adapter.store.tables import Connection, Session
from connectors.errors import BadRecord, ConnectorError, Rejected, TryAgain
from connectors.platform import Api, Platform
from connectors.records import SetAside, Stream
from sync.engine.job import Job
from sync.pulling.rosters import Roster, RosterKey, fetch_all

A_COMMIT = 50  # rosters that are written together
STREAK = 5  # so many passing faults in a row are not one bad roster: the platform is down


def roster_keys(db: Database, session_ids: Sequence[int]) -> list[RosterKey]:
    """Our ids as keys, in the order given."""
    found = db.execute(select(Session.id, Session.external_id).where(Session.id.in_(session_ids)))
    external = dict(found.all())
    return [RosterKey(number, external[number]) for number in session_ids]


@dataclass
class RosterPull:
    """Reads the given rosters into the mirror."""

    job: Job
    api: Api
    platform: Platform
    ready: list[tuple[RosterKey, Roster]] = field(default_factory=list)
    streak: int = 0

    def read(self, keys: Sequence[RosterKey]) -> None:
        """Read them all; raises what would stop the others too (no access, a spent budget, a platform that is down)."""
        resource = self.platform.streams.get(Stream.RESERVATIONS)
        if resource is None:
            return
        for key, answer in fetch_all(self.api, resource, keys):
            if isinstance(answer, ConnectorError):
                self._failed(key, answer)
                continue
            self.streak = 0
            self.ready.append((key, answer))
            if len(self.ready) >= A_COMMIT:
                self._flush()
        self._flush()

    def _failed(self, key: RosterKey, error: ConnectorError) -> None:
        self.streak = self.streak + 1 if isinstance(error, TryAgain) else 0
        if not self._stands_alone(error):
            self._flush()
            raise error
        self.job.fail(
            f"roster of session {key.external_id}", str(error), stream=Stream.RESERVATIONS, record=key.external_id
        )
        self.job.commit(Stream.RESERVATIONS, lambda _: Counts(failed=1), done=1)

    def _stands_alone(self, error: ConnectorError) -> bool:
        if isinstance(error, TryAgain):
            return error.after is None and self.streak < STREAK
        return isinstance(error, Rejected | BadRecord)

    def _flush(self) -> None:
        batch, self.ready = self.ready, []
        if batch:
            news: list[SetAside] = []
            self.job.commit(Stream.RESERVATIONS, lambda db: self._save(db, batch, news.append), done=len(batch))
            home = _homes(batch) if news else {}
            self.job.set_aside(news, lambda record: home.get(id(record.raw)))

    def _save(self, db: Database, batch: Sequence[tuple[RosterKey, Roster]], tell: Tell) -> Counts:
        connection = db.get_one(Connection, self.job.connection_id)
        rows = {row.id: row for row in db.scalars(select(Session).where(Session.id.in_([key.id for key, _ in batch])))}
        rosters = [(rows[key.id], pages) for key, pages in batch]
        return save_rosters(db, self.job.ctx.keys, connection, rosters, now=self.job.ctx.now(), tell=tell)


def _homes(batch: Sequence[tuple[RosterKey, Roster]]) -> dict[int, str]:
    """To which session each payload of a batch belongs: one that could not be read may not say so itself."""
    return {
        id(raw): key.external_id
        for key, pages in batch
        for page in pages
        for raw in (*(item.raw for item in page.items), *(record.raw for record in page.set_aside))
    }
