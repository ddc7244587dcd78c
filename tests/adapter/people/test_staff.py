"""Our own staff at an identity provider, the sandbox's own: what is believed, what not, and what groups open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from adapter.config import ConfigError, load_config
from adapter.context import Context
from adapter.people.staff_settings import read_staff
from adapter.store.tables import Audit, Challenge, EmailAddress, Role, StaffIdentity, User
from adapter.web.limits import limiter
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import Seeded

GROUPS = {"groups": ["everybody", "cn=desk,ou=spots"], "name": "Kim Staff"}


class Provider:
    """The identity provider, a browser on its way there and back."""

    def __init__(self, app: Flask, ctx: Context, sandbox: LiveSandbox) -> None:
        given = {
            "ISSUER": sandbox.issuer,
            "CLIENT_ID": sandbox.client_id,
            "CLIENT_SECRET": sandbox.client_secret,
            "ROLES": "cn=desk,ou=spots = support; money=finance; money=owner",
        }
        host = frozenset({urlsplit(sandbox.url).netloc})
        config = replace(ctx.config, staff=read_staff(given), allowed_addresses=host)
        self.app, self.sandbox, self.client = app, sandbox, app.test_client()
        self.time = NOON
        self.ctx = app.extensions["context"] = replace(ctx, config=config, now=lambda: self.time)

    def claims(self, **claims: Any) -> None:
        """What the next id_tokens say besides."""
        self.sandbox.mend()
        self.sandbox.faults({"kind": "id_token", "path": "/connect/token", "claims": claims})

    def consent(self) -> str:
        """Away and through its page: the address with which the browser comes back."""
        away = self.client.get("/sign-in/staff").location
        login = {"login": self.sandbox.sites[0]["owner_login"], "password": self.sandbox.sites[0]["owner_password"]}
        page = requests.post(away, data={**login, "decision": "allow"}, allow_redirects=False, timeout=10)
        parts = urlsplit(page.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, **claims: Any) -> TestResponse:
        self.claims(**claims)
        return self.client.get(self.consent())

    def users(self) -> int:
        with self.ctx.store.read() as db:
            return db.scalar(select(func.count()).select_from(StaffIdentity)) or 0


@pytest.fixture
def provider(app: Flask, ctx: Context, seeded: Seeded, sandbox: LiveSandbox) -> Provider:
    """Set up as an operator sets it up."""
    return Provider(app, ctx, sandbox)


def test_staff_signs_in_with_the_roles_of_its_groups_everywhere(provider: Provider, seeded: Seeded) -> None:
    away = parse_qs(urlsplit(provider.client.get("/sign-in/staff").location).query)
    assert away["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= away.keys()
    assert provider.sign_in(**GROUPS).location == "/"
    for studio in (seeded.studio_id, seeded.other_studio_id):
        assert provider.client.get(f"/studios/{studio}").status_code == 200
        assert provider.client.get(f"/studios/{studio}/settings").status_code == 403
    assert "Roles by company groups" in provider.client.get("/audit").text
    assert "company account" in provider.client.get("/account").text
    with provider.ctx.store.read() as db:
        user = db.scalars(select(User).order_by(User.id.desc())).first()
        assert user is not None
        assert (user.name, user.email_id) == ("Kim Staff", None)
        assert db.scalars(select(Challenge)).all() != []  # the one that was left at the provider
        before = db.scalar(select(func.count()).select_from(EmailAddress))
    assert provider.sign_in(**GROUPS).status_code == 303
    assert provider.users() == 1
    with provider.ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(EmailAddress)) == before


def test_who_leaves_the_groups_loses_access(provider: Provider, seeded: Seeded) -> None:
    provider.sign_in(groups="money", name="kim@example.com")
    assert provider.client.get(f"/studios/{seeded.studio_id}/people").status_code == 200
    other = provider.app.test_client()
    provider.client, elsewhere = other, provider.client
    refused = provider.sign_in(groups=["everybody"])
    assert (refused.status_code, "has no role here" in refused.text) == (403, True)
    assert elsewhere.get(f"/studios/{seeded.studio_id}/people").location == "/sign-in"
    with provider.ctx.store.read() as db:
        lines = db.scalars(select(Audit).where(Audit.act == "staff.roles_changed").order_by(Audit.id)).all()
        assert [line.after for line in lines] == [{"roles": ["owner"]}, {"roles": []}]
        assert "@" not in db.get_one(User, int(lines[0].about.removeprefix("user:"))).name


def test_a_stranger_of_the_company_leaves_no_account(provider: Provider) -> None:
    assert provider.sign_in(groups=[]).status_code == 403
    assert provider.sign_in(groups={"desk": True}).status_code == 403
    assert provider.users() == 0


def test_access_ends_after_twelve_hours(provider: Provider, seeded: Seeded) -> None:
    provider.sign_in(**GROUPS)
    provider.time += timedelta(hours=12) - timedelta(seconds=1)
    assert provider.client.get(f"/studios/{seeded.studio_id}").status_code == 200
    provider.time += timedelta(seconds=1)
    assert provider.client.get(f"/studios/{seeded.studio_id}").location == "/sign-in"


def _swap(name: str, value: str | None) -> Callable[[str], str]:
    def change(back: str) -> str:
        path, _, query = back.partition("?")
        pairs = [pair for pair in query.split("&") if not pair.startswith(f"{name}=")]
        return f"{path}?{'&'.join([*pairs, *([f'{name}={value}'] if value else [])])}"

    return change


TAMPERED: tuple[Callable[[str], str], ...] = (
    _swap("state", "x" * 43),
    _swap("state", None),
    _swap("iss", "https://evil.example"),
    _swap("iss", None),
    _swap("code", "x" * 20),
    _swap("code", None),
    lambda back: f"{back}&code=again",
    lambda back: f"{back}&error=access_denied",
)


def test_a_tampered_answer_signs_nobody_in(provider: Provider) -> None:
    provider.claims(**GROUPS)
    for number, tamper in enumerate(TAMPERED):
        answer = provider.client.get(tamper(provider.consent()))
        assert answer.status_code == 400, number
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert provider.client.get("/account").location == "/sign-in"
        limiter.reset()
    assert provider.users() == 0


def test_a_token_that_is_not_for_this_sign_in_is_not_believed(provider: Provider) -> None:
    wrong = ({"nonce": "other"}, {"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}, {"azp": "other"})
    for claims in wrong:
        assert provider.sign_in(**GROUPS | claims).status_code == 400, claims
        limiter.reset()
    assert provider.users() == 0


def test_the_answer_works_once_and_in_its_browser_alone(provider: Provider) -> None:
    provider.claims(**GROUPS)
    back = provider.consent()
    assert provider.app.test_client().get(back).status_code == 400
    assert provider.client.get(back).status_code == 303
    provider.client.post("/sign-out")
    assert provider.client.get(back).status_code == 400


def test_a_provider_that_is_away_is_said_and_nothing_breaks(
    provider: Provider, app: Flask, client: FlaskClient, sandbox: LiveSandbox
) -> None:
    assert "company account" in client.get("/sign-in").text
    sandbox.faults({"kind": "error", "path": "well-known"})
    assert provider.ctx.config.staff is not None
    gone = replace(provider.ctx.config, staff=replace(provider.ctx.config.staff, issuer="http://127.0.0.1:9"))
    app.extensions["context"] = replace(provider.ctx, config=gone)
    answer = client.get("/sign-in/staff")
    assert (answer.status_code, "can&#39;t be reached" in answer.text) == (503, True)


def test_without_settings_there_is_no_such_sign_in(client: FlaskClient, seeded: Seeded) -> None:
    assert "company account" not in client.get("/sign-in").text
    assert client.get("/sign-in/staff").status_code == 404
    assert client.get("/sign-in/staff/callback?code=1&state=2").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"ADAPTER_STAFF_ISSUER": "https://id.example"}, "ADAPTER_STAFF_CLIENT_ID"),
        ({"ADAPTER_STAFF_ISSUER": "nonsense"}, "ADAPTER_STAFF_ISSUER"),
        ({"ADAPTER_STAFF_ROLES": "desk=chief"}, "ADAPTER_STAFF_ROLES"),
        ({"ADAPTER_STAFF_ROLES": "desk=marketplace"}, "ADAPTER_STAFF_ROLES"),
        ({"ADAPTER_STAFF_SCOPES": "profile"}, "ADAPTER_STAFF_SCOPES"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Any, wrong: dict[str, str], named: str) -> None:
    whole = {
        "ADAPTER_STAFF_ISSUER": "https://id.example/realm",
        "ADAPTER_STAFF_CLIENT_ID": "us",
        "ADAPTER_STAFF_CLIENT_SECRET": "hush",
        "ADAPTER_STAFF_ROLES": "desk=support;",
    }
    good = load_config(whole, folder=tmp_path)
    assert good.staff is not None
    assert (good.staff.roles, good.staff.claim, good.unknown) == ({"desk": Role.SUPPORT}, "groups", ())
    assert "hush" not in repr(good)
    with pytest.raises(ConfigError, match=named):
        load_config(wrong if "CLIENT_ID" in named else whole | wrong, folder=tmp_path)
