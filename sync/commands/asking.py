"""What the commands of the road share: a connection to call, a run done here and now, how it ended in words."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click
from sqlalchemy.orm import Session as Database

from adapter.command_line.asking import connection_named
from adapter.connecting.platforms import unset
from adapter.context import Context
from adapter.store.saving import Counts
from adapter.store.tables import OPEN, Connection, Run, RunState
from sync.engine.jobs import do_next

LOOK_EVERY = 0.2  # seconds
IN_ORDER = tuple(field.name for field in fields(Counts))  # a database need not keep the order of JSON


def connection_to_call(ctx: Context, db: Database, connection_id: int) -> Connection:
    """The connection with our id, where it can be called: else no run is made, it could only wait for a setting."""
    found = connection_named(db, connection_id)
    if missing := unset(found.platform, found.site, ctx.config, renews=found.refresh_token is not None):
        raise click.UsageError(f"{' and '.join(missing)} must be set: {found.platform} can't be called without.")
    return found


def finished(ctx: Context, run_id: int) -> Run:
    """Do a run here and now; where another process was faster, wait until it has done it, or given up."""
    do_next(ctx, run_id=run_id)
    pause = threading.Event()
    while True:
        with ctx.store.read() as db:
            run = db.get_one(Run, run_id)
        if run.leased_until is None or run.leased_until < ctx.now():
            return run
        pause.wait(LOOK_EVERY)


def tell_run(run: Run, json_wanted: bool, more: Mapping[str, Any] | None = None) -> None:
    """Print how a run ended, in JSON with ``more`` beside it; a failed one ends the command with status 1."""
    told: dict[str, Any] = {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "counts": run.counts,
        "errors": run.errors,
        **(more or {}),
    }
    if json_wanted:
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(f"Run {run.id}: {run.state}" + (f" ({run.step})" if run.step else ""))
        for stream, counts in run.counts.items():
            click.echo(f"  {stream}: " + ", ".join(f"{counts[name]} {name}" for name in IN_ORDER if name in counts))
        for number, error in enumerate(run.errors):
            click.echo(f"  failed [{number}] {error['what']}: {error['message']}")
    if run.state is RunState.FAILED:
        raise SystemExit(1)
    if run.state in OPEN:
        click.echo(f"It is not done yet: see `adapter run {run.id}`.", err=True)
