"""Quotes: what a guest would get, what it costs and what the studio is paid, good for two minutes.

A quote is kept by whoever asked, sealed: it names its marketplace, opens nowhere else and cannot be changed. It holds
no place. The reservation made at it keeps it (SR-09).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session as Database

from adapter.marketplace.credits import Tariff, credits_of, price_of
from adapter.marketplace.offering import Offered, offered
from adapter.marketplace.products import Sale, Wish, sale_of
from adapter.marketplace.sellers import came_before, plan_named, tariff_of, terms_of, visits_this_month
from adapter.store.addresses import known_email_id
from adapter.store.sealing import Keyring, SealBroken
from adapter.store.tables import Marketplace, Refusal, Studio
from connectors.records import Product

LIFE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for. The guest's address is needed where the plan has a limit of visits, and for a trial."""

    session_id: int
    plan: str | None = None
    guest_email: str | None = None
    a_la_carte: bool = False
    trial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What was told. Exactly one of ``credits`` and ``price`` is what the guest pays; none where only the payout is
    known, because the marketplace has no market."""

    id: str
    session_id: int
    product: Product
    reasons: tuple[str, ...]
    payout: Decimal
    currency: str
    credits: int | None
    price: Decimal | None
    plan: str | None
    quoted_at: datetime
    expires_at: datetime

    @property
    def takes_premium(self) -> bool:
        """Whether it takes one of the premium places."""
        return bool(self.reasons)


class BadQuote(ValueError):
    """A text that is no quote of ours, or another marketplace's."""


def quote(
    db: Database, keys: Keyring, marketplace: Marketplace, ask: Ask, now: datetime, studios: frozenset[int] | None
) -> Quote | Refusal | None:
    """A quote, or why there is none; None: no such session exists for this caller. Raises UnknownSeller. Only reads."""
    found = offered(db, [ask.session_id], now).get(ask.session_id)
    if found is None or (studios is not None and found.studio_id not in studios):
        return None
    guest = known_email_id(db, keys, ask.guest_email) if ask.guest_email else None
    sale = _sale(db, marketplace, found, ask, guest)
    if isinstance(sale, Refusal):
        return sale
    return _quoted(sale, found, ask, tariff_of(db, marketplace), now)


def may_sell(db: Database, marketplace: Marketplace, found: Offered) -> bool:
    """Whether a marketplace sells this session at all: the studio lets it, and its market has the currency."""
    terms, tariff = terms_of(db, marketplace.id).get(found.studio_id), tariff_of(db, marketplace)
    return (terms is None or terms.sells) and (tariff is None or tariff.currency == found.offer.currency)


def limit_reached(
    db: Database, marketplace: Marketplace, plan: str | None, found: Offered, guest_email_id: int | None
) -> bool:
    """Whether a guest has used up the plan's visits at this studio (PR-02). Raises UnknownSeller."""
    if plan is None or (most := plan_named(db, marketplace, plan).visits_per_month) is None or guest_email_id is None:
        return False
    zone = db.get_one(Studio, found.studio_id).timezone
    return visits_this_month(db, marketplace.id, found.studio_id, guest_email_id, found.starts_at, zone) >= most


def may_try(db: Database, marketplace: Marketplace, studio_id: int, guest_email_id: int | None) -> Refusal | None:
    """Why a guest gets no trial; None: they do."""
    terms = terms_of(db, marketplace.id).get(studio_id)
    if terms is None or not terms.trials:
        return Refusal.NOT_LISTED
    tried = guest_email_id is not None and came_before(db, studio_id, guest_email_id)
    return Refusal.LIMIT_REACHED if tried else None


def seal_quote(keys: Keyring, marketplace_id: int, told: Quote) -> str:
    """A quote as the text that its marketplace keeps."""
    plain = {name: _plain(value) for name, value in asdict(told).items()}
    return keys.seal(json.dumps(plain), _context(marketplace_id)).decode()


def open_quote(keys: Keyring, marketplace_id: int, text: str) -> Quote:
    """The quote again. Raises BadQuote."""
    try:
        kept: dict[str, Any] = json.loads(keys.open(text.encode(), _context(marketplace_id)))
    except (SealBroken, ValueError) as error:
        raise BadQuote("quote: not one that was given to this marketplace") from error
    times = {name: datetime.fromisoformat(kept[name]) for name in ("quoted_at", "expires_at")}
    amounts = {name: None if kept[name] is None else Decimal(kept[name]) for name in ("payout", "price")}
    words: dict[str, Any] = {"product": Product(kept["product"]), "reasons": tuple(kept["reasons"])}
    return Quote(**{**kept, **times, **amounts, **words})


def _sale(
    db: Database, marketplace: Marketplace, found: Offered, ask: Ask, guest_email_id: int | None
) -> Sale | Refusal:
    if not may_sell(db, marketplace, found):
        return Refusal.NOT_LISTED
    if ask.trial and (refused := may_try(db, marketplace, found.studio_id, guest_email_id)):
        return refused
    reached = limit_reached(db, marketplace, ask.plan, found, guest_email_id)
    return sale_of(found.offer, Wish(a_la_carte=ask.a_la_carte, trial=ask.trial, limit_reached=reached))


def _quoted(sale: Sale, found: Offered, ask: Ask, tariff: Tariff | None, now: datetime) -> Quote:
    in_money = sale.product is Product.A_LA_CARTE
    return Quote(
        id=secrets.token_urlsafe(16),
        session_id=found.session_id,
        product=sale.product,
        reasons=tuple(reason.value for reason in sale.reasons),
        payout=sale.payout,
        currency=found.offer.currency,
        credits=None if tariff is None or in_money else credits_of(sale.payout, tariff),
        price=price_of(sale.payout, tariff) if tariff is not None and in_money else None,
        plan=ask.plan,
        quoted_at=now,
        expires_at=now + LIFE,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _context(marketplace_id: int) -> str:
    return f"quote:{marketplace_id}"
