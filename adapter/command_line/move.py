"""``adapter move``: from the embedded default to PostgreSQL, with a bar, and what to do afterwards."""

from __future__ import annotations

from dataclasses import replace

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import make_url

from adapter.command_line.asking import json_option
from adapter.command_line.printing import as_json
from adapter.compose import open_newest
from adapter.config import ConfigError, checked_database_url
from adapter.context import Context
from adapter.operating.moving import CannotMove, move
from adapter.store.database import Store

HERE = "ADAPTER_DATABASE_URL names no SQLite file: there is nothing to move from."
AFTERWARDS = """
Now put this line into .env{note}, keep the same keys, and start `adapter serve` and at least one `adapter worker`:

ADAPTER_DATABASE_URL={url}

The keys and the models stay in {instance}: every process needs them. What waited to be done goes on over there.
{database} is as it was. Start nothing on it again: access tokens are renewed over there from now on.
"""


@click.command("move")
@click.option("--to", "to", metavar="DATABASE_URL", required=True, help="An empty PostgreSQL database.")
@json_option
@click.pass_obj
def move_command(ctx: Context, to: str, json_wanted: bool) -> None:
    """Move everything from the embedded default to PostgreSQL, without loss; nothing may use the database meanwhile."""
    if not ctx.store.is_sqlite:
        raise click.ClickException(HERE)
    target = _target(ctx, to)
    try:
        counts = _watched(ctx, target)
    except CannotMove as error:
        raise click.ClickException(str(error)) from error
    finally:
        target.close()
    url = target.url.render_as_string(hide_password=True)
    if json_wanted:
        as_json({"rows": counts, "database_url": url})
        return
    click.echo(f"Moved {sum(counts.values()):,} rows of {len(counts)} tables; every table reads back the same.")
    note = " (with its password)" if target.url.password else ""
    click.echo(
        AFTERWARDS.format(note=note, url=url, instance=ctx.config.instance, database=ctx.store.url.database), nl=False
    )


def _target(ctx: Context, to: str) -> Store:
    """The target at the newest schema. Raises UsageError."""
    try:
        url = checked_database_url(to, ctx.config.instance)
        if make_url(url).get_backend_name() == "sqlite":
            raise click.UsageError("--to: allowed is postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")
        return open_newest(replace(ctx.config, database_url=url))
    except ConfigError as error:
        raise click.UsageError(str(error).replace("ADAPTER_DATABASE_URL", "--to", 1)) from error


def _watched(ctx: Context, target: Store) -> dict[str, int]:
    columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Moving")

        def tell(table: str, done: int, total: int) -> None:
            bar.update(task, description=table, completed=done, total=total)

        return move(ctx.store, target, ctx.now(), tell)


COMMANDS: tuple[click.Command, ...] = (move_command,)
