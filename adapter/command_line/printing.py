"""How commands print: a table for people, JSON for programs. Knows no table of the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
WIDTH_OF_A_FILE = 160  # columns, where the output is no terminal


def as_json(value: object) -> None:
    """Print a result for programs."""
    click.echo(json.dumps(value, indent=2, default=_plain))


def as_table(rows: Sequence[Row], empty: str) -> None:
    """Print rows for people, or a sentence where there are none."""
    if not rows:
        click.echo(empty)
        return
    table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    _console().print(table)


def as_rows(rows: Sequence[Row], empty: str, json_wanted: bool) -> None:
    """Print rows for programs where that is wanted, else for people."""
    if json_wanted:
        as_json(rows)
    else:
        as_table(rows, empty)


def as_list(row: Row) -> None:
    """Print one thing, a line for each fact."""
    widest = max(map(len, row))
    for name, value in row.items():
        click.echo(f"{name:<{widest}}  {_cell(value).plain}")


def _cell(value: Any) -> Text:
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S} UTC")
    if isinstance(value, dict):
        return Text(", ".join(f"{name} {_cell(part).plain}" for name, part in value.items()))
    return Text("–" if value is None or value == "" else str(value))


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_OF_A_FILE)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
