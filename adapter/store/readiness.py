"""Whether the database has our schema and the job engine keeps up. Asks the tables; knows no engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from alembic.runtime.migration import MigrationContext
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adapter.store.tables import Run, RunState
from migrations.run import head

PATIENCE = timedelta(minutes=5)


def schema_state(db: Session) -> str:
    """``ok`` where the newest migration has been run, else what stands there."""
    current = MigrationContext.configure(db.connection()).get_current_revision()
    return "ok" if current == _newest() else f"at {current or 'nothing'}: run the migrations"


def engine_state(db: Session, now: datetime) -> str:
    """``ok`` unless a run has been due for long while none is being worked on: then no engine is at work."""
    overdue = exists().where(Run.state == RunState.QUEUED, Run.due_at < now - PATIENCE)
    working = exists().where(Run.state == RunState.RUNNING, Run.leased_until > now)
    return "ok" if db.scalar(select(~overdue | working)) else "runs are due and nobody works on them"


@cache
def _newest() -> str | None:
    return head()
