"""After sales through the channel: lost answers are looked up, and sessions of which places were sold decided again.

The count on offer has fallen already, in the transaction of the sale; this is about what the model makes of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.marketplace.reserving import resolve_due
from adapter.store.tables import ChannelReservation, Run, RunKind, RunState, Session
from sync.deciding.decide import decide
from sync.engine.job import Job

FIRST_LOOK_BACK = timedelta(days=1)
MADE_MEANWHILE = timedelta(minutes=1)  # a sale whose transaction was open while the last run looked


def sell_run(ctx: Context, run: Run) -> None:
    """Settle what is open on a connection, and decide again where something was sold or came back."""
    job = Job.of(ctx, run)
    resolve_due(ctx, job.connection_id)
    with ctx.store.read() as db:
        sold = _sold_since_last(db, run, job.connection_id, ctx.now())
    if sold:
        decide(ctx, job.connection_id, now=ctx.now(), job=job, only=sold)


def _sold_since_last(db: Database, run: Run, connection_id: int, now: datetime) -> frozenset[int]:
    earlier = select(func.max(Run.started_at)).where(
        Run.connection_id == connection_id, Run.kind == RunKind.SELL, Run.state == RunState.DONE, Run.id != run.id
    )
    since = (db.scalar(earlier) or now - FIRST_LOOK_BACK) - MADE_MEANWHILE
    changed = (
        select(ChannelReservation.session_id)
        .join(Session, Session.id == ChannelReservation.session_id)
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.changed_at >= since,
            Session.starts_at > now,
        )
    )
    return frozenset(db.scalars(changed.distinct()))
