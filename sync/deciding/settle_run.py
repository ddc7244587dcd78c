"""The payout ledger brought up to what stands 48 hours after class: some classes a commit, so it can be killed; and
the page that shows it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.guarantee.periods import local_date
from adapter.marketplace.payouts.days import month_of
from adapter.marketplace.payouts.due import due_classes
from adapter.marketplace.payouts.ledger import append_settled
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.marketplace.payouts.page import forget_pages, page_of
from adapter.store.dialect import chunks
from adapter.store.tables import Run, RunKind, RunState
from sync.engine.job import Job

CLASSES = 200  # a commit


def settle_run(ctx: Context, run: Run) -> None:
    """Bring the ledger of a connection up to what is owed."""
    job = Job.of(ctx, run)
    connection = job.connection
    with ctx.store.read() as db:
        rules = rules_of(db, connection.studio_id)
        last, now = _last_look(db, connection.id), ctx.now()
        since = last if last is not None and last.date() == now.date() else None  # a day's first looks at everything
        classes = due_classes(db, connection, since, now)
    job.say("writes what has settled into the payout ledger", total=len(classes))
    for some in chunks(classes, CLASSES):
        step = partial(append_settled, rules=rules, sessions=some, now=ctx.now())
        job.commit("payouts", step, done=len(some))
    if classes:
        job.write(partial(forget_pages, studio_id=connection.studio_id))
        page_of(ctx, connection.studio_id, month_of(local_date(now, connection.timezone)))


def _last_look(db: Session, connection_id: int) -> datetime | None:
    """When the last run that came to its end began."""
    ended = Run.connection_id == connection_id, Run.kind == RunKind.SETTLE, Run.state == RunState.DONE
    return db.scalar(select(func.max(Run.started_at)).where(*ended))
