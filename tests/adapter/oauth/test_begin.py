"""Sending the browser away: what is asked for, where, and what is written down meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import responses
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import select

from adapter.connecting.connect import ConnectRefused
from adapter.context import Context
from adapter.store.tables import OAuthFlow
from connectors.platform import Platform
from tests.adapter.oauth.conftest import Connecting
from tests.adapter.oauth.platform_one import CLIENT_ID, CLIENT_SECRET, ISSUER, query


def flows(ctx: Context) -> list[OAuthFlow]:
    with ctx.store.read() as db:
        return list(db.scalars(select(OAuthFlow)))


def test_the_authorization_request_carries_what_the_platform_needs(connecting: Connecting) -> None:
    url = connecting.begin(site="1001")

    asked = query(url)
    assert url.startswith(f"{ISSUER}/connect/authorize?")
    assert asked["client_id"] == CLIENT_ID
    assert asked["response_type"] == "code id_token"
    assert asked["response_mode"] == "form_post"
    assert asked["subscriberId"] == "1001"
    assert asked["redirect_uri"] == "http://127.0.0.1:5000/oauth/callback/platform_one"


def test_duty_01_state_and_nonce_are_long_and_never_the_same(connecting: Connecting) -> None:
    asked = [query(connecting.begin()) for _ in range(20)]

    for name in ("state", "nonce", "code_challenge"):
        values = {each[name] for each in asked}
        assert len(values) == 20
        assert all(len(value) >= 43 for value in values)  # 256 bits in base64url


def test_duty_01_neither_state_nor_verifier_can_be_read_from_the_database(connecting: Connecting) -> None:
    asked = query(connecting.begin())

    (flow,) = flows(connecting.ctx)
    written = repr({c.name: getattr(flow, c.name) for c in OAuthFlow.__table__.columns})
    assert asked["state"] not in written
    assert asked["nonce"] not in written
    assert "the owner's browser" not in written


def test_duty_04_each_flow_has_its_own_s256_challenge_whose_verifier_is_sent_later(connecting: Connecting) -> None:
    urls = [connecting.begin(), connecting.begin()]
    for url in urls:
        connecting.finish(connecting.platform.consent(url))

    assert [query(url)["code_challenge_method"] for url in urls] == ["S256", "S256"]
    verifiers = [form["code_verifier"] for form in connecting.platform.forms]
    assert [create_s256_code_challenge(v) for v in verifiers] == [query(u)["code_challenge"] for u in urls]
    assert len(set(verifiers)) == 2


def test_duty_26_only_the_declared_scopes_are_asked_for(connecting: Connecting) -> None:
    assert query(connecting.begin())["scope"] == "openid profile offline_access classes.read classes.book"


def test_duty_26_the_setting_scopes_narrows_them(connecting: Connecting) -> None:
    ctx = connecting.ctx
    settings = {**ctx.config.platforms["platform_one"], "SCOPES": "openid classes.read"}
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})

    assert query(connecting.begin())["scope"] == "openid classes.read"


def test_duty_14_the_secret_is_in_no_address(connecting: Connecting) -> None:
    url = connecting.begin()
    connecting.finish(connecting.platform.consent(url))

    called = [str(call.request.url) for call in connecting.platform.network.calls]
    assert not [each for each in [url, *called] if "s3cr" in each or "client_secret" in each]
    assert connecting.platform.forms[0]["client_secret"] == CLIENT_SECRET


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"issuer": f"{ISSUER}/"}, "another issuer"),
        ({"issuer": "https://evil.test"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"token_endpoint": "https://evil.test/token"}, "another host"),
        ({"revocation_endpoint": "https://evil.test/revoke"}, "another host"),
        ({"jwks_uri": "https://evil.test/keys"}, "another host"),
        ({"token_endpoint": "http://id.platform.test/token"}, "https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "not the address"),
        ({"authorization_endpoint": ["a"]}, "not an address"),
        ({"token_endpoint": None}, "no authorization or token endpoint"),
    ],
)
def test_duty_07_metadata_that_is_not_the_issuers_own_is_refused(
    connecting: Connecting, change: dict[str, Any], told: str
) -> None:
    connecting.platform.metadata |= change

    with pytest.raises(ConnectRefused, match=told):
        connecting.begin()
    assert flows(connecting.ctx) == []


def test_duty_07_an_issuer_with_a_path_is_found_in_both_forms(connecting: Connecting) -> None:
    ctx, platform = connecting.ctx, connecting.platform
    issuer = f"{ISSUER}/o"
    settings = {**ctx.config.platforms["platform_one"], "ISSUER": issuer}
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})
    platform.network.get(f"{issuer}/.well-known/openid-configuration", status=404)
    platform.network.get(
        f"{ISSUER}/.well-known/oauth-authorization-server/o", json=platform.metadata | {"issuer": issuer}
    )

    assert connecting.begin().startswith(f"{ISSUER}/connect/authorize?")


def test_duty_07_plain_http_is_refused_but_on_loopback(connecting: Connecting) -> None:
    ctx = connecting.ctx
    settings = {**ctx.config.platforms["platform_one"], "ISSUER": "http://id.platform.test"}
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})

    with pytest.raises(ConnectRefused, match="https"):
        connecting.begin()


def test_duty_07_what_the_operator_sets_wins_over_metadata(connecting: Connecting) -> None:
    ctx, platform = connecting.ctx, connecting.platform
    elsewhere = "https://login.platform.test/token"
    settings = {**ctx.config.platforms["platform_one"], "TOKEN_URL": elsewhere}
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})
    platform.network.add_callback(responses.POST, elsewhere, platform._token)

    connecting.finish(platform.consent(connecting.begin()))

    assert [str(call.url) for call in platform.token_calls] == [elsewhere]


def test_a_platform_without_metadata_works_by_settings_alone(
    connecting: Connecting, declared: Callable[..., Platform]
) -> None:
    declared(response_type="code", site_parameter=None, scopes=("classes.read",))
    ctx = connecting.ctx
    settings = {
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "AUTHORIZE_URL": f"{ISSUER}/connect/authorize",
        "TOKEN_URL": f"{ISSUER}/connect/token",
    }
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})

    url = connecting.begin(site="1001")
    params = {"code": ["c"], "state": [query(url)["state"]]}

    assert connecting.finish(params).site == "1001"


@pytest.mark.parametrize("missing", ["CLIENT_ID", "CLIENT_SECRET", "ISSUER"])
def test_a_missing_setting_is_named(connecting: Connecting, missing: str) -> None:
    ctx = connecting.ctx
    settings = {**ctx.config.platforms["platform_one"], missing: ""}
    ctx.config = replace(ctx.config, platforms={"platform_one": settings})

    with pytest.raises(ConnectRefused, match=missing) as refused:
        connecting.begin()
    assert refused.value.status == 503


@pytest.mark.parametrize("site", [None, "", "  ", "1001&x=y", "../1", "1" * 65])
def test_a_site_id_is_needed_and_looked_at(connecting: Connecting, site: str | None) -> None:
    with pytest.raises(ConnectRefused, match="account"):
        connecting.begin(site=site)
