"""``adapter write-back``: the two ways of writing into a studio's own numbers, proven and switched."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session as Database

from adapter.command_line import printing
from adapter.command_line.asking import ACTOR, connection_argument, connection_named, json_option
from adapter.context import Context
from adapter.steering.write_back import WrongWriteBack, ask_for_proof, switch_catalog, switch_total_push
from adapter.store.tables import Connection, Run
from sync.commands.asking import (
    connection_to_call,
    finished,
    tell_run,
)

OFF = "off"


@click.command("write-back")
@connection_argument
@click.option("--prove", "session", metavar="SESSION", help="Prove on a class of a series that nobody has booked.")
@click.option("--total", type=click.Choice(["on", OFF]), help="Write online capacities: they limit your own clients.")
@click.option("--catalog", metavar="OPTION|off", help="Let the price of this price option follow the rate.")
@click.option("--even-public", is_flag=True, help="Even if everybody sees that price.")
@json_option
@click.pass_obj
def write_back(
    ctx: Context,
    connection_id: int,
    session: str | None,
    total: str | None,
    catalog: str | None,
    even_public: bool,
    json_wanted: bool,
) -> None:
    """Say, prove or switch what is written into a studio's own timetable and prices."""
    if sum(asked is not None for asked in (session, total, catalog)) > 1:
        raise click.UsageError("One thing at a time: --prove, --total or --catalog.")
    if even_public and catalog in (None, OFF):
        raise click.UsageError("--even-public goes with --catalog OPTION: it is about the price of one option.")
    calls = session is not None or total == "on" or catalog not in (None, OFF)
    with ctx.store.write() as db:
        try:
            connection = connection_to_call(ctx, db, connection_id) if calls else connection_named(db, connection_id)
            run = _asked(ctx, db, connection, session, total, catalog, even_public)
        except WrongWriteBack as error:
            raise click.ClickException(f"{error}.") from error
    if run is not None:
        tell_run(finished(ctx, run.id), json_wanted)
    if run is None or not json_wanted:
        with ctx.store.read() as db:
            _tell(connection_named(db, connection_id), json_wanted)


def _asked(
    ctx: Context,
    db: Database,
    connection: Connection,
    session: str | None,
    total: str | None,
    catalog: str | None,
    even_public: bool,
) -> Run | None:
    now = ctx.now()
    if session is not None:
        return ask_for_proof(db, connection, session, actor=ACTOR, now=now)[0]
    if total is not None:
        return switch_total_push(db, connection, total != OFF, actor=ACTOR, now=now)
    if catalog is not None:
        option = None if catalog == OFF else catalog
        return switch_catalog(db, connection, option, even_public=even_public, actor=ACTOR, now=now)
    return None


def _tell(connection: Connection, json_wanted: bool) -> None:
    (printing.as_json if json_wanted else printing.as_list)(
        {
            "connection": connection.id,
            "online_capacity": "on" if connection.total_push_on else OFF,
            "proven_at": connection.total_push_proven_at,
            "catalog": "on" if connection.catalog_rate_on else OFF,
            "price_option": connection.catalog_option,
            "price_sent": connection.catalog_sent,
        }
    )


COMMANDS: tuple[click.Command, ...] = (write_back,)
