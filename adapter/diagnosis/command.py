"""``adapter diagnose CONNECTION``: the cause first, then every link of the chain; or the summary for the customer."""

from __future__ import annotations

import click

from adapter.command_line.asking import connection_argument, connection_named, json_option
from adapter.command_line.printing import as_json
from adapter.context import Context
from adapter.diagnosis.cause import Diagnosis, told
from adapter.diagnosis.gathering import diagnosis_of
from adapter.diagnosis.steps import Finding, Verdict
from adapter.diagnosis.story import summary_of
from connectors.http.answers import quoted

MARKS = {Verdict.WELL: "✔", Verdict.WRONG: "✘", Verdict.WORTH_KNOWING: "!", Verdict.UNKNOWN: "?"}


@click.command()
@connection_argument
@click.option("--summary", is_flag=True, help="What may be sent to the customer, as plain text.")
@json_option
@click.pass_obj
def diagnose(context: Context, connection_id: int, summary: bool, json_wanted: bool) -> None:
    """Why CONNECTION does not sync: the cause first, then every link of the chain. Exit status 1 where it does not."""
    with context.store.read() as db:
        connection_named(db, connection_id)
        text = summary_of(db, context, connection_id) if summary else ""
        found = diagnosis_of(db, context, connection_id)
    if summary:
        as_json({"connection": connection_id, "summary": text}) if json_wanted else click.echo(text, nl=False)
        return
    as_json({"connection": connection_id, **told(found)}) if json_wanted else _tell(found)
    if found.main is not None and found.main.verdict is Verdict.WRONG:
        raise SystemExit(1)


def _tell(found: Diagnosis) -> None:
    click.echo(found.words)
    if found.main:
        click.echo(f"    {found.main.todo}")
    click.echo()
    for each in found.findings:
        click.echo(_line(found, each))
        if each.todo and each is not found.main:
            click.echo(f"    {each.todo}")


def _line(found: Diagnosis, each: Finding) -> str:
    since = f", since {found.facts.at(each.since)}" if each.since else ""
    said = f" Noted: {quoted(each.said)}" if each.said else ""
    return f"{MARKS[each.verdict]} {each.step}: {each.seen}{since}.{said}"


COMMANDS: tuple[click.Command, ...] = (diagnose,)
