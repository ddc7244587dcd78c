"""A statement in a file: made of a case, signed, and proved. Making and proving need the file alone: no database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import click

from adapter.command_line.asking import json_anyway, json_option
from adapter.command_line.printing import as_json
from adapter.context import Context
from adapter.guarantee import CaseError, assess
from adapter.guarantee.signing import NotSigned
from adapter.guarantee.signing import sign as sign_statement
from adapter.guarantee.signing import verify as is_signed
from adapter.statements.written import check_statement
from adapter.store.kept_keys import signing_key
from connectors.strict_json import NotJson, loads

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command("assess")
@click.argument("case", type=FILE)
@json_anyway
def assess_file(case: Path, _json: bool) -> None:
    """Print the statement of the CASE in a file (- for standard input)."""
    try:
        statement = assess(cast("dict[str, Any]", _read(case)))
    except CaseError as error:
        raise click.UsageError(f"{case}: {error}") from error
    as_json(statement)


@click.command()
@click.argument("statement", type=FILE)
@json_anyway
@click.pass_obj
def sign(context: Context, statement: Path, _json: bool) -> None:
    """Print the STATEMENT in a file with our signature and the public key that proves it."""
    read = _read(statement)
    try:
        said = check_statement(read)
        with context.store.write() as db:
            key = signing_key(db, context.config.encryption_keys)
        as_json(sign_statement(said, key))
    except NotSigned as error:
        raise click.UsageError(f"{statement}: {error}") from error


@click.command()
@click.argument("signed", type=FILE)
@click.option("--key", required=True, metavar="K", help="The signer's public key in base64, or a file that holds it.")
@json_option
def verify(signed: Path, key: str, json_wanted: bool) -> None:
    """Say whether whoever has the key signed exactly this file: exit status 0, or 1 where it does not match."""
    try:
        matches = is_signed(_read(signed), _key(key))
    except NotSigned as error:
        raise click.UsageError(f"{signed}: {error}") from error
    if json_wanted:
        as_json({"file": str(signed), "matches": matches})
    if not matches:
        raise click.ClickException(f"{signed} does not match: it was changed, or somebody else signed it.")
    if not json_wanted:
        click.echo(f"{signed} is what was signed with this key.")


def _key(given: str) -> str:
    path = Path(given)
    try:
        return path.read_text(encoding="ascii").strip() if path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--key {given}: cannot be read ({error})") from error


def _read(path: Path) -> Any:
    try:
        return loads(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())
    except NotJson as error:
        raise click.UsageError(f"{path} is no JSON: {error}.") from error
    except OSError as error:
        raise click.UsageError(f"{path}: {error}") from error


ON_FILES: tuple[click.Command, ...] = (assess_file, sign, verify)
