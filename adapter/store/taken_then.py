"""How the places of sessions were taken at an earlier instant, the channel's own counted once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.dialect import chunks
from adapter.store.selling import LET_GO, PREMIUM, Taken
from adapter.store.tables import ChannelReservation, Connection, Session
from adapter.store.taken_back import Made, meanings_then, reservations_then
from connectors.records import ACTIVE_OUTCOMES, Channel

Key = tuple[int, str]  # connection, the platform's id of the session


class Stood(NamedTuple):
    """A mirrored reservation as it was, in which session, and what its source meant."""

    key: Key
    channel: Channel
    made: Made


def mirrored_then(db: Db, sessions: Iterable[Session], then: datetime) -> list[Stood]:
    """Each reservation of these sessions that was known then."""
    ids: dict[int, list[str]] = defaultdict(list)
    for session in sessions:
        ids[session.connection_id].append(session.external_id)
    found = []
    for connection_id, names in ids.items():
        meant = meanings_then(db, db.get_one(Connection, connection_id), then)
        for made in reservations_then(db, connection_id, names, then):
            channel = meant.get(made.source, Channel.UNKNOWN)
            found.append(Stood((connection_id, made.session_id), channel, made))
    return found


def taken_then(db: Db, sessions: Collection[Session], then: datetime) -> dict[Key, Taken]:
    """How the places of these sessions were taken."""
    found = {(session.connection_id, session.external_id): Taken() for session in sessions}
    numbers = {session.id: found[session.connection_id, session.external_id] for session in sessions}
    ours = {}
    for row in _sold(db, numbers, then):
        holds = row.state not in LET_GO or row.changed_at > then
        numbers[row.session_id].premium += holds and row.product in PREMIUM
        numbers[row.session_id].standard += holds and row.product not in PREMIUM
        known_since = row.entered_at or row.confirmed_at
        if known_since is not None and known_since <= then and (holds or not row.on_ledger):
            ours[row.connection_id, row.platform_id] = row
    for stood in mirrored_then(db, sessions, then):
        if stood.made.outcome in ACTIVE_OUTCOMES:
            is_ours = (stood.made.connection_id, stood.made.external_id) in ours
            _count(found[stood.key], stood, is_ours)
    return found


def _count(taken: Taken, stood: Stood, is_ours: bool) -> None:
    taken.roster += stood.made.seats
    if not is_ours:
        taken.others = {**taken.others, stood.channel: taken.others.get(stood.channel, 0) + stood.made.seats}


def _sold(db: Db, numbers: Mapping[int, Taken], then: datetime) -> Iterable[ChannelReservation]:
    for some in chunks(sorted(numbers)):
        mine = ChannelReservation.session_id.in_(some), ChannelReservation.requested_at <= then
        yield from db.scalars(select(ChannelReservation).where(*mine))
