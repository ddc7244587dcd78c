"""One process: the web server and the job engine's clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from adapter.app import create_app
from adapter.context import Context
from sync.jobs import Engine


def serve_web(context: Context, host: str, port: int) -> None:
    """Serve the pages, the API and the scheduled jobs until interrupted."""
    engine = Engine(context)
    engine.start()
    server = _server(context, host, port)
    try:
        server.run()
    finally:
        server.close()
        engine.stop()


@contextmanager
def served_web(context: Context, host: str, port: int) -> Iterator[None]:
    """Serve the pages and the API, without the scheduled jobs, for as long as the block takes."""
    server = _server(context, host, port)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(timeout=5)


def _server(context: Context, host: str, port: int) -> BaseWSGIServer | MultiSocketServer:
    server: BaseWSGIServer | MultiSocketServer = create_server(
        create_app(context), host=host, port=port, threads=8, ident=None
    )
    return server
