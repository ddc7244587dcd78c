"""Every route of the application, whatever is added: who gets in, who does not, and what each answer carries."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapter.context import Context
from adapter.people.permissions import ACTS_OF, Act
from adapter.store.tables import Override, Role
from adapter.web.limits import limiter
from adapter.web.security import POLICY
from tests.adapter.web.test_access import path_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in
from tests.security.routes import NEEDS, Door, Somewhere, is_api, is_public, routes, walked

PEOPLE = [role for role in Role if role is not Role.MARKETPLACE]
EVIL = "evil.example"
INLINE = re.compile(rb"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
FIELDS = (
    *("act", "address", "after", "answer", "as_of", "code", "connection", "day", "fee", "from"),
    *("from_day", "from_time", "id", "invitation", "item", "judgement", "kind", "mode", "name", "of", "older", "on"),
    *("opportunity", "option", "passkey", "password", "person", "q", "rate", "reason", "record", "role", "session"),
    *("site", "sort", "spots", "starts_on", "ends_on", "statement", "stream", "studio", "to", "until_day", "version"),
    *("next", "return_to", "until_time", "url", "venue", "week", "who", "withdraw", "why"),
)
"""Every name that a page reads from its address or a form."""
LET_IN = {200, 302, 404, 422}  # an answer, or a word on what the question lacks
OWN_PROOF = {"/oauth/callback/<platform>", "/webhooks/<platform>", "/webhooks/<platform>/<int:connection_id>"}
"""Routes that another machine calls: they prove their caller by state or signature, not by a form's token."""


class Caller:
    """A browser and a token with one role at the seeded studio."""

    def __init__(self, app: Flask, ctx: Context, seeded: Seeded, role: Role) -> None:
        self.app, self.seeded, self.client = app, seeded, app.test_client()
        self.paths = {
            (rule.rule, other): path_of(rule, seeded, other=other)
            for other in (False, True)
            for rule in app.url_map.iter_rules()
        }
        sign_in(self.client, ctx, seeded.users[role])
        _set_by_hand(ctx, seeded)
        self.token = bearer(ctx, role, seeded.studio_id)

    def call(self, rule: str, method: str, *, other: bool = False) -> TestResponse:
        """Ask for a route, with nothing in the body."""
        limiter.reset()
        headers = {**self.token, "Idempotency-Key": f"{method} {rule}"} if is_api(rule) else {}
        body = {"json": {}} if is_api(rule) else {}
        return self.client.open(self.paths[rule, other], method=method, headers=headers, buffered=True, **body)


def _set_by_hand(ctx: Context, seeded: Seeded) -> None:
    """Override 1 is the studio's."""
    until = NOON + timedelta(days=1)
    holds = {"kind": "blackout", "scope": "studio", "scope_id": 0, "starts_at": NOON, "ends_at": until}
    with ctx.store.write() as db:
        db.add(Override(id=1, studio_id=seeded.studio_id, **holds, reason="x", actor="user:1", created_at=NOON))


