"""The shapes of payouts in the API. Amounts are decimal strings in the currency beside them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate

from adapter.marketplace.payouts.causes import WORDS
from adapter.marketplace.payouts.comparing import Class
from adapter.marketplace.payouts.lines import LineKind

CLASSES = validate.OneOf([kind.value for kind in Class])


def _said(description: str) -> dict[str, Any]:
    """A required field that is described."""
    return {"required": True, "metadata": {"description": description}}


class Days(Schema):
    """From the first to the last day of class, both included."""

    from_ = fields.Date(data_key="from", attribute="from", required=True)
    to = fields.Date(required=True)


class Sum(Schema):
    """What places add up to."""

    places = fields.Integer(required=True)
    late_cancelled = fields.Integer(**_said("Cancelled too late, booked again or not"))
    rebooked = fields.Integer(**_said("Of these, whose place was booked again: they are not paid"))
    trials = fields.Integer(required=True)
    amount = fields.String(**_said("The payouts, the franchisor's part included"))
    franchisor = fields.String(required=True)
    studio = fields.String(**_said("The payouts less the franchisor's part"))
    tax = fields.String(**_said("On top of the payouts"))


class Total(Schema):
    """One currency's period."""

    currency = fields.String(required=True)
    final = fields.Nested(Sum, required=True)
    provisional = fields.Nested(Sum, **_said("Becomes final 48 hours after class"))
    whole = fields.Nested(Sum, required=True)


class VenueTotal(Sum):
    """One venue's period."""

    venue = fields.String(required=True)
    currency = fields.String(required=True)


class Parts(Schema):
    """A change: volume + mix + rate + trials = change = after - before."""

    before = fields.String(required=True)
    after = fields.String(required=True)
    change = fields.String(required=True)
    volume = fields.String(**_said("More or fewer places, sold as before"))
    mix = fields.String(**_said("The same number, in other classes"))
    rate = fields.String(**_said("The same places, at other rates"))
    trials = fields.String(**_said("More or fewer of them paid nothing"))


class Cell(Parts):
    """The change of one class at one venue."""

    venue = fields.String(required=True)
    class_ = fields.String(data_key="class", attribute="class", required=True)


class Change(Parts):
    """The change of one currency's payouts since the period before."""

    currency = fields.String(required=True)
    against = fields.Nested(Days, required=True)
    cells = fields.List(fields.Nested(Cell), required=True)


class Payouts(Days):
    """A period of the payout ledger."""

    unpriced = fields.Integer(**_said("Places that qualify and whose rate is not known: they are in no total"))
    unentered = fields.Integer(**_said("Sold by us and never entered into the booking system: they are in no total"))
    totals = fields.List(fields.Nested(Total), required=True)
    venues = fields.List(fields.Nested(VenueTotal), required=True)
    change = fields.List(fields.Nested(Change), required=True)


class Line(Schema):
    """One line of the ledger: what it adds. It is never changed."""

    at = fields.AwareDateTime(required=True, default_timezone=UTC)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in LineKind]))
    reason = fields.String(required=True)
    amount = fields.String(required=True)
    franchisor = fields.String(required=True)
    why = fields.String(**_said("Of a correction: what changed"))


class Place(Schema):
    """One marketplace place and what it pays."""

    reservation = fields.String(**_said("As a guarantee statement names it"))
    session_id = fields.Integer(required=True)
    starts_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    day = fields.Date(required=True)
    venue = fields.String(required=True)
    class_name = fields.String(required=True)
    product = fields.String(required=True, allow_none=True)
    premium = fields.List(fields.String(), **_said("Why it was sold as Premium: a, b, c, d (docs/channel.md)"))
    reason = fields.String(**_said("Why it is paid, or is not"))
    state = fields.String(required=True, validate=validate.OneOf(("final", "provisional")))
    currency = fields.String(required=True)
    rate = fields.String(**_said("At which it was booked"))
    amount = fields.String(required=True)
    franchisor = fields.String(required=True)
    tax = fields.String(required=True)
    lines = fields.List(fields.Nested(Line), required=True)


class FranchiseVenue(Schema):
    """The franchisor's part at one venue."""

    venue = fields.String(required=True)
    currency = fields.String(required=True)
    places = fields.Integer(required=True)
    franchisor = fields.String(required=True)


class Franchise(Days):
    """The franchisor's part of a period's payouts."""

    venues = fields.List(fields.Nested(FranchiseVenue), required=True)


class StatementBody(Schema):
    """A payout statement; docs/payouts.md says how its file may look."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    csv = fields.String(required=True, validate=validate.Length(1))
    from_ = fields.Date(data_key="from", load_default=None)
    to = fields.Date(load_default=None)


class Both(Schema):
    """Ours, theirs, and theirs less ours."""

    currency = fields.String(required=True)
    ours = fields.String(required=True)
    theirs = fields.String(required=True)
    difference = fields.String(required=True)


class Cause(Both):
    """What differs for one cause, or agrees."""

    class_ = fields.String(data_key="class", attribute="class", required=True, validate=CLASSES)
    cause = fields.String(required=True, allow_none=True, validate=validate.OneOf(tuple(WORDS)))
    words = fields.String(required=True)
    entries = fields.Integer(required=True)


class Statement(Days):
    """A payout statement as it was compared."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    digest = fields.String(**_said("SHA-256 of the file"))
    rows = fields.Integer(required=True)
    uploaded_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    sums = fields.List(fields.Nested(Cause), required=True)
    totals = fields.List(fields.Nested(Both), required=True)


class Statements(Schema):
    """Every statement of a studio."""

    items = fields.List(fields.Nested(Statement), required=True)


class Difference(Both):
    """One difference."""

    position = fields.Integer(required=True)
    class_ = fields.String(data_key="class", attribute="class", required=True, validate=CLASSES)
    cause = fields.String(required=True, validate=validate.OneOf(tuple(WORDS)))
    words = fields.String(required=True)
    named = fields.String(**_said("As their statement names it, else as we do"))
    reservation = fields.String(required=True, allow_none=True)
    rows = fields.List(fields.Integer(), **_said("Of the file; the header is row 1"))
