"""The fleet's clock: each line of the schedule is asked for once in the fleet, by whichever worker is first.

The clock only looks and asks, in a queue of its own; it does no run. It also tidies up after workers that died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from procrastinate import App
from procrastinate.jobs import Status

from adapter.context import Context
from sync.engine import sweeping
from sync.engine.carrier import hand_out
from sync.engine.schedule import SCHEDULE, Line, ask

log = structlog.get_logger(__name__)

CLOCK = "clock"
_UNITS = ((60, 1, "* * * * * */{}"), (60, 60, "*/{} * * * *"), (24, 3600, "0 */{} * * *"), (2, 86_400, "0 0 * * *"))


def keep_clock(app: App, ctx: Context, *, tidy: timedelta, missed: float) -> None:
    """Have the workers of this application keep the schedule, sweep, and tidy up after those missed for so long."""
    for line in SCHEDULE:
        _every(app, line.every, line.name, partial(_look, ctx, line))
    _every(app, sweeping.EVERY, "sweep", partial(_sweep, ctx))
    _every(app, tidy, "tidy", partial(_tidy, app, ctx, missed), alone=False)


def cron_of(every: timedelta) -> str:
    """The cron pattern (seconds last) of an interval that divides a minute, an hour or a day."""
    seconds = int(every.total_seconds())
    for most, size, pattern in _UNITS:
        count, rest = divmod(seconds, size)
        if 0 < count < most and rest == 0 and most % count == 0:
            return pattern.format(count)
    raise ValueError(f"every {every}: no clock strikes so")


def _every(app: App, every: timedelta, name: str, act: Callable[..., object], *, alone: bool = True) -> None:
    """Have something done now and then; it never waits twice and, ``alone``, is never done twice at once."""
    job = f"{CLOCK}: {name}"
    task = app.task(name=job, queue=CLOCK, queueing_lock=job, lock=job if alone else None)(act)
    app.periodic(cron=cron_of(every), periodic_id=name)(task)


def _look(ctx: Context, line: Line, timestamp: int) -> None:
    ask(ctx, line)


def _sweep(ctx: Context, timestamp: int) -> None:
    sweeping.sweep(ctx)


async def _tidy(app: App, ctx: Context, missed: float, timestamp: int) -> None:
    """Throw away the jobs of dead workers, so that their locks are free; hand out what is due and nobody was told of.

    Holds no lock itself: a tidier that dies must not keep the next from tidying.
    """
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=missed):
        log.warning("job.worker_died", job=job.id, about=job.task_kwargs)
        await jobs.finish_job(job, Status.FAILED, delete_job=True)
    await jobs.prune_stalled_workers(missed)
    await asyncio.to_thread(hand_out, ctx)
