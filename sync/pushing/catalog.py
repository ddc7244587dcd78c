"""The price of one price option, where that is all a platform takes (RATE_CATALOG): it follows the rate in time.

While it is on and pushing is live, the option costs what the next class that sells pays out, so that the platform's own
books show the payout. The prices that were there are noted before the first write, and given back when it is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database
from sqlalchemy.orm import aliased

from adapter.context import Context
from adapter.store.settings import effective_settings
from adapter.store.tables import ClassType, Connection, Decision, PushMode, Session, Venue
from connectors.errors import Rejected
from connectors.fields import cents
from connectors.platform import Api, CatalogPrice, CatalogPush
from connectors.records import SessionStatus


@dataclass(frozen=True, slots=True)
class Aim:
    """What the option is to cost."""

    option: str  # the platform's id
    desk: Decimal
    online: Decimal
    giving_back: bool

    def holds(self, price: CatalogPrice) -> bool:
        """Whether the platform has these prices."""
        return (price.desk, price.online) == (self.desk, self.online)


def aim_of(db: Database, connection: Connection, now: datetime) -> Aim | None:
    """What is to be written now; None: nothing is, or nothing has changed since it was last seen."""
    option, before = connection.catalog_option, connection.catalog_before
    if option is None:
        return None
    if connection.catalog_rate_on and connection.push_mode is PushMode.LIVE:
        rate = _next_rate(db, connection, now)
        seen = connection.catalog_seen_at is not None and rate == connection.catalog_sent
        return None if rate is None or seen else Aim(option, rate, rate, giving_back=False)
    if before is None:
        return None
    return Aim(option, Decimal(before["desk"]), Decimal(before["online"]), giving_back=True)


def follow(ctx: Context, connection: Connection, push: CatalogPush, api: Api, aim: Aim) -> None:
    """Write the prices, unless they are there, and read them back. Raises ConnectorError."""
    held = push.read_back(api, aim.option)
    if aim.giving_back:
        _give_back(ctx, connection, push, api, aim, held)
        return
    if held is None:
        raise Rejected(f"There is no price option {aim.option} any more: turn it off, or name another.")
    if not _begin(ctx, connection, aim, held):
        return
    if not aim.holds(held):
        _keep(ctx, connection, catalog_sent=aim.desk, catalog_seen_at=None)
        held = _sent(push, api, aim)
    if held is not None and aim.holds(held):  # else the next run looks again
        _keep(ctx, connection, catalog_sent=aim.desk, catalog_seen_at=ctx.now())


def _give_back(
    ctx: Context, connection: Connection, push: CatalogPush, api: Api, aim: Aim, held: CatalogPrice | None
) -> None:
    """Write what the studio had; a price that it has set itself since our last one stays."""
    if held is not None and _is_ours(connection, held) and not aim.holds(held):
        after = _sent(push, api, aim)
        if after is None or not aim.holds(after):
            return  # not shown yet: the next run looks again
    nothing: dict[str, Any] = {"catalog_before": None, "catalog_sent": None, "catalog_seen_at": None}
    if not connection.catalog_rate_on:
        nothing["catalog_option"] = None
    _keep(ctx, connection, **nothing)


def _is_ours(connection: Connection, held: CatalogPrice) -> bool:
    """Whether the price may be ours: the one last seen, or any, while it is unknown whether our last one arrived."""
    return connection.catalog_seen_at is None or held.desk == connection.catalog_sent


def _sent(push: CatalogPush, api: Api, aim: Aim) -> CatalogPrice | None:
    push.send(api, aim.option, aim.desk, aim.online)
    return push.read_back(api, aim.option)


def _next_rate(db: Database, connection: Connection, now: datetime) -> Decimal | None:
    """The rate of the next class that sells, never below its agreed floor; None: none sells, the price stays."""
    other = aliased(Decision)
    last = select(func.max(other.sequence)).where(other.session_id == Session.id).scalar_subquery()
    selling = (
        select(Decision, Session)
        .join(Session, Session.id == Decision.session_id)
        .where(
            Session.connection_id == connection.id,
            Session.starts_at > now,
            Session.status == SessionStatus.SCHEDULED,
            Session.gone_at.is_(None),
            Decision.sequence == last,
            Decision.shadow.is_(False),
            Decision.spots + Decision.premium_spots > 0,
        )
        .order_by(Session.starts_at, Session.id)
        .limit(1)
    )
    found = db.execute(selling).first()
    if found is None:
        return None
    decision, session = found
    rate = decision.rate if decision.spots or decision.premium_rate is None else decision.premium_rate
    floor = _floor(db, connection, session)
    return None if floor is None else max(cents(rate, decision.currency), cents(floor, decision.currency))


def _floor(db: Database, connection: Connection, session: Session) -> Decimal | None:
    venue = select(Venue.id).where(Venue.connection_id == connection.id, Venue.external_id == session.venue_id)
    kind = select(ClassType.id).where(
        ClassType.connection_id == connection.id, ClassType.external_id == session.class_type_id
    )
    settings = effective_settings(db, connection.studio_id)
    own = settings.of(venue_id=db.scalar(venue), class_type_id=db.scalar(kind), session_id=session.id)
    floor: Decimal | None = own.rate_floor
    return floor


def _begin(ctx: Context, connection: Connection, aim: Aim, held: CatalogPrice) -> bool:
    """Note the prices that were there; False where it was switched off meanwhile: then nothing may be written."""
    with ctx.store.write() as db:
        row = db.get_one(Connection, connection.id)
        if not row.catalog_rate_on or row.catalog_option != aim.option:
            return False
        row.catalog_before = row.catalog_before or {"desk": str(held.desk), "online": str(held.online)}
        return True


def _keep(ctx: Context, connection: Connection, **values: Any) -> None:
    """On the row, and on the copy in hand."""
    with ctx.store.write() as db:
        row = db.get_one(Connection, connection.id)
        for name, value in values.items():
            setattr(row, name, value)
            setattr(connection, name, value)
