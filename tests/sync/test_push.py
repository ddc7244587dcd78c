"""The outbox against a live sandbox: whole state, read back, never twice, never blind, never in shadow."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from adapter.store.tables import ConnectionState, Push, PushMode, PushState, RunKind, RunState, Session
from sync.pushing import outbox
from sync.pushing.push import push_due
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Kept, Road, decide, done

PUT = "PUT /channel/offers"


@pytest.fixture
def live(mirrored: Road, kept: Kept) -> Road:
    """A mirrored studio whose decisions are pushed; nothing has been yet."""
    kept("live", lambda: decide(mirrored))
    return mirrored


def states(road: Road) -> Counter[str]:
    return Counter(push.state.value for push in road.pushes())


def held(road: Road, sandbox: LiveSandbox) -> dict[int, tuple[int, Decimal, int]]:
    """What the platform holds, by our session id."""
    rows = {row.external_id: row.id for row in road.all(Session)}
    offers = sandbox.site.offers
    return {rows[str(key)]: (offer.limit, offer.rate, offer.premium_limit) for key, offer in offers.items()}


def wanted(road: Road) -> dict[int, tuple[int, Decimal, int]]:
    """What should be held: the decisions in force of sessions that were ever pushed."""
    ever = {push.session_id for push in road.pushes()}
    return {n: (row.limit, row.rate, row.premium_limit) for n, row in road.latest().items() if n in ever}


def test_offers_are_pushed_read_back_and_equal(live: Road, sandbox: LiveSandbox) -> None:
    run = done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"confirmed"}
    assert held(live, sandbox) == wanted(live)
    assert run.counts["pushes"]["changed"] == sandbox.calls(PUT) == len(live.pushes()) > 5


def test_unchanged_means_no_call(live: Road, sandbox: LiveSandbox) -> None:
    """SS-20."""
    done(live.do(RunKind.PUSH))
    calls = sandbox.calls("channel/offers")
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    assert sandbox.calls("channel/offers") == calls


def test_in_shadow_nothing_is_ever_written(mirrored: Road, sandbox: LiveSandbox) -> None:
    """N-06."""
    road = mirrored
    done(road.do(RunKind.DECIDE))
    done(road.do(RunKind.PUSH))
    assert road.latest()
    assert road.pushes() == []
    assert sandbox.calls("channel/offers") == 0


def test_a_lost_answer_is_looked_up_and_not_sent_again(live: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "lost", "path": "/channel/offers", "method": "PUT", "count": 1})
    done(live.do(RunKind.PUSH))
    (lost,) = live.pushes(Push.state == PushState.UNKNOWN)
    calls = sandbox.calls(PUT)
    sandbox.tick(minutes=2)
    done(live.do(RunKind.PUSH))
    assert live.all(Push, Push.id == lost.id)[0].state is PushState.CONFIRMED
    assert sandbox.calls(PUT) == calls
    assert held(live, sandbox) == wanted(live)


def test_a_lost_answer_is_looked_up_though_access_ends_before_that(live: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "lost", "path": "/channel/offers", "method": "PUT", "count": 1})
    done(live.do(RunKind.PUSH))
    sandbox.faults({"kind": "unauthorized", "path": "/channel/offers", "method": "GET"})
    sandbox.tick(minutes=2)
    assert live.do(RunKind.PUSH).state is RunState.FAILED
    assert live.connection.state is ConnectionState.NEEDS_RECONNECT
    sandbox.mend()
    live.set(state=ConnectionState.ACTIVE)
    calls = sandbox.calls(PUT)
    sandbox.tick(minutes=20)
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"confirmed"}
    assert sandbox.calls(PUT) == calls


def test_a_passing_fault_is_tried_again_later(live: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "too_many", "path": "/channel/offers", "method": "PUT", "count": 1, "retry_after": 30})
    done(live.do(RunKind.PUSH))
    waiting = live.pushes(Push.state == PushState.PENDING)
    assert any(one.answer for one in waiting), "the refused one, and those in hand beside it"
    assert all(one.next_try_at >= sandbox.time[0] + timedelta(seconds=29) for one in waiting), "no calls with our key"
    assert [one.attempts for one in waiting if one.attempts] == [1], "only what was sent has used up a try"
    assert sandbox.core.faults.report()[0]["hits"] == 1
    sandbox.tick(minutes=2)
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"confirmed"}


def test_a_refusal_is_final_and_keeps_the_platforms_words(live: Road, sandbox: LiveSandbox) -> None:
    body = '{"Error": {"Message": "The class is closed for edits", "Code": "Closed"}}'
    sandbox.faults(
        {"kind": "answer", "path": "/channel/offers", "method": "PUT", "count": 1, "status": 400, "body": body}
    )
    run = live.do(RunKind.PUSH)
    (refused,) = live.pushes(Push.state == PushState.REFUSED)
    assert "closed for edits" in refused.answer
    assert run.state == "incomplete"
    calls = sandbox.calls(PUT)
    sandbox.tick(hours=1)
    done(live.do(RunKind.PUSH))
    assert sandbox.calls(PUT) == calls


@pytest.mark.parametrize(("status", "code"), [(404, "OfferNotFound"), (403, "NotNow")], ids=["lags", "refuses"])
def test_reads_that_lag_behind_writes_are_looked_at_again(
    live: Road, sandbox: LiveSandbox, status: int, code: str
) -> None:
    first = live.pushes()[0].wanted["session_id"]
    body = f'{{"Error": {{"Message": "no offer", "Code": "{code}"}}}}'
    fault = {"kind": "answer", "path": f"/channel/offers/{first}", "method": "GET", "count": 1, "status": status}
    sandbox.faults({**fault, "body": body})
    done(live.do(RunKind.PUSH))
    (sent,) = live.pushes(Push.state == PushState.SENT)
    calls = sandbox.calls(PUT)
    sandbox.tick(seconds=10)
    done(live.do(RunKind.PUSH))
    assert live.all(Push, Push.id == sent.id)[0].state is PushState.CONFIRMED
    assert sandbox.calls(PUT) == calls


def test_a_later_decision_takes_the_place_of_one_that_still_waits(live: Road, sandbox: LiveSandbox) -> None:
    live.agree(rate_ceiling=Decimal(9))
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"confirmed", "superseded"}
    assert sandbox.calls(PUT) == states(live)["confirmed"]
    assert held(live, sandbox) == wanted(live)


def test_the_kill_switch_leaves_what_is_booked_and_nothing_more(live: Road, sandbox: LiveSandbox) -> None:
    """SS-22."""
    done(live.do(RunKind.PUSH))
    live.set(push_mode=PushMode.PAUSED)
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    latest = live.latest()
    assert {row.binding for row in latest.values() if row.reason != "skipped"} == {"paused"}
    assert held(live, sandbox) == wanted(live)
    assert all(limit == latest[number].inputs["marketplace"] for number, (limit, _, _) in held(live, sandbox).items())


def test_what_waits_is_not_sent_once_pushing_is_off(live: Road, sandbox: LiveSandbox) -> None:
    live.set(push_mode=PushMode.PAUSED)
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"superseded"}
    assert sandbox.calls(PUT) == 0


def test_back_in_shadow_what_is_listed_is_withdrawn_once(live: Road, sandbox: LiveSandbox) -> None:
    done(live.do(RunKind.PUSH))
    live.set(push_mode=PushMode.SHADOW)
    for _ in range(3):
        done(live.do(RunKind.DECIDE))
        done(live.do(RunKind.PUSH))
    booked = {number: row.inputs["marketplace"] for number, row in live.latest().items()}
    assert all((limit, premium) == (booked[n], 0) for n, (limit, _, premium) in held(live, sandbox).items())
    assert {row.shadow for row in live.latest().values()} == {True}
    calls = sandbox.calls("channel/offers")
    done(live.do(RunKind.DECIDE))
    done(live.do(RunKind.PUSH))
    assert sandbox.calls("channel/offers") == calls


def test_where_the_platform_takes_no_count_it_is_in_force_where_we_sell(live: Road, sandbox: LiveSandbox) -> None:
    live.set(platform="mindbody")
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"local"}
    assert "limit the studio's own clients" in live.pushes()[0].answer
    assert sandbox.calls("channel/offers") == 0


def test_a_push_whose_sender_died_is_looked_up_before_it_is_sent(live: Road, sandbox: LiveSandbox) -> None:
    with live.ctx.store.write() as db:
        claimed = outbox.claim_next(db, live.connection_id, live.ctx.now())
    assert claimed is not None
    done(live.do(RunKind.PUSH))
    assert states(live)["sending"] == 1
    sandbox.tick(minutes=2)
    done(live.do(RunKind.PUSH))
    assert set(states(live)) == {"confirmed"}
    with live.ctx.store.write() as db:  # the dead one comes back and can change nothing
        assert not outbox.still_mine(db, claimed.push, live.ctx.now())
        assert not outbox.settle(db, claimed.push, PushState.FAILED, live.ctx.now())
    assert set(states(live)) == {"confirmed"}


def test_two_workers_send_each_offer_once(live: Road, sandbox: LiveSandbox) -> None:
    threads = [threading.Thread(target=push_due, args=(live.ctx, live.ctx.now())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(states(live)) == {"confirmed"}
    assert sandbox.calls(PUT) == len(live.pushes())
