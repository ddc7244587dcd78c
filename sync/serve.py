"""One process: the web server and the job engine's clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from waitress.server import create_server
from waitress.wasyncore import close_all

from adapter.app import create_app
from adapter.context import Context
from sync.jobs import Engine

THREADS = 8


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True)
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the pages, the API and the scheduled jobs: one process, until interrupted."""
    engine = Engine(context)
    engine.start()
    try:
        create_server(create_app(context), host=host, port=port, threads=THREADS, ident=None).run()
    finally:
        engine.stop()


@contextmanager
def served_web(context: Context, host: str, port: int) -> Iterator[None]:
    """Serve the pages and the API, without the scheduled jobs, for as long as the block takes."""
    sockets: dict[int, Any] = {}
    server: Any = create_server(create_app(context), host=host, port=port, threads=THREADS, ident=None, map=sockets)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.trigger.pull_trigger(lambda: close_all(sockets))
        thread.join()


COMMANDS: tuple[click.Command, ...] = (serve,)
