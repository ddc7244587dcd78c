"""The shapes of the channel: what a marketplace sends and is told. Never a floor, never a guest."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields, validate

from adapter.api.bounds import RowId
from adapter.api.paging import PageQuery
from adapter.store.tables import Refusal, ReservationState
from connectors.records import Product

MOST_ITEMS = 1000
TEXT = validate.Length(1, 200)


def word_of(words: type[StrEnum], **options: Any) -> fields.String:
    """One word of a closed list."""
    return fields.String(required=True, validate=validate.OneOf([word.value for word in words]), **options)


class FeedQuery(PageQuery):
    """From where on, and how much."""

    limit = fields.Integer(load_default=200, validate=validate.Range(1, MOST_ITEMS))


class Item(Schema):
    """One session as it stands now. Counts are absolute, and shared with every other marketplace."""

    session_id = fields.Integer(required=True)
    studio_id = fields.Integer(required=True)
    studio = fields.String(required=True)
    venue = fields.String(required=True)
    city = fields.String(required=True, allow_none=True)
    class_name = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    timezone = fields.String(required=True)
    currency = fields.String(required=True)
    spots = fields.Integer(required=True, metadata={"description": "Standard spots that can be reserved now"})
    rate = fields.String(required=True, allow_none=True, metadata={"description": "Payout of one; null: none on offer"})
    credits = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null: no market, or none on offer"}
    )
    premium_spots = fields.Integer(required=True, metadata={"description": "Further spots at the premium rate"})
    premium_rate = fields.String(required=True, allow_none=True)
    premium_credits = fields.Integer(required=True, allow_none=True)
    premium_price = fields.String(
        required=True, allow_none=True, metadata={"description": "In money, for who buys à la carte; null: no market"}
    )
    spotlight = fields.Boolean(
        required=True, metadata={"description": "Whether a campaign that the studio bought from you places it"}
    )
    changed_at = fields.AwareDateTime(required=True)


class Feed(Schema):
    """What has changed since a cursor, in the order of the changes; of each session the latest state alone."""

    items = fields.List(fields.Nested(Item), required=True)
    next_cursor = fields.String(required=True, metadata={"description": "Ask with it again: at once, or later"})
    more = fields.Boolean(required=True, metadata={"description": "Whether there is more right now"})


class QuoteBody(Schema):
    """What a guest wants."""

    session_id = RowId(required=True, strict=True)
    plan = fields.String(load_default=None, validate=TEXT)
    guest_email = fields.String(
        load_default=None,
        validate=TEXT,
        metadata={"description": "For plans with a limit of visits, and for trials; it is not kept"},
    )
    a_la_carte = fields.Boolean(load_default=False)
    trial = fields.Boolean(load_default=False)


class Quote(Schema):
    """What they would get, and what it costs. It holds no place."""

    quote = fields.String(required=True, metadata={"description": "Give it back with the reservation"})
    session_id = fields.Integer(required=True)
    product = word_of(Product)
    premium = fields.Boolean(required=True)
    reasons = fields.List(fields.String(validate=validate.OneOf("dacb")), required=True)
    payout = fields.String(required=True)
    currency = fields.String(required=True)
    credits = fields.Integer(required=True, allow_none=True)
    price = fields.String(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)


class Guest(Schema):
    """Who comes. Passed on to the studio's booking platform; the name is kept nowhere, the address sealed."""

    name = fields.String(required=True, validate=TEXT)
    email = fields.String(required=True, validate=TEXT)


class ReservationBody(Schema):
    """A reservation to be made at a quote. ``id`` is yours, and equals the header Idempotency-Key."""

    id = fields.String(required=True, validate=TEXT)
    quote = fields.String(required=True, validate=validate.Length(1, 4000))
    guest = fields.Nested(Guest, required=True)


class Reservation(Schema):
    """A reservation as it stands."""

    id = fields.String(required=True)
    state = word_of(ReservationState)
    refusal = word_of(Refusal, allow_none=True)
    session_id = fields.Integer(required=True)
    product = word_of(Product)
    premium = fields.Boolean(required=True)
    reasons = fields.List(fields.String(), required=True)
    payout = fields.String(required=True)
    currency = fields.String(required=True)
    credits = fields.Integer(required=True, allow_none=True)
    price = fields.String(required=True, allow_none=True)
    requested_at = fields.String(required=True)
    confirmed_at = fields.String(required=True, allow_none=True)
    cancel_asked_at = fields.String(
        required=True, allow_none=True, metadata={"description": "Set while a cancellation is on its way, and after"}
    )
    cancelled_at = fields.String(required=True, allow_none=True)
