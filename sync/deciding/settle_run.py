"""The payout ledger brought up to what stands 48 hours after class: some classes a commit, so it can be killed."""

from __future__ import annotations

from functools import partial

from adapter.context import Context
from adapter.marketplace.payouts.ledger import append_settled, settled_sessions
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.store.dialect import chunks
from adapter.store.tables import Run
from sync.engine.job import Job

CLASSES = 200  # a commit


def settle_run(ctx: Context, run: Run) -> None:
    """Bring the ledger of a connection up to what is owed."""
    job = Job.of(ctx, run)
    with ctx.store.read() as db:
        rules = rules_of(db, job.connection.studio_id)
        sessions = settled_sessions(db, job.connection_id, ctx.now())
    job.say("writes what has settled into the payout ledger", total=len(sessions))
    for some in chunks(sessions, CLASSES):
        step = partial(append_settled, rules=rules, sessions=some, now=ctx.now())
        job.commit("payouts", step, done=len(some))
