"""Two engines behind one port (``adapter.work.JobEngine``). Which one: the address of the database says.

embedded   SQLite, one process: threads do runs, APScheduler is the clock
fleet      PostgreSQL, any number of workers: Procrastinate wakes them and keeps the clock once for all
carrier    what the fleet is told, by every process that asks for work: "run N is ready", in the run's transaction
clock      the fleet's clock, and tidying up after workers that died

What a run does, how it is claimed and how it ends is the same on both: jobs.py, queue.py, ending.py.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from adapter.context import Context
from adapter.steering.foreseeing import Foreseen
from adapter.store.overrides import Wishes
from adapter.work import JobEngine, tell_from_now_on


class Engine(JobEngine, Protocol):
    """Has runs done, in this process among others."""

    def start(self) -> None:
        """Begin to do what is due and to keep the schedule."""

    def stop(self) -> None:
        """End in order: no run is begun any more; those at work end, or are put down at their next step."""

    def run_due(self) -> int:
        """Do everything that is due, here and now, with what follows from it; how many runs that were."""

    def tick(self) -> int:
        """Ask at once for what the clock would ask for now; how many runs were requested."""


def engine_of(ctx: Context, concurrency: int | None = None) -> Engine:
    """The engine for this adapter's database; ``concurrency``: how many runs at once, if not as many as usual."""
    if ctx.store.is_sqlite:
        from sync.engine import embedded

        return embedded.Embedded(ctx, concurrency=concurrency or embedded.CONCURRENCY)
    from sync.engine import fleet

    return fleet.Fleet(ctx, concurrency=concurrency or fleet.CONCURRENCY)


def announce(ctx: Context) -> Context:
    """Join our side to the road: the fleet is told of every run that this process asks for, and pages may ask what a
    change would do. The process need not do any run itself.
    """
    ctx.foresee = partial(_foresee, ctx)
    if not ctx.store.is_sqlite:
        from sync.engine.carrier import Carrier

        tell_from_now_on(ctx.store, Carrier(ctx))
    return ctx


def _foresee(ctx: Context, studio_id: int, wishes: Wishes) -> Foreseen:
    from sync.deciding.foresee import foresee  # brings the models, which most processes never need

    return foresee(ctx, studio_id, wishes)
