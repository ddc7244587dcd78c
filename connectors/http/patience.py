"""How often we ask and how long we wait by ourselves: retries of one call, and the rate budget of our key.

Knows urllib3's Retry and the token bucket. Longer waits go back to the caller as ``TryAgain(after)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

from pyrate_limiter import Duration, Limiter, Rate, SingleBucketFactory, StateBucket, TokenBucket
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

LONGEST_WAIT = 10.0  # seconds that a call waits by itself
BACKOFF = 0.3  # seconds, doubled each time; the first retry comes at once
_AGAIN = (429, 500, 502, 503, 504)


class Patience(Retry):
    """Retries of reads on passing faults, few and short. Tells of every attempt that failed and is tried again."""

    heard: Callable[[str, int | None], None]  # method and URL path, status

    @classmethod
    def of(cls, heard: Callable[[str, int | None], None]) -> Patience:
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
        """Count an attempt; a write, or a read that has to wait longer than a call may take, has only one."""
        too_long = response is not None and (self.get_retry_after(response) or 0) > LONGEST_WAIT
        counted = self.new(total=0) if too_long or method != "GET" else self
        following = super(Patience, counted).increment(method, url, response, error, _pool, _stacktrace)
        self.heard(f"{method} {url}", response.status if response is not None else None)
        return following


@lru_cache(maxsize=256)
def budget(platform: str, per_minute: int) -> Limiter:
    """The bucket of tokens for a platform's address, shared by all doors of this process: the limit is our key's.

    Bursts of a twentieth of a minute's calls, then evenly.
    """
    burst = max(1, per_minute // 20)
    bucket = StateBucket([Rate(per_minute, Duration.MINUTE, burst=burst)], algorithm=TokenBucket())
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False))  # a token bucket has nothing to leak: no thread
