"""The sandbox platform, run as a process of its own: it is somebody else's machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import click

PROGRAM = (sys.executable, "-m", "connectors.sandbox.server")


class SandboxDied(click.ClickException):
    """The sandbox ended before it was ready; the message has its last words."""


class Unspoken(RuntimeError):
    """The sandbox does not speak this platform's dialect."""


@dataclass(frozen=True)
class Sandbox:
    """Where the sandbox answers, and what it has given us as its registered client."""

    facts: dict[str, Any]

    @property
    def address(self) -> str:
        """host:port, the one private address that outgoing calls may reach."""
        return urlsplit(str(self.facts["url"])).netloc

    def settings(self, platform: str) -> dict[str, str]:
        """The platform settings that point at it. Raises Unspoken."""
        return dict(self._dialect(platform)["settings"])

    def studio(self, platform: str, number: int = 0) -> dict[str, Any]:
        """A demo studio's site, with the name by which this platform knows it."""
        return {**self.facts["sites"][number], "id": self._dialect(platform)["sites"][number]}

    def meaning(self, platform: str, source: str) -> str:
        """What the studio's owner says when asked what a booking source means."""
        said = self._dialect(platform)["sources"]
        return next((channel for word, channel in said.items() if word in source), "direct")

    def token(self, platform: str) -> str | None:
        """What opens the API without anybody signing in, where there is such."""
        return self._dialect(platform).get("token")

    def _dialect(self, platform: str) -> dict[str, Any]:
        spoken: dict[str, Any] = self.facts["dialects"]
        if platform not in spoken:
            raise Unspoken(f"the sandbox is no double of {platform}; it speaks {', '.join(sorted(spoken))}")
        return dict(spoken[platform])


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_words(log: TextIO) -> str:
    """What the sandbox complained of: the last line of its log."""
    lines = Path(log.name).read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else ""


@contextmanager
def running_sandbox(*options: str, log: TextIO) -> Iterator[Sandbox]:
    """Start the sandbox on a free port; it ends with this block, or with us. What it complains of goes to ``log``."""
    process = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [*PROGRAM, "--port", "0", "--while-asked", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            status = process.wait()
            raise SandboxDied(f"The sandbox ended with status {status} before it was ready. {_last_words(log)}".strip())
        yield Sandbox(json.loads(line))
    finally:
        process.terminate()
        process.wait(timeout=10)
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()
