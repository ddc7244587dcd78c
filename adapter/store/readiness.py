"""Whether the database has our schema and somebody does the work. Asks the tables; imports no engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from alembic.runtime.migration import MigrationContext
from sqlalchemy import and_, column, exists, func, or_, select, table
from sqlalchemy.orm import Session

from adapter.store.tables import Connection, ConnectionState, Run, RunState
from migrations.run import head

PATIENCE = timedelta(minutes=5)
SILENCE = timedelta(minutes=30)  # three times the longest that a clock lets an active connection wait
MISSED = timedelta(seconds=60)  # without a heartbeat, and a worker of the fleet is taken for dead

_workers = table("procrastinate_workers", column("last_heartbeat"))


def schema_state(db: Session) -> str:
    """``ok`` where the newest migration has been run, else what stands there."""
    current = MigrationContext.configure(db.connection()).get_current_revision()
    return "ok" if current == _newest() else f"at {current or 'nothing'}: run the migrations"


def engine_state(db: Session, now: datetime) -> str:
    """``ok`` where workers live, the clock asks, and what is due is worked on; else what is missing, in words."""
    if db.get_bind().dialect.name == "postgresql" and not _a_worker_lives(db):
        return "no worker lives"
    active = exists().where(Connection.state == ConnectionState.ACTIVE)
    asked = exists().where(Run.state.in_(list(RunState)), Run.due_at > now - SILENCE)  # so the index is of use
    if db.scalar(select(active & ~asked)) and (last := db.scalar(select(func.max(Run.due_at)))) is not None:
        return f"nothing has been asked for since {last:%Y-%m-%d %H:%M} UTC: the clock stands still"
    long_ago = now - PATIENCE
    waits = and_(Run.state == RunState.QUEUED, Run.due_at < long_ago)
    overdue = exists().where(or_(waits, and_(Run.state == RunState.RUNNING, Run.leased_until < long_ago)))
    working = exists().where(Run.state == RunState.RUNNING, Run.leased_until > now)
    if db.scalar(select(overdue & ~working)):
        return "runs are due and nobody works on them"
    return "ok"


def _a_worker_lives(db: Session) -> bool:
    """Whether any worker has shown itself lately, by the database's clock, since it wrote the times."""
    if db.scalar(select(func.to_regclass(_workers.name))) is None:
        return False
    return bool(db.scalar(select(exists().where(_workers.c.last_heartbeat > func.now() - MISSED))))


@cache
def _newest() -> str | None:
    return head()
