"""Sessions as we believed them to be at an earlier instant (N-23): put together from what is only ever added to.

Decisions, steps of pushes, readings of sessions and of reservations each carry the instant at which we came to know
them. What carries none is shown as it is now, and ``UNKNOWABLE`` says so: a page prints it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.store.calendar import Upcoming, places_of, sessions_shown, upcoming
from adapter.store.selling import Taken
from adapter.store.tables import (
    WAITING,
    Audit,
    ClassType,
    Connection,
    Decision,
    Push,
    PushMode,
    PushState,
    PushStep,
    Run,
    RunKind,
    Session,
    SessionReading,
    Venue,
)
from adapter.store.taken_back import changes_since, moves_since, sessions_of
from adapter.store.taken_then import Key, mirrored_then, taken_then
from connectors.records import Channel, Outcome

READS = (RunKind.BACKFILL, RunKind.PULL)
"""What reads a connection whole, or what changed there."""
UNKNOWABLE = (
    "The names of classes and venues: as they are now",
    "Reservations that we noted no change of: by when they were booked",
    "What the platform itself held: what it confirmed is shown, not what changed there meanwhile",
)
"""What cannot be shown as of then, in words."""


def upcoming_then(
    db: Db,
    studio_ids: frozenset[int],
    start: datetime,
    end: datetime,
    then: datetime,
    *,
    venue_id: int | None = None,
) -> list[Upcoming]:
    """What ``upcoming`` would have given at that instant."""
    items = upcoming(db, studio_ids, start, end, venue_id=venue_id, bare=True)
    mine = select(Connection.id).where(Connection.studio_id.in_(studio_ids))
    moves = moves_since(db, db.scalars(mine).all(), then)
    items += sessions_shown(db, sessions_of(db, moves.keys() - {_key(item.session) for item in items}))
    shown = [item for item in _as_of(db, items, then) if start <= item.session.starts_at < end]
    if venue_id is not None:
        venue = db.get_one(Venue, venue_id)
        at = venue.connection_id, venue.external_id
        shown = [item for item in shown if (item.session.connection_id, item.session.venue_id) == at]
    return sorted(shown, key=lambda item: (item.session.starts_at, item.session.id))


def session_then(db: Db, session_id: int, then: datetime) -> Upcoming | None:
    """One session as of then; None: it was not known yet."""
    return next(iter(_as_of(db, sessions_shown(db, [session_id]), then, explained=True)), None)


def decisions_then(db: Db, session_id: int, then: datetime, *, limit: int) -> list[tuple[Decision, Push | None]]:
    """A session's decisions up to then, the latest first, each with its push as it stood."""
    rows = db.scalars(
        select(Decision)
        .options(defer(Decision.inputs, raiseload=True))
        .where(Decision.session_id == session_id, Decision.at <= then)
        .order_by(Decision.sequence.desc())
        .limit(limit)
    ).all()
    pushes = {push.decision_id: push for push in _pushes(db, [session_id], then)}
    return [(row, pushes.get(row.id)) for row in rows]


def mode_then(db: Db, connection: Connection, then: datetime) -> PushMode:
    """What was done with decisions then: the switches since are taken back."""
    switched = select(Audit.before).where(
        Audit.studio_id == connection.studio_id,
        Audit.act == "push_mode.changed",
        Audit.about == f"connection:{connection.id}",
        Audit.at > then,
    )
    first = db.scalar(switched.order_by(Audit.at, Audit.id).limit(1))
    return PushMode(first["push_mode"]) if first else connection.push_mode


def outcomes_then(db: Db, session: Session, then: datetime) -> dict[Channel, dict[Outcome, int]]:
    """How many places stood under each channel and outcome."""
    table: dict[Channel, dict[Outcome, int]] = defaultdict(dict)
    for _, channel, made in mirrored_then(db, [session], then):
        table[channel][made.outcome] = table[channel].get(made.outcome, 0) + made.seats
    return dict(table)


def _as_of(db: Db, items: Sequence[Upcoming], then: datetime, *, explained: bool = False) -> list[Upcoming]:
    """``explained``: with their decisions' explanations, which no list shows."""
    sessions = [item.session for item in items]
    readings, first_read = _readings(db, sessions, then)
    begun = _begun(db, {session.connection_id for session in sessions})
    known = [item for item in items if _was_known(item.session, readings, first_read, begun, then)]
    numbers = [item.session.id for item in known]
    decisions = _decisions(db, numbers, then, explained=explained)
    pushes = {push.session_id: push for push in _pushes(db, numbers, then, last=True)}
    taken = taken_then(db, [item.session for item in known], then)
    modes = {
        number: mode_then(db, db.get_one(Connection, number), then) for number in {s.connection_id for s in sessions}
    }
    changes = {
        (number, name): was
        for number, ids in _by_connection(sessions).items()
        for name, was in changes_since(db, number, ids, then).items()
    }
    known = [replace(item, push_mode=modes[item.session.connection_id]) for item in known]
    for item in known:
        db.expunge(item.session)  # from here on only a picture of what was
    return [
        _item(
            _taken_back(db, item, changes.get(_key(item.session), {})),
            readings.get(_key(item.session)),
            decisions.get(item.session.id),
            pushes.get(item.session.id),
            taken[_key(item.session)],
            then,
        )
        for item in known
    ]


