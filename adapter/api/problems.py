"""Errors of the API, documented as what they are: application/problem+json (RFC 9457)."""

from __future__ import annotations

from flask_smorest import Api
from marshmallow import Schema, fields

PROBLEM = "application/problem+json"


class Problem(Schema):
    """An error, for documentation: adapter/web/errors.py writes it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.Dict(metadata={"description": "What is wrong, by place and field"})


class ProblemApi(Api):
    """flask-smorest's Api, with errors as problem+json and handled where all errors are."""

    ERROR_SCHEMA = Problem
    DEFAULT_RESPONSE_CONTENT_TYPE: str = "application/json"

    def _register_error_handlers(self) -> None:
        """None of its own: adapter/web/errors.py answers pages and API alike."""

    def _register_responses(self) -> None:
        usual = self.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual
