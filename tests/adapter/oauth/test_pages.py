"""The browser's side: who may begin, which cookie binds it, and what the callback's pages give away (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adapter.app import create_app
from adapter.context import Context
from adapter.store.tables import Connection, Membership, OAuthFlow, Role, User
from connectors.platform import Platform
from tests.adapter.oauth.conftest import People
from tests.adapter.oauth.platform_one import PlatformOne, query
from tests.fixtures.database import NOON
from tests.fixtures.studio import link_of

CONNECT = "/connect/platform_one?studio=1&site=1001"
CALLBACK = "/oauth/callback/platform_one"


@pytest.fixture
def browser(client: FlaskClient, ctx: Context, people: People, platform: PlatformOne) -> FlaskClient:
    """The owner's browser, signed in."""
    return signed_in(client, ctx, people.owner)


def signed_in(client: FlaskClient, ctx: Context, user_id: int) -> FlaskClient:
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert client.post(link_of(ctx, user_id)).status_code == 302
    client.application.config["WTF_CSRF_ENABLED"] = True
    return client


def stored(ctx: Context, table: Any = Connection) -> int:
    with ctx.store.read() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_an_owner_is_sent_away_and_comes_back_to_the_connection(
    browser: FlaskClient, ctx: Context, platform: PlatformOne
) -> None:
    away = browser.get(CONNECT)
    back = browser.post(CALLBACK, data=platform.consent(away.location))

    assert away.status_code == 303
    assert (back.status_code, back.location) == (303, "/connections/1")
    assert stored(ctx) == 1
    assert b"Studio One" in browser.get(back.location).data


def test_an_answer_by_redirect_is_read_as_well(
    browser: FlaskClient, platform: PlatformOne, declared: Callable[..., Platform]
) -> None:
    declared(response_type="code")
    away = browser.get(CONNECT)
    assert "response_mode=form_post" in away.location

    back = browser.get(CALLBACK, query_string=platform.consent(away.location, id_token=None))

    assert back.location == "/connections/1"


def test_a_cross_site_post_without_a_session_is_bound_by_the_browsers_own_secret(
    browser: FlaskClient, app: Flask, ctx: Context, platform: PlatformOne
) -> None:
    away = browser.get(CONNECT)
    secret = browser.get_cookie("connect")
    assert secret is not None
    stranger, bare = app.test_client(), app.test_client()
    bare.set_cookie("connect", secret.value)
    params = platform.consent(away.location)

    assert stranger.post(CALLBACK, data=params).status_code == 400  # duty 01: the victim's browser
    assert stored(ctx) == 0
    assert bare.post(CALLBACK, data=params).location == "/connections/1"


def test_duty_03_somebody_else_signed_in_at_the_same_browser_is_refused(
    browser: FlaskClient, ctx: Context, people: People, platform: PlatformOne
) -> None:
    params = platform.consent(browser.get(CONNECT).location)
    browser.delete_cookie("session")
    signed_in(browser, ctx, people.other_owner)

    assert browser.post(CALLBACK, data=params).status_code == 400
    assert stored(ctx) == 0


def test_the_cookie_on_loopback(browser: FlaskClient) -> None:
    (cookie,) = [c for c in browser.get(CONNECT).headers.getlist("Set-Cookie") if c.startswith("connect=")]
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
    assert len(cookie.split(";")[0]) >= len("connect=") + 43


