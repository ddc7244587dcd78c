"""Everything that is kept of what happened to one session, in order: for people who ask why it is overbooked (N-08)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.overbooking.events import Event, Kind, in_order
from adapter.store.meaning import meaning
from adapter.store.tables import (
    Audit,
    Connection,
    Decision,
    Listing,
    Push,
    PushState,
    PushStep,
    Reservation,
    Run,
    RunKind,
    Session,
    SessionReading,
    SourceMapping,
    WebhookMessage,
)
from connectors.records import ACTIVE_OUTCOMES, Channel

READERS = (RunKind.BACKFILL, RunKind.PULL, RunKind.RESYNC, RunKind.WEBHOOKS)
FINAL = (PushState.CONFIRMED, PushState.LOCAL, PushState.REFUSED, PushState.FAILED, PushState.SUPERSEDED)
MOST = 500  # of each sort of event, the latest
BEFORE = timedelta(days=60)  # how far back from the start is looked for the platform's events


def timeline_of(db: Db, session_id: int) -> list[Event]:
    """The session's events, the earliest first; it must exist."""
    session = db.get_one(Session, session_id)
    events = [
        *_readings(db, session),
        *_bookings(db, session),
        *_messages(db, session),
        *_decisions(db, session),
        *_pushes(db, session),
        *_switches(db, session),
    ]
    events += _drifts(db, session)
    if session.gone_at is not None and not any(event.kind is Kind.GONE for event in events):  # it was noted nowhere
        events.append(Event(session.gone_at, Kind.GONE))
    return in_order(events)


def _readings(db: Db, session: Session) -> Iterator[Event]:
    wanted = select(SessionReading).where(
        SessionReading.connection_id == session.connection_id, SessionReading.session_id == session.external_id
    )
    found = db.scalars(wanted.order_by(SessionReading.at.desc(), SessionReading.id.desc()).limit(MOST)).all()[::-1]
    runs = _readers(db, session.connection_id, [row.at for row in found])
    for row in found:
        if row.was is not None and row.was.get("gone_at", "") is None:
            yield Event(row.at, Kind.GONE)
            continue
        said = {name: getattr(row, name) for name in ("capacity", "online_capacity", "booked", "waitlisted", "status")}
        yield Event(row.at, Kind.READ, {**said, "run": _run_at(runs, row.at)})
    for earlier, later in pairwise(found):
        if earlier.capacity != later.capacity:
            yield Event(later.at, Kind.CAPACITY, {"before": earlier.capacity, "after": later.capacity})
    if not found:  # as it stands: it has not changed since it was first read, or that is long ago
        known = {"capacity": session.capacity, "booked": session.booked, "waitlisted": session.waitlisted}
        yield Event(session.fetched_at, Kind.READ, {**known, "status": session.status, "run": None})


def _readers(db: Db, connection_id: int, instants: Sequence[datetime]) -> Sequence[Any]:
    """The runs that may have read at these instants."""
    if not instants:
        return []
    wanted = select(Run.id, Run.started_at, Run.finished_at).where(
        Run.connection_id == connection_id,
        Run.kind.in_(READERS),
        Run.started_at <= max(instants),
        (Run.finished_at.is_(None)) | (Run.finished_at >= min(instants)),
    )
    return db.execute(wanted.order_by(Run.id.desc()).limit(MOST * 20)).all()


def _run_at(runs: Sequence[Any], at: datetime) -> int | None:
    during = (run.id for run in runs if run.started_at <= at and (run.finished_at is None or at <= run.finished_at))
    return next(during, None)


def _bookings(db: Db, session: Session) -> Iterator[Event]:
    wanted = (
        select(Reservation, SourceMapping.channel)
        .options(defer(Reservation.raw, raiseload=True))
        .outerjoin(SourceMapping, meaning())
        .where(Reservation.connection_id == session.connection_id, Reservation.session_id == session.external_id)
    )
    there: set[str] = set()
    for row, channel in db.execute(wanted.order_by(Reservation.booked_at, Reservation.id).limit(MOST)):
        facts = {"channel": (channel or Channel.UNKNOWN).value, "seats": row.seats}
        gave_up = row.outcome not in ACTIVE_OUTCOMES
        twin = row.client_id is not None and row.client_id in there
        if row.client_id is not None and not gave_up:
            there.add(row.client_id)
        told = {"exact": row.booked_at is not None, "by": row.booked_at_source.value, "twin": twin and not gave_up}
        yield Event(row.booked_at or row.fetched_at, Kind.BOOKED, {**facts, **told})
        if gave_up:
            yield Event(row.cancelled_at or row.gone_at or row.fetched_at, Kind.CANCELLED, facts)


