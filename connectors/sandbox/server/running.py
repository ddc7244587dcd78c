"""A sandbox that listens: the socket, the server's threads, and what a caller must know to use it."""

from __future__ import annotations

import socket
import threading
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all, loop

from connectors.sandbox.market.prices import DROP_IN
from connectors.sandbox.server.dialects import DIALECTS
from connectors.sandbox.server.people import Role, person_of
from connectors.sandbox.server.sandbox import Sandbox
from connectors.sandbox.server.wire import API_ROOT

HOST = "127.0.0.1"
THREADS = 8


def listen(port: int = 0) -> tuple[socket.socket, str]:
    """A bound socket on this machine alone, and the address at which it is reached."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound, f"http://{HOST}:{bound.getsockname()[1]}"


class Server:
    """Serves an application in a thread until it is stopped."""

    def __init__(self, app: Flask, bound: socket.socket) -> None:
        self._open: dict[int, Any] = {}
        self._server: Any = create_server(app, map=self._open, sockets=[bound], threads=THREADS, ident=None)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the threads, then close the socket and every connection."""
        self._stopped.set()
        self._server.pull_trigger()
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown()
        close_all(self._open)

    def _run(self) -> None:
        """Waitress's own loop cannot be ended from another thread without a race; this one looks after every turn."""
        while not self._stopped.is_set():
            loop(timeout=1.0, map=self._open, count=1)


def facts(sandbox: Sandbox) -> dict[str, Any]:
    """Addresses, the client's registration, and the sites with their owners' logins."""
    url = sandbox.options.url
    owners = [(site, person_of(site.id, Role.OWNER)) for site in sandbox.world.sites.values()]
    return {
        "url": url,
        "api_url": f"{url}{API_ROOT}",
        "issuer": url,
        "client_id": sandbox.options.client_id,
        "client_secret": sandbox.options.client_secret,
        "api_key": sandbox.options.api_key,
        "sites": [
            {
                "id": str(site.id),
                "name": site.name,
                "timezone": site.timezone,
                "currency": site.currency,
                "drop_in": str(site.options[DROP_IN].price),
                "owner_login": who.login,
                "owner_password": who.password,
            }
            for site, who in owners
        ],
        "webhook_url": f"{url}/api/v1",
        "dialects": {name: speak(sandbox) for name, speak in DIALECTS.items()},
    }
