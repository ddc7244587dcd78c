"""The whole flow over real HTTP, at a strict authorization server of another code base than the client's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from adapter.config import Config
from adapter.connecting.connect import ConnectRefused, begin_connect, finish_connect
from adapter.connecting.disconnect import disconnect, revoke_pending
from adapter.connecting.opening import open_connection
from adapter.connecting.token_row import LEASE, read_tokens
from adapter.connecting.tokens import fresh_token, fresh_tokens
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState
from connectors.errors import Misconfigured, Reconnect, TryAgain
from connectors.oauth import token_session, wire
from tests.adapter.oauth.conftest import BROWSER, context_at, settle
from tests.fixtures.database import ENCRYPTION_KEY
from tests.fixtures.sandbox import LiveSandbox, sent_by


@dataclass
class Live:
    """A studio, and a platform that runs."""

    ctx: Context
    sandbox: LiveSandbox
    studio: int
    owner: int

    def begin(self, **asked: Any) -> str:
        given = {"site": self.sandbox.sites[0]["id"], "connection_id": None} | asked
        return begin_connect(self.ctx, "sandbox", studio_id=self.studio, user_id=self.owner, browser=BROWSER, **given)

    def sign_in(self, url: str, *, decision: str = "allow", **login: str) -> dict[str, list[str]]:
        """What the platform's page sends back, once a person has signed in and decided."""
        site = self.sandbox.sites[0]
        words = {"login": site["owner_login"], "password": site["owner_password"], "decision": decision} | login
        page = requests.post(url, data=words, timeout=10)
        assert page.status_code == 200
        return sent_by(page.text)

    def finish(self, params: dict[str, list[str]]) -> Connection:
        return finish_connect(self.ctx, "sandbox", params, browser=BROWSER)

    def connect(self, **asked: Any) -> Connection:
        return self.finish(self.sign_in(self.begin(**asked)))


@pytest.fixture
def live(config: Config, store: Store, keys: Keyring, sandbox: LiveSandbox) -> Live:
    return live_on(sandbox, config, store, keys)


def live_on(sandbox: LiveSandbox, config: Config, store: Store, keys: Keyring) -> Live:
    people = settle(store)
    return Live(context_at(sandbox, config, store, keys), sandbox, people.studio, people.owner)


def state(live: Live) -> ConnectionState:
    with live.ctx.store.read() as db:
        return db.get_one(Connection, 1).state


def test_a_studio_connects_reads_refreshes_and_leaves(live: Live) -> None:
    connection = live.connect()
    assert (connection.site, connection.state) == (live.sandbox.sites[0]["id"], ConnectionState.ACTIVE)

    live.sandbox.tick(minutes=56)
    before = read_tokens(live.ctx, 1)
    with open_connection(live.ctx, 1) as api:
        assert api.door.get("/site/locations")["Locations"]
    after = read_tokens(live.ctx, 1)
    assert after.access != before.access
    assert after.refresh != before.refresh

    disconnect(live.ctx, 1, "user:1")
    assert introspected(live, after.access)
    assert revoke_pending(live.ctx, live.ctx.now()) == 1
    assert not introspected(live, after.access)  # duty 21: it is over at the platform too


def introspected(live: Live, token: str) -> bool:
    form = {"token": token, "client_id": live.sandbox.client_id, "client_secret": live.sandbox.client_secret}
    answer = requests.post(f"{live.sandbox.url}/connect/introspect", data=form, timeout=10)
    return bool(answer.json()["active"])


def test_duty_04_a_stolen_code_in_another_flow_is_refused_by_the_server(live: Live) -> None:
    stolen = live.sign_in(live.begin())
    own = live.sign_in(live.begin())

    with pytest.raises(ConnectRefused, match="another code"):
        live.finish(own | {"code": stolen["code"]})

    with pytest.raises(ConnectRefused, match="nonce"):  # nor with its own id_token
        live.finish(live.sign_in(live.begin()) | {name: stolen[name] for name in ("code", "id_token")})


