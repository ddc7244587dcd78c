"""Rows into the mirror: told apart from what we have, merged, written in one go, counted.

Knows the way of one batch of rows of one kind through the database. Does not know pages, rosters or platforms. What has
not changed is not written at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.addresses import email_ids
from adapter.store.booking_times import evidence
from adapter.store.client_emails import note_addresses
from adapter.store.client_merges import follow_public_ids, kept_of
from adapter.store.columns import ADDRESS_FIELDS, KINDS, Kind, Row
from adapter.store.dialect import among, chunks, table_of, upsert
from adapter.store.differences import is_noted, note
from adapter.store.merging import UNKNOWN_WORD, WORDS, keep_what_is_not_said, settle_reservation, stale
from adapter.store.readings import note_readings, note_reservations
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Venue
from connectors.records import Stream

log = structlog.get_logger(__name__)

KEY = ("connection_id", "external_id")


@dataclass(frozen=True)
class Counts:
    """What became of the records of a batch. ``read`` is all of them, ``gone`` is inferred from a complete answer."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    failed: int = 0  # set aside

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Batch:
    """Where rows go, and when."""

    db: Db
    keys: Keyring
    connection: Connection
    stream: Stream
    now: datetime

    @property
    def kind(self) -> Kind:
        """How the rows of this stream are kept."""
        return KINDS[self.stream]


def save(batch: Batch, rows: Sequence[Row]) -> Counts:
    """Write the rows that are new or changed. A record that comes twice counts once, its latest state holds."""
    latest = _latest(batch.kind, rows)
    counts = Counts(unchanged=len(rows) - len(latest))
    for keys in chunks(sorted(latest)):
        counts += _save_some(batch, [latest[key] for key in keys])
    return counts


def _latest(kind: Kind, rows: Sequence[Row]) -> dict[str, Row]:
    latest: dict[str, Row] = {}
    for row in rows:
        before = latest.get(row.key)
        if before is None or not (kind.dated and stale(before.values, row.values)):
            latest[row.key] = row
    return latest


def _save_some(batch: Batch, rows: Sequence[Row]) -> Counts:
    known = _hashes(batch, [row.key for row in rows])
    # A row that had vanished is back: it counts as changed, whatever it says.
    differing = [row for row in rows if known.get(row.key) != row.hash]
    old = _rows(batch, [row.key for row in differing if row.key in known])
    written = [row for row in differing if not _older(batch.kind, old.get(row.key), row)]
    _complete(batch, written, old)
    for row in written if is_noted(batch.db) else ():
        note(batch.db, batch.stream, row.key, old.get(row.key), row.values)
    upsert(batch.db, batch.kind.table, KEY, [row.values for row in written], differs=["content_hash", "gone_at"])
    if batch.stream is Stream.SESSIONS:
        note_readings(batch.db, batch.connection.id, [row.values for row in written], old, batch.now)
    if batch.stream is Stream.RESERVATIONS:
        note_reservations(batch.db, batch.connection.id, [row.values for row in written], old, batch.now)
    if batch.stream is Stream.CLIENTS:
        note_addresses(batch.db, batch.connection.id, [row.values for row in written], old, batch.now)
        follow_public_ids(batch.db, batch.connection.id, [row.values for row in written], old)
    new = sum(row.key not in known for row in written)
    return Counts(new=new, changed=len(written) - new, unchanged=len(rows) - len(written))


def _hashes(batch: Batch, ids: Sequence[str]) -> dict[str, str | None]:
    table = batch.kind.table
    found = batch.db.execute(
        select(table.c.external_id, table.c.content_hash, table.c.gone_at.is_not(None)).where(
            table.c.connection_id == batch.connection.id, table.c.external_id.in_(among(ids))
        )
    )
    return {key: None if gone else content for key, content, gone in found}


def _rows(batch: Batch, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    if not ids:
        return {}
    table = batch.kind.table
    wanted = select(table).where(table.c.connection_id == batch.connection.id, table.c.external_id.in_(among(ids)))
    return {row["external_id"]: dict(row) for row in batch.db.execute(wanted.with_for_update()).mappings()}


def _older(kind: Kind, old: Mapping[str, Any] | None, row: Row) -> bool:
    return kind.dated and old is not None and stale(old, row.values)


def _complete(batch: Batch, rows: Sequence[Row], old: Mapping[str, Mapping[str, Any]]) -> None:
    """Everything that a row needs beyond what its record says."""
    if not rows:
        return
    _warn_of_unknown_words(batch, rows)
    if batch.kind.address:
        _refer_to_addresses(batch, rows, ADDRESS_FIELDS[batch.kind.address])
    if batch.stream is Stream.SESSIONS:
        _zone_sessions(batch, rows)
    for row in rows:
        row.values["connection_id"] = batch.connection.id
        if before := old.get(row.key):
            keep_what_is_not_said(before, row.values)
    if batch.stream is Stream.SESSIONS:
        _keep_first_zone(rows, old, batch.now)
    if batch.stream is Stream.RESERVATIONS:
        _give_to_kept_clients(batch, rows)
        _settle(batch, rows, old)


def _warn_of_unknown_words(batch: Batch, rows: Sequence[Row]) -> None:
    words = WORDS & rows[0].values.keys()
    unheard = [row.key for row in rows for column in words if row.values[column] == UNKNOWN_WORD]
    if unheard:
        told = {"connection": batch.connection.id, "stream": batch.stream.value, "records": len(unheard)}
        log.warning("words that nobody here knows", **told, first=unheard[0])


def _refer_to_addresses(batch: Batch, rows: Sequence[Row], column: str) -> None:
    ids = email_ids(batch.db, batch.keys, {row.address for row in rows if row.address}, batch.now)
    for row in rows:
        row.values[column] = ids.get(row.address) if row.address else None


def _zone_sessions(batch: Batch, rows: Sequence[Row]) -> None:
    venues = table_of(Venue)
    wanted = {row.values["venue_id"] for row in rows}
    found = batch.db.execute(
        select(venues.c.external_id, venues.c.timezone).where(
            venues.c.connection_id == batch.connection.id, venues.c.external_id.in_(among(wanted))
        )
    )
    zones = dict(found.all())
    for row in rows:
        row.values["timezone"] = zones.get(row.values["venue_id"], batch.connection.timezone)


def _keep_first_zone(rows: Sequence[Row], old: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """A class keeps the zone of its first sight (EC-45). Where the zone changes, only one still to come moves (F18)."""
    for row in rows:
        if before := old.get(row.key):
            if before["timezone"] != row.values["timezone"] and before["starts_at"] <= now:
                row.values |= {"starts_at": before["starts_at"], "ends_at": before["ends_at"]}
            row.values["timezone"] = before["timezone"]


def _give_to_kept_clients(batch: Batch, rows: Sequence[Row]) -> None:
    """An answer that was on its way during a merge, or an old page, may still name the client that is no more."""
    named = {row.values["client_id"] for row in rows if row.values["client_id"] is not None}
    kept = kept_of(batch.db, batch.connection.id, named)
    for row in rows if kept else ():
        row.values["client_id"] = kept.get(row.values["client_id"], row.values["client_id"])


def _settle(batch: Batch, rows: Sequence[Row], old: Mapping[str, Mapping[str, Any]]) -> None:
    reservations = {row.key for row in rows}
    sessions = {row.values["session_id"] for row in rows}
    live = batch.connection.last_pulled_at is not None
    known = evidence(batch.db, batch.connection.id, reservations, sessions, now=batch.now, live=live)
    for row in rows:
        settle_reservation(old.get(row.key), row.values, known)
