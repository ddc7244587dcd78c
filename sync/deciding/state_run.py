"""The day's guarantee statement of a studio: made from the mirror, kept as a version if it says something new; and the
pages that show a studio's figures."""

from __future__ import annotations

from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.statements import today
from adapter.statements.kept import POLICIES, forget, keep
from adapter.statements.making import state_daily
from adapter.statements.page import PAGE_ALONE, keep_page
from adapter.store.tables import Run
from sync.engine.job import Job


def state_run(ctx: Context, run: Run) -> None:
    """Make the statement of the studio whose connection this is, and its pages; or, where asked for, those alone."""
    job = Job.of(ctx, run)
    studio_id = job.connection.studio_id
    job.say("works out the guarantee")

    def state(db: Session) -> None:
        state_daily(db, ctx, studio_id)

    if run.params != PAGE_ALONE:
        job.write(state)
    job.write(lambda db: forget(db, studio_id, POLICIES))
    keep_page(ctx, studio_id)
    keep(ctx, studio_id, today.NAME, lambda db: today.figures_of(db, studio_id, ctx.now()))
