"""The gate: what a stranger, another studio's owner and each role get to see."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from adapter.context import Context
from adapter.permissions import ACTS_OF, Act
from adapter.store.tables import Role
from adapter.web.access import PUBLIC
from tests.fixtures.studio import Seeded, bearer, link_of, sign_in


def path_of(rule: Rule, seeded: Seeded, *, other: bool = False) -> str:
    """A real path of a rule: of things that exist, of this studio or the other."""
    values = {
        "studio_id": seeded.other_studio_id if other else seeded.studio_id,
        "connection_id": seeded.other_connection_id if other else seeded.connection_id,
        "session_id": seeded.other_session_id if other else seeded.sessions[0],
        "run_id": seeded.other_run_id if other else seeded.runs[0],
        "platform": "sandbox",
        "reservation": "unknown",
        "token": "unknown",
        "filename": "pages.css",
    }
    path = rule.rule
    for name in rule.arguments:
        for shape in (f"<int:{name}>", f"<path:{name}>", f"<{name}>"):
            path = path.replace(shape, str(values[name]))
    return path


def method_of(rule: Rule) -> str:
    """The method that matters most."""
    return next(method for method in ("POST", "PUT", "GET") if method in (rule.methods or ()))


def guarded(app: Flask) -> list[Rule]:
    """Every route that is not on the public list."""
    return [rule for rule in app.url_map.iter_rules() if rule.rule not in PUBLIC]


def test_nothing_answers_a_stranger_but_the_public_list(app: Flask, client: FlaskClient, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    rules = guarded(app)
    assert len(rules) > 20
    for rule in rules:
        answer = client.open(path_of(rule, seeded), method=method_of(rule))
        if rule.rule.startswith(("/api/", "/channel/")):
            assert answer.status_code == 401, rule
            assert answer.mimetype == "application/problem+json"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert (answer.status_code, answer.location) == (302, "/sign-in"), rule


def test_the_public_list_names_only_routes_that_exist(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules()} >= PUBLIC


def test_another_studios_ids_do_not_exist(app: Flask, client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    token = bearer(ctx, Role.OWNER, seeded.studio_id)
    seen = 0
    for rule in guarded(app):
        if not any(name.endswith("_id") for name in rule.arguments):
            continue
        headers = token if rule.rule.startswith("/api/") else {}
        answer = client.open(path_of(rule, seeded, other=True), method=method_of(rule), headers=headers, json={})
        assert answer.status_code == 404, (rule, answer.status_code)
        seen += 1
    assert seen > 15


def test_every_route_about_a_studio_names_its_act(app: Flask) -> None:
    for rule in guarded(app):
        if any(name.endswith("_id") for name in rule.arguments):
            assert isinstance(app.view_functions[rule.endpoint].__dict__.get("act"), Act), rule


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MARKETPLACE])
def test_each_role_gets_what_the_table_says(
    app: Flask, client: FlaskClient, seeded: Seeded, ctx: Context, role: Role
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[role])
    for rule in guarded(app):
        act = app.view_functions[rule.endpoint].__dict__.get("act")
        if act is None or rule.rule.startswith(("/api/", "/channel/")) or "POST" in (rule.methods or ()):
            continue
        answer = client.get(path_of(rule, seeded))
        assert answer.status_code == (200 if act in ACTS_OF[role] else 403), (rule, role)


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
    for path in ("/api/v1/sessions", "/api/v1/connections", "/api/v1/runs"):
        assert client.get(path, headers=headers).status_code == 403, path


def test_forms_without_their_token_are_refused(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    client.application.config["WTF_CSRF_ENABLED"] = True
    answer = client.post(f"/connections/{seeded.connection_id}/push-mode", data={"mode": "shadow", "sure": "yes"})
    assert answer.status_code == 400
    page = client.get(f"/connections/{seeded.connection_id}")
    assert b"Live: decisions are pushed" in page.data


def test_links_kept_by_a_scanner_stay_whole(app: Flask, client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    link = link_of(ctx, seeded.users[Role.OWNER])
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    again = app.test_client().post(link)
    assert again.status_code == 410
    assert b"no longer works" in again.data
