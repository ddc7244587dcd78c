"""The command resync: ask as the pages and the API do, have it done here and now, print the difference."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session as Database

from adapter.command_line.asking import ACTOR, DAY, connection_argument, json_option
from adapter.context import Context
from adapter.steering.resync import Asked, WrongResync, request_resync, retry_run
from adapter.store.tables import Run
from sync.commands.asking import connection_to_call, finished, tell_run

SHOWN = 20  # records of the difference; --json prints all that are kept


@click.command()
@connection_argument
@click.option("--stream", help="Only this kind of record.")
@click.option("--from", "first", type=DAY, help="First day (at the studio).")
@click.option("--to", "last", type=DAY, help="Last day, included.")
@click.option("--session", type=int, help="Only this session (our id).")
@click.option("--dry-run", is_flag=True, help="Tell the difference, change nothing.")
@click.option("--why", default="", help="The reason, kept with the run.")
@click.option("--failed", "failed_run", type=int, metavar="RUN", help="Only what failed in this run.")
@click.option("--item", type=int, help="With --failed: only this one of its errors (from 0).")
@json_option
@click.pass_obj
def resync(ctx: Context, /, connection_id: int, json_wanted: bool, **asked: Any) -> None:
    """Pull again, and print the difference: read, new, changed, unchanged, gone, failed."""
    with ctx.store.write() as db:
        connection_to_call(ctx, db, connection_id)
        try:
            answer = _ask(db, ctx, connection_id, **asked)
        except WrongResync as error:
            raise click.UsageError(str(error)) from error
    click.echo(answer.words, err=True)
    run = finished(ctx, answer.run.id)
    told = {"asked": answer.how.value, "behind": answer.behind, "changes": run.changes or []}
    if not json_wanted:
        _tell_changes(run)
    tell_run(run, json_wanted, told)


def _ask(
    db: Database,
    ctx: Context,
    connection_id: int,
    *,
    first: datetime | None,
    last: datetime | None,
    failed_run: int | None,
    item: int | None,
    **asked: Any,
) -> Asked:
    if failed_run is None and item is not None:
        raise WrongResync("--item goes with --failed")
    if failed_run is None:
        begin, end = first and first.date(), last and last.date()
        return request_resync(db, ctx.keys, connection_id, first=begin, last=end, **asked, actor=ACTOR, now=ctx.now())
    if first or last or any(asked.values()):
        raise WrongResync("--failed says what to read: give no other choice beside it")
    run = db.get(Run, failed_run)
    if run is None or run.connection_id != connection_id:
        raise WrongResync(f"Run {failed_run} is not one of this connection")
    return retry_run(db, run, item=item, actor=ACTOR, now=ctx.now())


def _tell_changes(run: Run) -> None:
    changes = run.changes or []
    for change in changes[:SHOWN]:
        fields = ", ".join(f"{name} {_said(old)} → {_said(new)}" for name, (old, new) in change["fields"].items())
        words = fields if change["what"] == "changed" else ""
        click.echo(f"  {change['stream']} {change['id']} {change['what']}" + (f": {words}" if words else ""))
    if len(changes) > SHOWN:
        click.echo(f"  … and {len(changes) - SHOWN} more: --json prints them")


def _said(value: object) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False)


COMMANDS: tuple[click.Command, ...] = (resync,)
