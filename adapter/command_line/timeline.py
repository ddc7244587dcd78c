"""``adapter timeline SESSION``: all that happened to one session, in order, and why it is overbooked if it is."""

from __future__ import annotations

import click

from adapter.command_line.asking import json_option
from adapter.command_line.printing import as_json, as_table
from adapter.context import Context
from adapter.overbooking import facts_of, find_cause, tell
from adapter.showing.confidential import without_floor
from adapter.store.tables import Session
from adapter.store.timeline import timeline_of


@click.command()
@click.argument("session_id", metavar="SESSION", type=int)
@json_option
@click.pass_obj
def timeline(context: Context, session_id: int, json_wanted: bool) -> None:
    """What happened to SESSION (our id): readings, decisions, pushes, events, bookings; nobody is named."""
    with context.store.read() as db:
        if db.get(Session, session_id) is None:
            raise click.ClickException(f"There is no session {session_id}; the calendar and the API tell the ids.")
        events = timeline_of(db, session_id)
    found = find_cause(events, until=context.now())
    if json_wanted:
        told = [{"at": one.at, "kind": one.kind, "words": tell(one), "facts": facts_of(one)} for one in events]
        cause = {"cause": found.cause, "words": found.words, "overbooked_at": found.at}
        as_json(without_floor({"session_id": session_id, **cause, "events": told}))
        return
    as_table([{"when": one.at, "what": tell(one)} for one in events], "Nothing has happened yet.")
    click.echo(f"\n{found.words[0].upper()}{found.words[1:]}.")


COMMANDS: tuple[click.Command, ...] = (timeline,)