def test_the_cookie_on_https_travels_on_a_post_from_the_platform(
    ctx: Context, people: People, platform: PlatformOne
) -> None:
    ctx.config = replace(ctx.config, public_url="https://spots.example")
    client = create_app(ctx).test_client()
    client.application.config["WTF_CSRF_ENABLED"] = False
    client.post(link_of(ctx, people.owner), base_url="https://spots.example")

    away = client.get(CONNECT, base_url="https://spots.example")

    (cookie,) = [c for c in away.headers.getlist("Set-Cookie") if c.startswith("__Host-connect=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=None"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert query(away.location)["redirect_uri"] == "https://spots.example/oauth/callback/platform_one"


def test_two_tabs_can_connect_side_by_side(browser: FlaskClient, platform: PlatformOne) -> None:
    first, second = browser.get(CONNECT), browser.get(CONNECT)

    assert browser.post(CALLBACK, data=platform.consent(second.location)).location == "/connections/1"
    assert browser.post(CALLBACK, data=platform.consent(first.location)).location == "/connections/1"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_duty_08_no_header_moves_the_redirect_uri(browser: FlaskClient, header: str) -> None:
    if header == "Host":  # the session belongs to the real one
        away = browser.get(
            CONNECT, headers={"X-Original-Host": "evil.test"}, environ_overrides={"SERVER_NAME": "e.test"}
        )
    else:
        away = browser.get(CONNECT, headers={header: "host=evil.test" if header == "Forwarded" else "evil.test"})
    assert query(away.location)["redirect_uri"] == "http://127.0.0.1:5000/oauth/callback/platform_one"


@pytest.mark.parametrize("where", ["//evil", "https:evil", "/\\evil", "%2f%2fevil", "https://evil.test/"])
def test_duty_09_the_browser_always_ends_on_our_own_page(
    browser: FlaskClient, platform: PlatformOne, where: str
) -> None:
    away = browser.get("/connect/platform_one", query_string=f"studio=1&site=1001&next={where}")
    params = platform.consent(away.location) | {"next": [where], "return_to": [where], "redirect_uri": [where]}

    assert browser.post(f"{CALLBACK}?next={where}", data=params).location == "/connections/1"


def test_duty_10_a_refusal_is_told_in_friendly_words(browser: FlaskClient, ctx: Context, platform: PlatformOne) -> None:
    url = browser.get(CONNECT).location
    page = browser.post(CALLBACK, data=platform.consent(url, code=None, id_token=None, error="access_denied"))

    assert page.status_code == 400
    assert b"Access was not granted, so nothing was connected." in page.data
    assert (stored(ctx), stored(ctx, OAuthFlow)) == (0, 0)


def test_duty_10_markup_in_a_description_is_escaped(browser: FlaskClient, platform: PlatformOne) -> None:
    evil = "<script>alert(1)</script>"
    url = browser.get(CONNECT).location
    params = platform.consent(url, code=None, error="odd", error_description=evil)

    page = browser.post(CALLBACK, data=params)

    assert evil.encode() not in page.data
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page.data


@pytest.mark.parametrize(
    "params",
    [{}, {"state": "x"}, {"code": "c"}, {"state": "\x00", "code": "\ud7ff"}, {"state": "x" * 20_000, "code": "c"}],
)
def test_duty_03_nonsense_at_the_callback_is_a_page_and_no_error(
    browser: FlaskClient, ctx: Context, params: dict[str, str]
) -> None:
    for page in (browser.post(CALLBACK, data=params), browser.get(CALLBACK, query_string=params)):
        assert page.status_code == 400
        assert b"Not connected" in page.data
    assert stored(ctx) == 0


def test_duty_25_callback_pages_are_neither_kept_nor_told_on(browser: FlaskClient, platform: PlatformOne) -> None:
    away = browser.get(CONNECT)
    for page in (away, browser.post(CALLBACK, data={}), browser.post(CALLBACK, data=platform.consent(away.location))):
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"


def test_duty_26_no_page_of_the_flow_can_be_framed(browser: FlaskClient) -> None:
    for page in (browser.get(CONNECT), browser.get("/connect/platform_one?studio=1"), browser.post(CALLBACK, data={})):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_the_site_is_asked_for_where_the_platform_needs_it(browser: FlaskClient, ctx: Context) -> None:
    page = browser.get("/connect/platform_one?studio=1")

    assert page.status_code == 200
    assert b'name="site"' in page.data
    assert b'name="studio" value="1"' in page.data
    assert "form-action 'self' https:" in page.headers["Content-Security-Policy"]  # the form ends at the platform
    assert stored(ctx, OAuthFlow) == 0


def test_the_only_studio_of_an_owner_need_not_be_named(browser: FlaskClient) -> None:
    assert browser.get("/connect/platform_one?site=1001").status_code == 303


def test_of_several_studios_one_must_be_named(browser: FlaskClient, ctx: Context, people: People) -> None:
    with ctx.store.write() as db:
        db.add(Membership(user_id=people.owner, studio_id=people.other_studio, role=Role.OWNER))

    assert browser.get("/connect/platform_one?site=1001").status_code == 404
    assert browser.get("/connect/platform_one?site=1001&studio=2").status_code == 303


@pytest.mark.parametrize("studio", ["2", "99", "x", ""])
def test_another_studio_does_not_exist(browser: FlaskClient, studio: str) -> None:
    assert browser.get(f"/connect/platform_one?site=1001&studio={studio}").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_an_owner_connects(client: FlaskClient, ctx: Context, people: People, declared: Any, role: Role) -> None:
    with ctx.store.write() as db:
        user = User(name=role, created_at=NOON)
        user.memberships = [Membership(studio_id=people.studio, role=role)]
        db.add(user)
        db.flush()

    assert signed_in(client, ctx, user.id).get(CONNECT).status_code == 403


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient, ctx: Context, people: People, declared: Any) -> None:
    assert client.get(CONNECT).location == "/sign-in"
    assert stored(ctx, OAuthFlow) == 0


def test_an_unknown_platform_is_not_found(browser: FlaskClient) -> None:
    assert browser.get("/connect/nowhere?studio=1").status_code == 404
    assert browser.post("/oauth/callback/nowhere").status_code == 404


def test_duty_07_metadata_that_is_refused_says_why(browser: FlaskClient, platform: PlatformOne) -> None:
    platform.metadata["token_endpoint"] = "https://evil.test/token"

    page = browser.get(CONNECT)

    assert page.status_code == 503
    assert b"another host" in page.data