def _item(
    item: Upcoming,
    reading: SessionReading | None,
    decision: Decision | None,
    push: Push | None,
    taken: Taken,
    then: datetime,
) -> Upcoming:
    session = item.session
    if reading is not None:
        session.capacity, session.booked = reading.capacity, reading.booked
        session.online_capacity, session.waitlisted = reading.online_capacity, reading.waitlisted
        session.status = reading.status
    if session.gone_at is not None and session.gone_at > then:
        session.gone_at = None
    return replace(item, decision=decision, push=push, places=places_of(session, decision, taken))


def _taken_back(db: Db, item: Upcoming, was: Mapping[str, Any]) -> Upcoming:
    """Where and when a session was to be, what was taught, and whether, if that was something else."""
    session = item.session
    session.ends_at += was.get("starts_at", session.starts_at) - session.starts_at
    for name, value in was.items():
        setattr(session, name, value)
    if not was.keys() & {"venue_id", "class_type_id"}:
        return item
    mine = session.connection_id
    venue = select(Venue.name).where(Venue.connection_id == mine, Venue.external_id == session.venue_id)
    kind = select(ClassType).where(ClassType.connection_id == mine, ClassType.external_id == session.class_type_id)
    item = replace(item, venue=db.scalar(venue) or item.venue)
    taught = db.scalar(kind)
    return item if taught is None else replace(item, class_name=taught.name, category=taught.category)


def _key(session: Session) -> Key:
    return session.connection_id, session.external_id


def _readings(
    db: Db, sessions: Iterable[Session], then: datetime
) -> tuple[dict[Key, SessionReading], dict[Key, datetime]]:
    """The latest reading of each session by then, and when each was first read at all."""
    latest: dict[Key, SessionReading] = {}
    first: dict[Key, datetime] = {}
    for connection_id, ids in _by_connection(sessions).items():
        mine = SessionReading.connection_id == connection_id, SessionReading.session_id.in_(ids)
        begun = select(SessionReading.session_id, func.min(SessionReading.at)).where(
            *mine, SessionReading.was.is_(None)
        )
        for session_id, at in db.execute(begun.group_by(SessionReading.session_id)):
            first[connection_id, session_id] = at
        last = select(func.max(SessionReading.id)).where(*mine, SessionReading.at <= then)
        by_then = SessionReading.id.in_(last.group_by(SessionReading.session_id))
        for row in db.scalars(select(SessionReading).where(by_then)):
            latest[connection_id, row.session_id] = row
    return latest, first


def _begun(db: Db, connection_ids: Iterable[int]) -> dict[int, datetime]:
    """When each connection was read for the first time: nothing was known of it before. Runs are kept for good."""
    found: dict[int, datetime] = {}
    for number in connection_ids:
        reads = select(Run.started_at).where(Run.connection_id == number, Run.kind.in_(READS))
        first = db.scalar(reads.where(Run.started_at.is_not(None)).order_by(Run.id).limit(1))
        if first is not None:
            found[number] = first
    return found


def _was_known(
    session: Session,
    readings: dict[Key, SessionReading],
    first: dict[Key, datetime],
    begun: dict[int, datetime],
    then: datetime,
) -> bool:
    """What was never noted was over when it was read, or read before anything was noted: from the first read on."""
    if _key(session) in first:
        return _key(session) in readings
    return begun.get(session.connection_id, then) <= then


def _decisions(db: Db, numbers: Sequence[int], then: datetime, *, explained: bool) -> dict[int, Decision]:
    last = (
        select(Decision.session_id, func.max(Decision.sequence).label("sequence"))
        .where(Decision.session_id.in_(numbers), Decision.at <= then)
        .group_by(Decision.session_id)
        .subquery()
    )
    same = and_(Decision.session_id == last.c.session_id, Decision.sequence == last.c.sequence)
    wanted = select(Decision).options(defer(Decision.inputs, raiseload=True)).join(last, same)
    if not explained:
        wanted = wanted.options(defer(Decision.explanation, raiseload=True))
    return {row.session_id: row for row in db.scalars(wanted)}


def _pushes(db: Db, numbers: Sequence[int], then: datetime, *, last: bool = False) -> list[Push]:
    """The pushes written down by then, in order, each as it stood; of each session all or the last."""
    written = Push.session_id.in_(numbers), Push.created_at <= then
    wanted = select(Push).where(*written)
    if last:
        wanted = select(Push).where(Push.id.in_(select(func.max(Push.id)).where(*written).group_by(Push.session_id)))
    rows = db.scalars(wanted.order_by(Push.id)).all()
    open_then = [row.id for row in rows if row.settled_at is None or row.settled_at > then]
    steps: dict[int, PushStep] = {}
    passed = select(PushStep).where(PushStep.push_id.in_(open_then), PushStep.at <= then)
    steps |= {step.push_id: step for step in db.scalars(passed.order_by(PushStep.id))}
    for row in rows:
        if row.settled_at is None or row.settled_at > then:
            db.expunge(row)
            step = steps.get(row.id)
            row.state, row.answer = (PushState.PENDING, None) if step is None else (step.state, step.answer)
            row.settled_at = None if step is None or step.state in WAITING else step.at
    return list(rows)


def _by_connection(sessions: Iterable[Session]) -> dict[int, list[str]]:
    ids: dict[int, list[str]] = defaultdict(list)
    for session in sessions:
        ids[session.connection_id].append(session.external_id)
    return ids
