"""An adapter process: told its settings as JSON, it does runs (and takes in events, where it has a port) until killed.

Runs by the simulated clock. Waits within one call are cut short: they are real time.
"""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext

from adapter.compose import compose
from adapter.context import Context
from adapter.logs import configure_logs
from benchmarks.soak.adapter import Settings, config_of
from benchmarks.soak.clock import FileClock
from connectors.http import patience
from sync.commands.serve import served_web
from sync.engine import Engine


def engine_in_haste(ctx: Context) -> Engine:
    """The engine of this database, a fleet's workers missed within seconds."""
    if ctx.store.is_sqlite:
        from sync.engine.embedded import Embedded

        return Embedded(ctx)
    from sync.engine.fleet import Fleet, Pace

    return Fleet(ctx, concurrency=2, pace=Pace(look=0.2, beat=1.0, missed=3.0, tidy=1.0))


def main(told: str) -> None:
    """Work until stdin ends."""
    settings = Settings(**json.loads(told))
    configure_logs()
    patience.BACKOFF = 0.0
    ctx = compose(config_of(settings), now=FileClock(settings.clock_file))
    engine = engine_in_haste(ctx)
    engine.start()
    with served_web(ctx, "127.0.0.1", settings.port) if settings.port else nullcontext():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
    engine.stop()


if __name__ == "__main__":
    main(sys.argv[1])
