"""A PUSH run: works off a connection's outbox, writes back what is no offer, and says how it went."""

from __future__ import annotations

from adapter.context import Context
from adapter.store.mirror import Counts
from adapter.store.tables import PushState, Run
from sync.job import Job
from sync.push import push_due
from sync.write_back import write_back

GOOD = (PushState.CONFIRMED, PushState.ACCEPTED, PushState.LOCAL)
BAD = (PushState.REFUSED, PushState.FAILED)


def push_run(ctx: Context, run: Run) -> None:
    """Push what is due of one connection, then write back what is due."""
    job = Job.of(ctx, run)
    job.say("pushing")
    ended = push_due(ctx, ctx.now(), connection_id=job.connection_id)
    good, bad = (sum(ended[state.value] for state in states) for states in (GOOD, BAD))
    if bad:
        job.fail("push", f"{bad} offers were refused or failed: see their sessions for the platform's words")
    write_back(ctx, job)
    job.commit("pushes", lambda _: Counts(read=ended.total(), changed=good, failed=bad), done=ended.total())
