"""``adapter new-platform NAME``: the first files of a connector, with tests that run at once."""

from __future__ import annotations

from pathlib import Path

import click

import connectors
from adapter.command_line.asking import json_option
from adapter.command_line.printing import as_json
from adapter.config import NAMES
from connectors.scaffold import BadName, make_platform

NEXT = """\
Next:
  1. make .venv/.test && .venv/bin/pytest tests/connectors/{name}      they pass: keep them passing
  2. Put the platform's own answers (no real names or addresses) into tests/connectors/samples/{name}/.
  3. Make reads.py and shapes.py fit them; declare what it really can, and in `limits` what it can't.
  4. python -m tests.connectors.{name}.double serves its double, for `adapter serve` beside it.
docs/adding-a-platform.md has the whole way."""


@click.command("new-platform")
@click.argument("name")
@click.option("--title", help="As the platform writes itself; NAME with a capital by default.")
@json_option
def new_platform(name: str, title: str | None, json_wanted: bool) -> None:
    """Write the first files of a connector for platform NAME into this checkout."""
    root = Path(connectors.__path__[0]).parent
    reserved = {setting.split("_")[0].lower() for setting in NAMES}
    try:
        written = make_platform(root, name, title or name.capitalize(), reserved=reserved)
    except BadName as error:
        raise click.UsageError(str(error)) from error
    files = [str(path.relative_to(root)) for path in written]
    if json_wanted:
        as_json({"platform": name, "written": files})
        return
    for file in files:
        click.echo(f"wrote {file}")
    click.echo(NEXT.format(name=name))


COMMANDS: tuple[click.Command, ...] = (new_platform,)
