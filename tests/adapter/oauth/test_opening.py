"""A platform opened for one connection: a token that is renewed once after a 401, and calls that are counted."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adapter.connecting.account import FLUSH_AFTER, Meter
from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.tables import ApiCalls, Connection, ConnectionState
from connectors.errors import ConnectorError, Reconnect, Rejected
from tests.adapter.oauth.conftest import Connecting, HandClock
from tests.adapter.oauth.platform_one import API
from tests.fixtures.database import NOON


@pytest.fixture
def connected(connecting: Connecting) -> Connecting:
    connecting.connect()
    with connecting.ctx.store.write() as db:
        for row in db.scalars(select(ApiCalls)):
            db.delete(row)
    return connecting


def counted(ctx: Context) -> dict[str, tuple[int, int]]:
    with ctx.store.read() as db:
        return {row.what: (row.calls, row.errors) for row in db.scalars(select(ApiCalls))}


def state(ctx: Context) -> ConnectionState:
    with ctx.store.read() as db:
        return db.get_one(Connection, 1).state


def tokens_shown(connected: Connecting, path: str) -> list[str]:
    calls = connected.platform.network.calls
    return [str(c.request.headers.get("Authorization")) for c in calls if path in str(c.request.url)]


def test_the_platform_is_opened_with_its_headers_site_and_clock(connected: Connecting) -> None:
    connected.platform.network.get(f"{API}/classes", json={"ok": True})

    with open_connection(connected.ctx, 1) as api:
        assert api.door.get("/classes") == {"ok": True}
        assert (api.site.id, api.site.timezone, api.now) == ("1001", "America/New_York", NOON)

    request = connected.platform.network.calls[-1].request
    assert (request.headers["Authorization"], request.headers["SiteId"]) == ("Bearer access-1", "1001")


def test_an_end_that_is_told_late_is_not_the_end_of_a_newer_grant(connected: Connecting, clock: HandClock) -> None:
    def told_late() -> None:
        with open_connection(connected.ctx, 1) as api:
            with connected.ctx.store.write() as db:
                db.get_one(Connection, 1).state = ConnectionState.NEEDS_RECONNECT  # another run was told so
            clock.forward(seconds=3)
            with pytest.raises(Reconnect) as told:
                api.door.get("/classes")
            connected.connect()  # the owner connects again, before this run has come to what it was told
            raise told.value

    with pytest.raises(Reconnect):
        told_late()
    assert state(connected.ctx) is ConnectionState.ACTIVE


def test_duty_18_a_401_is_met_once_by_a_fresh_token(connected: Connecting) -> None:
    connected.platform.network.get(f"{API}/classes", status=401, json={"Error": {"Code": "DeniedAccess"}})
    connected.platform.network.get(f"{API}/classes", json={"ok": True})

    with open_connection(connected.ctx, 1) as api:
        assert api.door.get("/classes") == {"ok": True}

    assert tokens_shown(connected, "/classes") == ["Bearer access-1", "Bearer access-2"]
    assert counted(connected.ctx) == {"GET /classes": (2, 1)}


def test_duty_18_an_api_that_always_says_401_is_not_asked_in_a_loop(connected: Connecting) -> None:
    connected.platform.network.get(f"{API}/classes", status=401, json={"Error": {"Code": "DeniedAccess"}})

    with pytest.raises(Reconnect, match="Connect again"), open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")

    assert tokens_shown(connected, "/classes") == ["Bearer access-1", "Bearer access-2"]
    assert len(connected.platform.token_calls) == 2  # the code, and one refresh
    assert state(connected.ctx) is ConnectionState.NEEDS_RECONNECT
    with pytest.raises(Reconnect), open_connection(connected.ctx, 1):
        raise AssertionError("never opened")


def test_duty_18_a_token_that_ends_in_the_middle_is_renewed_for_the_next_page(
    connected: Connecting, clock: HandClock
) -> None:
    connected.platform.network.get(f"{API}/classes", json={})

    with open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")
        clock.forward(minutes=56)
        api.door.get("/classes")

    assert tokens_shown(connected, "/classes") == ["Bearer access-1", "Bearer access-2"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_duty_24_a_redirect_takes_the_token_nowhere(connected: Connecting, status: int) -> None:
    network = connected.platform.network
    network.get(f"{API}/classes", status=status, headers={"Location": "https://evil.test/classes"})
    elsewhere = network.get("https://evil.test/classes", json={})

    with pytest.raises(ConnectorError), open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")

    assert elsewhere.call_count == 0


def test_a_refused_request_leaves_the_connection_as_it_is(connected: Connecting) -> None:
    connected.platform.network.get(f"{API}/classes", status=400, json={"Error": {"Code": "InvalidParameter"}})

    with pytest.raises(Rejected), open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")

    assert state(connected.ctx) is ConnectionState.ACTIVE


def test_calls_are_counted_by_day_and_kind(connected: Connecting, clock: HandClock) -> None:
    connected.platform.network.get(f"{API}/classes", json={})
    for _ in range(2):
        with open_connection(connected.ctx, 1) as api:
            api.door.get("/classes")
            api.door.get("/classes")
    assert counted(connected.ctx) == {"GET /classes": (4, 0)}

    clock.forward(days=1)
    with open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")
    with connected.ctx.store.read() as db:
        days = {row.day: row.calls for row in db.scalars(select(ApiCalls))}
    assert sorted(days.values()) == [1, 4]


def test_a_killed_process_loses_few_counts(connected: Connecting, clock: HandClock) -> None:
    meter = Meter(connected.ctx)
    meter.connection_id = 1
    for _ in range(FLUSH_AFTER + 5):
        meter.note("GET /classes", None)
    assert counted(connected.ctx) == {"GET /classes": (FLUSH_AFTER, FLUSH_AFTER)}

    clock.forward(seconds=1)
    meter.note("GET /classes", 200)
    assert counted(connected.ctx) == {"GET /classes": (FLUSH_AFTER + 6, FLUSH_AFTER + 5)}


def test_a_database_that_is_away_breaks_no_call_and_loses_no_count(
    connected: Connecting, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.platform.network.get(f"{API}/classes", json={})

    def away(*_: object, **__: object) -> None:
        raise OperationalError("", None, Exception("database is locked"))

    with open_connection(connected.ctx, 1) as api:
        with monkeypatch.context() as patch:
            patch.setattr("adapter.connecting.account.add_calls", away)
            clock.forward(seconds=1)
            api.door.get("/classes")
        with monkeypatch.context() as patch, open_connection(connected.ctx, 1, asked=True) as other:
            patch.setattr("adapter.connecting.account.add_calls", away)
            other.door.get("/classes")
    with open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")
    assert counted(connected.ctx) == {"GET /classes": (3, 0)}


def test_calls_are_counted_even_when_the_work_fails(connected: Connecting) -> None:
    connected.platform.network.get(f"{API}/classes", status=400, json={"Error": {"Code": "InvalidParameter"}})
    with pytest.raises(Rejected), open_connection(connected.ctx, 1) as api:
        api.door.get("/classes")
    assert counted(connected.ctx) == {"GET /classes": (1, 1)}


def test_there_is_nothing_to_open_where_there_is_no_connection(ctx: Context) -> None:
    with pytest.raises(Reconnect), open_connection(ctx, 5):
        raise AssertionError("never opened")
