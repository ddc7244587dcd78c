"""The web server's limits: how large a request may be, how long it may take to arrive, how many may be open at once.

A body is read by the server before a thread is given to it, so who sends slowly keeps no thread; here such a sender is
also cut off, however steadily it drips.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

THREADS = 8
WHOLE_REQUEST = 30.0  # seconds in which a request must have arrived
LIMITS: dict[str, Any] = {
    "max_request_body_size": 2 * 2**20,  # nothing that is sent to us is larger
    "max_request_header_size": 64 * 2**10,
    "connection_limit": 400,
    "channel_timeout": 30,  # seconds of silence
    "cleanup_interval": 5,
    "asyncore_use_poll": True,  # more than 1,024 descriptors
}


def listen(app: Flask, host: str, port: int, sockets: dict[int, Any]) -> Any:
    """A server bound to the port; ``sockets`` is where it keeps what is open. Raises OSError."""
    server = create_server(app, host=host, port=port, threads=THREADS, ident=None, map=sockets, **LIMITS)
    for each in sockets.values():
        if isinstance(each, BaseWSGIServer):
            each.channel_class = HurriedChannel
    return server


class HurriedChannel(HTTPChannel):
    """A connection on which a request has to arrive within a time."""

    began: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what came; close where the request should have been whole by now."""
        taken: bool = super().received(data)
        if self.request is None:
            self.began = None
        elif self.began is None:
            self.began = time.monotonic()
        elif time.monotonic() - self.began > WHOLE_REQUEST:
            self.will_close = True
            return False
        return taken
