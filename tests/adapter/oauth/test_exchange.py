"""From the code to a stored connection: one call, an answer that is looked at, an account that is looked at."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from adapter.connecting.connect import ConnectRefused
from adapter.connecting.disconnect import disconnect
from adapter.connecting.tokens import seal_name
from adapter.store.tables import ApiCalls, Connection, ConnectionState, PushMode, Run, RunKind, RunState
from connectors.platform import Platform
from tests.adapter.oauth.conftest import Connecting, HandClock
from tests.adapter.oauth.platform_one import CLIENT_ID, CLIENT_SECRET, Answer, oauth_error, query
from tests.adapter.oauth.test_callback import nothing_stored
from tests.fixtures.database import NOON

LOST: list[Answer | Exception] = [
    requests.ConnectionError("broken pipe"),
    requests.ReadTimeout("20 seconds"),
    requests.exceptions.ChunkedEncodingError("half"),
    (200, {"Content-Type": "application/json"}, '{"access_token": "access-'),
    (200, {"Content-Type": "text/html"}, "<h1>Maintenance</h1>"),
    (200, {"Content-Type": "application/json"}, "[]"),
    (200, {"Content-Type": "application/json"}, "{}"),
    (200, {"Content-Type": "application/json"}, '{"token_type": "Bearer", "access_token": 7}'),
    (200, {"Content-Type": "application/json"}, r'{"token_type": "Bearer", "access_token": "a\nb"}'),
    (200, {"Content-Type": "application/json"}, "[" * 5000),
    (200, {"Content-Type": "application/json"}, '{"access_token": "a", "access_token": "b"}'),
    (204, {}, ""),
    (302, {"Location": "https://evil.test/"}, ""),
    (400, {}, ""),
    (403, {"Content-Type": "application/json"}, '{"error": "invalid_code"}'),
    (400, {"Content-Type": "application/json"}, '{"error": "invalid_grant"}'),
    (400, {"Content-Type": "application/json"}, '{"error": {"code": 1}}'),
    (401, {"Content-Type": "application/json"}, '{"error": "invalid_client"}'),
    (429, {"Retry-After": "30"}, ""),
    (500, {}, "oops"),
    (503, {"Content-Type": "application/json"}, '{"error": "temporarily_unavailable"}'),
]


def test_a_grant_that_could_not_be_stored_is_given_back(
    connecting: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, write = connecting.platform.consent(connecting.begin()), connecting.ctx.store.write

    def full() -> AbstractContextManager[Session]:
        if "authorization_code" in {form["grant_type"] for form in connecting.platform.forms}:
            raise OperationalError("INSERT INTO connection", {}, Exception("database or disk is full"))
        return write()

    monkeypatch.setattr(connecting.ctx.store, "write", full)
    with pytest.raises(OperationalError):
        connecting.finish(params)
    assert [form["token"] for form in connecting.platform.revoked] == ["refresh-1"]


@pytest.mark.parametrize(
    "fault", LOST, ids=lambda f: type(f).__name__ if isinstance(f, Exception) else f"{f[0]}{f[2][:40]}"
)
def test_duty_12_a_code_is_sent_once_whatever_comes_back(connecting: Connecting, fault: Answer | Exception) -> None:
    connecting.platform.faults = [fault]
    params = connecting.platform.consent(connecting.begin())

    with pytest.raises(ConnectRefused) as error:
        connecting.finish(params)
    with pytest.raises(ConnectRefused, match="already finished"):
        connecting.finish(params)

    assert error.value.status in (400, 503)
    assert len(connecting.platform.token_calls) == 1
    assert nothing_stored(connecting.ctx)


def test_duty_12_a_code_that_belongs_to_another_flow_is_told_plainly(connecting: Connecting) -> None:
    connecting.platform.faults = [oauth_error("invalid_grant")]

    with pytest.raises(ConnectRefused, match="did not accept this sign-in"):
        connecting.connect()


@pytest.mark.parametrize(
    ("expires_in", "life"),
    [
        (3600, timedelta(hours=1)),
        ("3600", timedelta(hours=1)),
        (3600.5, timedelta(seconds=3600.5)),
        (None, timedelta(minutes=5)),
        (0, timedelta(minutes=5)),
        (-1, timedelta(minutes=5)),
        ("soon", timedelta(minutes=5)),
        (True, timedelta(minutes=5)),
        ([3600], timedelta(minutes=5)),
        ({"seconds": 3600}, timedelta(minutes=5)),
        ("NaN", timedelta(minutes=5)),
        (10**400, timedelta(days=3650)),
        ("1e999", timedelta(days=3650)),
        (2**63, timedelta(days=3650)),
    ],
)
def test_duty_13_every_form_of_expires_in_is_understood(
    connecting: Connecting, expires_in: object, life: timedelta
) -> None:
    connecting.platform.token["expires_in"] = expires_in

    assert connecting.connect().token_expires_at == NOON + life


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_duty_13_a_bearer_token_is_one_in_any_case(connecting: Connecting, word: str) -> None:
    connecting.platform.token["token_type"] = word
    assert connecting.connect().state is ConnectionState.ACTIVE


@pytest.mark.parametrize("word", ["mac", "DPoP", None, 1])
def test_duty_13_another_type_of_token_is_refused(connecting: Connecting, word: object) -> None:
    connecting.platform.token["token_type"] = word
    with pytest.raises(ConnectRefused, match="type"):
        connecting.connect()
    assert nothing_stored(connecting.ctx)


def test_duty_13_scopes_that_were_not_granted_are_told_in_plain_words(connecting: Connecting) -> None:
    connecting.platform.token["scope"] = "classes.read"

    connection = connecting.connect()

    assert connection.granted_scopes == "classes.read"
    assert connection.state_reason == "Connected, but not everything was allowed. Missing: book classes."


def test_duty_13_without_a_refresh_token_the_end_is_told(connecting: Connecting) -> None:
    connecting.platform.token["refresh_token"] = None

    connection = connecting.connect()

    assert connection.refresh_token is None
    assert connection.state_reason == "Access ends on 02 March 2026 at 13:00 UTC: connect again before then."


def test_duty_14_basic_is_form_encoded_first(connecting: Connecting, declared: Callable[..., Platform]) -> None:
    declared(token_auth="client_secret_basic")
    connecting.connect()

    (call,) = connecting.platform.token_calls
    scheme, _, value = call.headers["Authorization"].partition(" ")
    name, _, secret = b64decode(value).decode().partition(":")
    assert (scheme, unquote_plus(name), unquote_plus(secret)) == ("Basic", CLIENT_ID, CLIENT_SECRET)
    assert "client_secret" not in connecting.platform.forms[0]


def test_tokens_are_sealed_to_their_row(connecting: Connecting) -> None:
    connection = connecting.connect()

    open_seal = connecting.ctx.keys.open
    assert open_seal(connection.access_token or b"", seal_name(connection.id, "access_token")) == "access-1"
    assert open_seal(connection.refresh_token or b"", seal_name(connection.id, "refresh_token")) == "refresh-1"


def test_the_look_at_the_account_is_counted(connecting: Connecting) -> None:
    connection = connecting.connect()

    with connecting.ctx.store.read() as db:
        calls = db.scalars(select(ApiCalls)).one()
    assert (calls.connection_id, calls.what, calls.calls, calls.errors) == (connection.id, "GET /site/sites", 1, 0)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "EST5EDT4"])
def test_an_account_without_a_time_zone_is_refused_and_the_grant_given_back(connecting: Connecting, zone: str) -> None:
    connecting.platform.sites["1001"]["TimeZone"] = zone

    with pytest.raises(ConnectRefused, match="Studio One has no time zone that we know"):
        connecting.connect()
    assert nothing_stored(connecting.ctx)
    assert [form["token"] for form in connecting.platform.revoked] == ["refresh-1"]


def test_an_account_that_does_not_answer_is_not_stored(connecting: Connecting) -> None:
    connecting.platform.sites.clear()

    with pytest.raises(ConnectRefused):
        connecting.connect()
    assert nothing_stored(connecting.ctx)


def test_duty_22_another_account_than_the_one_asked_for_is_refused(connecting: Connecting) -> None:
    connecting.platform.sites["2002"] = {"Id": 2002, "Name": "Studio Two", "TimeZone": "Europe/Berlin"}
    connecting.platform.expected_site = "2002"

    with pytest.raises(ConnectRefused, match=r"signed in to Studio Two \(2002\), but asked to connect 1001"):
        connecting.connect()
    assert nothing_stored(connecting.ctx)


def test_duty_22_a_reconnect_as_another_account_leaves_the_old_connection_as_it_was(
    connecting: Connecting, declared: Callable[..., Platform]
) -> None:
    connection = connecting.connect()
    connecting.platform.sites["2002"] = {"Id": 2002, "Name": "Studio Two", "TimeZone": "Europe/Berlin"}
    connecting.platform.expected_site = "2002"

    with pytest.raises(ConnectRefused, match="Studio Two"):
        connecting.connect(site=None, connection_id=connection.id)

    with connecting.ctx.store.read() as db:
        row = db.scalars(select(Connection)).one()
    assert (row.site, row.access_token, row.token_version) == ("1001", connection.access_token, 1)
    assert connecting.platform.revoked == []  # the same person: their older grant is in use


def test_duty_22_another_studios_account_is_refused(connecting: Connecting) -> None:
    theirs = connecting.connect()
    connecting.people.studio, connecting.people.owner = connecting.people.other_studio, connecting.people.other_owner

    with pytest.raises(ConnectRefused, match="connected to another studio"):
        connecting.connect()

    with connecting.ctx.store.read() as db:
        row = db.scalars(select(Connection)).one()
    assert (row.studio_id, row.access_token) == (theirs.studio_id, theirs.access_token)


def test_duty_22_another_studios_connection_cannot_be_reconnected(connecting: Connecting) -> None:
    theirs = connecting.connect()
    connecting.people.studio = connecting.people.other_studio

    with pytest.raises(ConnectRefused, match="no such connection") as error:
        connecting.begin(connection_id=theirs.id)
    assert error.value.status == 404


def set_row(connecting: Connecting, connection_id: int, **values: Any) -> None:
    with connecting.ctx.store.write() as db:
        row = db.get_one(Connection, connection_id)
        for name, value in values.items():
            setattr(row, name, value)
        for run in db.scalars(select(Run)):
            run.state = RunState.DONE


def test_a_reconnect_of_what_was_out_of_order_catches_up_and_keeps_its_mode(connecting: Connecting) -> None:
    connection = connecting.connect()
    set_row(
        connecting,
        connection.id,
        state=ConnectionState.NEEDS_RECONNECT,
        state_reason="ended",
        push_mode=PushMode.LIVE,
        last_pulled_at=NOON,
    )

    again = connecting.connect(connection_id=connection.id)

    assert (again.id, again.state, again.state_reason) == (connection.id, ConnectionState.ACTIVE, None)
    assert again.push_mode is PushMode.LIVE
    assert again.token_version == 2
    with connecting.ctx.store.read() as db:
        runs = [run.kind for run in db.scalars(select(Run).order_by(Run.id))]
    assert runs == [RunKind.BACKFILL, RunKind.PULL]


def test_connecting_again_after_a_disconnect_starts_in_shadow_mode(connecting: Connecting, clock: HandClock) -> None:
    connection = connecting.connect()
    set_row(connecting, connection.id, push_mode=PushMode.LIVE, last_pulled_at=NOON)
    disconnect(connecting.ctx, connection.id, "user:1")
    clock.forward(hours=1)

    again = connecting.connect()

    assert (again.id, again.state, again.push_mode) == (connection.id, ConnectionState.ACTIVE, PushMode.SHADOW)
    assert (again.connected_at, again.disconnected_at, again.revoke_pending) == (clock.at, None, None)
    with connecting.ctx.store.read() as db:
        waiting = db.scalars(select(Run).where(Run.state == RunState.QUEUED)).one()
    assert waiting.kind is RunKind.BACKFILL


def test_the_flow_asks_for_the_very_account_of_a_reconnect(connecting: Connecting) -> None:
    connection = connecting.connect()
    assert query(connecting.begin(site=None, connection_id=connection.id))["subscriberId"] == "1001"
