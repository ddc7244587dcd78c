"""How a connection is doing: calls today, records set aside, webhooks in, what the mirror holds, its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from adapter.planning.budget import runs_out_at
from adapter.store.api_calls import calls_of
from adapter.store.dialect import group_key
from adapter.store.reading_plan import plan_of
from adapter.store.tables import OPEN, Connection, Push, PushState, Quarantine, Run, WebhookMessage
from adapter.store.tables import Session as ClassSession

WORKED_OFF = timedelta(minutes=10)  # a webhook that waits longer is a sign that something is wrong


@dataclass(frozen=True, slots=True)
class Health:
    """What support looks at first."""

    calls_today: int
    call_errors_today: int
    calls_asked_today: int  # of them, for a backfill or a resync: they do not count towards the day's plan
    calls_allowed: int | None  # a day; None: no limit
    calls_run_out_at: datetime | None  # at the pace of the day so far; None: not before midnight UTC
    calls_plan: str  # what the rest of the day's calls are for, in words
    webhooks_today: int
    last_webhook_at: datetime | None
    webhooks_waiting: int
    set_aside: int
    upcoming_sessions: int
    sessions: int
    pushes: Mapping[PushState, int]


def connections_of(db: Session, studio_id: int) -> Sequence[Connection]:
    """The studio's connections, the oldest first."""
    return db.scalars(select(Connection).where(Connection.studio_id == studio_id).order_by(Connection.id)).all()


def health_of(db: Session, connection_id: int, now: datetime, allowed: int | None = None) -> Health:
    """The connection's numbers as of ``now``; days are UTC days, as the call meter counts them.

    ``allowed``: the calls that it may make a day; None: no limit.
    """
    plan = plan_of(db, db.get_one(Connection, connection_id), allowed, now)
    calls = calls_of(db, connection_id, now.date())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = func.count().filter(WebhookMessage.received_at >= midnight)
    late = and_(WebhookMessage.processed_at.is_(None), WebhookMessage.received_at < now - WORKED_OFF)
    inbox = select(today, func.max(WebhookMessage.received_at), func.count().filter(late))
    got, last, waiting = db.execute(inbox.where(WebhookMessage.connection_id == connection_id)).one()
    ahead = func.count().filter(ClassSession.starts_at >= now)
    schedule = select(func.count(), ahead).where(ClassSession.connection_id == connection_id)
    sessions, coming = db.execute(schedule.where(ClassSession.gone_at.is_(None))).one()
    return Health(
        calls_today=calls.made,
        call_errors_today=calls.failed,
        calls_asked_today=calls.asked,
        calls_allowed=allowed,
        calls_run_out_at=runs_out_at(plan.budget),
        calls_plan=plan.words,
        webhooks_today=got,
        last_webhook_at=last,
        webhooks_waiting=waiting,
        set_aside=db.scalar(select(func.count()).where(Quarantine.connection_id == connection_id)) or 0,
        upcoming_sessions=coming,
        sessions=sessions,
        pushes=_pushes(db, connection_id, now),
    )


def set_aside_records(db: Session, connection_id: int, limit: int = 20) -> Sequence[Quarantine]:
    """Records that could not be read, the latest first."""
    mine = select(Quarantine).where(Quarantine.connection_id == connection_id)
    return db.scalars(mine.order_by(Quarantine.id.desc()).limit(limit)).all()


def runs_of(
    db: Session,
    *,
    connection_id: int | None = None,
    studio_ids: frozenset[int] | None = None,
    before: int | None = None,
    limit: int = 20,
) -> Sequence[Run]:
    """Runs, the latest first: of one connection, or of some studios' (None: all)."""
    found = select(Run).order_by(Run.id.desc()).limit(limit)
    if connection_id is not None:
        found = found.where(Run.connection_id == connection_id)
    if studio_ids is not None:
        found = found.join(Connection, Connection.id == Run.connection_id).where(Connection.studio_id.in_(studio_ids))
    if before is not None:
        found = found.where(Run.id < before)
    return db.scalars(found).all()


def open_runs(db: Session, connection_id: int) -> Sequence[Run]:
    """Runs that wait or are being worked on."""
    return db.scalars(select(Run).where(Run.connection_id == connection_id, Run.state.in_(OPEN)).order_by(Run.id)).all()


def first_confirmed(db: Session, connection_id: int) -> datetime | None:
    """When an offer was first read back equal at this connection; None: not yet."""
    confirmed = select(func.min(Push.settled_at)).where(Push.connection_id == connection_id)
    return db.scalar(confirmed.where(Push.state == PushState.CONFIRMED))


def _pushes(db: Session, connection_id: int, now: datetime) -> dict[PushState, int]:
    """States of the latest pushes of the last day."""
    state = group_key(Push.state)
    counted = select(state, func.count()).where(
        Push.connection_id == connection_id, Push.created_at >= now - timedelta(days=1)
    )
    return dict(db.execute(counted.group_by(state)).all())
