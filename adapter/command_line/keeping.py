"""``adapter backup`` and ``adapter reseal``: what an operator does for the machine's own files and keys."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.command_line.asking import json_option
from adapter.command_line.printing import as_json
from adapter.context import Context
from adapter.operating.backing_up import CannotBackUp, back_up
from adapter.operating.resealing import reseal
from adapter.store.sealing import SealBroken


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def backup(ctx: Context, folder: Path, json_wanted: bool) -> None:
    """Copy database, models and keys into a new FOLDER, as of one instant, while the service runs."""
    try:
        written = back_up(ctx.store, ctx.config.instance, folder)
    except CannotBackUp as error:
        raise click.ClickException(str(error)) from error
    if json_wanted:
        as_json({"written": [str(path) for path in written]})
        return
    for path in written:
        click.echo(f"wrote {path}")
    kept = [path.read_text(encoding="ascii") for path in written if path.name == "encryption.keys"]
    if not all(key in "".join(kept) for key in ctx.config.encryption_keys):
        click.echo("ADAPTER_ENCRYPTION_KEYS are not in it: keep them too, or what is sealed can't be read.")


@click.command("reseal")
@json_option
@click.pass_obj
def reseal_command(ctx: Context, json_wanted: bool) -> None:
    """Seal every secret anew under the first of ADAPTER_ENCRYPTION_KEYS; the others can then be taken away."""
    try:
        count = reseal(ctx.store, ctx.keys)
    except SealBroken as error:
        raise click.ClickException(str(error)) from error
    if json_wanted:
        as_json({"sealed": count})
    else:
        click.echo(
            f"{count:,} secrets are sealed under the first key. Take the others away and start every process anew."
        )


COMMANDS: tuple[click.Command, ...] = (backup, reseal_command)
