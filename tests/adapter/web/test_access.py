"""The gate: what tokens and links open. Every route is walked in tests/security."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from adapter.context import Context
from adapter.store.tables import Role
from adapter.web.access import PUBLIC
from tests.fixtures.studio import Seeded, bearer, link_of


def path_of(rule: Rule, seeded: Seeded, *, other: bool = False) -> str:
    """A real path of a rule: of things that exist, of this studio or the other."""
    values = {
        "studio_id": seeded.other_studio_id if other else seeded.studio_id,
        "connection_id": seeded.other_connection_id if other else seeded.connection_id,
        "session_id": seeded.other_session_id if other else seeded.sessions[0],
        "run_id": seeded.other_run_id if other else seeded.runs[0],
        "class_type_id": 999 if other else 1,
        "override_id": 999 if other else 1,
        "reservation": "r-1",
        "platform": "sandbox",
        "token": "unknown",
        "filename": "pages.css",
    }
    path = rule.rule
    for name in rule.arguments:
        for shape in (f"<int:{name}>", f"<path:{name}>", f"<{name}>"):
            path = path.replace(shape, str(values[name]))
    return path


def test_the_public_list_names_only_routes_that_exist(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules()} >= PUBLIC


@pytest.mark.parametrize("role", [Role.FINANCE, Role.SUPPORT, Role.READONLY])
def test_the_wrong_role_changes_nothing(client: FlaskClient, seeded: Seeded, ctx: Context, role: Role) -> None:
    headers = bearer(ctx, role, seeded.studio_id)
    path = f"/api/v1/studios/{seeded.studio_id}/settings"
    answer = client.put(path, headers=headers, json={"min_spots": 9})
    assert answer.status_code == 403
    owner = bearer(ctx, Role.OWNER, seeded.studio_id)
    assert client.get(path, headers=owner).json["min_spots"] == 2


def test_staff_without_a_studio_reach_every_studio(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    headers = bearer(ctx, Role.SUPPORT, None)
    studios = client.get("/api/v1/studios", headers=headers).json["items"]
    assert {studio["id"] for studio in studios} == {seeded.studio_id, seeded.other_studio_id}
    assert client.get(f"/api/v1/connections/{seeded.other_connection_id}", headers=headers).status_code == 200


def test_a_marketplace_token_opens_no_part_of_this_api(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    headers = bearer(ctx, Role.MARKETPLACE, None, marketplace="sandbox")
    for path in ("/api/v1/studios", "/api/v1/sessions", "/api/v1/connections", "/api/v1/runs"):
        assert client.get(path, headers=headers).status_code == 403, path


def test_links_kept_by_a_scanner_stay_whole(app: Flask, client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    link = link_of(ctx, seeded.users[Role.OWNER])
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    again = app.test_client().post(link)
    assert again.status_code == 410
    assert b"no longer works" in again.data
