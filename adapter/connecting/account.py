"""A platform opened for one account: headers, a given token, the address guard, the call meter.

Knows the door and the meter's table; knows neither how tokens are kept nor how they are renewed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from adapter.connecting.pace import pace_of
from adapter.context import Context
from adapter.store.api_calls import add_calls
from adapter.store.vitals import note_clock
from connectors.errors import Misconfigured
from connectors.http import HttpDoor, open_door
from connectors.platform import Api, Platform, Site

FLUSH_AFTER = 100  # calls that a killed process may leave uncounted
OWN_SANDBOX_PER_MINUTE = 60_000  # the sandbox that we started ourselves has no quota to be spared


class Meter:
    """Counts calls by day and kind; written down in short transactions of its own.

    ``asked``: they are made for a backfill or a resync, which the plan of the day does not count.
    """

    def __init__(self, ctx: Context, *, asked: bool = False) -> None:
        self._ctx = ctx
        self._asked = asked
        self._calls: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.connection_id: int | None = None  # None: not known yet; counted when it is

    def note(self, what: str, status: int | None) -> None:
        """One call, and how it ended (None: no answer)."""
        with self._lock:
            self._calls[what] += 1
            self._errors[what] += status is None or status >= 400
            full = self._calls.total() >= FLUSH_AFTER
        if full:
            self.flush()

    def flush(self, ahead: timedelta | None = None) -> None:
        """Add what was counted to ``api_calls``; ``ahead``: the platform's clock, as its last answer told the time."""
        if self.connection_id is None:
            return
        with self._lock:
            calls, errors = self._calls, self._errors
            self._calls, self._errors = Counter(), Counter()
        if calls:
            with self._ctx.store.write() as db:
                add_calls(db, self.connection_id, self._ctx.now().date(), calls, errors, asked=self._asked)
                if ahead is not None:
                    note_clock(db, self.connection_id, ahead)


@contextmanager
def open_account(
    ctx: Context,
    platform: Platform,
    site: Site,
    token: Callable[[bool], str | None],
    meter: Meter,
    *,
    base_url: str | None = None,
) -> Iterator[Api]:
    """The platform, opened for one account with the tokens of ``token``; calls are counted by ``meter``."""
    settings = ctx.config.platform(platform.name, site.id)
    address = platform.address(base_url or settings.get("API_URL") or platform.api_url, site.id)
    if not address:
        raise Misconfigured(f"ADAPTER_{platform.name.upper()}_API_URL is not set")
    door: HttpDoor = open_door(
        address,
        headers=platform.headers(site.id, settings),
        token=token,
        on_call=meter.note,
        allow_private=ctx.config.allow_private_addresses,
        allowed=ctx.config.allowed_addresses,
        pace=pace_of(ctx, platform.name, _per_minute(ctx, platform, address), meter.connection_id),
        codes=platform.codes,
    )
    try:
        yield Api(door, site, now=ctx.now(), settings=settings)
    finally:
        door.close()
        meter.flush(door.clock_ahead)


def _per_minute(ctx: Context, platform: Platform, address: str) -> int:
    own = urlsplit(address).netloc in ctx.config.allowed_addresses
    return OWN_SANDBOX_PER_MINUTE if own else platform.calls_per_minute


class FixedToken:
    """A token of a grant that is not stored yet: there is no newer one."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def __call__(self, refused: bool) -> str | None:
        """The token; nothing once it was refused."""
        return None if refused else self._access_token
