"""The inbox: each message is a hint where to look; booking times come from it; all else is looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from adapter.store.inbox import keep_message
from adapter.store.tables import Reservation, Run, RunKind, RunState, Session, TotalWrite, WebhookMessage
from connectors.records import BookingEvent, BookingTime, Delivery, Hint, Outcome, Stream
from sync.engine.jobs import do_next
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done
from tests.sync.test_pull import row_of, soon


def told(road: Road, number: int, **hint: Any) -> None:
    """A message arrives."""
    given = {"site": "1001", **hint}
    delivery = Delivery(message_id=f"m{number}", event="test", hints=(Hint(**given),))
    with road.ctx.store.write() as db:
        keep_message(db, road.ctx.keys, "sandbox", road.connection_id, delivery, b"{}", now=road.ctx.now())


def booked(road: Road, sandbox: LiveSandbox, class_id: int, number: int = 1) -> int:
    """Somebody books, and the platform tells us."""
    visit = sandbox.world.book(1001, class_id, list(sandbox.site.clients)[number])
    hint = {"external_id": str(visit.id), "session_id": str(class_id), "booking": BookingEvent.MADE}
    told(road, number, stream=Stream.RESERVATIONS, occurred_at=road.ctx.now() - timedelta(seconds=40), **hint)
    return visit.id


def test_a_booking_is_looked_up_decided_and_pushed_with_its_time(mirrored: Road, sandbox: LiveSandbox) -> None:
    mirrored.go_live()
    mirrored.agree(min_spots=1)
    done(mirrored.do(RunKind.DECIDE))
    class_id = soon(sandbox)
    calls = sandbox.calls("GET /class/classvisits")
    visit = booked(mirrored, sandbox, class_id)
    run = done(mirrored.do(RunKind.WEBHOOKS))
    (row,) = mirrored.all(Reservation, Reservation.external_id == str(visit))
    assert row.outcome is Outcome.BOOKED
    assert row.booked_at_source is BookingTime.WEBHOOK
    assert row.booked_at == sandbox.time[0] - timedelta(seconds=40)
    assert sandbox.calls("GET /class/classvisits") == calls + 1
    assert run.counts["decisions"]["read"] == 1
    follow = mirrored.all(Run, Run.kind == RunKind.PUSH)
    assert [row.state for row in follow] == [RunState.QUEUED]


def test_the_same_message_twice_and_in_any_order_changes_nothing(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    visit = booked(mirrored, sandbox, class_id)
    sandbox.world.cancel(1001, visit, late=False)
    told(mirrored, 7, stream=Stream.RESERVATIONS, session_id=str(class_id), booking=BookingEvent.CANCELLED)
    told(mirrored, 1, stream=Stream.RESERVATIONS, session_id=str(class_id), booking=BookingEvent.MADE)
    done(mirrored.do(RunKind.WEBHOOKS))
    assert len(mirrored.all(WebhookMessage)) == 2
    assert all(message.processed_at for message in mirrored.all(WebhookMessage))
    assert mirrored.all(Reservation, Reservation.external_id == str(visit), Reservation.outcome == Outcome.BOOKED) == []


def test_what_points_at_the_timetable_asks_for_a_pull(mirrored: Road) -> None:
    told(mirrored, 1, stream=Stream.SESSIONS)
    done(mirrored.do(RunKind.WEBHOOKS))
    assert [run.state for run in mirrored.all(Run, Run.kind == RunKind.PULL)] == [RunState.QUEUED]


def test_a_sale_waits_for_the_next_pull(mirrored: Road) -> None:
    told(mirrored, 1, stream=Stream.SALES, external_id="5")
    done(mirrored.do(RunKind.WEBHOOKS))
    assert mirrored.all(Run, Run.kind == RunKind.PULL) == []
    assert mirrored.all(WebhookMessage)[0].result == "read with the next pull"


def test_a_message_about_a_site_that_is_not_connected_ends_at_once(mirrored: Road) -> None:
    delivery = Delivery(message_id="x", event="test", hints=(Hint(site="999", stream=Stream.SESSIONS),))
    with mirrored.ctx.store.write() as db:
        assert not keep_message(db, mirrored.ctx.keys, "sandbox", None, delivery, b"{}", now=mirrored.ctx.now())
    (unknown,) = mirrored.all(WebhookMessage)
    assert (unknown.result, unknown.processed_at) == ("about a site that is not connected here", NOON)
    assert mirrored.all(Run, Run.kind == RunKind.WEBHOOKS) == []


def test_an_event_asks_for_its_own_work_and_a_burst_for_no_more(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    for number in range(1, 31):
        told(mirrored, number, stream=Stream.RESERVATIONS, session_id=str(class_id))
    (asked,) = mirrored.all(Run, Run.kind == RunKind.WEBHOOKS)
    assert (asked.state, asked.due_at) == (RunState.QUEUED, NOON)
    calls = sandbox.calls()
    do_next(mirrored.ctx, run_id=asked.id)
    assert sandbox.calls() - calls == 2
    assert {message.result for message in mirrored.all(WebhookMessage)} == {"looked at: nothing was new"}
    assert "decisions" not in mirrored.run(asked.id).counts


def test_what_died_between_looking_and_deciding_is_decided(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    told(mirrored, 1, stream=Stream.RESERVATIONS, session_id=str(class_id))
    (asked,) = mirrored.all(Run, Run.kind == RunKind.WEBHOOKS)
    with mirrored.ctx.store.write() as db:
        db.get_one(Run, asked.id).fence = 1
    do_next(mirrored.ctx, run_id=asked.id)
    assert mirrored.run(asked.id).counts["decisions"]["read"] == 1


def test_a_class_that_is_new_to_us_is_read_by_itself(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    with mirrored.ctx.store.write() as db:
        db.execute(update(Session).where(Session.external_id == str(class_id)).values(external_id="another"))
    told(mirrored, 1, stream=Stream.SESSIONS, external_id=str(class_id))
    calls = sandbox.calls()
    done(mirrored.do(RunKind.WEBHOOKS))
    assert sandbox.calls() - calls == 2
    assert row_of(mirrored, class_id).roster_read_at == NOON
    assert mirrored.all(Run, Run.kind == RunKind.PULL) == []
    assert mirrored.all(WebhookMessage)[0].result == "looked at: it had changed"


def test_an_event_about_nonsense_stands_in_nobodys_way(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    booked(mirrored, sandbox, class_id)
    told(mirrored, 2, stream=Stream.SESSIONS, external_id="no number")
    run = mirrored.do(RunKind.WEBHOOKS)
    assert run.state is RunState.INCOMPLETE
    assert [error["id"] for error in run.errors] == ["no number"]
    good, bad = mirrored.all(WebhookMessage)
    assert (good.result, bad.result) == ("looked at: it had changed", "the platform would not tell: see the run")


def test_a_class_that_was_moved_is_found_at_its_new_time(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    moved = row_of(mirrored, class_id).starts_at + timedelta(days=3)
    sandbox.world.move_class(1001, class_id, moved)
    told(mirrored, 1, stream=Stream.SESSIONS, external_id=str(class_id))
    done(mirrored.do(RunKind.WEBHOOKS))
    row = row_of(mirrored, class_id)
    assert (row.starts_at, row.gone_at) == (moved, None)


def test_our_own_write_that_comes_back_is_known_and_goes_no_further(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = row_of(mirrored, soon(sandbox))
    mine = TotalWrite(connection_id=1, session_id=session.id, before=session.online_capacity or 0, written=4, needed=4)
    with mirrored.ctx.store.write() as db:
        db.add(mine)
    item = sandbox.site.classes[int(session.external_id)]
    sandbox.world.set_capacity(1001, item.id, max_capacity=item.max_capacity, web_capacity=4)
    told(mirrored, 1, stream=Stream.SESSIONS, external_id=session.external_id)
    told(mirrored, 2, stream=Stream.SESSIONS, template_id=session.template_id)
    run = done(mirrored.do(RunKind.WEBHOOKS))
    assert {message.result for message in mirrored.all(WebhookMessage)} == {"our own change came back"}
    assert "decisions" not in run.counts
    assert row_of(mirrored, item.id).online_capacity == 4
    assert mirrored.all(Run, Run.kind.in_([RunKind.PULL, RunKind.PUSH, RunKind.DECIDE])) == []


def test_somebody_elses_change_beside_ours_is_no_echo(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = row_of(mirrored, soon(sandbox))
    with mirrored.ctx.store.write() as db:
        db.add(TotalWrite(connection_id=1, session_id=session.id, before=9, written=4, needed=4))
    item = sandbox.site.classes[int(session.external_id)]
    sandbox.world.set_capacity(1001, item.id, max_capacity=(item.max_capacity or 0) + 3, web_capacity=4)
    told(mirrored, 1, stream=Stream.SESSIONS, external_id=session.external_id)
    run = done(mirrored.do(RunKind.WEBHOOKS))
    assert mirrored.all(WebhookMessage)[0].result == "looked at: it had changed"
    assert run.counts["decisions"]["read"] == 1