def test_duty_04_a_code_without_its_verifier_is_worth_nothing(live: Live) -> None:
    params = live.sign_in(live.begin())
    form = {
        "grant_type": "authorization_code",
        "code": params["code"][0],
        "redirect_uri": f"{live.ctx.config.public_url}/oauth/callback/sandbox",
        "client_id": live.sandbox.client_id,
        "client_secret": live.sandbox.client_secret,
        "code_verifier": create_s256_code_challenge("guessed"),
    }
    assert requests.post(f"{live.sandbox.url}/connect/token", data=form, timeout=10).status_code == 400


def test_duty_10_a_person_who_denies_leaves_nothing_behind(live: Live) -> None:
    params = live.sign_in(live.begin(), decision="deny")

    with pytest.raises(ConnectRefused, match="Access was not granted"):
        live.finish(params)
    with live.ctx.store.read() as db:
        assert db.get(Connection, 1) is None


def test_a_login_without_rights_at_the_desk_cannot_claim_the_site(live: Live) -> None:
    site = live.sandbox.sites[0]["id"]
    params = live.sign_in(live.begin(), login=f"consumer.{site}@login.example", password=f"consumer-{site}-sesame")

    with pytest.raises(ConnectRefused, match="as an owner or a member of staff"):
        live.finish(params)
    with live.ctx.store.read() as db:
        assert db.get(Connection, 1) is None


def test_a_site_without_a_time_zone_is_told_and_not_stored(live: Live) -> None:
    site = live.sandbox.sites[0]["id"]
    body = json.dumps({"Sites": [{"Id": int(site), "Name": "Zoneless", "CurrencyIsoCode": "USD"}]})
    live.sandbox.faults({"kind": "answer", "path": "/site/sites", "body": body})

    with pytest.raises(ConnectRefused, match=r"(?i)time ?zone"):
        live.connect()
    with live.ctx.store.read() as db:
        assert db.get(Connection, 1) is None
    assert [grant.revoked for grant in live.sandbox.core.grants.by_access.values()] == [True]


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.test"}, {"aud": "x"}, {"nonce": "x"}, {"c_hash": "x"}, {"exp": 1}],
    ids=lambda claims: next(iter(claims)),
)
def test_a_forged_id_token_stops_the_code(live: Live, claims: dict[str, Any]) -> None:
    live.sandbox.faults({"kind": "id_token", "claims": claims})
    with pytest.raises(ConnectRefused):
        live.connect()
    assert live.sandbox.core.grants.by_access == {}


@pytest.mark.parametrize("kind", ["lost", "dropped", "truncated", "html", "error", "too_many"])
def test_duty_12_whatever_breaks_at_the_token_endpoint_there_is_one_clear_failure(live: Live, kind: str) -> None:
    live.sandbox.faults({"kind": kind, "path": "/connect/token"})
    with pytest.raises(ConnectRefused, match="nothing was connected"):
        live.connect()
    assert live.sandbox.core.faults.report()[0]["hits"] == 1
    with live.ctx.store.read() as db:
        assert db.get(Connection, 1) is None


