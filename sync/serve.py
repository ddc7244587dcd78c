"""One process: the web server and the job engine's clock."""

from __future__ import annotations

import threading
from types import TracebackType

from waitress import create_server

from adapter.app import create_app
from adapter.context import Context
from sync.jobs import Engine


class WebServer:
    """The web application on a port of this machine, served by threads until it is closed."""

    def __init__(self, context: Context, host: str, port: int) -> None:
        self.server = create_server(create_app(context), host=host, port=port, threads=8, ident=None)
        self._thread = threading.Thread(target=self.server.run, name="web", daemon=True)

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.close()
        self._thread.join(timeout=5)


def serve_web(context: Context, host: str, port: int) -> None:
    """Serve the pages, the API and the scheduled jobs until interrupted."""
    engine = Engine(context)
    engine.start()
    server = create_server(create_app(context), host=host, port=port, threads=8, ident=None)
    try:
        server.run()
    finally:
        server.close()
        engine.stop()
