"""Refreshing: early, once, stored before use; what fails is sorted into wait, reconnect, and ours to mend."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from adapter.config import Config
from adapter.connecting import tokens as tokens_module
from adapter.connecting.token_row import EARLY, LEASE, Tokens, seal_name
from adapter.connecting.tokens import fresh_token, fresh_tokens, refresh_idle
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState
from connectors.errors import Misconfigured, Reconnect, TryAgain
from tests.adapter.oauth.conftest import Connecting, HandClock, context_on, settle
from tests.adapter.oauth.platform_one import Answer, PlatformOne, oauth_error
from tests.fixtures.database import NOON

NO_ANSWER = requests.ReadTimeout("no answer")


def row_of(ctx: Context, connection_id: int = 1) -> Connection:
    with ctx.store.read() as db:
        return db.get_one(Connection, connection_id)


def refreshes(connecting: Connecting) -> list[str]:
    """The refresh tokens that were sent."""
    return [form["refresh_token"] for form in connecting.platform.forms if form["grant_type"] == "refresh_token"]


def never_wait(_: float) -> None:
    raise AssertionError("nobody else refreshes: there is nothing to wait for")


@pytest.fixture
def connected(connecting: Connecting) -> Connecting:
    connecting.connect()
    return connecting


def test_duty_18_a_token_in_its_prime_is_used_as_it_is(connected: Connecting, clock: HandClock) -> None:
    clock.forward(minutes=54, seconds=59)
    assert fresh_token(connected.ctx, 1) == "access-1"
    assert refreshes(connected) == []


def test_duty_18_a_token_is_refreshed_five_minutes_before_its_end(connected: Connecting, clock: HandClock) -> None:
    clock.forward(minutes=55)
    assert fresh_token(connected.ctx, 1) == "access-2"
    assert fresh_token(connected.ctx, 1) == "access-2"
    assert refreshes(connected) == ["refresh-1"]


@pytest.mark.parametrize(("life", "after"), [(60, 48), (300, 240), (3600, 3300), (864_000, 86_400)])
def test_duty_18_when_a_token_is_due(connecting: Connecting, clock: HandClock, life: int, after: int) -> None:
    connecting.platform.token["expires_in"] = life
    connecting.connect()

    clock.forward(seconds=after - 1)
    assert fresh_token(connecting.ctx, 1) == "access-1"
    clock.forward(seconds=1)
    assert fresh_token(connecting.ctx, 1) == "access-2"


@given(st.integers(1, 10**8), st.integers(0, 10**8))
def test_duty_18_a_due_token_is_still_good_and_an_ended_one_is_due(life: int, age: int) -> None:
    tokens = Tokens(
        connection_id=1,
        platform="platform_one",
        site="1001",
        version=1,
        access="a",
        refresh="r",
        issued_at=NOON,
        expires_at=NOON + timedelta(seconds=life),
        claimed_until=None,
        scopes=(),
        by_login=False,
    )
    assert not tokens.is_due(NOON)
    if age >= life:
        assert tokens.is_due(NOON + timedelta(seconds=age))
    if age < life * 0.8 and age < 86_400:
        assert not tokens.is_due(NOON + timedelta(seconds=age)) or life - age <= EARLY.total_seconds()


def test_the_refresh_carries_what_the_platform_wants(connected: Connecting) -> None:
    fresh_token(connected.ctx, 1, force=True)

    form = connected.platform.forms[-1]
    assert (form["subscriberId"], form["client_id"]) == ("1001", "client-of-ours")
    assert form["scope"] == "openid profile offline_access classes.read classes.book"


def test_duty_16_the_new_refresh_token_is_stored_before_the_new_access_token_is_given(connected: Connecting) -> None:
    ctx = connected.ctx
    assert fresh_token(ctx, 1, force=True) == "access-2"

    row = row_of(ctx)
    assert ctx.keys.open(row.refresh_token or b"", seal_name(1, "refresh_token")) == "refresh-2"
    assert (row.token_version, row.refresh_claimed_until, row.token_issued_at) == (2, None, NOON)


def test_a_server_that_does_not_rotate_leaves_the_refresh_token(connected: Connecting) -> None:
    connected.platform.token["refresh_token"] = None
    fresh_token(connected.ctx, 1, force=True)

    assert fresh_token(connected.ctx, 1, force=True) == "access-3"
    assert refreshes(connected) == ["refresh-1", "refresh-1"]


class DiskFull(OSError):
    """What a commit may raise."""


@contextmanager
def full_disk(ctx: Context, *, after: int) -> Iterator[None]:
    """The database stops taking commits after so many writes."""
    write, left = ctx.store.write, [after]

    @contextmanager
    def failing() -> Iterator[Session]:
        with write() as db:
            yield db
            left[0] -= 1
            if left[0] < 0:
                raise DiskFull

    ctx.store.write = failing  # type: ignore[method-assign]
    try:
        yield
    finally:
        ctx.store.write = write  # type: ignore[method-assign]


def test_duty_16_a_refresh_that_could_not_be_stored_ends_plainly_and_never_in_a_loop(
    connected: Connecting, clock: HandClock
) -> None:
    clock.forward(hours=2)
    with full_disk(connected.ctx, after=1), pytest.raises(DiskFull):
        fresh_token(connected.ctx, 1)
    assert row_of(connected.ctx).token_version == 1

    clock.forward(seconds=LEASE.total_seconds())
    connected.platform.faults = [oauth_error("invalid_grant")]  # it rotates, and refresh-1 was used
    with pytest.raises(Reconnect):
        fresh_token(connected.ctx, 1)
    with pytest.raises(Reconnect):
        fresh_token(connected.ctx, 1)

    assert row_of(connected.ctx).state is ConnectionState.NEEDS_RECONNECT
    assert refreshes(connected) == ["refresh-1", "refresh-1"]


def test_duty_16_a_database_that_is_away_for_a_moment_costs_no_grant(
    connected: Connecting, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that rotates has ended the old refresh token by then, and the new one is nowhere else."""
    write, waited = connected.ctx.store.write, [0.0]

    @contextmanager
    def away_once_answered() -> Iterator[Session]:
        if refreshes(connected) and len(waited) < 4:
            raise OperationalError("UPDATE connection", {}, Exception("server closed the connection unexpectedly"))
        with write() as db:
            yield db

    clock.forward(hours=2)
    monkeypatch.setattr(connected.ctx.store, "write", away_once_answered)
    assert fresh_tokens(connected.ctx, 1, wait=waited.append).access == "access-2"
    assert refreshes(connected) == ["refresh-1"]
    assert sum(waited) < LEASE.total_seconds()


