"""The mirror with what changed since an instant taken back: sessions and reservations as they were believed to be.

What is written over leaves behind what it was (``SessionReading``, ``ReservationReading``); from the present rows, the
latest change first, each is undone. What was not known yet is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import chunks
from adapter.store.tables import (
    Audit,
    Connection,
    Reservation,
    ReservationReading,
    Session,
    SessionReading,
    SourceMapping,
)
from connectors.records import Channel, Outcome, SessionStatus

READ: Mapping[str, Callable[[str], Any]] = {
    "starts_at": datetime.fromisoformat,
    "booked_at": datetime.fromisoformat,
    "cancelled_at": datetime.fromisoformat,
    "gone_at": datetime.fromisoformat,
    "rate": Decimal,
    "outcome": Outcome,
    "status": SessionStatus,
}
"""How what was is read; what isn't here is as JSON has it."""


@dataclass(slots=True)
class Made:
    """A reservation as it was: what a payout hangs on, and what leads to its record."""

    id: int
    connection_id: int
    external_id: str
    session_id: str
    client_id: str | None
    guest_email_id: int | None
    source: str
    outcome: Outcome
    booked_at: datetime | None
    cancelled_at: datetime | None
    gone_at: datetime | None
    seats: int
    rate: Decimal | None
    content_hash: str


Moves = Mapping[tuple[int, str], Mapping[str, Any]]
"""What was of sessions that moved since, by connection and the platform's id."""
COLUMNS = [getattr(Reservation, name) for name in Made.__slots__]
CHANGES = [getattr(ReservationReading, name) for name in ("id", "at", "session_id", "reservation_id", "before", "was")]


def reservations_then(
    db: Db, connection_id: int, session_ids: Sequence[str], then: datetime, sources: Collection[str] | None = None
) -> Iterator[Made]:
    """The reservations of sessions (the platform's ids) that were known then, as they were; in no order.

    ``sources``: of these alone; None: all.
    """
    for some in chunks(sorted(set(session_ids))):
        wanted = set(some)
        rows, changes = _around(db, connection_id, some, then, sources)
        for number, row in rows.items():
            made = Made(*tuple(row))
            if number in changes:
                if not _undo(made, changes[number]):
                    continue
            elif made.booked_at is not None and made.booked_at > then:
                continue
            if made.session_id in wanted and (sources is None or made.source in sources):
                yield made


def _around(
    db: Db, connection_id: int, session_ids: Sequence[str], then: datetime, sources: Collection[str] | None
) -> tuple[dict[str, Row[Any]], dict[str, list[Row[Any]]]]:
    """The rows of reservations that are in these sessions or have left them since, and their changes, latest first."""
    mine, noted = Reservation.connection_id == connection_id, ReservationReading.connection_id == connection_id
    theirs = [] if sources is None else [Reservation.source.in_(sorted(sources))]
    rows = _rows(db, mine, Reservation.session_id.in_(session_ids), *theirs)
    since = select(*CHANGES).where(noted, ReservationReading.at > then)
    found = {each.id: each for each in db.execute(since.where(ReservationReading.session_id.in_(session_ids)))}
    ways = [(each.reservation_id, _way(each)) for each in db.execute(since.where(ReservationReading.moved))]
    if gone := {number for number, way in ways if way & set(session_ids)} - rows.keys():
        rows |= _rows(db, mine, Reservation.external_id.in_(sorted(gone)))
    if moved := {number for number, _ in ways} & rows.keys():
        stops = sorted({stop for number, way in ways if number in moved for stop in way})
        elsewhere = since.where(
            ReservationReading.session_id.in_(stops), ReservationReading.reservation_id.in_(sorted(moved))
        )
        found |= {each.id: each for each in db.execute(elsewhere)}
    changes: dict[str, list[Row[Any]]] = defaultdict(list)
    for each in sorted(found.values(), key=lambda each: (each.at, each.id), reverse=True):
        changes[each.reservation_id].append(each)
    return rows, changes


def _way(move: Row[Any]) -> set[str]:
    """The session that a reservation came into, and the one that it came from."""
    return {move.session_id, (move.was or {}).get("session_id", move.session_id)}


def _rows(db: Db, *which: Any) -> dict[str, Row[Any]]:
    return {row.external_id: row for row in db.execute(select(*COLUMNS).where(*which))}


def _undo(made: Made, changes: Sequence[Row[Any]]) -> bool:
    """Take these changes back, the latest first; whether it was known before them."""
    known = True
    for change in changes:
        known = change.was is not None or change.before is not None
        was = {"outcome": change.before} if change.was is None else _read(change.was)
        for name, value in was.items():
            setattr(made, name, value)
    return known


def _read(was: Mapping[str, Any]) -> dict[str, Any]:
    read = {name: READ[name](value) for name, value in was.items() if name in READ and value is not None}
    return {**was, **read}


def sessions_of(db: Db, keys: Iterable[tuple[int, str]]) -> list[int]:
    """Our ids of sessions, by connection and the platform's id."""
    by_connection: dict[int, list[str]] = defaultdict(list)
    for connection_id, external_id in keys:
        by_connection[connection_id].append(external_id)
    found: list[int] = []
    for connection_id, ids in by_connection.items():
        mine = Session.connection_id == connection_id, Session.external_id.in_(sorted(ids))
        found += db.scalars(select(Session.id).where(*mine))
    return found


def changes_since(
    db: Db, connection_id: int, session_ids: Sequence[str], then: datetime
) -> dict[str, Mapping[str, Any]]:
    """Of sessions that changed since: what was of where, when and what is taught, and whether; by the platform's id."""
    mine = SessionReading.connection_id == connection_id, SessionReading.session_id.in_(session_ids)
    return {name: was for (_, name), was in _taken_back(db, *mine, SessionReading.was.is_not(None), then=then).items()}


def moves_since(db: Db, connection_ids: Sequence[int], then: datetime) -> Moves:
    """Of sessions that were moved since, or taught elsewhere: what was, by connection and the platform's id."""
    return _taken_back(db, SessionReading.connection_id.in_(connection_ids), SessionReading.moved, then=then)


def _taken_back(db: Db, *which: Any, then: datetime) -> Moves:
    since = select(SessionReading).where(*which, SessionReading.at > then)
    found: dict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    for each in db.scalars(since.order_by(SessionReading.at.desc(), SessionReading.id.desc())):
        found[each.connection_id, each.session_id] |= _read(each.was or {})
    return found


def meanings_then(db: Db, connection: Connection, then: datetime) -> dict[str, Channel]:
    """What the studio had said that its booking sources mean; of what is absent it had said nothing."""
    said = select(SourceMapping.source, SourceMapping.channel).where(SourceMapping.connection_id == connection.id)
    meant: dict[str, Channel] = dict(db.execute(said).all())
    for before in befores_since(db, connection.studio_id, "sources.mapped", f"connection:{connection.id}", then):
        meant |= {source: Channel(channel or Channel.UNKNOWN) for source, channel in before.items()}
    return meant


def befores_since(db: Db, studio_id: int, act: str, about: str, then: datetime) -> list[dict[str, Any]]:
    """What stood before each change since that the audit log tells of, the latest first."""
    since = select(Audit.before).where(
        Audit.studio_id == studio_id, Audit.act == act, Audit.about == about, Audit.at > then
    )
    return [before or {} for before in db.scalars(since.order_by(Audit.at.desc(), Audit.id.desc()))]
