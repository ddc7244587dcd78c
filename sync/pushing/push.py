"""Working off the outbox of each connection, by the way in which its platform takes an offer.

What a platform can't take is in force where we sell (LOCAL). How one push is sent is in worker.py.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.tables import WAITING, Connection, ConnectionState, Push
from connectors import registry
from connectors.errors import Misconfigured
from connectors.platform import Api, Capability, Platform
from sync.pushing import circuit, outbox
from sync.pushing.totals import Ledger, total_route
from sync.pushing.wanted import Route, local_route, native_route
from sync.pushing.worker import Worker


def push_due(ctx: Context, now: datetime, *, connection_id: int | None = None) -> Counter[str]:
    """Push whatever is due at ``now``; how many ended in which state. Of one connection, or of all that are active."""
    with ctx.store.read() as db:
        wanted = select(Connection).where(
            Connection.state == ConnectionState.ACTIVE,
            Connection.id.in_(select(Push.connection_id).where(Push.state.in_(WAITING))),
        )
        if connection_id is not None:
            wanted = wanted.where(Connection.id == connection_id)
        connections = db.scalars(wanted).all()
    ended: Counter[str] = Counter()
    for connection in connections:
        ended += _push_connection(ctx, connection, now)
    return ended


def _push_connection(ctx: Context, connection: Connection, now: datetime) -> Counter[str]:
    platform = registry.get(connection.platform)
    if (words := _only_local(platform, connection)) is not None:
        return Worker(ctx, connection, local_route(words)).work()
    if not _lets_through(ctx, connection.id, now):
        return Counter()
    with open_connection(ctx, connection.id) as api:
        return Worker(ctx, connection, _route(ctx, connection, platform, api)).work()


def _lets_through(ctx: Context, connection_id: int, now: datetime) -> bool:
    """Whether it is worth opening the connection: not while the breaker is open, unless the kill switch waits."""
    with ctx.store.read() as db:
        return circuit.is_passable(db, connection_id, now, urgent=outbox.urgent_waits(db, connection_id, now))


def _only_local(platform: Platform, connection: Connection) -> str | None:
    """Why an offer is in force where we sell and nowhere else; None: the platform takes it."""
    if platform.offers is not None and Capability.SPOTS_NATIVE in platform.capabilities:
        return None
    if platform.totals is None or Capability.SPOTS_TOTAL not in platform.capabilities:
        return f"{platform.title} takes no count for one channel"
    if not connection.total_push_on:
        return "changing the online capacity is off: it would also limit the studio's own clients"
    if connection.total_push_proven_at is None:
        return "the online capacity is not changed: no proof run has passed on this site"
    return None


def _route(ctx: Context, connection: Connection, platform: Platform, api: Api) -> Route:
    if platform.offers is not None:
        return native_route(platform.offers, api)
    if platform.totals is not None:
        return total_route(platform.totals, api, Ledger(ctx, connection.id))
    raise Misconfigured(f"{platform.name} declares no way to push")
