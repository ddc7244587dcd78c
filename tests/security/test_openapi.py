"""The API does what its document says, whatever it is asked: no server error, no status or shape not written there."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings

from adapter.context import Context
from adapter.store.tables import Role
from adapter.web.limits import limiter
from tests.fixtures.studio import Seeded, bearer

DOCUMENTS = ("/api/v1/openapi.json", "/channel/v1/openapi.json")
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_call_is_answered_as_documented(app: Flask, ctx: Context, seeded: Seeded, document: str) -> None:
    if document not in {rule.rule for rule in app.url_map.iter_rules()}:
        pytest.skip(f"{document} is not served")
    headers = bearer(ctx, Role.OWNER, seeded.studio_id)
    asked = 0
    for found in schemathesis.openapi.from_wsgi(document, app).get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            limiter.reset()
            case.call_and_validate(headers=headers)

        ask()
        asked += 1
    assert asked > 10
