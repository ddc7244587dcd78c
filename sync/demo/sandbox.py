"""The sandbox platform, run as a process of its own: it is somebody else's machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import urlsplit

PROGRAM = (sys.executable, "-m", "connectors.sandbox.server")


class SandboxDied(RuntimeError):
    """The sandbox ended before it was ready."""


@dataclass(frozen=True)
class Sandbox:
    """Where the sandbox answers, and what it has given us as its registered client."""

    facts: dict[str, Any]

    @property
    def address(self) -> str:
        """host:port, the one private address that outgoing calls may reach."""
        return urlsplit(str(self.facts["url"])).netloc

    @property
    def settings(self) -> dict[str, str]:
        """The platform settings that point at it."""
        return {
            "API_URL": self.facts["api_url"],
            "ISSUER": self.facts["issuer"],
            "CLIENT_ID": self.facts["client_id"],
            "CLIENT_SECRET": self.facts["client_secret"],
            "API_KEY": self.facts["api_key"],
            "WEBHOOK_URL": self.facts["webhook_url"],
        }

    @property
    def studio(self) -> dict[str, Any]:
        """The demo studio's site."""
        return dict(self.facts["sites"][0])


@contextmanager
def running_sandbox(*options: str, log: TextIO) -> Iterator[Sandbox]:
    """Start the sandbox on a free port; it ends with this block. What it complains of goes to ``log``."""
    process = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [*PROGRAM, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SandboxDied(f"the sandbox ended with status {process.wait()} before it was ready")
        yield Sandbox(json.loads(line))
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()
