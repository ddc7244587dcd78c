"""What the support desk finds: studios, venues, classes, connections, runs and reservations; a client by an address.

An address is only ever compared by its keyed hash; what comes back is masked. Knows nothing of pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.guarantee.identity import normalise
from adapter.store.belonging import its_class_type, its_session
from adapter.store.meaning import meaning
from adapter.store.sealing import Keyring
from adapter.store.tables import (
    Audit,
    ClassType,
    Client,
    Connection,
    EmailAddress,
    FirstBooking,
    Reservation,
    Run,
    Session,
    SourceMapping,
    Studio,
    Venue,
)
from connectors.records import Channel, Outcome

MOST = 10  # of each kind
MOST_KINDS = 200  # class types of one name, over all studios
LATELY, COMING = timedelta(days=30), timedelta(days=60)  # where a class is looked for by its name
_NUMBER = re.compile(r"#?(\d{1,12})")


class Kind(StrEnum):
    """What was found."""

    STUDIO = "studio"
    CONNECTION = "connection"
    VENUE = "venue"
    SESSION = "session"
    RUN = "run"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: ``number`` is our id of what its link leads to."""

    kind: Kind
    number: int
    title: str
    detail: str
    studio: Studio
    at: datetime | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Booking:
    """One of a client's reservations."""

    session_id: int
    title: str
    starts_at: datetime
    zone: str
    channel: Channel
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Person:
    """A client of one studio who has the address that was asked for."""

    studio_id: int
    studio: str
    connection_id: int
    client: str  # the platform's id; "guest" where only a reservation knows them
    masked: str
    first_channel: Channel | None
    first_at: datetime | None
    bookings: int
    latest: tuple[Booking, ...]


def mask(address: str) -> str:
    """An address of which only its owner can tell that it is theirs: ``a•••@e•••.com``."""
    local, _, domain = address.strip().rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{ending}"


def search(db: Db, text: str, studio_ids: frozenset[int] | None, now: datetime) -> list[Hit]:
    """Everything of these studios (None: all) that bears the text in its name, or has it as its number.

    Classes by name: of the last 30 days and the next 60.
    """
    words = text.strip()
    if not words or "@" in words:
        return []
    number = _NUMBER.fullmatch(words)
    by_number = _numbered(db, int(number[1]), studio_ids) if number else iter(())
    return list(dict.fromkeys([*by_number, *_named(db, words, studio_ids, now)]))


def people(db: Db, keys: Keyring, text: str, studio_ids: frozenset[int] | None) -> list[Person]:
    """The clients of these studios whose address this is; none where it is no address."""
    address = normalise(text) if "@" in text else None
    if address is None:
        return []
    found = db.scalar(select(EmailAddress.id).where(EmailAddress.keyed_hash == keys.keyed_hash(address)))
    if found is None:
        return []
    clients = _mine(select(Client, Connection, Studio), Client.connection_id, studio_ids)
    rows = db.execute(clients.where(Client.email_id == found).limit(MOST)).all()
    known = [_person(db, connection, studio, found, mask(address), row) for row, connection, studio in rows]
    return known or _guests(db, found, mask(address), studio_ids)


def note_look_up(db: Db, found: list[Person], *, actor: str, now: datetime) -> None:
    """Write down that somebody looked for these people: who, when, whom by number; never the address."""
    for each in found:
        about = f"client:{each.connection_id}:{each.client}"
        lines = {"at": now, "actor": actor, "studio_id": each.studio_id, "before": None, "after": None}
        db.add(Audit(act="client.looked_up", about=about, **lines))


def _numbered(db: Db, number: int, studio_ids: frozenset[int] | None) -> Iterator[Hit]:
    """By our own numbers and by the platform's."""
    if number < 2**31:
        mine = _mine(select(Connection, Studio), Connection.id, studio_ids, join=False)
        for row, studio in db.execute(mine.where(Connection.id == number)):
            yield Hit(Kind.CONNECTION, row.id, row.site_name, f"connection {row.id}, site {row.site}", studio)
        runs = _mine(select(Run, Studio), Run.connection_id, studio_ids).where(Run.id == number)
        for row, studio in db.execute(runs):
            yield Hit(Kind.RUN, row.id, f"Run {row.id}", f"{row.kind}, {row.state}", studio, row.started_at)
        yield from _sessions(db, Session.id == number, studio_ids)
    theirs = and_(Session.connection_id.in_(_connections(db, studio_ids)), Session.external_id == str(number))
    yield from _sessions(db, theirs, studio_ids)
    yield from _reservations(db, str(number), studio_ids)


def _named(db: Db, words: str, studio_ids: frozenset[int] | None, now: datetime) -> Iterator[Hit]:
    studios = select(Studio).where(Studio.name.icontains(words, autoescape=True)).order_by(Studio.name).limit(MOST)
    for row in db.scalars(studios if studio_ids is None else studios.where(Studio.id.in_(studio_ids))):
        yield Hit(Kind.STUDIO, row.id, row.name, f"studio {row.id}, {row.currency}", row)
    named = or_(Connection.site_name.icontains(words, autoescape=True), Connection.site == words)
    mine = _mine(select(Connection, Studio), Connection.id, studio_ids, join=False)
    for row, studio in db.execute(mine.where(named).order_by(Connection.id).limit(MOST)):
        yield Hit(Kind.CONNECTION, row.id, row.site_name, f"connection {row.id}, {row.state}", studio)
    venues = _mine(select(Venue, Studio), Venue.connection_id, studio_ids)
    for row, studio in db.execute(venues.where(Venue.name.icontains(words, autoescape=True)).limit(MOST)):
        yield Hit(Kind.VENUE, row.id, row.name, row.timezone.replace("_", " "), studio)
    if taught := _taught(db, words, studio_ids):
        lately = Session.starts_at.between(now - LATELY, now + COMING)
        here, kinds = {connection for connection, _ in taught}, {kind for _, kind in taught}
        which = and_(Session.connection_id.in_(here), lately, Session.class_type_id.in_(kinds))
        yield from _sessions(db, and_(which, ClassType.name.icontains(words, autoescape=True)), studio_ids)
    if not _NUMBER.fullmatch(words):
        yield from _reservations(db, words, studio_ids)


