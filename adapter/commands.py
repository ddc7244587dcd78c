"""The commands that need no road: what is connected, past and present work, tokens, and what is wrong here.

Each asks the tables and prints; nothing is decided here.
"""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from adapter.command_line.asking import connection_named, json_option, studio_named
from adapter.command_line.doctor import doctor
from adapter.command_line.printing import as_json, as_list, as_rows, as_table
from adapter.connecting.flows import ConnectRefused
from adapter.connecting.login import connect_with_login
from adapter.context import Context
from adapter.marketplace.sellers import register_marketplace
from adapter.people.accounts import create_token
from adapter.store.connection_health import health_of, runs_of
from adapter.store.tables import Connection, Role, Run
from connectors import registry
from connectors.errors import ConnectorError
from connectors.platform import Platform

RUNS_SHOWN = 20


@click.command()
@json_option
@click.pass_obj
def connections(context: Context, json_wanted: bool) -> None:
    """What is connected, and its health."""
    now = context.now()
    with context.store.read() as db:
        rows = [
            _connection(row) | _health(health_of(db, row.id, now))
            for row in db.scalars(select(Connection).order_by(Connection.id))
        ]
    as_rows(rows, "Nothing is connected yet. `adapter connect PLATFORM` prints the link to begin with.", json_wanted)


@click.command()
@click.argument("platform", type=click.Choice(registry.names()))
@click.option("--studio", type=int, help="With --site: connect now, with the staff login or the key of the settings.")
@click.option("--site", help="The studio's site id at the platform.")
@json_option
@click.pass_obj
def connect(context: Context, platform: str, studio: int | None, site: str | None, json_wanted: bool) -> None:
    """Print the link at which a studio connects its account at PLATFORM, or connect it with a staff login or a key."""
    if (studio is None) != (site is None):
        raise click.UsageError("--studio and --site go together.")
    declared = registry.get(platform)
    if studio is not None and site is not None:
        told: dict[str, Any] = _connect_with_login(context, declared, studio, site)
    elif declared.oauth is None:
        raise click.UsageError(f"{declared.title} knows no OAuth: name --studio ID and --site SITE.")
    else:
        told = {"platform": platform, "title": declared.title}
        told["link"] = f"{context.config.public_url}/connect/{platform}"
    if json_wanted:
        as_json(told)
    elif "link" in told:
        click.echo(told["link"])
    else:
        as_list(told)


def _connect_with_login(context: Context, platform: Platform, studio: int, site: str) -> dict[str, Any]:
    with context.store.read() as db:
        studio_named(db, studio)
    try:
        row = connect_with_login(context, platform, studio_id=studio, site=site)
    except (ConnectRefused, ConnectorError) as error:
        raise click.ClickException(f"Not connected: {error}") from error
    return {"connection": row.id, "platform": platform.name, "site": row.site, "name": row.site_name}


@click.command()
@click.argument("connection", type=int, required=False)
@json_option
@click.pass_obj
def runs(context: Context, connection: int | None, json_wanted: bool) -> None:
    """Past and present runs, the latest first: of one CONNECTION, or of all."""
    with context.store.read() as db:
        if connection is not None:
            connection_named(db, connection)
        rows = [_run(row) for row in runs_of(db, connection_id=connection, limit=RUNS_SHOWN)]
    if json_wanted:
        as_json(rows)
    else:
        as_table([_short(row) for row in rows], "Nothing has run yet.")


@click.command()
@click.argument("number", metavar="ID", type=int)
@json_option
@click.pass_obj
def run(context: Context, number: int, json_wanted: bool) -> None:
    """One run: who asked, how far it is, what it read and what went wrong."""
    with context.store.read() as db:
        row = db.get(Run, number)
    if row is None:
        raise click.ClickException(f"There is no run {number}; `adapter runs` lists them.")
    if json_wanted:
        as_json(_run(row))
        return
    told = _run(row)
    counts, errors = told.pop("counts"), told.pop("errors")
    as_list(told)
    as_table([{"stream": stream, **numbers} for stream, numbers in counts.items()], "Nothing was read.")
    as_table(errors, "No errors.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--studio", type=int, help="The studio it holds for; without one it holds for all (our own staff).")
@click.option("--marketplace", help="The marketplace's name, for the role marketplace.")
@json_option
@click.pass_obj
def create(context: Context, role: str, studio: int | None, marketplace: str | None, json_wanted: bool) -> None:
    """Make an API token and print it: it is shown once and kept nowhere."""
    marketplace = marketplace or None  # named by nothing, it is none
    with context.store.write() as db:
        if studio is not None:
            studio_named(db, studio)
        try:
            text = create_token(db, context.keys, Role(role), studio, marketplace, context.now())
        except ValueError as error:
            raise click.UsageError(f"{error}.") from error
        if marketplace is not None:
            register_marketplace(db, marketplace, context.now())
    if studio is None and marketplace is None:
        click.echo("This token holds for every studio, also for those to come: --studio limits it to one.", err=True)
    if json_wanted:
        as_json({"token": text, "role": role, "studio": studio, "marketplace": marketplace})
    else:
        click.echo(text)


def _connection(row: Connection) -> dict[str, Any]:
    return {
        "id": row.id,
        "studio": row.studio.name,
        "platform": row.platform,
        "site": f"{row.site} {row.site_name}",
        "state": row.state.value,
        "reason": row.state_reason,
        "pushes": row.push_mode.value,
        "events": row.webhook_state.value if row.webhook_state else None,
        "last pulled": row.last_pulled_at,
    }


def _health(health: Any) -> dict[str, Any]:
    return {
        "sessions ahead": health.upcoming_sessions,
        "calls today": health.calls_today,
        "errors today": health.call_errors_today,
        "set aside": health.set_aside,
        "webhooks waiting": health.webhooks_waiting,
    }


def _run(row: Run) -> dict[str, Any]:
    return {
        "id": row.id,
        "connection": row.connection_id,
        "kind": row.kind.value,
        "state": row.state.value,
        "asked by": f"{row.actor} ({row.origin.value})",
        "why": row.why,
        "params": row.params,
        "due": row.due_at,
        "started": row.started_at,
        "finished": row.finished_at,
        "attempts": row.attempts,
        "step": row.step,
        "done": row.done,
        "total": row.total,
        "counts": row.counts,
        "errors": row.errors,
    }


def _short(told: dict[str, Any]) -> dict[str, Any]:
    of_all = "" if told["total"] is None else f" of {told['total']}"
    shown = ("id", "connection", "kind", "state", "asked by", "started", "finished", "step")
    return {name: told[name] for name in shown} | {"done": f"{told['done']}{of_all}", "errors": len(told["errors"])}


COMMANDS: tuple[click.Command, ...] = (connections, connect, runs, run, token, doctor)
