"""The backtest of a connection, kept for its page: what it would have listed, and what that would have brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from adapter.backtest.walk import TooShort, run_backtest
from adapter.context import Context
from adapter.smarttools import BadTable
from adapter.store.campaigns import spotlights_of, unlit
from adapter.store.facts import Facts, facts_of_connection
from adapter.store.mirror import Counts
from adapter.store.tables import BacktestResult, Run
from sync.deciding.train import LOOK_BACK, finished
from sync.engine.job import Job

MOST_WEEKS = 26
STEADY = 4  # weeks between learning anew: a model a month old is a little more careful, and half a year takes seconds


def backtest_run(ctx: Context, run: Run) -> None:
    """Walk through the connection's last weeks, and keep what came out in place of what was there."""
    job = Job.of(ctx, run)
    job.say("looking back at what the past weeks would have brought")
    now = ctx.now()
    with ctx.store.read() as db:
        every = facts_of_connection(db, job.connection_id, since=now - LOOK_BACK, until=now)
        facts = unlit(every, spotlights_of(db, job.connection.studio_id), job.connection_id)
    result = looked_back(finished(facts)) | {"spotlit": len(every["sessions"]) - len(facts["sessions"])}

    def keep(db: Session) -> Counts:
        db.merge(BacktestResult(connection_id=job.connection_id, made_at=now, result=result))
        return Counts(read=int(result.get("classes", 0)))

    job.commit("classes looked back at", keep)


def looked_back(facts: Facts) -> dict[str, Any]:
    """The backtest of half the history, of half a year at most; ``why_not`` says in words why there is none."""
    starts = facts["sessions"]["starts_at"]
    weeks = min(MOST_WEEKS, _weeks(starts.min(), starts.max()) // 2) if len(starts) else 0
    while weeks >= 1:
        try:
            whole = run_backtest(facts, weeks=weeks, steady=STEADY).as_dict()
        except TooShort:
            weeks //= 2  # a younger past: fewer weeks leave more to learn from
        except BadTable as error:
            return {"why_not": str(error)}
        else:
            return {name: value for name, value in whole.items() if name != "decided"}
    return {"why_not": "There are not enough past classes yet to look back at."}


def _weeks(first: datetime, last: datetime) -> int:
    return int((last - first) / timedelta(weeks=1))
