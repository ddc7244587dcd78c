"""Opportunities: what is asked, what was answered, what it brought."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import Response, abort, jsonify, make_response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from adapter.api.bounds import RowId
from adapter.api.idempotency import Answer, KeyHeader, once
from adapter.api.schemas import Money
from adapter.people.permissions import Act
from adapter.steering.opportunities import ANSWERS, LONGEST_REASON, AnswerRefused, answer
from adapter.store.opportunities import Brought, Card, answered_cards, brought, one_card, open_cards
from adapter.store.tables import OpportunityState
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-opportunities", __name__, description="Spots that a studio's own limits keep back")


class Opportunity(Schema):
    """A card. Amounts are decimal strings; ``_low`` and ``_high``: eight times in ten between them."""

    id = fields.Integer(required=True)
    session_id = fields.Integer(required=True)
    class_name = fields.String(required=True)
    venue = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    cause = fields.String(required=True, metadata={"description": "What keeps them back, such as excluded or own_cap"})
    open = fields.Integer(required=True, metadata={"description": "Places free"})
    offered = fields.Integer(required=True, metadata={"description": "Spots on offer as it is"})
    add = fields.Integer(required=True, metadata={"description": "Spots more that hardly ever displace anyone"})
    rate = Money(required=True)
    currency = fields.String(required=True)
    fills = fields.Float(required=True, metadata={"description": "Reservations expected in them"})
    fills_low = fields.Integer(required=True)
    fills_high = fields.Integer(required=True)
    revenue = Money(places=2, required=True)
    revenue_low = Money(places=2, required=True)
    revenue_high = Money(places=2, required=True)
    state = fields.Enum(OpportunityState, by_value=True, required=True)
    reason = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    until = fields.AwareDateTime(allow_none=True, default_timezone=UTC)


class BroughtBy(Schema):
    """What an accepted one brought."""

    opportunity = fields.Nested(Opportunity, required=True)
    reservations = fields.Integer(required=True)
    revenue = Money(places=2, required=True)
    as_expected = fields.Boolean(required=True)


class Opportunities(Schema):
    """All of them."""

    open = fields.List(fields.Nested(Opportunity), required=True)
    answered = fields.List(fields.Nested(Opportunity), required=True)
    brought = fields.List(fields.Nested(BroughtBy), required=True)


class Answered(Schema):
    """An answer."""

    opportunity_id = RowId(required=True)
    answer = fields.String(required=True, validate=validate.OneOf(list(ANSWERS)))
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_REASON))


@blueprint.get("/studios/<int:studio_id>/opportunities")
@needs(Act.SEE_CALENDAR)
@blueprint.response(200, Opportunities)
def many(studio_id: int) -> dict[str, Any]:
    """What waits for an answer, the most promising first; the last answers; what accepted ones brought."""
    now = context().now()
    with context().store.read() as db:
        return {
            "open": [plain(card) for card in open_cards(db, studio_id, now)],
            "answered": [plain(card) for card in answered_cards(db, studio_id, now)],
            "brought": [told(one) for one in brought(db, studio_id, now)],
        }


@blueprint.post("/studios/<int:studio_id>/opportunities")
@needs(Act.CHANGE_SETTINGS)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(Answered)
@blueprint.response(200, Opportunity)
@blueprint.alt_response(409, response="CONFLICT")
def say(header: dict[str, str], body: dict[str, Any], studio_id: int) -> Response:
    """Accept, dismiss or snooze one. An accepted one is listed at once; until its class starts it can be dismissed."""

    def act(db: Session) -> Answer:
        card = one_card(db, studio_id, body["opportunity_id"])
        if card is None:
            abort(404)
        answer(db, card, body["answer"], reason=body["reason"], actor=caller().actor, now=context().now())
        dumped: dict[str, Any] = Opportunity().dump(plain(card))
        return dumped, 200

    try:
        found, status = once(header["key"], act)
    except AnswerRefused as error:
        abort(409, str(error))
    context().wake_engine()
    return make_response(jsonify(found), status)


def plain(card: Card) -> dict[str, Any]:
    """A card as the API and the command line tell it."""
    own = {"class_name": card.class_name, "venue": card.venue, "starts_at": card.session.starts_at}
    amounts = {name: getattr(card, name) for name in ("revenue", "revenue_low", "revenue_high")}
    names = [name for name in Opportunity().fields if name not in own | amounts]
    return {name: getattr(card.row, name) for name in names} | own | amounts


def told(one: Brought) -> dict[str, Any]:
    """What one brought, likewise."""
    return {
        "opportunity": plain(one.card),
        "reservations": one.reservations,
        "revenue": one.revenue,
        "as_expected": one.as_expected,
    }
