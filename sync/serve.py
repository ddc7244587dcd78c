"""One process: the web server and the job engine's clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from waitress.server import create_server
from waitress.wasyncore import close_all

from adapter.app import create_app
from adapter.context import Context
from sync.engine import engine_of

THREADS = 8


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True)
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the pages, the API and the scheduled jobs: one process, until interrupted."""
    server = _listen(context, host, port, {})
    engine = engine_of(context)
    engine.start()
    try:
        with interrupted_by_sigterm():
            server.run()
    finally:
        engine.stop()


@contextmanager
def served_web(context: Context, host: str, port: int) -> Iterator[None]:
    """Serve the pages and the API, without the scheduled jobs, for as long as the block takes."""
    sockets: dict[int, Any] = {}
    server = _listen(context, host, port, sockets)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.trigger.pull_trigger(lambda: close_all(sockets))
        thread.join()


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """A polite request to end ends like Ctrl-C: what is at work is put down in order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _listen(context: Context, host: str, port: int, sockets: dict[int, Any]) -> Any:
    try:
        return create_server(create_app(context), host=host, port=port, threads=THREADS, ident=None, map=sockets)
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}. Choose another port with --port.") from error


COMMANDS: tuple[click.Command, ...] = (serve,)
