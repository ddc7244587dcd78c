"""What of a session is on offer right now: the one function behind the feed, quotes, pages and every other outlet.

All marketplaces share one budget of places (N-10): what is on offer is the smaller of what the latest decision lists
and what is free, less what was sold since, whoever sold it. It is the same for all of them. A platform that takes a
limit refuses what is beyond it: there no more is on offer than its limit in force lets through.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.products import OnOffer
from adapter.store.dialect import chunks
from adapter.store.freshness import Age, freshness_of
from adapter.store.in_force import limit_read, limits_in_force
from adapter.store.selling import Taken, taken_of
from adapter.store.settings import effective_settings
from adapter.store.tables import Connection, ConnectionState, Decision, PushMode, Refusal, Session
from connectors import registry
from connectors.platform import Capability
from connectors.records import SessionStatus


@dataclass(frozen=True, slots=True)
class Offered:
    """A session with what is on offer of it."""

    session_id: int
    studio_id: int
    connection_id: int
    starts_at: datetime
    offer: OnOffer


def offered(db: Database, session_ids: Collection[int], now: datetime) -> dict[int, Offered]:
    """What is on offer of these sessions (our ids); one that does not exist is absent."""
    rows = [row for some in chunks(sorted(session_ids)) for row in db.execute(_sessions().where(Session.id.in_(some)))]
    taken = taken_of(db, [row.id for row in rows])
    limits = limits_in_force(db, [row.id for row in rows])
    closed = {number: closed_for(db, number, now) for number in {row.connection_id for row in rows}}
    return {row.id: _offered(row, taken[row.id], limits.get(row.id, 0), closed[row.connection_id], now) for row in rows}


def premium_sold(marketplace: int, known: int, before: int, limit: int, premium_limit: int) -> int:
    """How many of the marketplace's reservations are premium ones.

    ``known`` are those of the channel. What the platform sold itself does not say: ``before`` were, when the latest
    decision was made, and those beyond its ``limit`` are.
    """
    return min(max(known, before, marketplace - limit), max(premium_limit, known), marketplace)


def _sessions() -> Select[*tuple[Any, ...]]:
    """Sessions with their latest decision, without its inputs."""
    last = select(func.max(Decision.sequence)).where(Decision.session_id == Session.id).correlate(Session)
    columns = ("spots", "rate", "premium_spots", "premium_rate", "limit", "premium_limit", "shadow", "binding")
    return (
        select(
            Session.id,
            Session.connection_id,
            Session.starts_at,
            Session.capacity,
            Session.booked,
            Session.online_capacity,
            Session.status,
            Session.hidden,
            Session.gone_at,
            Connection.studio_id,
            Connection.currency,
            Connection.platform,
            *(getattr(Decision, name) for name in columns),
        )
        .join(Connection, Connection.id == Session.connection_id)
        .outerjoin(Decision, and_(Decision.session_id == Session.id, Decision.sequence == last.scalar_subquery()))
    )


def closed_for(db: Database, connection_id: int, now: datetime) -> Refusal | None:
    """Why nothing of a connection is on offer; None: something may be."""
    connection = db.get_one(Connection, connection_id)
    if connection.push_mode is PushMode.SHADOW:
        return Refusal.NOT_LISTED
    fresh = freshness_of(connection, effective_settings(db, connection.studio_id).studio, now)
    reachable = connection.state is ConnectionState.ACTIVE and fresh.age is not Age.TOO_OLD
    return None if reachable and connection.push_mode is PushMode.LIVE else Refusal.PAUSED


def _offered(row: Row[Any], taken: Taken, limit: int, closed: Refusal | None, now: datetime) -> Offered:
    why = _session_closed(row, now) or closed
    offer = OnOffer(currency=row.currency, closed=why) if why else what_is_left(row, taken, _let_through(row, limit))
    return Offered(row.id, row.studio_id, row.connection_id, row.starts_at, offer)


def _let_through(row: Row[Any], limit: int) -> int | None:
    if Capability.SPOTS_NATIVE in registry.get(row.platform).capabilities:
        return limit
    return limit_read(row.platform, row.online_capacity)


def _session_closed(row: Row[Any], now: datetime) -> Refusal | None:
    if row.status is SessionStatus.CANCELLED or row.gone_at is not None:
        return Refusal.CANCELLED
    if row.starts_at <= now:
        return Refusal.STARTED
    return Refusal.NOT_LISTED if row.hidden or row.spots is None or row.shadow else None


def what_is_left(row: Any, taken: Taken, in_force: int | None = None) -> OnOffer:
    """The counts of an open session: what its decision lists and nobody bought since, as far as places are free.

    ``row`` has the decision's numbers, the session's ``capacity`` and ``booked``, and the ``currency``. ``in_force``:
    marketplace reservations in all that the platform lets through; None: it takes no limit. Pure.
    """
    before = row.premium_limit - row.premium_spots
    premium = premium_sold(taken.marketplace, taken.premium, before, row.limit, row.premium_limit)
    free = (row.capacity or 0) - taken.taken(row.booked)
    most = row.limit + row.premium_limit if in_force is None else min(row.limit + row.premium_limit, in_force)
    left = max(0, min(free, most - taken.marketplace))
    spots = max(0, min(row.spots, row.limit - (taken.marketplace - premium), left))
    further = max(0, min(row.premium_spots, row.premium_limit - premium, left - spots))
    return OnOffer(
        spots=spots,
        rate=row.rate if spots else None,
        premium_spots=further if row.premium_rate is not None else 0,
        premium_rate=row.premium_rate if further else None,
        currency=row.currency,
        listed=min(row.limit, most) > 0,
    )
