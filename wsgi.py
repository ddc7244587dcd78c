"""The front door: composes the web app, the job engine and the command line.

``adapter`` is ``wsgi:cli``; a WSGI server calls ``wsgi:create()``.
"""

from __future__ import annotations

import os
import sys

import click
from flask import Flask

from adapter import __version__, backtest_command, commands
from adapter.app import create_app
from adapter.compose import compose
from adapter.config import ConfigError
from adapter.context import Context
from sync import commands as road
from sync.demo import demo
from sync.serve import serve_web

WITHOUT_CONTEXT = {"sandbox", "demo", "doctor"}  # needs no database; makes its own; looks at a broken one too


def create() -> Flask:
    """The web application alone, for a WSGI server."""
    return create_app(compose())


@click.group(help="Sells only the spots that would otherwise stay empty, at the rate that earns most.")
@click.version_option(__version__)
@click.pass_context
def cli(click_context: click.Context) -> None:
    """Open the adapter that the environment describes, for the command that follows."""
    if click_context.invoked_subcommand in WITHOUT_CONTEXT or {"--help", "-h"} & set(sys.argv):
        return
    try:
        click_context.obj = compose()
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True)
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the pages, the API and the scheduled jobs: one process."""
    serve_web(context, host, port)


@cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.pass_context
def sandbox(click_context: click.Context) -> None:
    """Run the sandbox booking platform alone (its own options follow: --port, --seed, --history …)."""
    module = [sys.executable, "-m", "connectors.sandbox.server"]
    os.execv(sys.executable, [*module, *click_context.args])  # noqa: S606  our own interpreter, no shell


for command in (demo, *commands.COMMANDS, *backtest_command.COMMANDS, *road.COMMANDS):
    cli.add_command(command)
