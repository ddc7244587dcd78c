"""``adapter demo``: the acts in their order. Every act goes through the same door as a studio's would."""

from __future__ import annotations

import json
import shutil
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from adapter.compose import compose
from adapter.config import Config, load_config
from adapter.context import Context
from connectors import registry
from sync.demo.acts import Demo
from sync.demo.sandbox import Sandbox, running_sandbox
from sync.demo.telling import Teller
from sync.jobs import Engine
from sync.serve import served_web


@click.command()
@click.option("--once", is_flag=True, help="Stop after the story, with exit status 0.")
@click.option("--port", default=5000, show_default=True, help="Where to serve; 0: any free port.")
@click.option("--platform", type=click.Choice(registry.names()), default="sandbox", show_default=True)
@click.option("--history", type=click.Path(exists=True, dir_okay=False), help="Build the studio from a class history.")
@click.option("--weeks", default=52, show_default=True, help="Weeks of history that the studio has.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def demo(once: bool, port: int, platform: str, history: str | None, weeks: int, as_json: bool) -> None:
    """Connect a made-up studio, mirror it, decide, push, read back, and show it: everything real, nothing outside."""
    began = time.monotonic()
    tell = Teller(quiet=as_json)
    options = ["--weeks", str(weeks), *(["--history", history] if history else [])]
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(*options))
        tell.did(f"The sandbox booking platform runs at {sandbox.facts['url']}, as a process of its own.")
        port = port or _free_port()
        context = _context(sandbox, platform, port)
        stack.enter_context(served_web(context, "127.0.0.1", port))
        story = Demo(context, Engine(context), sandbox, platform, tell)
        counts = story.play() | {"seconds": round(time.monotonic() - began, 1)}
        if as_json:
            click.echo(json.dumps(counts, indent=2))
        tell.did(f"All of it took {counts['seconds']} seconds.")
        if not once:
            _stay(story, tell)


def _stay(story: Demo, tell: Teller) -> None:
    tell.console.print(
        f"\n  Open  [bold]{story.sign_in_link()}[/bold]\n  (a one-time link for the owner; Ctrl-C ends the demo)"
    )
    story.engine.start()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        tell.did("Ended. Nothing of the demo runs any more.")
    finally:
        story.engine.stop()


def _context(sandbox: Sandbox, platform: str, port: int) -> Context:
    given = load_config()
    instance = given.instance / "demo"
    shutil.rmtree(instance, ignore_errors=True)
    return compose(_demo_config(given, instance, sandbox, platform, port))


def _demo_config(given: Config, instance: Path, sandbox: Sandbox, platform: str, port: int) -> Config:
    own = given.instance / "adapter.db"
    is_default = given.database_url.endswith(str(own))
    return replace(
        given,
        instance=instance,
        database_url=f"sqlite:///{instance / 'adapter.db'}" if is_default else given.database_url,
        public_url=f"http://127.0.0.1:{port}",
        allowed_addresses=frozenset({sandbox.address}),
        platforms={**given.platforms, platform: sandbox.settings},
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__ = ["demo"]