def test_duty_17_a_lost_answer_is_asked_for_once_more(connected: Connecting) -> None:
    connected.platform.faults = [NO_ANSWER]
    assert fresh_token(connected.ctx, 1, force=True) == "access-2"
    assert refreshes(connected) == ["refresh-1", "refresh-1"]


def test_duty_17_and_then_no_more(connected: Connecting) -> None:
    connected.platform.faults = [NO_ANSWER, NO_ANSWER, NO_ANSWER]
    with pytest.raises(TryAgain):
        fresh_token(connected.ctx, 1, force=True)
    assert len(refreshes(connected)) == 2
    row = row_of(connected.ctx)
    assert (row.state, row.refresh_claimed_until) == (ConnectionState.ACTIVE, None)


def test_duty_17_a_server_without_grace_then_needs_a_reconnect(connected: Connecting, clock: HandClock) -> None:
    clock.forward(hours=2)
    connected.platform.faults = [NO_ANSWER, oauth_error("invalid_grant")]
    with pytest.raises(Reconnect, match="Connect again: nothing is lost"):
        fresh_token(connected.ctx, 1)
    row = row_of(connected.ctx)
    assert row.state is ConnectionState.NEEDS_RECONNECT
    assert "Connect again" in (row.state_reason or "")
    assert row.refresh_token is not None


def test_duty_17_a_refusal_because_another_process_was_faster_is_none(connected: Connecting, clock: HandClock) -> None:
    """The lease ran out over a slow call; the other one's rotation made our refresh token the old one."""
    clock.forward(hours=2)
    ctx = connected.ctx

    def slow(_: requests.PreparedRequest) -> Answer:
        clock.forward(seconds=LEASE.total_seconds() + 1)
        fresh_token(ctx, 1)
        return oauth_error("invalid_grant")

    connected.platform.first_answer = slow

    assert fresh_token(ctx, 1) == "access-2"
    assert row_of(ctx).state is ConnectionState.ACTIVE