def _sessions(db: Db, which: Any, studio_ids: frozenset[int] | None) -> Iterator[Hit]:
    """The latest first: a question is mostly about a class to come, or just over."""
    every = _mine(select(Session, ClassType.name, Studio), Session.connection_id, studio_ids)
    wanted = every.outerjoin(ClassType, its_class_type())
    for row, name, studio in db.execute(wanted.where(which).order_by(Session.starts_at.desc()).limit(MOST)):
        title = name or row.class_type_id
        detail = f"class {row.id}, at the platform {row.external_id}"
        yield Hit(Kind.SESSION, row.id, title, detail, studio, row.starts_at, row.timezone)


def _reservations(db: Db, external_id: str, studio_ids: frozenset[int] | None) -> Iterator[Hit]:
    every = _mine(select(Reservation, Session, Studio), Reservation.connection_id, studio_ids)
    wanted = every.join(Session, its_session())
    which = and_(Reservation.connection_id.in_(_connections(db, studio_ids)), Reservation.external_id == external_id)
    for row, session, studio in db.execute(wanted.where(which).limit(MOST)):
        detail = f"{row.outcome.replace('_', ' ')}, booked by {row.source}"
        title = f"Reservation {row.external_id}"
        yield Hit(Kind.RESERVATION, session.id, title, detail, studio, session.starts_at, session.timezone)


def _connections(db: Db, studio_ids: frozenset[int] | None) -> Sequence[int]:
    """Our ids of these studios' connections: a platform's id is only indexed beside its connection's."""
    every = select(Connection.id)
    return db.scalars(every if studio_ids is None else every.where(Connection.studio_id.in_(studio_ids))).all()


def _taught(db: Db, words: str, studio_ids: frozenset[int] | None) -> Sequence[tuple[int, str]]:
    """What is taught under such a name: connection, and the platform's id."""
    kinds = _mine(select(ClassType.connection_id, ClassType.external_id), ClassType.connection_id, studio_ids)
    found = db.execute(kinds.where(ClassType.name.icontains(words, autoescape=True)).limit(MOST_KINDS))
    return [(connection, kind) for connection, kind in found]


def _mine(
    wanted: Select[*tuple[Any, ...]], connection: Any, studio_ids: frozenset[int] | None, *, join: bool = True
) -> Select[*tuple[Any, ...]]:
    """The rows of the studios that exist for whoever asks, with their connection and studio."""
    linked = wanted.join(Connection, Connection.id == connection) if join else wanted
    linked = linked.join(Studio, Studio.id == Connection.studio_id)
    return linked if studio_ids is None else linked.where(Studio.id.in_(studio_ids))


def _person(db: Db, connection: Connection, studio: Studio, email: int, masked: str, client: Client | None) -> Person:
    theirs = Reservation.connection_id == connection.id
    whose = Reservation.guest_email_id == email if client is None else Reservation.client_id == client.external_id
    first = db.scalar(
        select(FirstBooking).where(FirstBooking.studio_id == studio.id, FirstBooking.email_id == email).limit(1)
    )
    return Person(
        studio_id=studio.id,
        studio=studio.name,
        connection_id=connection.id,
        client="guest" if client is None else client.external_id,
        masked=masked,
        first_channel=first.channel if first else None,
        first_at=first.booked_at if first else None,
        bookings=db.scalar(select(func.count()).select_from(Reservation).where(theirs, whose)) or 0,
        latest=tuple(_latest(db, and_(theirs, whose))),
    )


def _guests(db: Db, email: int, masked: str, studio_ids: frozenset[int] | None) -> list[Person]:
    """Where a platform keeps the address on the reservation, nobody is a client: a first booking tells the studios."""
    studios = select(Studio.id) if studio_ids is None else select(Studio.id).where(Studio.id.in_(studio_ids))
    made = select(FirstBooking.studio_id).where(
        FirstBooking.studio_id.in_(db.scalars(studios).all()), FirstBooking.email_id == email
    )
    mine = _mine(select(Connection, Studio), Connection.id, studio_ids, join=False)
    rows = db.execute(mine.where(Studio.id.in_(db.scalars(made).all())).limit(MOST)).all()
    found = [_person(db, connection, studio, email, masked, None) for connection, studio in rows]
    return [person for person in found if person.bookings]


def _latest(db: Db, whose: Any) -> Iterator[Booking]:
    wanted = (
        select(Reservation.outcome, Session, ClassType.name, SourceMapping.channel)
        .select_from(Reservation)
        .join(Session, its_session())
        .outerjoin(ClassType, its_class_type())
        .outerjoin(SourceMapping, meaning())
        .where(whose)
    )
    for outcome, session, name, channel in db.execute(wanted.order_by(Session.starts_at.desc()).limit(MOST)):
        place = session.id, name or session.class_type_id, session.starts_at, session.timezone
        yield Booking(*place, channel or Channel.UNKNOWN, outcome)
