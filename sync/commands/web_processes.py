"""Serving from several processes with Gunicorn. Each opens an adapter of its own; none does jobs."""

from __future__ import annotations

from flask import Flask
from gunicorn.app.base import BaseApplication

from adapter.app import create_app
from adapter.compose import compose
from adapter.config import Config
from adapter.operating.collector import settle_collector
from sync.engine import announce

THREADS = 8
GRACE = 30  # seconds to finish answers that are under way


class WebProcesses(BaseApplication):  # type: ignore[misc]  # Gunicorn has no types
    """So many processes that serve one adapter, until interrupted."""

    def __init__(self, config: Config, host: str, port: int, workers: int) -> None:
        self.config = config
        self.options = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "graceful_timeout": GRACE,
            "control_socket_disable": True,  # else it opens one in the home directory
            "loglevel": "warning",
        }
        super().__init__()

    def load_config(self) -> None:
        """Our options; nothing is read from the command line, a file or the environment."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of one process, made after the fork."""
        app = create_app(announce(compose(self.config)))
        settle_collector()
        return app
