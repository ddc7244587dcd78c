"""A studio's upcoming sessions as a page or an API answer shows them: places by channel, the decision, its push.

Knows how to ask the tables in three queries for any number of sessions. Knows nothing of zones or words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased, defer

from adapter.store.belonging import its_class_type, its_venue
from adapter.store.meaning import meaning
from adapter.store.selling import Taken, taken_of
from adapter.store.tables import ClassType, Connection, Decision, Push, PushMode, Reservation, SourceMapping, Venue
from adapter.store.tables import Session as ClassSession
from connectors.records import Channel, Outcome, SessionStatus


@dataclass(frozen=True, slots=True)
class Places:
    """How the places of a session are taken, by channel; ``kept`` are free and not listed."""

    capacity: int | None
    direct: int = 0
    marketplace: int = 0
    third_party: int = 0
    unknown: int = 0  # booked under a source that the studio has not mapped, or not on the roster we read
    listed: int = 0
    off_roster: int = 0  # of the unknown: the platform's own count is so far ahead of the roster

    @property
    def taken(self) -> int:
        """Places that are gone."""
        return self.direct + self.marketplace + self.third_party + self.unknown

    @property
    def free(self) -> int:
        """Places still to be had; 0 where the platform gives no capacity."""
        return max(0, (self.capacity or 0) - self.taken)

    @property
    def kept(self) -> int:
        """Free places that are not listed: expected to go to direct clients."""
        return max(0, self.free - self.listed)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One session with all that is shown of it."""

    session: ClassSession
    venue: str
    class_name: str
    category: str | None
    studio_id: int
    push_mode: PushMode
    decision: Decision | None
    push: Push | None
    places: Places = field(default_factory=lambda: Places(None))

    @property
    def takes_place(self) -> bool:
        """Whether it has not been cancelled or removed."""
        return self.session.status != SessionStatus.CANCELLED and self.session.gone_at is None

    @property
    def in_shadow(self) -> bool:
        """Whether what was decided is not pushed: nobody can buy what counts as listed."""
        return self.decision is not None and self.decision.shadow


def upcoming(
    db: Session,
    studio_ids: frozenset[int] | None,
    start: datetime,
    end: datetime,
    *,
    venue_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int | None = None,
    bare: bool = False,
) -> list[Upcoming]:
    """The studios' (None: all) sessions that start in [start, end), in order; ``after`` and ``limit`` cut a page.

    ``bare``: without decisions, pushes and places, for whoever has others.
    """
    wanted = (
        (_named() if bare else _sessions().options(defer(Decision.explanation, raiseload=True)))
        .where(ClassSession.starts_at >= start, ClassSession.starts_at < end)
        .order_by(ClassSession.starts_at, ClassSession.id)
        .limit(limit)
    )
    if studio_ids is not None:
        wanted = wanted.where(Connection.studio_id.in_(studio_ids))
    if venue_id is not None:
        wanted = wanted.where(Venue.id == venue_id)
    if after is not None:
        instant, last = after
        later = and_(ClassSession.starts_at == instant, ClassSession.id > last)
        wanted = wanted.where((ClassSession.starts_at > instant) | later)
    rows = db.execute(wanted).all()
    return [_row(*row, taken=Taken()) for row in rows] if bare else _with_places(db, rows)


def starts_of(
    db: Session, studio_ids: frozenset[int], start: datetime, end: datetime, *, venue_id: int | None = None
) -> list[tuple[datetime, str]]:
    """When the studios' sessions of ``upcoming`` start, and in which zone: all that it takes to count them by day."""
    wanted = (
        select(ClassSession.starts_at, ClassSession.timezone)
        .join(Connection, Connection.id == ClassSession.connection_id)
        .where(Connection.studio_id.in_(studio_ids), ClassSession.starts_at >= start, ClassSession.starts_at < end)
    )
    if venue_id is not None:
        wanted = wanted.join(Venue, its_venue()).where(Venue.id == venue_id)
    return [(instant, zone) for instant, zone in db.execute(wanted)]


def one_session(db: Session, session_id: int) -> Upcoming:
    """One session as ``upcoming`` gives it; it must exist."""
    return sessions_shown(db, [session_id])[0]


def sessions_shown(db: Session, session_ids: Sequence[int]) -> list[Upcoming]:
    """Sessions by our ids, as ``upcoming`` gives them; those that exist."""
    return _with_places(db, db.execute(_sessions().where(ClassSession.id.in_(session_ids))).all())