def _messages(db: Db, session: Session) -> Iterator[Event]:
    """The platform's events that point at this session."""
    wanted = select(WebhookMessage.event, WebhookMessage.hints, WebhookMessage.received_at, WebhookMessage.processed_at)
    mine = wanted.where(
        WebhookMessage.connection_id == session.connection_id,
        WebhookMessage.received_at >= session.starts_at - BEFORE,
        cast(WebhookMessage.hints, String).contains(f'"{session.external_id}"', autoescape=True),
    )
    for row in db.execute(mine.order_by(WebhookMessage.id.desc()).limit(MOST)):
        if not any(session.external_id in (hint.get("session_id"), hint.get("external_id")) for hint in row.hints):
            continue
        yield Event(row.received_at, Kind.TOLD, {"event": row.event})
        if row.processed_at is not None:
            yield Event(row.processed_at, Kind.LOOKED, {"seconds": _seconds(row.received_at, row.processed_at)})


def _decisions(db: Db, session: Session) -> Iterator[Event]:
    wanted = select(Decision).options(defer(Decision.explanation, raiseload=True))
    mine = wanted.where(Decision.session_id == session.id).order_by(Decision.sequence.desc()).limit(MOST)
    for row in db.scalars(mine):
        read_at = (row.inputs.get("standing") or {}).get("read_at")
        told = {name: getattr(row, name) for name in ("sequence", "spots", "premium_spots", "limit", "shadow")}
        why = {"reason": row.binding or row.reason, "read_at": datetime.fromisoformat(read_at) if read_at else None}
        yield Event(row.at, Kind.DECIDED, {"decision": row.id, **told, **why})


def _pushes(db: Db, session: Session) -> Iterator[Event]:
    mine = select(Push, Decision.limit, Decision.premium_limit).join(Decision, Decision.id == Push.decision_id)
    mine = mine.where(Push.session_id == session.id).order_by(Push.id.desc()).limit(MOST)
    found = {push.id: (push, limit + premium) for push, limit, premium in db.execute(mine)}
    for push, limit in found.values():
        yield Event(push.created_at, Kind.WANTED, {"push": push.id, "decision": push.decision_id, "limit": limit})
        if push.settled_at is not None:
            yield _ended(push, limit, push.state, push.settled_at)
    steps = select(PushStep).where(PushStep.push_id.in_(found)).order_by(PushStep.id)
    ended: set[int] = set()  # what is put back into the outbox after it ended tells of itself once it is sent
    for step in db.scalars(steps):
        push, limit = found[step.push_id]
        seconds = _seconds(push.created_at, step.at)
        if step.state is PushState.SENDING:
            yield Event(step.at, Kind.SENT, {"push": push.id, "seconds": seconds})
        elif step.state not in FINAL and step.push_id not in ended:
            yield _ended(push, limit, step.state, step.at)
        if step.state in FINAL:
            ended.add(step.push_id)
        elif step.state is PushState.SENDING:
            ended.discard(step.push_id)


def _ended(push: Push, limit: int, state: PushState, at: datetime) -> Event:
    told = {"push": push.id, "state": state.value, "limit": limit, "seconds": _seconds(push.created_at, at)}
    return Event(at, Kind.PUSHED, {**told, "answer": push.answer if state is push.state else None})


def _switches(db: Db, session: Session) -> Iterator[Event]:
    studio = select(Connection.studio_id).where(Connection.id == session.connection_id).scalar_subquery()
    mine = select(Audit).where(
        Audit.studio_id == studio,
        Audit.act == "push_mode.changed",
        Audit.about == f"connection:{session.connection_id}",
        Audit.at >= session.starts_at - BEFORE,
    )
    for row in db.scalars(mine.order_by(Audit.id.desc()).limit(MOST)):
        before, after = ((side or {}).get("push_mode") for side in (row.before, row.after))
        yield Event(row.at, Kind.MODE, {"before": before, "after": after})


def _drifts(db: Db, session: Session) -> Iterator[Event]:
    """The latest look that found another state than ours at the platform."""
    for row in db.scalars(select(Listing).where(Listing.session_id == session.id, Listing.drift_since.is_not(None))):
        if row.drift_since is not None and row.drift is not None:
            yield Event(row.drift_since, Kind.DRIFTED, {"limit": row.drift.get("limit"), "suspect": row.suspect})


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 3)
