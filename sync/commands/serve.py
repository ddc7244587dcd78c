"""Serving the pages and the API: by one process on SQLite, which does the jobs too; by several on PostgreSQL."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import structlog
from waitress.wasyncore import close_all, loop

from adapter.app import create_app
from adapter.context import Context
from sync.commands.listening import listen
from sync.engine import engine_of
from sync.engine.interrupts import interrupted_by_sigterm

log = structlog.get_logger(__name__)

WORKERS = 2


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), help=f"Processes that serve (PostgreSQL only; {WORKERS} else).")
@click.pass_obj
def serve(context: Context, host: str, port: int, workers: int | None) -> None:
    """Serve the pages and the API until interrupted; on SQLite the same process does the scheduled jobs."""
    if not context.store.is_sqlite:
        _serve_by_many(context, host, port, workers or WORKERS)
    elif workers not in (None, 1):
        raise click.UsageError("--workers: SQLite has room for one process. `adapter move` takes you to PostgreSQL.")
    else:
        _serve_alone(context, host, port)


def _serve_alone(context: Context, host: str, port: int) -> None:
    server = _listen(context, host, port, {})
    engine = engine_of(context)
    engine.start()
    log.info("serving", at=f"http://{host}:{port}", jobs="here")
    try:
        with interrupted_by_sigterm():
            server.run()
    finally:
        engine.stop()


def _serve_by_many(context: Context, host: str, port: int, workers: int) -> None:
    """Gunicorn, each process with an adapter of its own: a connection to the database can't be shared over a fork."""
    from sync.commands.web_processes import WebProcesses

    _check_free(host, port)
    context.store.close()
    log.info("serving", at=f"http://{host}:{port}", processes=workers, jobs="by adapter worker")
    WebProcesses(context.config, host, port, workers).run()


@contextmanager
def served_web(context: Context, host: str, port: int) -> Iterator[None]:
    """Serve the pages and the API, without the scheduled jobs, for as long as the block takes."""
    sockets: dict[int, Any] = {}
    server, ended = _listen(context, host, port, sockets), threading.Event()

    def run() -> None:
        """Waitress's own loop is ended by closing what wakes it, maybe while it is being woken; this one looks."""
        while not ended.is_set():
            loop(timeout=1.0, use_poll=True, map=sockets, count=1)

    thread = threading.Thread(target=run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        server.trigger.pull_trigger()
        thread.join()
        close_all(sockets)


def _listen(context: Context, host: str, port: int, sockets: dict[int, Any]) -> Any:
    try:
        return listen(create_app(context), host, port, sockets)
    except OSError as error:
        raise _taken(host, port, error) from error


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _taken(host, port, error) from error


def _taken(host: str, port: int, error: OSError) -> click.ClickException:
    return click.ClickException(f"{host}:{port}: {error.strerror}. Choose another port with --port.")


COMMANDS: tuple[click.Command, ...] = (serve,)
