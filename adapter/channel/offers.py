"""The change feed: what is on offer, since a cursor."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session as Database

from adapter.api.paging import cursor_of, place_of
from adapter.channel import schemas
from adapter.channel.seller import routes, seller, studios
from adapter.marketplace.credits import Tariff, credits_of, price_of
from adapter.marketplace.sellers import tariff_of, terms_of
from adapter.showing.currency import money_text
from adapter.store.belonging import its_class_type, its_venue
from adapter.store.campaigns import spotlights_of
from adapter.store.tables import ChannelOffer, ClassType, Marketplace, Session, Studio, Venue
from adapter.web.access import context

blueprint = routes("channel-offers", "What is on offer")


@blueprint.get("/offers")
@blueprint.arguments(schemas.FeedQuery, location="query")
@blueprint.response(200, schemas.Feed)
@blueprint.alt_response(400, response="BAD_REQUEST")
def feed(query: dict[str, Any]) -> dict[str, Any]:
    """Every session whose offer changed after the cursor, or all without one, each in its latest state."""
    place = place_of(query["cursor"], int)
    since, now = place[0] if place else 0, context().now()
    with context().store.read() as db:
        marketplace = seller(db)
        rows = db.execute(_changed(since, query["limit"], tariff_of(db, marketplace))).all()
        items = _items(db, marketplace, rows, now)
    last = rows[-1].ChannelOffer.position if rows else since
    return {"items": items, "next_cursor": cursor_of(last), "more": len(rows) == query["limit"]}


def _changed(since: int, limit: int, tariff: Tariff | None) -> Select[*tuple[Any, ...]]:
    wanted = (
        select(
            ChannelOffer,
            Session.starts_at,
            Session.ends_at,
            Session.timezone,
            Session.class_type_id,
            Session.venue_id,
            Venue.name.label("venue"),
            Venue.city,
            ClassType.name.label("class_name"),
            ClassType.category,
            Studio.name.label("studio"),
        )
        .join(Session, Session.id == ChannelOffer.session_id)
        .join(Studio, Studio.id == ChannelOffer.studio_id)
        .outerjoin(Venue, its_venue())
        .outerjoin(ClassType, its_class_type())
        .where(ChannelOffer.position > since)
        .order_by(ChannelOffer.position)
        .limit(limit)
    )
    if (mine := studios()) is not None:
        wanted = wanted.where(ChannelOffer.studio_id.in_(mine))
    return wanted if tariff is None else wanted.where(ChannelOffer.currency == tariff.currency)


def _items(db: Database, marketplace: Marketplace, rows: Any, now: datetime) -> list[dict[str, Any]]:
    terms, tariff = terms_of(db, marketplace.id), tariff_of(db, marketplace)
    silent = {studio for studio, each in terms.items() if not each.sells}
    placed = {number: spotlights_of(db, number, marketplace=marketplace.name) for number in _studios(rows)}
    return [
        _item(row, tariff, row.ChannelOffer.studio_id not in silent and row.starts_at > now)
        | {
            "spotlight": placed[row.ChannelOffer.studio_id].on(
                row.ChannelOffer.connection_id, row.venue_id, row.starts_at
            )
        }
        for row in rows
    ]


def _studios(rows: Any) -> set[int]:
    return {row.ChannelOffer.studio_id for row in rows}


def _item(row: Row[Any], tariff: Tariff | None, open_now: bool) -> dict[str, Any]:
    offer: ChannelOffer = row.ChannelOffer
    rate = offer.rate if open_now else None
    premium = offer.premium_rate if open_now else None
    return {
        "session_id": offer.session_id,
        "studio_id": offer.studio_id,
        "studio": row.studio,
        "venue": row.venue or row.venue_id,
        "city": row.city,
        "class_name": row.class_name or row.class_type_id,
        "category": row.category,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "timezone": row.timezone,
        "currency": offer.currency,
        "spots": offer.spots if open_now else 0,
        "rate": money_text(rate, offer.currency),
        "credits": _credits(rate, tariff),
        "premium_spots": offer.premium_spots if open_now else 0,
        "premium_rate": money_text(premium, offer.currency),
        "premium_credits": _credits(premium, tariff),
        "premium_price": None
        if premium is None or tariff is None
        else money_text(price_of(premium, tariff), offer.currency),
        "changed_at": offer.changed_at,
    }


def _credits(rate: Decimal | None, tariff: Tariff | None) -> int | None:
    return None if rate is None or tariff is None else credits_of(rate, tariff)