@pytest.mark.parametrize(
    "fault",
    [oauth_error("invalid_grant"), oauth_error("invalid_token", 401), (400, {}, ""), (403, {}, "no"), (404, {}, "")],
    ids=["invalid_grant", "invalid_token", "empty 400", "403", "404"],
)
def test_duty_19_what_the_platform_refuses_needs_a_reconnect(connected: Connecting, fault: Answer) -> None:
    connected.platform.faults = [fault]
    with pytest.raises(Reconnect):
        fresh_token(connected.ctx, 1, force=True)
    assert row_of(connected.ctx).state is ConnectionState.NEEDS_RECONNECT
    assert len(refreshes(connected)) == 1


@pytest.mark.parametrize("word", ["invalid_client", "unauthorized_client", "invalid_scope"])
def test_duty_19_what_is_ours_to_mend_keeps_the_tokens(connected: Connecting, word: str) -> None:
    before = row_of(connected.ctx)
    connected.platform.faults = [oauth_error(word, 401)]
    with pytest.raises(Misconfigured, match=r"…_CLIENT_ID"):
        fresh_token(connected.ctx, 1, force=True)

    row = row_of(connected.ctx)
    assert (row.state, row.refresh_token) == (ConnectionState.ACTIVE, before.refresh_token)
    assert fresh_token(connected.ctx, 1, force=True) == "access-2"  # mended


@pytest.mark.parametrize(
    "fault",
    [
        (500, {}, ""),
        (503, {}, '{"error": "invalid_grant"}'),
        (429, {"Retry-After": "7"}, '{"error": "slow_down"}'),
        requests.ConnectTimeout("no route"),
    ],
    ids=["500", "503", "429", "time-out"],
)
def test_duty_19_a_passing_fault_costs_nothing(connected: Connecting, clock: HandClock, fault: Answer) -> None:
    clock.forward(hours=2)
    connected.platform.faults = [fault]
    with pytest.raises(TryAgain):
        fresh_token(connected.ctx, 1)

    assert row_of(connected.ctx).state is ConnectionState.ACTIVE
    assert fresh_token(connected.ctx, 1) == "access-2"
    assert refreshes(connected) == ["refresh-1", "refresh-1"]


@pytest.mark.parametrize(("told", "after"), [("7", 7), ("9" * 12, 86_400), ("9" * 400, None), ("٧", None)])
def test_duty_19_how_long_to_wait_is_passed_on(
    connected: Connecting, clock: HandClock, told: str, after: float | None
) -> None:
    clock.forward(hours=2)
    connected.platform.faults = [(429, {"Retry-After": told}, "")]
    with pytest.raises(TryAgain) as error:
        fresh_token(connected.ctx, 1)
    assert error.value.after == after


def test_duty_19_while_the_old_token_is_good_a_passing_fault_is_not_even_seen(
    connected: Connecting, clock: HandClock
) -> None:
    clock.forward(minutes=56)
    connected.platform.faults = [(500, {}, "")]
    assert fresh_token(connected.ctx, 1) == "access-1"
    assert fresh_token(connected.ctx, 1) == "access-2"


def test_duty_20_idle_connections_are_refreshed_daily(connecting: Connecting, clock: HandClock) -> None:
    connecting.platform.token["expires_in"] = 30 * 86_400
    connecting.connect()
    for _ in range(30):
        clock.forward(days=1)
        refresh_idle(connecting.ctx)

    assert fresh_token(connecting.ctx, 1) == "access-31"
    assert len(refreshes(connecting)) == 30


def test_duty_20_one_dead_connection_does_not_stop_the_others(connected: Connecting, clock: HandClock) -> None:
    connected.platform.sites["1002"] = {"Id": 1002, "Name": "Second", "TimeZone": "Australia/Sydney"}
    second = connected.connect(site="1002")
    clock.forward(days=1)
    connected.platform.faults = [oauth_error("invalid_grant")]

    refresh_idle(connected.ctx)

    assert row_of(connected.ctx, 1).state is ConnectionState.NEEDS_RECONNECT
    assert row_of(connected.ctx, second.id).token_version == 2