def test_duty_12_a_server_that_takes_its_time_is_left(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUTS", (1.0, 0.2))
    url = live.begin()
    params = live.sign_in(url)
    live.sandbox.faults({"kind": "slow", "seconds": 0.6, "path": "/connect/token"})
    with pytest.raises(ConnectRefused, match="nothing was connected"):
        live.finish(params)


def test_duty_17_a_lost_refresh_answer_at_a_rotating_server_needs_a_reconnect(live: Live) -> None:
    live.connect()
    live.sandbox.tick(hours=2)
    live.sandbox.faults({"kind": "lost", "path": "/connect/token", "count": 1})

    with pytest.raises(Reconnect, match="nothing is lost"):
        fresh_token(live.ctx, 1)
    assert state(live) is ConnectionState.NEEDS_RECONNECT

    live.connect(connection_id=1)
    assert state(live) is ConnectionState.ACTIVE


def test_duty_17_a_refresh_that_never_arrived_heals_by_itself(live: Live) -> None:
    live.connect()
    live.sandbox.tick(hours=2)
    live.sandbox.faults({"kind": "dropped", "path": "/connect/token", "count": 1})

    assert fresh_token(live.ctx, 1)
    assert state(live) is ConnectionState.ACTIVE


def test_duty_19_a_platform_that_is_down_costs_nothing(live: Live) -> None:
    live.connect()
    live.sandbox.tick(hours=2)
    live.sandbox.faults({"kind": "error", "path": "/connect/token"})
    with pytest.raises(TryAgain):
        fresh_token(live.ctx, 1)
    live.sandbox.mend()
    assert fresh_token(live.ctx, 1)


def test_duty_18_a_platform_that_always_says_401_is_left_alone(live: Live) -> None:
    live.connect()
    live.sandbox.faults({"kind": "unauthorized", "path": "/site/locations"})
    with pytest.raises(Reconnect), open_connection(live.ctx, 1) as api:
        api.door.get("/site/locations")
    assert live.sandbox.core.faults.report()[0]["hits"] == 2
    assert state(live) is ConnectionState.NEEDS_RECONNECT


def test_duty_05_a_server_that_promises_no_iss_is_believed_by_its_signature(
    config: Config, store: Store, keys: Keyring, sandbox_with: Callable[..., LiveSandbox]
) -> None:
    live = live_on(sandbox_with(issuer_in_response=False), config, store, keys)
    assert live.connect().state is ConnectionState.ACTIVE


def test_private_addresses_are_called_only_where_they_were_named(live: Live) -> None:
    live.ctx.config = replace(live.ctx.config, allowed_addresses=frozenset())

    with pytest.raises(ConnectRefused, match="private address"):
        live.begin()

    http = token_session(allow_private=False, allowed=frozenset())
    with http, pytest.raises(Misconfigured):
        http.get(live.sandbox.issuer)


KILLED = textwrap.dedent(
    """
    import sys
    from datetime import datetime
    from pathlib import Path
    from adapter.config import Config
    from adapter.context import Context
    from adapter.store.database import Store
    from adapter.store.sealing import Keyring
    from adapter.connecting.tokens import fresh_token

    url, key, site_url, now = sys.argv[1:]
    settings = {"CLIENT_ID": "sandbox-client", "CLIENT_SECRET": "sandbox-client-secret", "ISSUER": site_url}
    config = Config(
        instance=Path("."), database_url=url, public_url="http://127.0.0.1:5000", secret_key="x",
        encryption_keys=(key,), allow_private_addresses=True, platforms={"sandbox": settings},
    )
    ctx = Context(config, Store(url), Keyring([key], "hash key of the tests"), lambda: datetime.fromisoformat(now))
    print("asking", flush=True)
    fresh_token(ctx, 1)
    """
)


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_duty_15_and_16_a_worker_killed_in_the_middle_of_a_refresh_blocks_nobody(live: Live) -> None:
    live.sandbox.options(rotate_refresh=False)  # the killed call may or may not be carried out: either will do
    live.connect()
    live.sandbox.tick(hours=2)
    live.sandbox.faults({"kind": "slow", "seconds": 1.0, "path": "/connect/token", "count": 1})
    database = live.ctx.store.url.render_as_string(hide_password=False)
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, database, ENCRYPTION_KEY, live.sandbox.issuer, live.ctx.now().isoformat()],
        stdout=subprocess.PIPE,
    )
    try:
        wait_for_claim(live, worker)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()

    claimed_until = read_tokens(live.ctx, 1).claimed_until
    assert claimed_until is not None
    assert claimed_until > live.ctx.now()
    live.sandbox.mend()
    live.sandbox.tick(seconds=LEASE.total_seconds())
    assert fresh_tokens(live.ctx, 1, wait=lambda _: None).version == 2
    assert state(live) is ConnectionState.ACTIVE


def wait_for_claim(live: Live, worker: subprocess.Popen[bytes]) -> None:
    """Until the worker's call is under way."""
    for _ in range(400):
        if live.sandbox.core.faults.report()[0]["hits"]:
            return
        assert worker.poll() is None
        threading.Event().wait(0.05)
    raise AssertionError("the worker never asked")