def decisions_of(
    db: Session, session_id: int, *, before: int | None = None, limit: int = 50
) -> list[tuple[Decision, Push | None]]:
    """A session's decisions with their pushes, the latest first; ``before`` is a sequence to go on from."""
    found = (
        select(Decision, Push)
        .options(defer(Decision.inputs, raiseload=True))
        .outerjoin(Push, Push.decision_id == Decision.id)
        .where(Decision.session_id == session_id)
        .order_by(Decision.sequence.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(Decision.sequence < before)
    return [(decision, push) for decision, push in db.execute(found)]


def outcomes_of(db: Session, session: ClassSession) -> dict[Channel, dict[Outcome, int]]:
    """How many places of a session stand under each channel and outcome: counts, never who."""
    table: dict[Channel, dict[Outcome, int]] = defaultdict(dict)
    for _, channel, outcome, seats in _seats(db, [session]):
        table[channel][outcome] = table[channel].get(outcome, 0) + seats
    return dict(table)


def venues_of(db: Session, studio_id: int) -> Sequence[Venue]:
    """The studio's venues, by name."""
    mine = select(Venue).join(Connection, Connection.id == Venue.connection_id)
    return db.scalars(mine.where(Connection.studio_id == studio_id, Venue.gone_at.is_(None)).order_by(Venue.name)).all()


def class_types_of(db: Session, studio_id: int) -> Sequence[ClassType]:
    """What the studio teaches, by name."""
    mine = select(ClassType).join(Connection, Connection.id == ClassType.connection_id)
    standing = mine.where(Connection.studio_id == studio_id, ClassType.gone_at.is_(None))
    return db.scalars(standing.order_by(ClassType.name)).all()


def _named() -> Select[*tuple[Any, ...]]:
    """Sessions with venue and class type, and whose they are."""
    return (
        select(ClassSession, Venue.name, ClassType.name, ClassType.category, Connection.studio_id, Connection.push_mode)
        .join(Connection, Connection.id == ClassSession.connection_id)
        .outerjoin(Venue, its_venue())
        .outerjoin(ClassType, its_class_type())
        .options(defer(ClassSession.raw, raiseload=True))
    )


def _sessions() -> Select[*tuple[Any, ...]]:
    """The same with the latest decision and the latest push."""
    later_decision = aliased(Decision)
    later_push = aliased(Push)
    last_sequence = select(func.max(later_decision.sequence)).where(later_decision.session_id == ClassSession.id)
    last_push = select(func.max(later_push.id)).where(later_push.session_id == ClassSession.id)
    return (
        _named()
        .add_columns(Decision, Push)
        .outerjoin(
            Decision,
            and_(Decision.session_id == ClassSession.id, Decision.sequence == last_sequence.scalar_subquery()),
        )
        .outerjoin(Push, Push.id == last_push.scalar_subquery())
        .options(defer(Decision.inputs, raiseload=True))
    )


def _seats(db: Session, sessions: Iterable[ClassSession]) -> list[tuple[tuple[int, str], Channel, Outcome, int]]:
    """Places by session, channel and outcome."""
    by_connection: dict[int, list[str]] = defaultdict(list)
    for session in sessions:
        by_connection[session.connection_id].append(session.external_id)
    found = []
    for connection_id, ids in by_connection.items():
        counted = (
            select(Reservation.session_id, SourceMapping.channel, Reservation.outcome, func.sum(Reservation.seats))
            .outerjoin(SourceMapping, meaning())
            .where(Reservation.connection_id == connection_id, Reservation.session_id.in_(ids))
            .group_by(Reservation.session_id, SourceMapping.channel, Reservation.outcome)
        )
        for external_id, channel, outcome, seats in db.execute(counted):
            found.append(((connection_id, external_id), channel or Channel.UNKNOWN, outcome, seats))
    return found


def _with_places(db: Session, rows: Sequence[Any]) -> list[Upcoming]:
    taken = taken_of(db, [row[0].id for row in rows])
    return [_row(*row, taken=taken[row[0].id]) for row in rows]


def places_of(session: ClassSession, decision: Decision | None, taken: Taken) -> Places:
    """What is shown of a session's places."""
    direct, third_party = (taken.others.get(channel, 0) for channel in (Channel.DIRECT, Channel.THIRD_PARTY))
    return Places(
        capacity=session.capacity,
        direct=direct,
        marketplace=taken.marketplace,
        third_party=third_party,
        unknown=taken.taken(session.booked) - direct - third_party - taken.marketplace,
        listed=_listed(decision, taken) if decision else 0,
        off_roster=max(0, (session.booked or 0) - taken.roster),
    )


def _listed(decision: Decision, taken: Taken) -> int:
    """Spots that the decision lists and that were not sold since."""
    left = decision.limit + decision.premium_limit - taken.marketplace
    return max(0, min(decision.spots + decision.premium_spots, left))


def _row(
    session: ClassSession,
    venue: str | None,
    class_name: str | None,
    category: str | None,
    studio_id: int,
    push_mode: PushMode,
    decision: Decision | None = None,
    push: Push | None = None,
    *,
    taken: Taken,
) -> Upcoming:
    names = venue or session.venue_id, class_name or session.class_type_id, category
    return Upcoming(session, *names, studio_id, push_mode, decision, push, places_of(session, decision, taken))
