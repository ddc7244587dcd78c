"""The end of a connection: nothing left here at once, the platform told as often as it takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from adapter.connecting.disconnect import GIVE_UP, disconnect, revoke_pending
from adapter.connecting.tokens import fresh_token
from adapter.context import Context
from adapter.store.tables import Audit, Connection, ConnectionState, PushMode
from connectors.errors import Reconnect
from tests.adapter.oauth.conftest import Connecting, HandClock
from tests.adapter.oauth.platform_one import Answer, oauth_error


def row_of(ctx: Context) -> Connection:
    with ctx.store.read() as db:
        return db.scalars(select(Connection)).one()


@pytest.fixture
def ended(connecting: Connecting) -> Connecting:
    connecting.connect()
    disconnect(connecting.ctx, 1, "user:1")
    return connecting


def test_duty_21_a_disconnect_erases_here_at_once_without_a_call(connecting: Connecting) -> None:
    woken: list[bool] = []
    connecting.connect()
    before = len(connecting.platform.network.calls)
    connecting.ctx.wake_engine = lambda: woken.append(True)

    disconnect(connecting.ctx, 1, "user:1")

    row = row_of(connecting.ctx)
    assert (row.access_token, row.refresh_token, row.webhook_secret) == (None, None, None)
    assert (row.state, row.push_mode) == (ConnectionState.DISCONNECTED, PushMode.SHADOW)
    assert len(connecting.platform.network.calls) == before
    assert woken == [True]
    with pytest.raises(Reconnect, match="Disconnected by the studio"):
        fresh_token(connecting.ctx, 1)


def test_duty_21_the_refresh_token_is_revoked_by_the_next_job_and_forgotten(ended: Connecting) -> None:
    assert revoke_pending(ended.ctx, ended.ctx.now()) == 1
    assert revoke_pending(ended.ctx, ended.ctx.now()) == 0

    (form,) = ended.platform.revoked
    assert (form["token"], form["token_type_hint"], form["client_id"]) == (
        "refresh-1",
        "refresh_token",
        "client-of-ours",
    )
    assert row_of(ended.ctx).revoke_pending is None


def test_duty_21_disconnecting_twice_does_it_once(ended: Connecting, clock: HandClock) -> None:
    at = row_of(ended.ctx).disconnected_at
    clock.forward(hours=1)
    disconnect(ended.ctx, 1, "user:1")
    disconnect(ended.ctx, 99, "user:1")

    assert row_of(ended.ctx).disconnected_at == at
    revoke_pending(ended.ctx, ended.ctx.now())
    assert len(ended.platform.revoked) == 1
    with ended.ctx.store.read() as db:
        acts = db.scalars(select(Audit.act).order_by(Audit.id)).all()
    assert acts == ["connection.connected", "connection.disconnected"]


@pytest.mark.parametrize(
    "fault",
    [(503, {}, ""), (404, {}, "<h1>no</h1>"), (302, {"Location": "https://e.test"}, ""), requests.ReadTimeout("20 s")],
    ids=["503", "404", "302", "time-out"],
)
def test_duty_21_what_fails_is_told_again(ended: Connecting, fault: Answer | Exception) -> None:
    ended.platform.revocations = [fault]

    assert revoke_pending(ended.ctx, ended.ctx.now()) == 0
    assert row_of(ended.ctx).revoke_pending is not None
    assert revoke_pending(ended.ctx, ended.ctx.now()) == 1
    assert [form["token"] for form in ended.platform.revoked] == ["refresh-1", "refresh-1"]


def test_duty_21_a_token_that_they_no_longer_know_counts_as_revoked(ended: Connecting) -> None:
    ended.platform.revocations = [oauth_error("invalid_token")]
    assert revoke_pending(ended.ctx, ended.ctx.now()) == 1


def test_duty_19_a_client_that_they_refuse_keeps_the_revocation_for_later(ended: Connecting) -> None:
    ended.platform.revocations = [oauth_error("invalid_client", 401)]
    assert revoke_pending(ended.ctx, ended.ctx.now()) == 0
    assert row_of(ended.ctx).revoke_pending is not None


def test_duty_21_after_a_month_it_is_given_up(ended: Connecting) -> None:
    ended.platform.revocations = [(503, {}, ""), (503, {}, "")]
    revoke_pending(ended.ctx, ended.ctx.now() + GIVE_UP - timedelta(seconds=1))
    assert row_of(ended.ctx).revoke_pending is not None
    revoke_pending(ended.ctx, ended.ctx.now() + GIVE_UP)
    assert row_of(ended.ctx).revoke_pending is None


def test_a_platform_without_revocation_is_not_called(connecting: Connecting) -> None:
    del connecting.platform.metadata["revocation_endpoint"]
    connecting.connect()
    disconnect(connecting.ctx, 1, "user:1")

    assert revoke_pending(connecting.ctx, connecting.ctx.now()) == 1
    assert connecting.platform.revoked == []


def test_duty_21_a_refresh_under_way_at_the_disconnect_is_revoked_too(connecting: Connecting) -> None:
    connecting.connect()

    def disconnected_meanwhile(request: requests.PreparedRequest) -> Answer:
        disconnect(connecting.ctx, 1, "user:1")
        return connecting.platform.answer_token(request)

    connecting.platform.first_answer = disconnected_meanwhile
    with pytest.raises(Reconnect):
        fresh_token(connecting.ctx, 1, force=True)
    revoke_pending(connecting.ctx, connecting.ctx.now())

    row = row_of(connecting.ctx)
    assert (row.state, row.access_token, row.refresh_token) == (ConnectionState.DISCONNECTED, None, None)
    assert [form["token"] for form in connecting.platform.revoked] == ["refresh-2"]
