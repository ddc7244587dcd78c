"""Settings and the meaning of booking sources, put through the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.store.tables import Audit, Role
from tests.adapter.api.conftest import Headers
from tests.fixtures.studio import Seeded, bearer


@pytest.mark.parametrize(("role", "sees"), [(Role.OWNER, True), (Role.FINANCE, True), (Role.OPERATIONS, False)])
def test_the_floor_shows_in_settings_to_owner_and_finance(
    client: FlaskClient, seeded: Seeded, ctx: Context, role: Role, sees: bool
) -> None:
    settings = client.get(
        f"/api/v1/studios/{seeded.studio_id}/settings", headers=bearer(ctx, role, seeded.studio_id)
    ).json
    assert ("rate_floor" in settings) is sees
    assert settings["release_all_hours"] == 6


def test_putting_settings_replaces_them_and_leaves_a_trace(
    client: FlaskClient, seeded: Seeded, ctx: Context, owner: Headers
) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    answer = client.put(path, headers=owner, json={"min_spots": 3, "rate_ceiling": "19.50"})
    assert answer.status_code == 200
    assert (answer.json["min_spots"], answer.json["release_all_hours"]) == (3, None)
    assert answer.json["rate_floor"] == "7.5000", "left out, the floor stays"
    with ctx.store.read() as db:
        audit = db.scalars(select(Audit).where(Audit.act == "settings.changed")).one()
    assert audit.actor.startswith("token:")
    assert (audit.before or {})["min_spots"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"release_all_hours": 1}, "release_all_hours"),
        ({"release_all_hours": 73}, "release_all_hours"),
        ({"release_all_hours": 72.9}, "release_all_hours"),
        ({"min_spots": -1}, "min_spots"),
        ({"min_spots": 2.5}, "min_spots"),
        ({"no_increase_after_minutes": 7.5}, "no_increase_after_minutes"),
        ({"max_displacement_risk": 1.5}, "max_displacement_risk"),
        ({"rate_ceiling": "7.00"}, "rate_ceiling"),
        ({"rate_ceiling": "NaN"}, "rate_ceiling"),
        ({"rate_ceiling": "much"}, "rate_ceiling"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_named(
    client: FlaskClient, seeded: Seeded, owner: Headers, body: dict[str, Any], field: str
) -> None:
    """SS-12."""
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    answer = client.put(path, headers=owner, json=body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert list(answer.json["errors"]["json"]) == [field]
    assert client.get(path, headers=owner).json["min_spots"] == 2


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_said_to_be_json_is_refused_and_not_passed_over(
    client: FlaskClient, seeded: Seeded, owner: Headers, kind: str
) -> None:
    """As ``curl --data`` sends it: passed over, it took every setting back, and read the whole studio again."""
    settings = f"/api/v1/studios/{seeded.studio_id}/settings"
    resync = f"/api/v1/connections/{seeded.connection_id}/resync"
    before = client.get(settings, headers=owner).json
    for answer in (
        client.put(settings, headers=owner, data='{"min_spots": 3}', content_type=kind),
        client.post(resync, headers=owner | {"Idempotency-Key": "l"}, data='{"dry_run": true}', content_type=kind),
    ):
        assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")
        assert "Content-Type: application/json" in answer.json["detail"]
    assert client.get(settings, headers=owner).json == before
    bare = client.post(resync, headers=owner | {"Idempotency-Key": "l"}, content_type=kind)
    assert bare.status_code == 202, "without a body there is nothing to be passed over"


def test_operations_can_neither_see_nor_move_the_floor(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    headers = bearer(ctx, Role.OPERATIONS, seeded.studio_id)
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    assert client.put(path, headers=headers, json={"rate_floor": "1"}).status_code == 403
    below = client.put(path, headers=headers, json={"rate_ceiling": "5"})
    assert below.status_code == 422
    assert "floor" not in below.text


def test_sources_are_mapped_by_the_studio(client: FlaskClient, seeded: Seeded, owner: Headers) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/sources"
    before = {item["source"]: item for item in client.get(path, headers=owner).json["items"]}
    assert before["service:Partner pass"]["channel"] == "unknown"
    one = {"connection_id": seeded.connection_id, "source": "service:Partner pass", "channel": "third_party"}
    after = client.put(path, headers=owner, json={"items": [one]}).json["items"]
    assert {item["source"]: item["channel"] for item in after} == {
        "web": "direct",
        "channel": "marketplace",
        "service:Partner pass": "third_party",
    }
    foreign = {**one, "connection_id": seeded.other_connection_id}
    assert client.put(path, headers=owner, json={"items": [foreign]}).status_code == 404