@pytest.fixture
def without_forms_guard(app: Flask) -> Flask:
    """What is behind the forms' guard is to be seen: the guard has its own test."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_every_route_stands_in_the_table(app: Flask) -> None:
    assert sorted(routes(app)) == sorted(NEEDS), "tests/security/routes.py says who may call which route"
    endpoints = {(one.rule, method): one.endpoint for one in app.url_map.iter_rules() for method in one.methods or ()}
    for key, (rule, method) in walked(app).items():
        act = app.view_functions[endpoints[rule, method]].__dict__.get("act")
        assert act is (NEEDS[key] if isinstance(NEEDS[key], Act) else None), key
        assert (NEEDS[key] is Door.ANYBODY) is (is_public(rule) or rule.startswith("/static/")), key


def test_a_stranger_gets_nowhere(without_forms_guard: Flask, seeded: Seeded) -> None:
    client = without_forms_guard.test_client()
    paths = {rule.rule: path_of(rule, seeded) for rule in without_forms_guard.url_map.iter_rules()}
    for key, (rule, method) in walked(without_forms_guard).items():
        if NEEDS[key] is Door.ANYBODY:
            continue
        answer = client.open(paths[rule], method=method, json={} if is_api(rule) else None)
        limiter.reset()
        if is_api(rule):
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), key
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert (answer.status_code, answer.location) == (302, "/sign-in"), key


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_does_what_the_table_says_and_no_more(
    without_forms_guard: Flask, ctx: Context, seeded: Seeded, role: Role
) -> None:
    asking = Caller(without_forms_guard, ctx, seeded, role)
    refused = 0
    for key, (rule, method) in walked(without_forms_guard).items():
        need = NEEDS[key]
        if isinstance(need, Act) and need not in ACTS_OF[role]:
            assert asking.call(rule, method).status_code == 403, (key, role)
            refused += 1
        elif isinstance(need, Somewhere):
            allowed = need.act in ACTS_OF[role]
            assert (asking.call(rule, method).status_code == 403) is not allowed, (key, role)
        elif need in (Door.STAFF, Door.MARKETPLACE):
            assert asking.call(rule, method).status_code == (404 if need is Door.STAFF else 403), (key, role)
        elif isinstance(need, Act) and method == "GET" and role is Role.OWNER:  # the same gate and pages for the others
            assert asking.call(rule, method).status_code in LET_IN, (key, role)
    assert refused > 0 or role is Role.OWNER


def test_another_studios_things_do_not_exist(without_forms_guard: Flask, ctx: Context, seeded: Seeded) -> None:
    asking = Caller(without_forms_guard, ctx, seeded, Role.OWNER)
    seen = 0
    for key, (rule, method) in walked(without_forms_guard).items():
        if not isinstance(NEEDS[key], Act):
            continue
        assert asking.call(rule, method, other=True).status_code == 404, key
        seen += 1
    assert seen > 40


@pytest.mark.parametrize("number", ["0", str(2**31), "9" * 40])
def test_an_id_that_no_row_can_have_is_not_found(
    without_forms_guard: Flask, ctx: Context, seeded: Seeded, number: str
) -> None:
    asking = Caller(without_forms_guard, ctx, seeded, Role.OWNER)
    for rule, method in walked(without_forms_guard).values():
        if method == "GET" and "<int:" in rule:
            path = re.sub(r"<int:\w+>", number, rule)
            headers = asking.token if is_api(rule) else {}
            assert asking.client.get(path, headers=headers).status_code == 404, rule


def test_no_form_of_ours_can_be_forged(app: Flask, ctx: Context, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    asking = Caller(app, ctx, seeded, Role.OWNER)
    app.config["WTF_CSRF_ENABLED"] = True
    for key, (rule, method) in walked(app).items():
        if method == "GET" or is_api(rule) or rule in OWN_PROOF:
            continue
        assert asking.call(rule, method).status_code == 400, key


def test_nothing_breaks_at_nonsense_or_leads_elsewhere(
    without_forms_guard: Flask, ctx: Context, seeded: Seeded
) -> None:
    """Whatever stands in an address, a form or a header, it is refused or passed over, and we stay on our own pages."""
    asking = Caller(without_forms_guard, ctx, seeded, Role.OWNER)
    headers = {"Referer": f"https://{EVIL}/", "X-Forwarded-Host": EVIL, "Origin": f"https://{EVIL}"}
    nonsense = ("9" * 40, "\u0660\x00'\"<é", "9999-12-31", f"//{EVIL}")
    for turn in (0, 2):  # in the second, every field holds another kind of it
        fields = {name: nonsense[(turn + number) % len(nonsense)] for number, name in enumerate(FIELDS)}
        given = {"query_string": fields, "headers": headers, "buffered": True}
        for rule, method in walked(without_forms_guard).values():
            if is_api(rule) or rule == "/sign-out" or rule.startswith("/static/"):
                continue
            limiter.reset()
            form = fields | {"sure": "yes"} if method == "POST" else None
            answer = asking.client.open(asking.paths[rule, False], method=method, data=form, **given)
            assert answer.status_code != 500, (rule, method, turn)
            assert urlsplit(answer.headers.get("Location", "/")).netloc == "", (rule, method, turn)


def test_what_a_route_does_not_do_it_refuses(without_forms_guard: Flask, ctx: Context, seeded: Seeded) -> None:
    """IN-01: nor does any of them change a class."""
    asking = Caller(without_forms_guard, ctx, seeded, Role.OWNER)
    adapter = without_forms_guard.url_map.bind("")
    for rule, path in ((rule, path) for (rule, other), path in asking.paths.items() if not other):
        for method in {"DELETE", "TRACE", "PUT", "PATCH"} - set(adapter.allowed_methods(path)):
            answer = asking.client.open(path, method=method, headers=asking.token if is_api(rule) else {})
            assert answer.status_code == 405, (rule, method)
            assert answer.headers["Allow"]


def test_every_answer_carries_its_headers_and_nothing_inline(
    without_forms_guard: Flask, ctx: Context, seeded: Seeded
) -> None:
    asking = Caller(without_forms_guard, ctx, seeded, Role.OWNER)
    answers = [asking.call(rule, method) for rule, method in walked(without_forms_guard).values() if method == "GET"]
    answers += [asking.client.get("/nowhere"), asking.client.post("/nowhere"), asking.client.get("/api/v1/nowhere")]
    pages = 0
    for answer in answers:
        where = (answer.request.path, answer.status_code)
        policy = answer.headers["Content-Security-Policy"]
        assert re.sub(r"form-action [^;]*", "form-action 'self'", policy) == POLICY, where
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers.get("Cache-Control") == "no-store" or where[0].startswith(("/static/", "/charts/")), where
        if answer.mimetype == "text/html":
            assert not INLINE.search(answer.data), (where, INLINE.search(answer.data))
            pages += 1
    assert pages > 15
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY


def test_cookies_are_for_this_site_and_no_script(
    without_forms_guard: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    sign_in(client, ctx, seeded.users[Role.OWNER])
    answer = client.get(f"/studios/{seeded.studio_id}/people")
    assert answer.status_code == 200
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
