"""The shape of a guarantee statement in the API."""

from __future__ import annotations

from marshmallow import Schema, fields


class GuaranteeStatement(Schema):
    """A guarantee statement: amounts are decimal strings, dates text. The money may be null where a fact is missing."""

    statement_version = fields.Integer(required=True)
    terms = fields.String(required=True)
    business_id = fields.String(required=True)
    currency = fields.String(required=True)
    as_of = fields.String(required=True)
    readings = fields.Dict(required=True)
    status = fields.String(required=True)
    blocked_by = fields.List(fields.Dict(), required=True)
    paid_qualifying = fields.Integer(required=True)
    start_date = fields.String(required=True, allow_none=True)
    computed_start_date = fields.String(allow_none=True)
    last_day = fields.String(required=True, allow_none=True)
    due_date = fields.String(required=True, allow_none=True)
    classpass_revenue = fields.Dict(required=True)
    lost_revenue = fields.String(required=True, allow_none=True)
    incremental = fields.String(required=True, allow_none=True)
    payment = fields.String(required=True, allow_none=True)
    method = fields.String(required=True)
    net_payment = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Dict(), required=True)
    unattributable = fields.Dict(required=True)
    excluded_free_only = fields.Dict(required=True)
    alternatives = fields.List(fields.Dict(), required=True)
    eligibility = fields.List(fields.Dict(), required=True)
    warnings = fields.List(fields.Dict(), required=True)
