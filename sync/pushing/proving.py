"""A PROVE run: whether writing one class's online capacity is harmless at this site. Told, kept, never assumed."""

from __future__ import annotations

from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.audit import note
from adapter.store.mirror import Counts
from adapter.store.redaction import scrub
from adapter.store.tables import Connection, Run
from connectors import registry
from connectors.errors import Misconfigured, Rejected, TryAgain
from connectors.platform import TotalPush
from sync.engine.job import Job
from sync.pushing import totals
from sync.pushing.trials import Trials

CALM = 60.0  # seconds after which a platform shows what was written back: a proof must not begin from a trial
UNSAFE = "Unsafe"  # the code under which a proof tells that the write did harm


def prove_run(ctx: Context, run: Run) -> None:
    """Carry out the proof that a run asks for."""
    prove_total_push(ctx, Job.of(ctx, run), str(run.params["session"]), run.actor)


def prove_total_push(ctx: Context, job: Job, session_id: str, actor: str) -> None:
    """Prove on one class (the platform's id), and keep when it passed.

    A refusal keeps nothing but an audit line with what was seen, and is raised: the run fails with those words. Harm
    that is seen where a proof had passed before takes that proof back and turns the writing off. What an earlier proof
    left behind is taken back first; TryAgain until the platform shows it.
    """
    push, note = _totals(job.connection), Trials(ctx, job.connection_id)
    job.say("proving on a series that nobody has booked")
    try:
        with open_connection(ctx, job.connection_id) as api:
            if note.take_back(push, api):
                raise TryAgain("what a proof that broke off had left was taken back", after=CALM)
            push.prove(api, session_id, note)
    except Rejected as error:
        seen = {"session": session_id, "seen": scrub(str(error), ctx.keys)}
        harmful = error.code == UNSAFE
        if harmful and (left := _still_ours(ctx, job.connection_id)):
            job.fail("online capacity", f"{left} classes still have the number that we wrote: set them back by hand")
        job.write(lambda db: _keep_failure(db, job, seen, actor, harmful=harmful))
        raise
    job.commit("proof", lambda db: _keep_success(db, job, session_id, actor), done=1)


def _totals(connection: Connection) -> TotalPush:
    push = registry.get(connection.platform).totals
    if push is None:
        raise Misconfigured(f"{connection.platform} declares no online capacity to be written")
    return push


def _still_ours(ctx: Context, connection_id: int) -> int:
    """How many coming classes have an online capacity of ours, which can't be given back without harm."""
    with ctx.store.read() as db:
        return totals.coming(db, connection_id, ctx.now())


def _keep_success(db: Database, job: Job, session_id: str, actor: str) -> Counts:
    row, now = db.get_one(Connection, job.connection_id), job.ctx.now()
    note(db, row, "total_push.proven", None, {"session": session_id}, actor=actor, now=now)
    row.total_push_proven_at = now
    return Counts(read=1, changed=1)


def _keep_failure(db: Database, job: Job, seen: dict[str, str], actor: str, *, harmful: bool) -> None:
    row = db.get_one(Connection, job.connection_id)
    before = {"proven": row.total_push_proven_at is not None, "on": row.total_push_on}
    note(db, row, "total_push.not_proven", before, dict(seen), actor=actor, now=job.ctx.now())
    if harmful:
        row.total_push_proven_at, row.total_push_on = None, False
