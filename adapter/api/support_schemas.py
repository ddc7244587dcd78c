"""The shapes of what support asks for: why a connection does not sync, and what a run has done."""

from __future__ import annotations

from datetime import UTC

from marshmallow import Schema, fields

from adapter.diagnosis.steps import Cause, Step, Verdict


class Finding(Schema):
    """One link of the chain between a platform and what is listed."""

    step = fields.Enum(Step, by_value=True, required=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    cause = fields.Enum(Cause, by_value=True, allow_none=True)
    seen = fields.String(required=True, metadata={"description": "The evidence, in words"})
    todo = fields.String(metadata={"description": "What helps"})
    since = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    said = fields.String(metadata={"description": "The platform's own words"})


class Diagnosis(Schema):
    """Why a connection does not sync: the cause, then every link."""

    connection_id = fields.Integer(required=True)
    well = fields.Boolean(required=True)
    cause = fields.Enum(Cause, by_value=True, allow_none=True)
    words = fields.String(required=True)
    todo = fields.String()
    findings = fields.List(fields.Nested(Finding), required=True)
    summary = fields.String(metadata={"description": "May be sent to the customer: plain text"})


class RunLine(Schema):
    """A line of a run's log."""

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, default_timezone=UTC)
    words = fields.String(required=True)


class RunLog(Schema):
    """The log of a run that somebody asked for."""

    items = fields.List(fields.Nested(RunLine), required=True)
    finished = fields.Boolean(required=True, metadata={"description": "No further line comes"})
