"""Opening a platform for one connection: headers, fresh tokens, the address guard, the call meter.

Knows the store and the door; knows no platform. Open no transaction around it: calls take seconds.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from adapter.connecting.tokens import fresh_tokens, needs_reconnect
from adapter.context import Context
from adapter.store.dialect import insert, table_of
from adapter.store.tables import ApiCalls, Connection
from connectors import registry
from connectors.errors import Reconnect
from connectors.http import HttpDoor, open_door
from connectors.platform import Api, Platform, Site

FLUSH_AFTER = 100  # calls that a killed process may leave uncounted


ENDED = "The booking platform no longer accepts our access. Connect again: nothing is lost."


class Meter:
    """Counts calls by day and kind; written down in short transactions of its own."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
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

    def flush(self) -> None:
        """Add what was counted to ``api_calls``."""
        if self.connection_id is None:
            return
        with self._lock:
            calls, errors = self._calls, self._errors
            self._calls, self._errors = Counter(), Counter()
        if calls:
            _add(self._ctx, self.connection_id, calls, errors, self._ctx.now())


@contextmanager
def open_connection(ctx: Context, connection_id: int) -> Iterator[Api]:
    """The platform, opened for this connection.

    Raises Reconnect where it may not be called, or no longer: a call refused even with a fresh token marks the
    connection as needing to be connected again.
    """
    with ctx.store.read() as db:
        row = db.get(Connection, connection_id)
    if row is None:
        raise Reconnect(f"there is no connection {connection_id}")
    fresh_tokens(ctx, connection_id)
    meter = Meter(ctx)
    meter.connection_id = connection_id
    site = Site(id=row.site, name=row.site_name, timezone=row.timezone, currency=row.currency)
    try:
        with open_account(ctx, registry.get(row.platform), site, TokenSupply(ctx, connection_id), meter) as api:
            yield api
    except Reconnect as error:
        raise needs_reconnect(ctx, connection_id, f"{ENDED} ({error})") from None


@contextmanager
def open_subscriptions(ctx: Context, connection_id: int) -> Iterator[Api]:
    """The platform's subscriptions API, at its own address if it has one; given our key and no studio's token."""
    with ctx.store.read() as db:
        row = db.get_one(Connection, connection_id)
    platform = registry.get(row.platform)
    own = ctx.config.platform(platform.name).get("WEBHOOK_URL") or (platform.webhooks and platform.webhooks.api_url)
    meter = Meter(ctx)
    meter.connection_id = connection_id
    site = Site(id=row.site, name=row.site_name, timezone=row.timezone, currency=row.currency)
    with open_account(ctx, platform, site, FixedToken(""), meter, base_url=own or None) as api:
        yield api


@contextmanager
def open_account(
    ctx: Context,
    platform: Platform,
    site: Site,
    token: TokenSupply | FixedToken,
    meter: Meter,
    *,
    base_url: str | None = None,
) -> Iterator[Api]:
    """The platform, opened for one account with the tokens of ``token``; calls are counted by ``meter``."""
    settings = ctx.config.platform(platform.name)
    door: HttpDoor = open_door(
        base_url or settings.get("API_URL") or platform.api_url,
        headers=platform.headers(site.id, settings),
        token=token,
        on_call=meter.note,
        allow_private=ctx.config.allow_private_addresses,
        allowed=ctx.config.allowed_addresses,
        per_minute=platform.calls_per_minute,
    )
    try:
        yield Api(door, site, now=ctx.now())
    finally:
        door.close()
        meter.flush()


class TokenSupply:
    """Gives the door its token, and after a 401 a newer one than the one that was refused."""

    def __init__(self, ctx: Context, connection_id: int) -> None:
        self._ctx = ctx
        self._connection_id = connection_id
        self._given: int | None = None  # the version handed out last

    def __call__(self, refused: bool) -> str:
        """A token; ``refused``: the last one was answered by 401."""
        newer_than = self._given if refused else None
        tokens = fresh_tokens(self._ctx, self._connection_id, newer_than=newer_than)
        self._given = tokens.version
        return tokens.access


class FixedToken:
    """A token of a grant that is not stored yet: there is no newer one."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def __call__(self, refused: bool) -> str | None:
        """The token; nothing once it was refused."""
        return None if refused else self._access_token


def _add(ctx: Context, connection_id: int, calls: Mapping[str, int], errors: Mapping[str, int], now: datetime) -> None:
    table = table_of(ApiCalls)
    rows = [
        {"connection_id": connection_id, "day": now.date(), "what": what, "calls": count, "errors": errors[what]}
        for what, count in sorted(calls.items())
    ]
    with ctx.store.write() as db:
        statement = insert(db, table)
        added = {name: table.c[name] + statement.excluded[name] for name in ("calls", "errors")}
        db.execute(statement.on_conflict_do_update(index_elements=["connection_id", "day", "what"], set_=added), rows)
