"""One record behind a number: what was kept of the platform's own, redacted when it came, with its hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.showing.confidential import without_floor
from adapter.store.columns import digest
from adapter.store.tables import (
    Connection,
    Decision,
    Quarantine,
    Reservation,
    ReservationReading,
    Session,
    WebhookMessage,
)


class Kind(StrEnum):
    """What a record is."""

    RESERVATION = "reservation"
    SESSION = "session"
    DECISION = "decision"
    ASIDE = "aside"
    EVENT = "event"


TABLES: Mapping[Kind, type[Any]] = {
    Kind.RESERVATION: Reservation,
    Kind.SESSION: Session,
    Kind.DECISION: Decision,
    Kind.ASIDE: Quarantine,
    Kind.EVENT: WebhookMessage,
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is shown. ``hash`` begins with that of ``raw``; ``whole``: that is so still."""

    kind: Kind
    title: str
    at: datetime  # when it was read, or made
    raw: Any
    hash: str
    whole: bool | None  # None: no hash was kept of it
    session_id: int | None = None
    known: tuple[tuple[datetime, str], ...] = ()  # of a reservation: what we came to know, and when
    zone: str = "UTC"


def find_record(db: Db, studio_id: int, kind: Kind, number: int, *, floor: bool) -> Record | None:
    """The studio's record of this kind and number (ours); None: it has none. ``floor``: whether it may be shown."""
    table = TABLES[kind]
    mine = select(table, Connection.timezone).join(Connection, Connection.id == table.connection_id)
    found = db.execute(mine.where(Connection.studio_id == studio_id, table.id == number)).one_or_none()
    if found is None:
        return None
    row, zone = found
    if kind is Kind.DECISION:
        told = {"inputs": row.inputs, "explanation": row.explanation}
        return _record(kind, row, told if floor else without_floor(told), None, f"Decision {row.id}", row.at, zone)
    if kind is Kind.EVENT:
        return _record(kind, row, row.payload, None, f"Event {row.event}", row.received_at, zone)
    at = row.first_seen_at if kind is Kind.ASIDE else row.fetched_at
    title = f"{kind.capitalize() if kind is not Kind.ASIDE else row.stream.capitalize()} {row.external_id or ''}"
    known = _known(db, row) if kind is Kind.RESERVATION else ()
    return _record(kind, row, row.raw, row.content_hash, title, at, zone, known=known)


def _record(
    kind: Kind, row: Any, raw: Any, kept: str | None, title: str, at: datetime, zone: str, known: Any = ()
) -> Record:
    whole = None if kept is None else kept.startswith(digest(raw))
    session = row.id if kind is Kind.SESSION else row.session_id if kind is Kind.DECISION else None
    return Record(kind, title, at, raw, kept or digest(raw), whole, session, tuple(known), zone)


def _known(db: Db, row: Reservation) -> list[tuple[datetime, str]]:
    mine = select(ReservationReading).where(
        ReservationReading.connection_id == row.connection_id, ReservationReading.reservation_id == row.external_id
    )
    return [(said.at, said.after.replace("_", " ")) for said in db.scalars(mine.order_by(ReservationReading.id))]
