"""Spotlight campaigns and what they brought."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, make_response
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from adapter.api.bounds import Day, RowId
from adapter.api.idempotency import Answer, KeyHeader, once
from adapter.api.schemas import Money
from adapter.marketplace.campaigns import CampaignRefused, Wanted, register_campaign
from adapter.marketplace.spotlight import Result, result_of, results_of
from adapter.people.permissions import Act
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-campaigns", __name__, description="Spotlight: paid placement and what it brought")


class CampaignBody(Schema):
    """A campaign to register. Days are the venue's own, the last one included; without venues: all of them."""

    name = fields.String(required=True)
    marketplace = fields.String(load_default=None, allow_none=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    fee = Money(required=True)
    venues = fields.List(RowId(), load_default=list)


class Lift(Schema):
    """Bookings beyond comparable days, with a 95 % interval."""

    came = fields.Integer(required=True)
    usual = fields.Float(required=True)
    extra = fields.Float(required=True)
    low = fields.Float(required=True)
    high = fields.Float(required=True)
    classes = fields.Integer(required=True)
    left_out = fields.Integer(required=True)
    weeks = fields.Integer(required=True)


class Campaign(CampaignBody):
    """A campaign and what it brought so far; ``lift`` null: too little to compare."""

    id = fields.Integer(required=True)
    currency = fields.String(required=True)
    lift = fields.Nested(Lift, allow_none=True, required=True)
    payout = fields.Float(allow_none=True, required=True, metadata={"description": "Mean, of its bookings"})
    net = fields.Float(allow_none=True, required=True, metadata={"description": "extra x payout - fee"})


class Campaigns(Schema):
    """All of a studio's."""

    items = fields.List(fields.Nested(Campaign), required=True)


@blueprint.get("/studios/<int:studio_id>/campaigns")
@needs(Act.SEE_SETTINGS)
@blueprint.response(200, Campaigns)
def many(studio_id: int) -> dict[str, Any]:
    """The campaigns, the latest first."""
    with context().store.read() as db:
        return {"items": [plain(result) for result in results_of(db, studio_id, context().now())]}


@blueprint.post("/studios/<int:studio_id>/campaigns")
@needs(Act.CHANGE_SETTINGS)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(CampaignBody)
@blueprint.response(201, Campaign)
@blueprint.alt_response(409, response="CONFLICT")
def register(header: dict[str, str], body: dict[str, Any], studio_id: int) -> Response:
    """Register a campaign, past or to come."""
    wanted = Wanted(**body | {"venues": frozenset(body["venues"])})

    def act(db: Session) -> Answer:
        row = register_campaign(db, studio_id, wanted, actor=caller().actor, now=context().now())
        dumped: dict[str, Any] = Campaign().dump(plain(result_of(db, row, context().now())))
        return dumped, 201

    try:
        found, status = once(header["key"], act)
    except CampaignRefused as error:
        abort(409, str(error))
    return make_response(jsonify(found), status)


def plain(result: Result) -> dict[str, Any]:
    """A campaign as the API and the command line tell it."""
    row = result.campaign
    names = ("id", "name", "marketplace", "starts_on", "ends_on", "fee", "currency")
    return {name: getattr(row, name) for name in names} | {
        "venues": [venue.id for venue in result.venues],
        "lift": result.lift,
        "payout": result.payout,
        "net": None if result.lift is None else result.net(result.lift.extra),
    }
