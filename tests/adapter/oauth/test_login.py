"""The other way in: a staff login from the settings, at a live sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from adapter.commands import COMMANDS
from adapter.config import Config
from adapter.connecting.connect import disconnect
from adapter.connecting.login import connect_with_login, login_grant
from adapter.connecting.opening import open_connection
from adapter.connecting.tokens import fresh_token
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState, PushMode, Run, RunKind
from connectors import registry
from connectors.errors import Reconnect
from connectors.platform import Everything
from connectors.records import Stream
from tests.adapter.oauth.conftest import People, context_at, settle
from tests.fixtures.sandbox import LiveSandbox

Given = Callable[..., Context]


@pytest.fixture
def given(sandbox: LiveSandbox, config: Config, store: Store, keys: Keyring) -> Given:
    """A context whose settings hold a staff login; keywords change the platform's settings."""
    ctx = context_at(sandbox, config, store, keys)
    owner = {"STAFF_USER": "owner.1001@login.example", "STAFF_PASSWORD": "owner-1001-sesame"}

    def with_settings(**changes: str) -> Context:
        settings = {"sandbox": {**ctx.config.platform("sandbox"), **owner, **changes}}
        return replace(ctx, config=replace(ctx.config, platforms=settings))

    return with_settings


@pytest.fixture
def studios(store: Store) -> People:
    return settle(store)


def connect(ctx: Context, studio: int) -> Connection:
    return connect_with_login(ctx, registry.get("sandbox"), studio_id=studio, site="1001")


def test_a_site_is_connected_read_and_renewed_without_a_browser(
    given: Given, studios: People, sandbox: LiveSandbox
) -> None:
    ctx = given()
    row = connect(ctx, studios.studio)
    assert (row.state, row.push_mode, row.site_name) == (ConnectionState.ACTIVE, PushMode.SHADOW, "Small Studio")
    with ctx.store.read() as db:
        assert db.scalars(select(Run.kind)).all() == [RunKind.BACKFILL]
    first = fresh_token(ctx, row.id)
    sandbox.tick(hours=30)
    assert fresh_token(ctx, row.id) != first
    with open_connection(ctx, row.id) as api:
        assert list(registry.get("sandbox").streams[Stream.VENUES].read(api, Everything()))


def test_a_login_that_ends_is_said_and_loses_nothing(given: Given, studios: People, sandbox: LiveSandbox) -> None:
    row = connect(given(), studios.studio)
    sandbox.tick(hours=30)
    changed = given(STAFF_PASSWORD="another")
    with pytest.raises(Reconnect):
        fresh_token(changed, row.id)
    with changed.store.read() as db:
        assert db.get_one(Connection, row.id).state is ConnectionState.NEEDS_RECONNECT


def test_disconnecting_leaves_nothing_to_revoke(given: Given, studios: People) -> None:
    ctx = given()
    row = connect(ctx, studios.studio)
    disconnect(ctx, row.id, "user:1")
    with ctx.store.read() as db:
        ended = db.get_one(Connection, row.id)
    assert (ended.access_token, ended.revoke_pending, ended.state) == (None, None, ConnectionState.DISCONNECTED)


def test_a_platform_that_knows_a_key_alone_is_connected_with_it(
    given: Given, studios: People, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = registry.get("sandbox")
    key = login_grant(given(), declared, "1001").access_token

    def headers(site: str, settings: Mapping[str, str]) -> Mapping[str, str]:
        return {**declared.headers(site, settings), "Authorization": f"Bearer {settings['STUDIO_KEY']}"}

    asked = {"oauth": None, "login": None, "headers": headers, "settings": ("STUDIO_KEY",)}
    monkeypatch.setattr(registry, "get", lambda name: replace(declared, **asked))
    where = ("--studio", str(studios.studio), "--site")
    assert "ADAPTER_SANDBOX_STUDIO_KEY is not set" in run(given(), "sandbox", *where, "1001").stderr
    assert f"'1/1' is no {declared.account.called}" in run(given(), "sandbox", *where, "1/1").stderr
    assert "--studio ID and --site SITE" in run(given(), "sandbox").stderr
    ctx = given(STUDIO_KEY__1001=key)
    assert "Small Studio" in run(ctx, "sandbox", *where, "1001").stdout
    with ctx.store.read() as db:
        row = db.scalars(select(Connection)).one()
    with open_connection(ctx, row.id) as api:
        assert list(registry.get("sandbox").streams[Stream.VENUES].read(api, Everything()))
    sandbox.tick(hours=30)  # the key that stands in for one ends
    with pytest.raises(Reconnect), open_connection(ctx, row.id) as api:
        list(registry.get("sandbox").streams[Stream.VENUES].read(api, Everything()))


def run(ctx: Context, *arguments: str) -> Result:
    group = click.Group(commands={command.name or "": command for command in COMMANDS})
    return CliRunner().invoke(group, ["connect", *arguments], obj=ctx)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"STAFF_PASSWORD": "wrong"}, "The username or password is not valid"),
        ({"STAFF_PASSWORD": ""}, "ADAPTER_SANDBOX_STAFF_PASSWORD is not set"),
        ({"API_URL": ""}, "ADAPTER_SANDBOX_API_URL is not set"),
        (
            {"STAFF_USER": "consumer.1001@login.example", "STAFF_PASSWORD": "consumer-1001-sesame"},
            "Not connected",
        ),
    ],
)
def test_a_wrong_login_is_said_and_nothing_is_kept(
    given: Given, studios: People, settings: dict[str, str], said: str
) -> None:
    ctx = given(**settings)
    refused = run(ctx, "sandbox", "--studio", str(studios.studio), "--site", "1001")
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "sesame" not in refused.stderr
    with ctx.store.read() as db:
        assert db.scalars(select(Connection)).all() == []


def test_the_command_connects_and_never_takes_another_studios_site(given: Given, studios: People) -> None:
    ctx = given()
    assert "Small Studio" in run(ctx, "sandbox", "--studio", str(studios.studio), "--site", "1001").stdout
    taken = run(ctx, "sandbox", "--studio", str(studios.other_studio), "--site", "1001")
    assert taken.exit_code == 1
    assert "connected to another studio" in taken.stderr
    assert run(ctx, "sandbox", "--site", "1001").exit_code == 2
