"""The story of a connection's last days, from the tables, for the summary that goes to the customer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.diagnosis.gathering import diagnosis_of
from adapter.diagnosis.summary import ACTS, Deed, Incident, Story, summarise
from adapter.store.push_health import push_health_of
from adapter.store.tables import Alert, Run, RunOrigin, RunState

DAYS = 3  # looked back
MOST = 20  # of each


def summary_of(db: Db, context: Context, connection_id: int) -> str:
    """What may be sent to the customer about a connection, as of now; it must exist."""
    return summarise(story_of(db, context, connection_id))


def story_of(db: Db, context: Context, connection_id: int) -> Story:
    """What the summary is made from."""
    pushing = push_health_of(db, connection_id, context.now())
    return Story(
        diagnosis=diagnosis_of(db, context, connection_id, pushing),
        days=DAYS,
        incidents=_incidents(db, context, connection_id),
        deeds=_deeds(db, context, connection_id),
        parity=pushing.parity,
        in_force=pushing.in_force,
    )


def _incidents(db: Db, context: Context, connection_id: int) -> list[Incident]:
    late = context.now() - timedelta(days=DAYS)
    mine = select(Alert).where(Alert.connection_id == connection_id, or_(Alert.until.is_(None), Alert.until > late))
    found = db.scalars(mine.order_by(Alert.since, Alert.id).limit(MOST))
    return [Incident(row.kind, row.since, row.until) for row in found]


def _deeds(db: Db, context: Context, connection_id: int) -> list[Deed]:
    late = context.now() - timedelta(days=DAYS)
    mine = select(Run).where(
        Run.connection_id == connection_id,
        Run.origin == RunOrigin.MANUAL,
        Run.kind.in_(ACTS),
        Run.finished_at > late,
    )
    rows = db.scalars(mine.order_by(Run.id.desc()).limit(MOST)).all()
    return [_deed(row) for row in reversed(rows) if not row.params.get("dry_run")]


def _deed(run: Run) -> Deed:
    streams = [counts for counts in run.counts.values() if isinstance(counts, dict)]
    read, changed = (
        sum(int(counts.get(name, 0)) for counts in streams for name in names)
        for names in (("read",), ("new", "changed", "gone"))
    )
    assert run.finished_at is not None  # noqa: S101  asked for so
    return Deed(run.kind, run.finished_at, run.state is not RunState.FAILED, read, changed)
