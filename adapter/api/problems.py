"""Errors of the API, documented as what they are: application/problem+json (RFC 9457)."""

from __future__ import annotations

from flask_smorest import Api
from marshmallow import Schema, fields

PROBLEM = "application/problem+json"
DETAILS = {
    400: "The request can't be read.",
    401: "Send a token that was given out here and not revoked, as “Authorization: Bearer TOKEN”.",
    403: "The token's role does not include this.",
    404: "There is no such thing here, or it is not yours.",
    405: "Not this method: the header Allow names those that are taken.",
    409: "Something else was faster: read again how it stands.",
    415: "Say that the body is JSON: “Content-Type: application/json”.",
    422: "What was sent is not as described in the OpenAPI document: errors says where.",
    503: "Our database can't be had just now, and nothing half was kept: send the same again in a while.",
}
"""What a program is told where nothing more is known than the status."""


class Problem(Schema):
    """An error, for documentation: adapter/web/errors.py writes it."""

    type = fields.String(required=True, metadata={"description": "Always about:blank: the status says what it is"})
    title = fields.String(required=True, metadata={"description": "The status in words"})
    status = fields.Integer(required=True, metadata={"description": "As in the answer's first line"})
    detail = fields.String(metadata={"description": "Why, or what to do; for people"})
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
