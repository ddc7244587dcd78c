"""Marketplaces as they are registered: their market, what studios agreed with them, how often a guest has come.

Knows the tables; sells nothing.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.credits import Tariff
from adapter.marketplace.feed import touch
from adapter.store.sealing import Keyring
from adapter.store.selling import HOLDING
from adapter.store.tables import (
    ChannelReservation,
    Connection,
    Market,
    Marketplace,
    MarketplaceTerms,
    MarketPlan,
    ReservationState,
    Session,
)

SECRET_PREFIX = "whsec_"  # noqa: S105  as the Standard Webhooks specification writes a secret
SECRET_BYTES = 32


class UnknownSeller(LookupError):
    """There is no such marketplace, market or plan; the message says how to make one."""


def marketplace_named(db: Database, name: str) -> Marketplace:
    """A marketplace by its name. Raises UnknownSeller."""
    row = db.scalar(select(Marketplace).where(Marketplace.name == name))
    if row is None:
        raise UnknownSeller(f"There is no marketplace {name!r}; `adapter marketplace add` registers one.")
    return row


def market_named(db: Database, name: str) -> Market:
    """A market by its name. Raises UnknownSeller."""
    row = db.scalar(select(Market).where(Market.name == name))
    if row is None:
        raise UnknownSeller(f"There is no market {name!r}; `adapter market add` makes one.")
    return row


def register_marketplace(db: Database, name: str, now: datetime, *, market: str | None = None) -> Marketplace:
    """A marketplace by its name, registered if it is new: without a market in the only one there is, if there is one.

    ``market`` is changed where it is given. Raises UnknownSeller.
    """
    row = db.scalar(select(Marketplace).where(Marketplace.name == name))
    wanted = market_named(db, market).id if market is not None else None
    if row is None:
        every = db.scalars(select(Market.id).limit(2)).all()
        only = every[0] if len(every) == 1 else None
        row = Marketplace(name=name, market_id=wanted or only, created_at=now)
        db.add(row)
        db.flush()
    elif wanted is not None and row.market_id != wanted:
        row.market_id = wanted
        touch(db, now)
    return row


def set_webhook(db: Database, keys: Keyring, row: Marketplace, url: str | None) -> str | None:
    """Where a marketplace is told of changes; returns the secret that signs, new with every address, shown once."""
    row.webhook_url, row.webhook_secret = url, None
    if url is None:
        return None
    secret = new_secret()
    row.webhook_secret = keys.seal(secret, secret_name(row.id))
    return secret


def new_secret() -> str:
    """A signing secret in the specification's form."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_name(marketplace_id: int) -> str:
    """What a sealed secret is bound to."""
    return f"marketplace:{marketplace_id}:webhook_secret"


def tariff_of(db: Database, marketplace: Marketplace) -> Tariff | None:
    """The rule of a marketplace's market; None: it sells in money."""
    row = None if marketplace.market_id is None else db.get_one(Market, marketplace.market_id)
    if row is None:
        return None
    return Tariff(currency=row.currency, margin=row.margin, credit_value=row.credit_value, rounding=row.rounding)


def plan_named(db: Database, marketplace: Marketplace, name: str) -> MarketPlan:
    """A plan of a marketplace's market. Raises UnknownSeller."""
    mine = select(MarketPlan).where(MarketPlan.market_id == marketplace.market_id, MarketPlan.name == name)
    row = db.scalar(mine)
    if row is None:
        raise UnknownSeller(f"There is no plan {name!r} in this marketplace's market; `adapter market plan` makes one.")
    return row


def terms_of(db: Database, marketplace_id: int) -> dict[int, MarketplaceTerms]:
    """What studios agreed with a marketplace beside the usual, by studio."""
    rows = db.scalars(select(MarketplaceTerms).where(MarketplaceTerms.marketplace_id == marketplace_id))
    return {row.studio_id: row for row in rows}


def agree(
    db: Database, marketplace: Marketplace, studio_id: int, now: datetime, *, sells: bool | None, trials: bool | None
) -> MarketplaceTerms:
    """Keep what a studio agreed; what is None stays. The feed tells at once where selling begins or ends."""
    row = terms_of(db, marketplace.id).get(studio_id) or MarketplaceTerms(
        marketplace_id=marketplace.id, studio_id=studio_id, sells=True, trials=False
    )
    before = row.sells
    row.sells = before if sells is None else sells
    row.trials = row.trials if trials is None else trials
    db.add(row)
    db.flush()
    if row.sells != before:
        touch(db, now, studio_id=studio_id)
    return row


def visits_this_month(
    db: Database, marketplace_id: int, studio_id: int, guest_email_id: int, starts_at: datetime, timezone: str
) -> int:
    """A guest's visits at a studio, all its venues, in the calendar month of this start there (PR-02)."""
    first, following = month_around(starts_at, timezone)
    mine = _made_by(marketplace_id, studio_id, guest_email_id, HOLDING)
    return db.scalar(mine.where(Session.starts_at >= first, Session.starts_at < following)) or 0


def month_around(instant: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The calendar month there that an instant lies in: its beginning, and that of the next one."""
    first = instant.astimezone(ZoneInfo(timezone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def came_before(db: Database, studio_id: int, guest_email_id: int) -> bool:
    """Whether a guest was at a studio before, through any marketplace: a trial is a first visit."""
    states = (*HOLDING, ReservationState.LATE_CANCELLED)
    return bool(db.scalar(_made_by(None, studio_id, guest_email_id, states)))


def _made_by(
    marketplace_id: int | None, studio_id: int, guest_email_id: int, states: Collection[ReservationState]
) -> Select[int]:
    counted = (
        select(func.count())
        .select_from(ChannelReservation)
        .join(Session, Session.id == ChannelReservation.session_id)
        .join(Connection, Connection.id == ChannelReservation.connection_id)
        .where(
            Connection.studio_id == studio_id,
            ChannelReservation.guest_email_id == guest_email_id,
            ChannelReservation.state.in_(states),
        )
    )
    return counted if marketplace_id is None else counted.where(ChannelReservation.marketplace_id == marketplace_id)
