"""The payout ledger of a studio: a period, its places, the franchisor's part, and statements compared with it."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, jsonify, make_response
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from adapter.api import payout_schemas as schemas
from adapter.api.bounds import RowId
from adapter.api.idempotency import Answer, KeyHeader, once
from adapter.api.paging import PageQuery, cursor_of, place_of
from adapter.api.schemas import page_of
from adapter.marketplace.payouts import telling
from adapter.marketplace.payouts.days import BadDays, Days, days_from
from adapter.marketplace.payouts.reading import BadStatement
from adapter.marketplace.payouts.statements import (
    compare_file,
    differences_of,
    keep_compared,
    statement_of,
    statements_of,
)
from adapter.marketplace.payouts.sums import change_of
from adapter.marketplace.payouts.view import period_of
from adapter.people.permissions import Act
from adapter.store.tables import Studio
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-payouts", __name__, description="What each marketplace reservation pays")


class DayQuery(Schema):
    """Which classes, by their day at the venue; this month where neither is given, a year at most."""

    from_ = fields.Date(data_key="from", load_default=None)
    to = fields.Date(load_default=None)


class PlaceQuery(DayQuery, PageQuery):
    """The same, in pages."""


class DifferenceQuery(PageQuery):
    """Of which statement."""

    statement = RowId(required=True)


@blueprint.get("/studios/<int:studio_id>/payouts")
@needs(Act.SEE_PAYOUTS)
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, schemas.Payouts)
@blueprint.alt_response(400, response="BAD_REQUEST")
def summary(query: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """The period's totals, final and provisional, and why they differ from the period before (F22)."""
    with context().store.read() as db:
        days = _days(db, studio_id, query)
        period, before = (period_of(db, studio_id, each, context().now()) for each in (days, days.before))
    return telling.tell_period(period, change_of(before.places, period.places))


@blueprint.get("/studios/<int:studio_id>/payouts/places")
@needs(Act.SEE_PAYOUTS)
@blueprint.arguments(PlaceQuery, location="query")
@blueprint.response(200, page_of(schemas.Place))
@blueprint.alt_response(400, response="BAD_REQUEST")
def places(query: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """The period's places by class start, each with its lines of the ledger; one without lines is provisional."""
    with context().store.read() as db:
        period = period_of(db, studio_id, _days(db, studio_id, query), context().now())
    after = place_of(query["cursor"], str, str)
    keyed = [((place.held.starts_at.isoformat(), place.number), place) for place in period.places]
    left = [(key, place) for key, place in keyed if after is None or key > tuple(after)]
    page, more = left[: query["limit"]], len(left) > query["limit"]
    return {
        "items": [telling.tell_place(place) for _, place in page],
        "next_cursor": cursor_of(*page[-1][0]) if more else None,
    }


@blueprint.get("/studios/<int:studio_id>/payouts/franchise")
@needs(Act.SEE_FRANCHISE)
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, schemas.Franchise)
@blueprint.alt_response(400, response="BAD_REQUEST")
def franchise(query: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """The franchisor's part of the period's payouts, by venue."""
    with context().store.read() as db:
        period = period_of(db, studio_id, _days(db, studio_id, query), context().now())
    return {"from": period.days.first, "to": period.days.last, "venues": telling.tell_franchise(period)}


@blueprint.get("/studios/<int:studio_id>/payouts/statements")
@needs(Act.SEE_PAYOUTS)
@blueprint.response(200, schemas.Statements)
def statements(studio_id: int) -> dict[str, Any]:
    """The payout statements that were compared with the ledger, the latest first."""
    with context().store.read() as db:
        return {"items": [telling.tell_statement(row) for row in statements_of(db, studio_id)]}


@blueprint.post("/studios/<int:studio_id>/payouts/statements")
@needs(Act.COMPARE_PAYOUTS)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(schemas.StatementBody)
@blueprint.response(201, schemas.Statement)
@blueprint.alt_response(400, response="BAD_REQUEST")
@blueprint.alt_response(409, response="CONFLICT")
def compare(header: dict[str, str], body: dict[str, Any], studio_id: int) -> Response:
    """Compare a statement with the ledger. The same file again is a 200 with what came of it the first time."""
    now = context().now()
    try:
        with context().store.read() as db:
            days = _days(db, studio_id, body) if body["from_"] or body["to"] else None
            compared = compare_file(db, studio_id, body["csv"].encode(), body["name"], days, now)
    except (BadStatement, BadDays) as error:
        abort(400, str(error))

    def keep(db: Session) -> Answer:
        row, new = keep_compared(db, compared, actor=caller().actor, now=now)
        return schemas.Statement().dump(telling.tell_statement(row)), 201 if new else 200

    told, status = once(header["key"], keep)
    return make_response(jsonify(told), status)


@blueprint.get("/studios/<int:studio_id>/payouts/differences")
@needs(Act.SEE_PAYOUTS)
@blueprint.arguments(DifferenceQuery, location="query")
@blueprint.response(200, page_of(schemas.Difference))
@blueprint.alt_response(404, response="NOT_FOUND")
def differences(query: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """What a statement has otherwise than the ledger, in the order of the file."""
    after = place_of(query["cursor"], int)
    with context().store.read() as db:
        if statement_of(db, studio_id, query["statement"]) is None:
            abort(404)
        left = [row for row in differences_of(db, query["statement"]) if after is None or row.position > after[0]]
    page, more = left[: query["limit"]], len(left) > query["limit"]
    return {
        "items": [telling.tell_difference(row) for row in page],
        "next_cursor": cursor_of(page[-1].position) if more else None,
    }


def _days(db: Session, studio_id: int, query: dict[str, date | None]) -> Days:
    zone = ZoneInfo(db.get_one(Studio, studio_id).timezone)
    try:
        return days_from(query["from_"], query["to"], context().now().astimezone(zone).date())
    except BadDays as error:
        abort(400, str(error))
