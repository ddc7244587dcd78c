"""How often we ask and how long we wait by ourselves: retries of one call, and the pace of calls.

Knows urllib3's Retry. Longer waits go back to the caller as ``TryAgain(after)``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from connectors.http.timely import TooSlow

LONGEST_WAIT = 10.0  # seconds that a call waits by itself
BACKOFF = 0.3  # seconds, doubled each time; the first retry comes at once
UNTOLD_PAUSE = 2.0  # seconds after a 429 that names no time
_AGAIN = (429, 500, 502, 503, 504)


Heard = Callable[[str, int | None, float | None], None]
"""Method and URL path of an attempt, its status, and how long the platform wants us to wait."""


class Patience(Retry):
    """Retries of reads on passing faults, few and short. Tells of every attempt that failed and is tried again."""

    heard: Heard

    @classmethod
    def of(cls, heard: Heard) -> Patience:
        """Three more attempts at most, of which two after a connection that broke or a read that ran out of time."""
        made = cls(
            total=3,
            read=2,
            status_forcelist=_AGAIN,
            allowed_methods=("GET",),
            backoff_factor=BACKOFF,
            backoff_jitter=BACKOFF,
            raise_on_status=False,
        )
        made.heard = heard
        return made

    def new(self, **kw: Any) -> Patience:
        """The next attempt's copy."""
        made = super().new(**kw)
        made.heard = self.heard
        return made

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds; None where the platform's wish can't be read."""
        try:
            return super().get_retry_after(response)
        except (InvalidHeader, ValueError, OverflowError):
            return None

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Patience:
        """Count an attempt; a write, or a read that has to wait longer than a call may take, has only one. So has one
        whose answer drips: raises ReadTimeoutError.
        """
        if error is not None and isinstance(error.__cause__, TooSlow):
            raise error
        after = self.get_retry_after(response) if response is not None else None
        counted = self.new(total=0) if (after or 0) > LONGEST_WAIT or method != "GET" else self
        following = super(Patience, counted).increment(method, url, response, error, _pool, _stacktrace)
        self.heard(f"{method} {url}", response.status if response is not None else None, after)
        return following


class Pace(Protocol):
    """How fast calls may follow one another; ours to keep, since a limit is our key's and not one door's."""

    def wait(self) -> None:
        """Let one call through once it may be made. Raises NotYet where that is too long to wait for."""

    def pause(self, seconds: float) -> None:
        """The platform wants no calls for so long."""


class Unpaced:
    """No limit: for a platform of our own, started for a test."""

    def wait(self) -> None:
        """At once."""

    def pause(self, seconds: float) -> None:
        """Not ours to keep: the caller hears of it all the same."""
