"""What the browser brings back: believed only where everything fits, and then only once."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jws import extract_compact
from sqlalchemy import func, select

from adapter.connecting.connect import ConnectRefused, finish_connect
from adapter.context import Context
from adapter.store.tables import Audit, Connection, ConnectionState, Membership, OAuthFlow, PushMode, Run, RunKind
from connectors import registry
from connectors.platform import Platform
from tests.adapter.oauth.conftest import BROWSER, Connecting, HandClock
from tests.adapter.oauth.platform_one import CLIENT_ID, ISSUER, OWNER, query, signing_key


def nothing_stored(ctx: Context) -> bool:
    with ctx.store.read() as db:
        return not any(db.scalar(select(func.count()).select_from(table)) for table in (Connection, Run, Audit))


def refused(connecting: Connecting, params: dict[str, list[str]], match: str, **given: Any) -> None:
    """The callback is refused, nothing is stored, and no code goes to a token endpoint."""
    with pytest.raises(ConnectRefused, match=match) as error:
        connecting.finish(params, **given)
    assert error.value.status == 400
    assert nothing_stored(connecting.ctx)
    assert connecting.platform.token_calls == []


def test_a_consent_becomes_a_connection_in_shadow_mode_with_its_first_pull_asked_for(connecting: Connecting) -> None:
    woken: list[bool] = []
    connecting.ctx.wake_engine = lambda: woken.append(True)

    connection = connecting.connect()

    assert (connection.site, connection.site_name, connection.timezone) == ("1001", "Studio One", "America/New_York")
    assert connection.state is ConnectionState.ACTIVE
    assert connection.push_mode is PushMode.SHADOW
    assert connection.subject == OWNER
    assert connection.state_reason is None
    with connecting.ctx.store.read() as db:
        run = db.scalars(select(Run)).one()
        audit = db.scalars(select(Audit)).one()
    assert (run.kind, run.connection_id, run.actor) == (RunKind.BACKFILL, connection.id, "user:1")
    assert (audit.act, audit.actor, audit.studio_id) == ("connection.connected", "user:1", connecting.people.studio)
    assert woken == [True]


def test_the_code_is_exchanged_with_all_that_the_platform_wants(connecting: Connecting) -> None:
    url = connecting.begin()
    connecting.finish(connecting.platform.consent(url))

    (form,) = connecting.platform.forms
    assert form["grant_type"] == "authorization_code"
    assert form["subscriberId"] == "1001"
    assert form["scope"] == query(url)["scope"]
    assert form["redirect_uri"] == query(url)["redirect_uri"]  # duty 08: the same at both endpoints


def test_duty_01_a_callback_opened_in_another_browser_is_refused_and_uses_nothing_up(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())

    refused(connecting, params, "another browser", browser="the victim's browser")
    refused(connecting, params, "another browser", browser="")

    assert connecting.finish(params, browser=BROWSER).site == "1001"


def test_duty_02_a_state_works_once(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())
    connection = connecting.finish(params)

    with pytest.raises(ConnectRefused, match="already finished"):
        connecting.finish(params)

    assert len(connecting.platform.token_calls) == 1
    with connecting.ctx.store.read() as db:
        assert db.get_one(Connection, connection.id).token_version == 1


def test_duty_02_of_many_callbacks_at_the_same_instant_one_wins(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())

    def come_back(_: int) -> int:
        try:
            return connecting.finish(params).id
        except ConnectRefused:
            return 0

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(come_back, range(8)))

    assert sorted(ended) == [0] * 7 + [1]
    assert len(connecting.platform.token_calls) == 1


def test_duty_03_a_missing_or_changed_state_is_refused(connecting: Connecting) -> None:
    """OR-02."""
    params = connecting.platform.consent(connecting.begin())

    refused(connecting, {name: value for name, value in params.items() if name != "state"}, "start again")
    refused(connecting, params | {"state": [""]}, "start again")
    refused(connecting, params | {"state": [params["state"][0][:-1] + "!"]}, "not known here")


def test_duty_03_a_state_is_good_for_ten_minutes(connecting: Connecting, clock: HandClock) -> None:
    late, in_time = (connecting.platform.consent(connecting.begin()) for _ in range(2))

    clock.forward(minutes=9, seconds=59)
    in_time["id_token"] = [
        connecting.platform.id_token(claims_of(in_time)["nonce"], code=in_time["code"][0])
    ]  # they sign when the person consents
    connecting.finish(in_time)
    clock.forward(seconds=1)
    with pytest.raises(ConnectRefused, match="ten minutes"):
        connecting.finish(late)
    assert len(connecting.platform.token_calls) == 1


def test_duty_03_another_users_state_is_refused(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())

    with pytest.raises(ConnectRefused, match="somebody else"):
        finish_connect(connecting.ctx, "platform_one", params, browser=BROWSER, user_id=connecting.people.other_owner)
    assert nothing_stored(connecting.ctx)


def test_duty_03_an_owner_whose_role_was_taken_meanwhile_connects_nothing(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())
    with connecting.ctx.store.write() as db:
        db.delete(db.scalars(select(Membership).where(Membership.user_id == connecting.people.owner)).one())

    with pytest.raises(ConnectRefused, match="Only an owner"):
        connecting.finish(params)
    assert nothing_stored(connecting.ctx)


@pytest.mark.parametrize("iss", ["https://evil.test", f"{ISSUER}/", ISSUER.upper(), f"{ISSUER}."])
def test_duty_05_an_answer_from_another_issuer_is_refused(connecting: Connecting, iss: str) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin(), iss=iss), "another server")


def test_duty_05_a_promised_iss_must_be_there(connecting: Connecting) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin(), iss=None), "which server")


def test_duty_05_two_iss_are_refused(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin(), iss=[ISSUER, ISSUER])
    refused(connecting, params, "more than once")


def test_duty_05_an_iss_that_is_not_promised_may_be_absent_but_not_wrong(connecting: Connecting) -> None:
    del connecting.platform.metadata["authorization_response_iss_parameter_supported"]

    refused(connecting, connecting.platform.consent(connecting.begin(), iss="https://evil.test"), "another server")
    assert connecting.finish(connecting.platform.consent(connecting.begin(), iss=None)).site == "1001"


def test_duty_06_a_code_at_another_platforms_callback_is_refused(
    connecting: Connecting, declared: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = connecting.platform.consent(connecting.begin())
    other = replace(declared(), name="platform_two")
    monkeypatch.setattr(registry, "get", lambda name: other)
    config = connecting.ctx.config
    connecting.ctx.config = replace(config, platforms={**config.platforms, other.name: config.platform("platform_one")})

    with pytest.raises(ConnectRefused, match="begun in another browser"):
        finish_connect(connecting.ctx, "platform_two", params, browser=BROWSER)
    assert connecting.platform.token_calls == []


def test_duty_06_the_code_goes_to_the_server_that_the_flow_began_with(connecting: Connecting) -> None:
    url = connecting.begin()
    connecting.platform.metadata["token_endpoint"] = f"{ISSUER}/somewhere/else"

    connecting.finish(connecting.platform.consent(url))

    assert [str(call.url) for call in connecting.platform.token_calls] == [f"{ISSUER}/connect/token"]


def test_duty_06_a_client_that_changed_meanwhile_starts_again(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin())
    settings = {**connecting.ctx.config.platform("platform_one"), "CLIENT_ID": "another"}
    connecting.ctx.config = replace(connecting.ctx.config, platforms={"platform_one": settings})

    refused(connecting, params, "start again")


def test_duty_10_a_person_who_refuses_leaves_nothing_behind(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin(), code=None, id_token=None, error="access_denied", iss=None)

    refused(connecting, params, "Access was not granted, so nothing was connected")
    with connecting.ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(OAuthFlow)) == 0


def test_duty_10_an_old_connection_survives_a_refused_reconnect(connecting: Connecting) -> None:
    connection = connecting.connect()
    url = connecting.begin(connection_id=connection.id)

    with pytest.raises(ConnectRefused):
        connecting.finish(connecting.platform.consent(url, code=None, id_token=None, error="access_denied"))

    with connecting.ctx.store.read() as db:
        row = db.get_one(Connection, connection.id)
    assert (row.state, row.token_version, row.access_token) == (ConnectionState.ACTIVE, 1, connection.access_token)


def test_duty_10_an_unknown_error_is_told_in_the_platforms_words(connecting: Connecting) -> None:
    params = connecting.platform.consent(
        connecting.begin(), code=None, error="odd_error", error_description="<b>Ask jo@club.test</b>" + " x" * 500
    )
    with pytest.raises(ConnectRefused) as error:
        connecting.finish(params)
    assert str(error.value).startswith("The booking platform refused: <b>Ask •••@•••</b>")  # escaped where it is shown
    assert len(str(error.value)) < 400


def test_duty_11_code_and_error_together_are_refused(connecting: Connecting) -> None:
    params = connecting.platform.consent(connecting.begin(), error="access_denied")
    refused(connecting, params, "yes and no")


@pytest.mark.parametrize("name", ["code", "state", "id_token", "error"])
def test_duty_11_a_parameter_that_comes_twice_is_refused(connecting: Connecting, name: str) -> None:
    params = connecting.platform.consent(connecting.begin())
    refused(connecting, params | {name: ["one", "two"]}, "more than once")


def test_duty_11_an_answer_without_a_code_is_refused(connecting: Connecting) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin(), code=None), "no code")


def test_an_absurdly_long_parameter_is_refused(connecting: Connecting) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin()) | {"code": ["x" * 20_000]}, "too long")


def test_a_hybrid_answer_needs_its_id_token(connecting: Connecting) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin(), id_token=None), "no id_token")


DEEP = urlsafe_b64encode(b'{"alg":' + b"[" * 5000 + b"]" * 5000 + b"}").decode()
HS256 = "eyJhbGciOiJIUzI1NiIsImtpZCI6Im9uZSJ9"  # {"alg":"HS256","kid":"one"}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def with_mac(text: str, key: bytes) -> str:
    return f"{text}.{b64(hmac.digest(key, text.encode(), hashlib.sha256))}"


def claims_of(params: dict[str, list[str]]) -> dict[str, Any]:
    return dict(json.loads(extract_compact(params["id_token"][0].encode()).payload))


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"iss": "https://evil.test"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another client"}, "aud"),
        ({"aud": [CLIENT_ID, "another"]}, "several"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "somebody else"),
        ({"aud": None}, "aud"),
        ({"nonce": "another nonce"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"c_hash": "AAAA"}, "another code"),
        ({"c_hash": None}, "another code"),
        ({"exp": 0}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": 4_000_000_000}, "future"),
        ({"sub": None}, "sub"),
    ],
)
def test_an_id_token_that_is_not_meant_for_this_flow_is_refused(
    connecting: Connecting, claims: dict[str, Any], told: str
) -> None:
    url = connecting.begin()
    params = connecting.platform.consent(url)
    nonce = query(url)["nonce"]
    params["id_token"] = [connecting.platform.id_token(nonce, code=params["code"][0], **claims)]

    refused(connecting, params, told)


def test_an_id_token_may_come_from_a_clock_that_is_a_little_off(connecting: Connecting, clock: HandClock) -> None:
    params = connecting.platform.consent(connecting.begin())
    clock.forward(seconds=-50)  # theirs is 50 s ahead of ours

    assert connecting.finish(params).site == "1001"


def test_an_id_token_signed_by_another_key_is_refused(connecting: Connecting) -> None:
    url = connecting.begin()
    params = connecting.platform.consent(url)
    forged = connecting.platform.id_token(query(url)["nonce"], code=params["code"][0], key=signing_key("evil"))

    refused(connecting, params | {"id_token": [forged]}, "signature")


def test_an_id_token_signed_with_what_everybody_knows_is_refused(connecting: Connecting) -> None:
    url = connecting.begin()
    params = connecting.platform.consent(url)
    body = params["id_token"][0].split(".")[1]
    keyed = with_mac(f"{HS256}.{body}", signing_key().as_pem(private=False))

    refused(connecting, params | {"id_token": [keyed]}, "signature")
    again = connecting.platform.consent(connecting.begin())
    body = again["id_token"][0].split(".")[1]
    refused(connecting, again | {"id_token": [f"eyJhbGciOiJub25lIn0.{body}."]}, "signature")


@pytest.mark.parametrize("text", ["not a token", "é.é.é", f"{'a' * 4000}.b.c", "..", f"{DEEP}.e30.c"])
def test_an_id_token_that_is_none_is_refused(connecting: Connecting, text: str) -> None:
    refused(connecting, connecting.platform.consent(connecting.begin()) | {"id_token": [text]}, "signature")


def test_a_token_endpoint_that_names_another_person_is_refused(connecting: Connecting) -> None:
    connecting.platform.token["id_token"] = connecting.platform.id_token(None, sub="somebody else")

    with pytest.raises(ConnectRefused, match="two different people"):
        connecting.connect()
    assert nothing_stored(connecting.ctx)
    assert [form["token"] for form in connecting.platform.revoked] == ["refresh-1"]