def test_a_connection_without_a_refresh_token_ends_plainly(connecting: Connecting, clock: HandClock) -> None:
    connecting.platform.token["refresh_token"] = None
    connecting.connect()

    clock.forward(minutes=59)
    assert fresh_token(connecting.ctx, 1) == "access-1"
    clock.forward(minutes=1)
    with pytest.raises(Reconnect, match="Connect again"):
        fresh_token(connecting.ctx, 1)
    assert row_of(connecting.ctx).state is ConnectionState.NEEDS_RECONNECT


def test_there_is_no_token_for_a_connection_that_is_not_there(ctx: Context) -> None:
    with pytest.raises(Reconnect):
        fresh_token(ctx, 7)


def test_duty_15_eight_workers_refresh_once(
    any_store: Store, config: Config, keys: Keyring, clock: HandClock, platform: PlatformOne
) -> None:
    """OR-02. Each worker opens the database by itself, as processes do; the token call takes until all have asked."""
    ctx = context_on(any_store, config, keys, clock)
    connecting = Connecting(ctx, settle(any_store), platform)
    connection_id = connecting.connect().id
    clock.forward(hours=2)
    stores = [Store(any_store.url.render_as_string(hide_password=False)) for _ in range(8)]
    asked, waiting = threading.Semaphore(0), threading.Event()

    def slow(request: requests.PreparedRequest) -> Answer:
        for _ in range(7):
            assert asked.acquire(timeout=20)
        return platform.answer_token(request)

    def wait(_: float) -> None:
        asked.release()
        waiting.wait(0.01)

    platform.first_answer = slow
    with ThreadPoolExecutor(8) as pool:
        given = list(
            pool.map(lambda each: fresh_tokens(replace(ctx, store=each), connection_id, wait=wait).access, stores)
        )
    for store in stores:
        store.close()

    assert given == ["access-2"] * 8
    assert refreshes(connecting) == ["refresh-1"]


def test_duty_15_whoever_comes_late_to_a_good_token_does_not_wait(connected: Connecting, clock: HandClock) -> None:
    clock.forward(minutes=56)
    lease(connected.ctx, until=timedelta(seconds=30))
    assert fresh_tokens(connected.ctx, 1, wait=never_wait).access == "access-1"


def test_duty_15_a_dead_workers_lease_runs_out(connected: Connecting, clock: HandClock) -> None:
    clock.forward(hours=2)
    lease(connected.ctx, until=LEASE)

    tokens = fresh_tokens(connected.ctx, 1, wait=lambda _: clock.forward(seconds=20))

    assert tokens.access == "access-2"
    assert refreshes(connected) == ["refresh-1"]


def test_duty_15_a_lock_that_is_never_let_go_is_not_told_as_bad_credentials(
    connected: Connecting, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "LOOKS", 3)
    clock.forward(hours=2)
    lease(connected.ctx, until=timedelta(days=1))
    with pytest.raises(TryAgain, match="another process"):
        fresh_tokens(connected.ctx, 1, wait=lambda _: None)
    assert row_of(connected.ctx).state is ConnectionState.ACTIVE


def lease(ctx: Context, *, until: timedelta) -> None:
    with ctx.store.write() as db:
        db.get_one(Connection, 1).refresh_claimed_until = ctx.now() + until


def test_duty_18_a_refused_token_is_renewed_unless_another_did(connected: Connecting) -> None:
    ctx = connected.ctx
    first = fresh_tokens(ctx, 1)
    assert fresh_tokens(ctx, 1, newer_than=first.version).access == "access-2"
    assert fresh_tokens(ctx, 1, newer_than=first.version).access == "access-2"
    assert len(refreshes(connected)) == 1


def test_every_connection_is_refreshed_where_its_tokens_were_issued(connected: Connecting) -> None:
    settings = {**connected.ctx.config.platform("platform_one"), "ISSUER": "https://other.test"}
    connected.ctx.config = replace(connected.ctx.config, platforms={"platform_one": settings})

    assert fresh_token(connected.ctx, 1, force=True) == "access-2"


def test_no_row_is_lost_to_the_lease(connected: Connecting) -> None:
    fresh_token(connected.ctx, 1, force=True)
    with connected.ctx.store.read() as db:
        assert db.scalars(select(Connection.refresh_claimed_until)).all() == [None]
