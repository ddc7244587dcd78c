"""``python -m connectors.sandbox.server``: the sandbox as a process of its own.

Prints one line of JSON when it is ready, and serves until it is told to stop.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from connectors.sandbox.market.history import from_history
from connectors.sandbox.market.plans import StudioPlan
from connectors.sandbox.market.studios import demo_studios
from connectors.sandbox.market.world import World
from connectors.sandbox.server.app import create_app
from connectors.sandbox.server.faults import Faults
from connectors.sandbox.server.options import Options, read_options
from connectors.sandbox.server.running import HOST, Server, facts, listen
from connectors.sandbox.server.sandbox import Sandbox, wall_clock

LIVE_EVERY = 5.0  # seconds between two looks at what has happened in the market since


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="On 127.0.0.1; 0: any free.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same market.")
@click.option("--studios", default=2, show_default=True, help="How many studios live here.")
@click.option("--history", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A class history (CSV).")
@click.option("--weeks", default=52, show_default=True, help="Weeks of history before now.")
@click.option("--faults", default="[]", help="Faults to start with, as JSON: one or a list.")
@click.option("--options", "options_json", default="{}", help="Options, as JSON.")
@click.option(
    "--while-asked", is_flag=True, help="End with standard input: with whoever started it, however that ends."
)
def main(
    port: int,
    seed: int,
    studios: int,
    history: Path | None,
    weeks: int,
    faults: str,
    options_json: str,
    while_asked: bool,
) -> None:
    """Serve a booking platform on this machine."""
    try:
        options = read_options(json.loads(options_json))
        given = json.loads(faults)
        broken = given if isinstance(given, list) else [given]
        Faults().add(*broken)
        now = wall_clock()
        plans = _plans(now, studios, weeks, history)
        bound, url = _listening(port)
        world = World(seed, now, plans)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise click.UsageError(str(error)) from error
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    if while_asked:
        threading.Thread(target=_await_end_of_input, args=(stop,), daemon=True).start()
    _serve(world, replace(options, url=url), bound, broken, stop)


def _listening(port: int) -> tuple[socket.socket, str]:
    """The bound socket and its address, before a year is made up in vain."""
    try:
        return listen(port)
    except OSError as error:
        raise click.ClickException(f"{HOST}:{port}: {error.strerror}. Choose another port with --port.") from error


def _plans(now: datetime, studios: int, weeks: int, history: Path | None) -> list[StudioPlan]:
    """The studios that live here; with a history, the first one is built from it."""
    plans = [replace(plan, weeks=min(plan.weeks, weeks)) for plan in demo_studios(studios)]
    if history is not None:
        plans[0] = from_history(history, now)
    return plans


def _await_end_of_input(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()


def _serve(
    world: World, options: Options, bound: socket.socket, broken: list[dict[str, Any]], stop: threading.Event
) -> None:
    app = create_app(world, options)
    sandbox: Sandbox = app.extensions["sandbox"]
    sandbox.faults.add(*broken)
    server = Server(app, bound)
    server.start()
    sandbox.webhooks.start()
    sys.stdout.write(json.dumps(facts(sandbox)) + "\n")
    sys.stdout.flush()
    _live(sandbox, stop)
    sandbox.webhooks.stop()
    server.stop()


def _live(sandbox: Sandbox, stop: threading.Event) -> None:
    """Let the market keep pace with the clock, from wherever it was moved to, until told to stop."""
    last = wall_clock()
    while not stop.wait(LIVE_EVERY):
        passed, last = wall_clock() - last, wall_clock()
        with sandbox.lock:
            sandbox.world.advance(sandbox.world.now + max(passed, timedelta()))


if __name__ == "__main__":
    main(prog_name="adapter sandbox")
