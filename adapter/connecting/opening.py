"""Opening a platform for one connection, with fresh tokens as long as it takes.

Knows the store and the door; knows no platform. Open no transaction around it: calls take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from adapter.connecting.account import FixedToken, Meter, open_account
from adapter.connecting.tokens import fresh_tokens, needs_reconnect
from adapter.context import Context
from adapter.store.tables import Connection
from connectors import registry
from connectors.errors import Reconnect
from connectors.platform import Api, Site

LOOK_EVERY = timedelta(seconds=2)
ENDED = "The booking platform no longer accepts our access. Connect again: nothing is lost."


@contextmanager
def open_connection(ctx: Context, connection_id: int, *, asked: bool = False) -> Iterator[Api]:
    """The platform, opened for this connection; ``asked``: for a backfill or a resync, which no day's plan counts.

    Raises Reconnect where it may not be called, or no longer: a call refused even with a fresh token marks the
    connection as needing to be connected again.
    """
    with ctx.store.read() as db:
        row = db.get(Connection, connection_id)
    if row is None:
        raise Reconnect(f"there is no connection {connection_id}")
    supply = TokenSupply(ctx, connection_id)
    meter = Meter(ctx, asked=asked)
    meter.connection_id = connection_id
    site = Site(id=row.site, name=row.site_name, timezone=row.timezone, currency=row.currency)
    try:
        with open_account(ctx, registry.get(row.platform), site, supply, meter) as api:
            yield api
    except Reconnect as error:
        raise needs_reconnect(ctx, connection_id, f"{ENDED} ({error})", version=supply.version) from None


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


class TokenSupply:
    """Gives the door its token, and after a 401 a newer one than the one that was refused.

    The row is looked at every few seconds, not at every call: that a token is due, or was taken away, can wait so long.
    Once access has ended it stays so here: a newer grant is for whoever opens the connection next, and what is still
    to be told of the old one is nothing against it.
    """

    def __init__(self, ctx: Context, connection_id: int) -> None:
        self._ctx = ctx
        self._connection_id = connection_id
        self._given = fresh_tokens(ctx, connection_id)  # handed out last
        self._looked = ctx.now()
        self._ended: str | None = None

    @property
    def version(self) -> int:
        """Of the tokens that were handed out last."""
        return self._given.version

    def __call__(self, refused: bool) -> str:
        """A token; ``refused``: the last one was answered by 401."""
        given, now = self._given, self._ctx.now()
        if self._ended is not None:
            raise Reconnect(self._ended)
        if refused or abs(now - self._looked) > LOOK_EVERY:
            try:
                given = fresh_tokens(self._ctx, self._connection_id, newer_than=given.version if refused else None)
            except Reconnect as error:
                self._ended = str(error)
                raise
            self._given, self._looked = given, now
        return given.access
