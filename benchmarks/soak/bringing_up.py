"""From a platform and an empty database to a soak that can begin: settings, schema, processes, studios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from cryptography.fernet import Fernet

from adapter.compose import compose
from benchmarks.soak.adapter import Settings, Studio, config_of
from benchmarks.soak.clock import FileClock
from benchmarks.soak.processes import Processes
from benchmarks.soak.week import Soak
from sync.demo.sandbox import free_port
from sync.engine import announce


@contextmanager
def soak_of(
    facts: Mapping[str, Any],
    database_url: str,
    folder: Path,
    clock: FileClock,
    *,
    workers: int,
    log: TextIO,
    **given: Any,
) -> Iterator[Soak]:
    """A soak whose processes are at work; ``given`` are its own fields: seed, tick, tell."""
    settings = Settings(
        facts=facts,
        instance=str(folder),
        database_url=database_url,
        encryption_key=Fernet.generate_key().decode(),
        clock=str(folder / "clock"),
        web_port=free_port(),
    )
    ctx = announce(compose(config_of(settings), now=clock))
    processes = Processes(settings, workers, log)
    try:
        processes.start()
        studios = [Studio(ctx, site, clock()) for site in facts["sites"]]
        yield Soak(ctx, clock, str(facts["url"]), studios, processes, **given)
    finally:
        processes.stop()
        ctx.store.close()
