"""Two engines behind one port (``adapter.work.JobEngine``). Which one: the address of the database says.

embedded   SQLite, one process: the run table is the queue, a few threads do runs, APScheduler is the clock

What a run does, how it is claimed and how it ends is the same on both: sync/jobs.py, sync/queue.py, sync/ending.py.
"""

from __future__ import annotations

from typing import Protocol

from adapter.context import Context
from adapter.work import JobEngine


class Engine(JobEngine, Protocol):
    """Has runs done, in this process among others."""

    def start(self) -> None:
        """Begin to do what is due and to keep the schedule."""

    def stop(self) -> None:
        """End in order: no run is begun any more, those at work are finished."""

    def run_due(self) -> int:
        """Do everything that is due, here and now, with what follows from it; how many runs that were."""

    def tick(self) -> int:
        """Ask at once for what the clock would ask for now; how many runs were requested."""


def engine_of(ctx: Context) -> Engine:
    """The engine for this adapter's database."""
    from sync.engine.embedded import Embedded

    return Embedded(ctx)
