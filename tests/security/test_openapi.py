"""The API does what its document says, whatever it is asked: no server error, no status or shape but those written."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapter.context import Context
from adapter.marketplace.sellers import register_marketplace
from adapter.store.tables import Role
from adapter.web.limits import limiter
from tests.adapter.web.test_access import path_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer

CALLERS = {"/api/v1/openapi.json": (Role.OWNER, None), "/channel/v1/openapi.json": (Role.MARKETPLACE, "sandbox")}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
"""A request of the right shape may still be refused, for what it means: so that check is left out."""
MORE = os.environ.get(
    "EXAMPLES"
)  # of each call, where there is time: EXAMPLES=200 pytest tests/security/test_openapi.py
ENOUGH = settings(
    max_examples=int(MORE or 4),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("document", CALLERS)
def test_every_call_is_answered_as_documented(app: Flask, ctx: Context, seeded: Seeded, document: str) -> None:
    role, marketplace = CALLERS[document]
    headers = bearer(ctx, role, None if marketplace else seeded.studio_id, marketplace=marketplace)
    if marketplace:
        with ctx.store.write() as db:
            register_marketplace(db, marketplace, NOON)
    asked = 0
    for found in schemathesis.openapi.from_wsgi(document, app).get_all_operations():
        operation = found.ok()

        @ENOUGH
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            limiter.reset()
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
        asked += 1
    assert asked >= 5


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_the_calendar_are_answered_too(app: Flask, ctx: Context, seeded: Seeded, edge: str) -> None:
    headers = bearer(ctx, Role.OWNER, seeded.studio_id)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and "GET" in (rule.methods or ()):
            path = path_of(rule, seeded)
            for name in ("from", "to"):
                answer = app.test_client().get(path, query_string={name: edge}, headers=headers)
                assert answer.status_code in (200, 400, 422, 404), (rule, name)
