"""Records that could not be read: parked, kept once each with the reason, until the record can be read.

Knows the quarantine table only. Reasons are shown to the studio, so addresses are taken out of them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from adapter.store.columns import digest
from adapter.store.dialect import among, chunks, insert_new, table_of
from adapter.store.redaction import redact, scrub
from adapter.store.sealing import Keyring
from adapter.store.tables import Quarantine
from connectors.records import SetAside, Stream


def set_aside(
    db: Session, keys: Keyring, connection_id: int, records: Sequence[SetAside], now: datetime
) -> list[SetAside]:
    """Keep what could not be read. The same payload is kept once; a changed one takes the place of the old.

    Returns the records whose payload was not parked yet: those are news, the others stay as bad as they were.
    """
    rows = {
        str(row["content_hash"]): (record, row)
        for record in records
        for row in [_row(keys, connection_id, record, now)]
    }
    known = _parked(db, connection_id, rows)
    news = [pair for content_hash, pair in rows.items() if content_hash not in known]
    insert_new(db, table_of(Quarantine), ("connection_id", "stream", "content_hash"), [row for _, row in news])
    for _, row in news:
        if row["external_id"] is not None:
            _drop_older(db, row)
    return [record for record, _ in news]


def readable_again(db: Session, connection_id: int, stream: Stream, external_ids: Iterable[str]) -> None:
    """Forget what was set aside of these records: they have been read since."""
    of_stream = (Quarantine.connection_id == connection_id) & (Quarantine.stream == stream.value)
    if db.execute(select(Quarantine.id).where(of_stream).limit(1)).first() is None:
        return
    for some in chunks(sorted(external_ids)):
        db.execute(
            delete(Quarantine).where(of_stream, Quarantine.external_id.in_(among(some))),
            execution_options={"synchronize_session": False},
        )


def _row(keys: Keyring, connection_id: int, record: SetAside, now: datetime) -> dict[str, object]:
    raw = redact(record.raw, keys, person=record.stream is Stream.CLIENTS)
    return {
        "connection_id": connection_id,
        "stream": record.stream.value,
        "external_id": None if record.external_id is None else scrub(record.external_id, keys),
        "reason": scrub(record.reason, keys),
        "raw": raw,
        "content_hash": digest(raw),
        "first_seen_at": now,
    }


def _parked(db: Session, connection_id: int, hashes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(sorted(hashes)):
        found.update(
            db.scalars(
                select(Quarantine.content_hash).where(
                    Quarantine.connection_id == connection_id, Quarantine.content_hash.in_(among(some))
                )
            )
        )
    return found


def _drop_older(db: Session, row: dict[str, object]) -> None:
    db.execute(
        delete(Quarantine).where(
            Quarantine.connection_id == row["connection_id"],
            Quarantine.stream == row["stream"],
            Quarantine.external_id == row["external_id"],
            Quarantine.content_hash != row["content_hash"],
        ),
        execution_options={"synchronize_session": False},
    )
