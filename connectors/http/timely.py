"""An answer whose head comes within a time, however slowly it drips: a time-out of the socket bounds each byte alone.

Knows http.client, below urllib3: whoever bounds the body sees an answer only once its head is whole.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import Any, cast

HEAD_TIMEOUT = 120.0  # seconds from the request's end; one more wait of the socket may come on top


class TooSlow(TimeoutError):
    """The head dripped on past its time: to ask the same again would take as long again."""


class TimelyResponse(HTTPResponse):
    """What a connection reads an answer's head with, and the body behind it."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._head = _Head(self.fp.detach(), time.monotonic() + HEAD_TIMEOUT)
        self.fp = io.BufferedReader(self._head)

    def begin(self) -> None:
        """Read the head; the body has a bound of its own (door.py)."""
        super().begin()
        self._head.until = None


class _Head(io.RawIOBase):
    """The socket's bytes as they come; none after ``until``."""

    def __init__(self, raw: Any, until: float | None) -> None:
        super().__init__()
        self._raw, self.until = raw, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.until is not None and time.monotonic() > self.until:
            raise TooSlow
        return cast("int | None", self._raw.readinto(buffer))

    def fileno(self) -> int:
        return cast("int", self._raw.fileno())

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
