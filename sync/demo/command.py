"""``adapter demo``: the acts in their order. Every act goes through the same door as a studio's would."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click
from dotenv import set_key

from adapter.compose import compose
from adapter.config import PREFIX, Config, load_config
from adapter.logs import configure_logs
from connectors import registry
from sync.commands.serve import served_web
from sync.demo.acts import Demo
from sync.demo.sandbox import PROGRAM, Sandbox, Unspoken, free_port, running_sandbox
from sync.demo.telling import Teller
from sync.engine import announce, engine_of
from sync.engine.interrupts import interrupted_by_sigterm, wait_for_interrupt


@click.command()
@click.option("--once", is_flag=True, help="Stop after the story, with exit status 0.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="Where to serve; 0: any free port."
)
@click.option(
    "--platform",
    "platforms",
    type=click.Choice(registry.names()),
    multiple=True,
    default=["sandbox"],
    show_default=True,
    help="Given twice: one business with a site at each.",
)
@click.option("--history", type=click.Path(exists=True, dir_okay=False), help="Build the studio from a class history.")
@click.option(
    "--weeks", type=click.IntRange(1, 260), default=52, show_default=True, help="Weeks of history that the studio has."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print the counts as JSON.")
def demo(once: bool, port: int, platforms: tuple[str, ...], history: str | None, weeks: int, json_wanted: bool) -> None:
    """Connect a made-up studio, mirror it, decide, push, read back, and show it: everything real, nothing outside."""
    began = time.monotonic()
    tell = Teller(quiet=json_wanted)
    options = ["--weeks", str(weeks), *(["--history", history] if history else [])]
    with ExitStack() as stack:
        stack.enter_context(_alone())
        given = _own_config()
        log = stack.enter_context((given.instance / "log.jsonl").open("a", buffering=1, encoding="utf-8"))
        configure_logs(to=log)
        sandbox = stack.enter_context(running_sandbox(*options, log=log))
        tell.did(f"The sandbox booking platform runs at {sandbox.facts['url']}, as a process of its own.")
        port = port or free_port()
        context = announce(compose(_demo_config(given, sandbox, platforms, port)))
        stack.enter_context(served_web(context, "127.0.0.1", port))
        story = Demo(context, engine_of(context), sandbox, platforms, tell)
        counts = story.play() | {"seconds": round(time.monotonic() - began, 1)}
        if json_wanted:
            click.echo(json.dumps(counts, indent=2))
        tell.did(f"All of it took {counts['seconds']} seconds.")
        if not once:
            _stay(story, tell)


def _stay(story: Demo, tell: Teller) -> None:
    tell.console.print(
        f"\n  Open  [bold]{story.sign_in_link()}[/bold]\n  (a one-time link for the owner; Ctrl-C ends the demo)\n"
        f"\n  [dim]Commands know this demo in its own folder: cd {leave_settings(story.context.config)}"
        f" && {Path(sys.argv[0]).absolute()} runs[/dim]",
        soft_wrap=True,
    )
    story.engine.start()
    with interrupted_by_sigterm():
        wait_for_interrupt()
    story.engine.stop()
    tell.did("Ended. Nothing of the demo runs any more.")


def leave_settings(config: Config) -> Path:
    """Write what the demo runs by into .env in its instance folder, where any command reads it; that folder."""
    settings = {
        "INSTANCE": str(config.instance),
        "DATABASE_URL": config.database_url,
        "PUBLIC_URL": config.public_url,
        "ALLOW_PRIVATE_ADDRESSES": "yes",  # the sandbox answers on loopback
    } | {f"{name.upper()}_{key}": value for name, given in config.platforms.items() for key, value in given.items()}
    file = config.instance / ".env"
    file.touch(mode=0o600)
    for name, value in settings.items():
        set_key(file, f"{PREFIX}{name}", value)
    return config.instance


def _own_config() -> Config:
    """The environment's settings and the demo's own: the .env of a service in this folder is not its business."""
    instance = _fresh_instance().resolve()
    return load_config({**os.environ, "ADAPTER_INSTANCE": str(instance)}, folder=instance)


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse to begin where another demo runs in the same folder, before anything of it is emptied."""
    folder = _instance().parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process, however that ends
        except BlockingIOError:
            words = "a demo runs here already. End it first, or give this one a folder with ADAPTER_INSTANCE."
            raise click.ClickException(f"{_instance()}: {words}") from None
        yield


def _instance() -> Path:
    return Path(os.environ.get("ADAPTER_INSTANCE", "instance")) / "demo"


def _fresh_instance() -> Path:
    """A folder of the demo's own, emptied; kept as it is where the database lies elsewhere, for its keys are in it."""
    instance = _instance()
    if "ADAPTER_DATABASE_URL" not in os.environ:
        shutil.rmtree(instance, ignore_errors=True)
    instance.mkdir(parents=True, exist_ok=True)
    return instance


def _demo_config(given: Config, sandbox: Sandbox, platforms: tuple[str, ...], port: int) -> Config:
    try:
        settings = {platform: sandbox.settings(platform) for platform in platforms}
    except Unspoken as error:
        raise click.ClickException(str(error)) from error
    return replace(
        given,
        public_url=f"http://127.0.0.1:{port}",
        allowed_addresses=frozenset({sandbox.address}),
        platforms={**given.platforms, **settings},
    )


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
@click.pass_context
def sandbox(click_context: click.Context) -> None:
    """Run the sandbox booking platform alone; its own options follow (--port, --seed, --history …)."""
    os.execv(sys.executable, [*PROGRAM, *click_context.args])  # noqa: S606  our own interpreter, no shell


COMMANDS: tuple[click.Command, ...] = (demo, sandbox)
