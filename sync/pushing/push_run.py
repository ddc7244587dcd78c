"""A PUSH run: works off a connection's outbox, writes back what is no offer, and says how it went."""

from __future__ import annotations

from adapter.context import Context
from adapter.store.mirror import Counts
from adapter.store.tables import BAD, IN_FORCE, PushMode, Run
from sync.deciding.decide import close
from sync.engine.job import Job
from sync.pushing import parity, push_alerts
from sync.pushing.push import push_due
from sync.pushing.write_back import write_back


def push_run(ctx: Context, run: Run) -> None:
    """Push what is due of one connection, what takes spots away first, then write back what is due."""
    job = Job.of(ctx, run)
    if job.connection.push_mode is not PushMode.LIVE:
        close(ctx, job)
    job.say("pushing")
    ended = push_due(ctx, ctx.now(), connection_id=job.connection_id)
    good, bad = (sum(ended[state.value] for state in states) for states in (IN_FORCE, BAD))
    if bad:
        job.fail("push", f"{bad} offers were refused or failed: see their sessions for the platform's words")
    write_back(ctx, job)
    if parity.check(ctx, job):
        ended += push_due(ctx, ctx.now(), connection_id=job.connection_id)
    job.write(lambda db: push_alerts.refresh(db, job.connection_id, ctx.now()))
    job.commit("pushes", lambda _: Counts(read=ended.total(), changed=good, failed=bad), done=ended.total())
