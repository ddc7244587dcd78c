"""A platform opened for one account: headers, a given token, the address guard, the call meter.

Knows the door and the meter's table; knows neither how tokens are kept nor how they are renewed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import structlog

from adapter.connecting.pace import pace_of
from adapter.context import Context
from adapter.store.api_calls import add_calls
from adapter.store.database import UNAVAILABLE, Store, cause_of
from adapter.store.vitals import note_clock
from connectors.errors import Misconfigured
from connectors.http import HttpDoor, open_door
from connectors.platform import Api, Platform, Site

FLUSH_AFTER, FLUSH_EVERY = 100, timedelta(seconds=1)  # calls, and for how long, that a killed process leaves uncounted
OWN_SANDBOX_PER_MINUTE = 60_000  # the sandbox that we started ourselves has no quota to be spared

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Calls that were made, whoever made them, and are not written down yet."""

    connection_id: int
    day: date
    calls: Counter[str]
    errors: Counter[str]
    asked: bool


_owed: WeakKeyDictionary[Store, list[_Counted]] = WeakKeyDictionary()
"""What a database that was away did not take: it is written with the next count of this process."""
_owing = threading.Lock()


class Meter:
    """Counts calls by day and kind; written down in short transactions of its own.

    A database that is away breaks no call and loses no count. ``asked``: for a backfill or a resync, which
    the plan of the day does not count.
    """

    def __init__(self, ctx: Context, *, asked: bool = False) -> None:
        self._ctx = ctx
        self._asked = asked
        self._calls: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._flushed = ctx.now()
        self._lock = threading.Lock()
        self.connection_id: int | None = None  # None: not known yet; counted when it is

    def note(self, what: str, status: int | None) -> None:
        """One call, and how it ended (None: no answer)."""
        with self._lock:
            self._calls[what] += 1
            self._errors[what] += status is None or status >= 400
            due = self._calls.total() >= FLUSH_AFTER or abs(self._ctx.now() - self._flushed) >= FLUSH_EVERY
        if due:
            self.flush()

    def flush(self, ahead: timedelta | None = None) -> None:
        """Add what was counted to ``api_calls``; ``ahead``: the platform's clock, as its last answer told the time."""
        if self.connection_id is None:
            return
        with self._lock:
            calls, errors = self._calls, self._errors
            self._calls, self._errors, self._flushed = Counter(), Counter(), self._ctx.now()
        if not calls:
            return
        with _owing:
            counted = _owed.pop(self._ctx.store, [])
        counted.append(_Counted(self.connection_id, self._ctx.now().date(), calls, errors, self._asked))
        try:
            with self._ctx.store.write() as db:
                for each in counted:
                    add_calls(db, each.connection_id, each.day, each.calls, each.errors, asked=each.asked)
                if ahead is not None:
                    note_clock(db, self.connection_id, ahead)
        except UNAVAILABLE as error:
            log.warning("calls.not_counted_yet", why=cause_of(error))
            with _owing:
                _owed.setdefault(self._ctx.store, []).extend(counted)


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
