"""The front door: composes the web app, the job engine and the command line.

``adapter`` is ``wsgi:cli``; a WSGI server calls ``wsgi:create()``. A command's module is imported when it is called
for: who asks the doctor does not wait for the models.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click
from flask import Flask

from adapter import __version__
from adapter.operating.collector import settle_collector, spare_imports

ADAPTER, BACKTEST, ROAD = "adapter.commands", "adapter.backtest.command", "sync.commands.work"
COMMANDS = {
    "demo": "sync.demo",
    "serve": "sync.commands.serve",
    "worker": ROAD,
    "sandbox": "sync.demo",
    "studio": "adapter.command_line.people",
    "sign-in": "adapter.command_line.people",
    "invite": "adapter.command_line.people",
    "people": "adapter.command_line.people",
    "connect": ADAPTER,
    "connections": ADAPTER,
    "push": ROAD,
    "write-back": "sync.commands.write_back_command",
    "resync": "sync.commands.resync_command",
    "events": "sync.commands.events_command",
    "diagnose": "adapter.diagnosis.command",
    "runs": ADAPTER,
    "run": ADAPTER,
    "decide": ROAD,
    "replay": ROAD,
    "timeline": "adapter.command_line.timeline",
    "opportunities": "adapter.command_line.opportunities",
    "spotlight": "adapter.command_line.spotlight",
    "open-data": "adapter.command_line.open_data",
    "actions-center": "adapter.command_line.open_data",
    "backtest": BACKTEST,
    "guarantee": "adapter.statements.command",
    "payouts": "adapter.marketplace.payouts.command",
    "token": ADAPTER,
    "market": "adapter.marketplace.command",
    "marketplace": "adapter.marketplace.command",
    "backup": "adapter.command_line.keeping",
    "reseal": "adapter.command_line.keeping",
    "move": "adapter.command_line.move",
    "new-platform": "adapter.command_line.new_platform",
    "conformance": "sync.commands.conformance",
    "doctor": ADAPTER,
}
# A command without a context needs no database, or makes its own, or mends one.
WITHOUT_CONTEXT = {"sandbox", "demo", "doctor", "conformance", "new-platform"}
FROM_A_FILE = {("guarantee", "assess"), ("guarantee", "verify")}  # needs the file, and nothing else


def create() -> Flask:
    """The web application alone, for a WSGI server."""
    spare_imports()
    from adapter.app import create_app
    from adapter.compose import compose
    from sync.engine import announce

    app = create_app(announce(compose()))
    settle_collector()
    return app


class Commands(click.Group):
    """The commands by name, each from the module that has it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a studio's life."""
        return list(COMMANDS)

    def invoke(self, ctx: click.Context) -> Any:
        """Do the command; a database that can't be had is told like everything else that did not work."""
        from adapter.store.database import UNAVAILABLE, NotMigrated, cause_of

        try:
            return super().invoke(ctx)
        except UNAVAILABLE as error:
            told = f"our database did not answer ({cause_of(error)}), and nothing half was kept"
            raise click.ClickException(f"{told}. `adapter doctor` says what to do.") from error
        except NotMigrated as error:
            told = f"our database lacks what this version needs ({cause_of(error)})"
            raise click.ClickException(f"{told}. `adapter doctor` says how it stands.") from error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        spare_imports()
        known: tuple[click.Command, ...] = import_module(COMMANDS[cmd_name]).COMMANDS
        return next((command for command in known if command.name == cmd_name), None)


@click.command(cls=Commands, help="Sells only the spots that would otherwise stay empty, at the rate that earns most.")
@click.version_option(__version__)
@click.pass_context
def cli(click_context: click.Context) -> None:
    """Open the adapter that the environment describes, for the command that follows."""
    if click_context.invoked_subcommand not in WITHOUT_CONTEXT and not _needs_nothing():
        click_context.obj = _context()


def _needs_nothing() -> bool:
    return "--help" in sys.argv or tuple(sys.argv[1:3]) in FROM_A_FILE


def _context() -> Any:
    from adapter.compose import compose
    from adapter.config import ConfigError
    from adapter.logs import configure_logs
    from sync.engine import announce

    settle_collector()
    configure_logs()  # on stderr: stdout belongs to what a command prints
    try:
        return announce(compose())
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
