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
WHY_PREMIUM = (
    "Why it is Premium, in the order d, a, c, b: d à la carte, a beyond the plan's visits, c no standard spots are "
    "listed, b they are sold; empty: it is not"
)


def _said(description: str, **options: Any) -> dict[str, Any]:
    """The options of a field that is told, with what it means."""
    return {"required": True, "metadata": {"description": description}, **options}


def _asked(description: str, **options: Any) -> dict[str, Any]:
    """The options of a field that may be left out, with what it means."""
    return {"metadata": {"description": description}, **options}


def word_of(words: type[StrEnum], **options: Any) -> fields.String:
    """One word of a closed list."""
    return fields.String(required=True, validate=validate.OneOf([word.value for word in words]), **options)


class FeedQuery(PageQuery):
    """From where on, and how much."""

    limit = fields.Integer(load_default=200, validate=validate.Range(1, MOST_ITEMS))


class Item(Schema):
    """One session as it stands now. Counts are absolute, and shared with every other marketplace."""

    session_id = fields.Integer(**_said("Ours: what a quote names"))
    studio_id = fields.Integer(**_said("Ours"))
    studio = fields.String(**_said("Its name"))
    venue = fields.String(**_said("Its name"))
    city = fields.String(**_said("Of the venue; null: not known", allow_none=True))
    class_name = fields.String(**_said("What is taught"))
    category = fields.String(**_said("The studio's own word for the kind of class", allow_none=True))
    starts_at = fields.AwareDateTime(**_said("UTC"))
    ends_at = fields.AwareDateTime(**_said("UTC"))
    timezone = fields.String(**_said("IANA name: the venue's clock"))
    currency = fields.String(**_said("ISO 4217, of every amount here"))
    spots = fields.Integer(**_said("Standard spots that can be reserved now; 0: closed"))
    rate = fields.String(**_said("What the studio is paid for one; null: none on offer", allow_none=True))
    credits = fields.Integer(**_said("What one costs a member; null: no market, or none on offer", allow_none=True))
    premium_spots = fields.Integer(**_said("Further spots at the premium rate"))
    premium_rate = fields.String(**_said("As rate, of a premium spot", allow_none=True))
    premium_credits = fields.Integer(**_said("As credits, of a premium spot", allow_none=True))
    premium_price = fields.String(**_said("In money, for who buys à la carte; null: no market", allow_none=True))
    spotlight = fields.Boolean(**_said("Whether a campaign that the studio bought from you places it"))
    changed_at = fields.AwareDateTime(**_said("When this offer last changed, UTC"))


class Feed(Schema):
    """What has changed since a cursor, in the order of the changes; of each session the latest state alone."""

    items = fields.List(fields.Nested(Item), **_said("Each session once, in its latest state"))
    next_cursor = fields.String(**_said("Ask with it again: at once while there is more, else every few seconds"))
    more = fields.Boolean(**_said("Whether there is more right now"))


class QuoteBody(Schema):
    """What a guest wants."""

    session_id = RowId(required=True, strict=True, **_asked("As in the feed"))
    plan = fields.String(**_asked("The name of the guest's plan in your market", load_default=None, validate=TEXT))
    guest_email = fields.String(
        **_asked("For plans with a limit of visits, and for trials; it is not kept", load_default=None, validate=TEXT)
    )
    a_la_carte = fields.Boolean(**_asked("Bought in money, without a membership", load_default=False))
    trial = fields.Boolean(**_asked("A first visit that pays the studio nothing", load_default=False))


class Quote(Schema):
    """What they would get, and what it costs. It holds no place."""

    quote = fields.String(**_said("Give it back with the reservation: good for one, and not read by you"))
    session_id = fields.Integer(**_said("As in the feed"))
    product = word_of(Product, **_asked("What they would get"))
    premium = fields.Boolean(**_said("Whether it takes one of the premium spots"))
    reasons = fields.List(fields.String(validate=validate.OneOf("dacb")), **_said(WHY_PREMIUM))
    payout = fields.String(**_said("What the studio is paid"))
    currency = fields.String(**_said("ISO 4217, of payout and price"))
    credits = fields.Integer(**_said("What it costs a member; null: in money, or no market", allow_none=True))
    price = fields.String(**_said("What it costs in money; null: in credits, or no market", allow_none=True))
    expires_at = fields.AwareDateTime(**_said("Until when it holds, UTC: two minutes"))


class Guest(Schema):
    """Who comes. Passed on to the studio's booking platform; the name is kept nowhere, the address sealed."""

    name = fields.String(**_said("Passed on to the studio's booking platform, and kept nowhere", validate=TEXT))
    email = fields.String(**_said("By which a guest is known again; kept sealed", validate=TEXT))


class ReservationBody(Schema):
    """A reservation to be made at a quote. ``id`` is yours, and equals the header Idempotency-Key."""

    id = fields.String(**_said("Yours; equals the header Idempotency-Key", validate=TEXT))
    quote = fields.String(**_said("As you were given it", validate=validate.Length(1, 4000)))
    guest = fields.Nested(Guest, **_said("Who comes"))


class Reservation(Schema):
    """A reservation as it stands."""

    id = fields.String(**_said("Yours"))
    state = word_of(ReservationState, **_asked("How it stands; requested: ask again, or wait for a message"))
    refusal = word_of(Refusal, **_asked("Why it was refused; null where it was not", allow_none=True))
    session_id = fields.Integer(**_said("As in the feed"))
    product = word_of(Product, **_asked("What the guest has"))
    premium = fields.Boolean(**_said("Whether it took one of the premium spots"))
    reasons = fields.List(fields.String(), **_said(WHY_PREMIUM))
    payout = fields.String(**_said("What the studio is paid: as quoted, whatever is decided later"))
    currency = fields.String(**_said("ISO 4217, of payout and price"))
    credits = fields.Integer(**_said("As quoted", allow_none=True))
    price = fields.String(**_said("As quoted", allow_none=True))
    requested_at = fields.String(**_said("UTC"))
    confirmed_at = fields.String(**_said("UTC; null: not confirmed", allow_none=True))
    cancel_asked_at = fields.String(**_said("Set while a cancellation is on its way, and after", allow_none=True))
    cancelled_at = fields.String(**_said("UTC; null: not cancelled", allow_none=True))
