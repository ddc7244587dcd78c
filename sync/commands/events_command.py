"""The command events: whether a platform tells us of what happens, and seeing to it that it does."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from adapter.command_line.asking import ACTOR, connection_argument, connection_named, json_option
from adapter.command_line.printing import as_list
from adapter.context import Context
from adapter.steering.events import events_of, request_events
from adapter.steering.resync import WrongResync
from connectors.errors import ConnectorError
from sync.commands.asking import (
    connection_to_call,
    finished,
    tell_run,
)
from sync.events.subscriptions import make_shared


@click.command()
@connection_argument
@click.option("--again", is_flag=True, help="Subscribe again: switched on, made anew, or renewed where all is well.")
@click.option("--make", is_flag=True, help="Make the one subscription that serves every studio; its key is told once.")
@json_option
@click.pass_obj
def events(ctx: Context, connection_id: int, again: bool, make: bool, json_wanted: bool) -> None:
    """Whether the platform's events come, since when, and what was missed."""
    if again and make:
        raise click.UsageError("--again and --make do not go together.")
    if make:
        _make(ctx, connection_id, json_wanted)
    elif again:
        _again(ctx, connection_id, json_wanted)
    else:
        _tell(ctx, connection_id, json_wanted)


def _tell(ctx: Context, connection_id: int, json_wanted: bool) -> None:
    with ctx.store.read() as db:
        found = events_of(db, connection_named(db, connection_id))
    if json_wanted:
        click.echo(json.dumps(found and asdict(found), indent=2, default=str))
        return
    if found is None:
        click.echo("This platform sends no events: changes are seen at the next update.")
        return
    click.echo(found.words + (f". {found.why}" if found.why else "."))
    as_list({"since": found.since, "last asked": found.checked_at, "last event": found.last_event_at, "gap": found.gap})


def _again(ctx: Context, connection_id: int, json_wanted: bool) -> None:
    with ctx.store.write() as db:
        row = connection_to_call(ctx, db, connection_id)
        try:
            asked = request_events(db, row, actor=ACTOR, now=ctx.now())
        except WrongResync as error:
            raise click.ClickException(str(error)) from error
    tell_run(finished(ctx, asked.run.id), json_wanted)


def _make(ctx: Context, connection_id: int, json_wanted: bool) -> None:
    with ctx.store.read() as db:
        platform = connection_named(db, connection_id).platform
    try:
        callback, key = make_shared(ctx, connection_id)
    except ConnectorError as error:
        raise click.ClickException(str(error)) from error
    name = f"ADAPTER_{platform.upper()}_WEBHOOK_SECRET"
    if json_wanted:
        click.echo(json.dumps({"callback": callback, "setting": name, "key": key}))
    else:
        click.echo(f"Events go to {callback} now. Set this and start again; it is not told a second time:")
        click.echo(f"{name}={key}")


COMMANDS: tuple[click.Command, ...] = (events,)
