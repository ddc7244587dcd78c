"""What is secret stays so: sealed in the database, and in no log line, error or page."""

from __future__ import annotations

import base64
import logging
import sqlite3

import pytest
import requests
import structlog
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.connecting.disconnect import disconnect, revoke_pending
from adapter.connecting.tokens import fresh_token, fresh_tokens
from adapter.context import Context
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState, OAuthFlow
from connectors.errors import ConnectorError, Reconnect
from connectors.oauth import Client, Grant
from tests.adapter.oauth.conftest import Connecting, HandClock, People
from tests.adapter.oauth.platform_one import CLIENT_SECRET, PlatformOne, oauth_error, query
from tests.adapter.oauth.test_pages import CALLBACK, CONNECT, signed_in
from tests.fixtures.database import ENCRYPTION_KEY, NOON


@pytest.fixture
def two(connecting: Connecting) -> Connecting:
    connecting.platform.sites["1002"] = {"Id": 1002, "Name": "Second", "TimeZone": "Australia/Sydney"}
    connecting.connect()
    connecting.connect(site="1002")
    return connecting


def states(ctx: Context) -> list[ConnectionState]:
    with ctx.store.read() as db:
        return list(db.scalars(select(Connection.state).order_by(Connection.id)))


def test_duty_23_a_ciphertext_moved_to_another_row_stays_shut(two: Connecting) -> None:
    with two.ctx.store.write() as db:
        first, second = db.get_one(Connection, 1), db.get_one(Connection, 2)
        first.access_token, second.access_token = second.access_token, first.access_token

    for connection_id in (1, 2):
        with pytest.raises(Reconnect, match="can't be opened with our keys"):
            fresh_token(two.ctx, connection_id)
    assert states(two.ctx) == [ConnectionState.NEEDS_RECONNECT] * 2


def test_duty_23_a_refresh_token_does_not_pass_for_an_access_token(two: Connecting) -> None:
    with two.ctx.store.write() as db:
        row = db.get_one(Connection, 1)
        row.access_token = row.refresh_token
    with pytest.raises(Reconnect):
        fresh_token(two.ctx, 1)


def test_duty_23_a_flipped_bit_is_noticed(two: Connecting) -> None:
    with two.ctx.store.write() as db:
        row = db.get_one(Connection, 1)
        raw = bytearray(base64.urlsafe_b64decode(row.refresh_token or b""))
        raw[-40] ^= 1
        row.refresh_token = base64.urlsafe_b64encode(bytes(raw))
    with pytest.raises(Reconnect):
        fresh_token(two.ctx, 1)
    assert states(two.ctx) == [ConnectionState.NEEDS_RECONNECT, ConnectionState.ACTIVE]


def test_duty_23_an_older_key_still_opens_and_a_lost_one_is_told(two: Connecting) -> None:
    new = Fernet.generate_key().decode()
    two.ctx.keys = Keyring([new, ENCRYPTION_KEY], "hash key of the tests")
    assert fresh_token(two.ctx, 1) == "access-1"
    assert fresh_token(two.ctx, 1, force=True) == "access-3"

    two.ctx.keys = Keyring([new], "hash key of the tests")
    assert fresh_token(two.ctx, 1) == "access-3"  # sealed anew by its refresh
    with pytest.raises(Reconnect, match="ADAPTER_ENCRYPTION_KEYS"):
        fresh_token(two.ctx, 2)


def test_duty_23_a_broken_seal_does_not_stop_a_disconnect(two: Connecting) -> None:
    two.ctx.keys = Keyring([Fernet.generate_key().decode()], "hash key of the tests")
    disconnect(two.ctx, 1, "user:1")

    assert revoke_pending(two.ctx, NOON) == 0
    assert states(two.ctx)[0] is ConnectionState.DISCONNECTED


def test_duty_25_the_verifier_is_erased_when_the_flow_is_claimed(two: Connecting) -> None:
    with two.ctx.store.read() as db:
        assert [flow.secrets for flow in db.scalars(select(OAuthFlow))] == [b"", b""]


def test_duty_25_what_holds_a_secret_does_not_show_it() -> None:
    shown = repr([Client("id", "canary"), Grant("canary", "canary", NOON, (), "canary")])
    assert "canary" not in shown


def test_duty_25_no_secret_is_in_logs_errors_pages_or_the_database(
    client: FlaskClient,
    ctx: Context,
    people: People,
    platform: PlatformOne,
    clock: HandClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A whole life with everything going wrong once; then every place is searched for every secret there was."""
    caplog.set_level(logging.DEBUG)
    pages: list[str] = []
    errors: list[str] = []
    platform.token |= {"note": "canary-in-the-answer"}
    owner = signed_in(client, ctx, people.owner)
    with structlog.testing.capture_logs() as logged:
        secrets = [CLIENT_SECRET, "canary"]
        for faults in ([], [oauth_error("canary-invalid")], [requests.ReadTimeout("canary")]):
            platform.faults = list(faults)
            away = owner.get(CONNECT)
            params = platform.consent(away.location)
            secrets += [query(away.location)[name] for name in ("state", "nonce")] + params["code"] + params["id_token"]
            back = owner.post(CALLBACK, data=params)
            pages += [str(each.headers) + each.text for each in (back, owner.post(CALLBACK, data=params))]
            pages.append(owner.get("/connections/1").text)
        for fault in (requests.ReadTimeout("canary"), (500, {}, "canary"), oauth_error("invalid_grant")):
            clock.forward(hours=2)
            platform.faults = [fault]
            try:
                fresh_tokens(ctx, 1, wait=lambda _: None)
            except ConnectorError as error:
                errors += [str(error), repr(error)]
        disconnect(ctx, 1, "user:1")
        platform.revocations = [(500, {}, "canary")]
        revoke_pending(ctx, ctx.now())
        with ctx.store.read() as db:
            row = db.scalars(select(Connection)).one()
            pages.append(repr(row) + str(row.state_reason))

    secrets += [form[name] for form in platform.forms for name in ("code_verifier", "refresh_token") if name in form]
    secrets += [f"{kind}-{n}" for kind in ("access", "refresh") for n in range(1, platform.issued + 1)]
    said = "\n".join([repr(logged), caplog.text, *capfd.readouterr(), *pages, *errors, dump(ctx)])
    found = {secret for secret in secrets if secret in said}
    # a browser must be shown its own state and nonce; nothing else of ours may be
    assert found == set()
    assert any(event["event"] == "needs_reconnect" for event in logged)


def dump(ctx: Context) -> str:
    connection = sqlite3.connect(str(ctx.store.url.database))
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()
