"""How the API says no: to wrong tokens, and to what can't be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from adapter.app import create_app
from adapter.context import Context
from adapter.web.limits import limiter
from tests.adapter.api.conftest import Headers
from tests.fixtures.studio import Seeded


def test_wrong_tokens_are_slowed_down(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    wrong = {"Authorization": "Bearer spot_guess"}
    answers = [client.get("/api/v1/studios", headers=wrong).status_code for _ in range(32)]
    assert answers[:30] == [401] * 30
    assert answers[31] == 429
    waits = client.get("/api/v1/studios", headers=owner)
    assert (waits.status_code, waits.json["detail"][-14:]) == (429, "wait a minute."), "the guesser's address waits"


@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 401)])
def test_an_address_from_a_header_counts_only_behind_our_own_proxy(
    ctx: Context, seeded: Seeded, proxies: int, status: int
) -> None:
    ctx.config = replace(ctx.config, trusted_proxies=proxies)
    client = create_app(ctx).test_client()
    limiter.reset()
    for number in range(31):
        headers = {"Authorization": "Bearer spot_guess", "X-Forwarded-For": f"198.51.100.{number}"}
        answer = client.get("/api/v1/studios", headers=headers)
    assert answer.status_code == status


def test_right_tokens_are_not_counted(client: FlaskClient, owner: Headers) -> None:
    assert {client.get("/api/v1/studios", headers=owner).status_code for _ in range(40)} == {200}


@pytest.mark.parametrize(("body", "kind"), [(b"{", "application/json"), (b"a=b", "application/x-www-form-urlencoded")])
def test_a_body_that_is_no_json_is_a_problem(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: bytes, kind: str
) -> None:
    path = f"/api/v1/connections/{seeded.connection_id}/push-mode"
    answer = client.put(path, headers=owner, data=body, content_type=kind)
    assert answer.status_code in (400, 415, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"items": [{"connection_id": 1, "source": "\\ud800", "channel": "direct"}]}', "half a surrogate pair"),
        ('{"items": [], "items": []}', "a key stands twice"),
    ],
)
def test_a_body_that_cannot_be_read_or_kept_is_a_400(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: str, why: str
) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/sources"
    answer = client.put(path, headers=owner, data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert why in answer.json["detail"]
    assert why in answer.json["errors"]["json"][0]


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/channel/v1/offers", 401, "Authorization: Bearer"),
        ("GET", "/api/v1/nowhere", 404, "not yours"),
        ("GET", "/channel/v1/reservations/a%00", 400, "NUL"),  # PostgreSQL broke at it
        ("DELETE", "/api/v1/studios", 405, "Allow"),
        ("GET", "/api/v1/studios?limit=x", 422, "errors says where"),
    ],
)
def test_a_program_is_not_told_of_browsers(
    client: FlaskClient, owner: Headers, method: str, path: str, status: int, said: str
) -> None:
    answer = client.open(path, method=method, headers={} if status == 401 else owner)
    assert answer.status_code == status
    assert said in answer.json["detail"]
    assert "browser" not in answer.text
