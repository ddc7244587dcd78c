"""The inbox: each message is a hint where to look; booking times come from it; all else is looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapter.store.inbox import keep_message
from adapter.store.tables import Reservation, Run, RunKind, RunState, WebhookMessage
from connectors.records import BookingEvent, BookingTime, Delivery, Hint, Outcome, Stream
from sync.jobs import do_next
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done
from tests.sync.test_pull import soon


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
    assert mirrored.all(WebhookMessage)[0].result == "looked at"


def test_messages_of_unknown_sites_end_and_the_others_are_shared_out(mirrored: Road) -> None:
    delivery = Delivery(message_id="x", event="test", hints=(Hint(site="999", stream=Stream.SESSIONS),))
    with mirrored.ctx.store.write() as db:
        keep_message(db, mirrored.ctx.keys, "sandbox", None, delivery, b"{}", now=mirrored.ctx.now())
        run = Run(
            connection_id=None, kind=RunKind.WEBHOOKS, origin="webhook", actor="webhook", params={},
            state=RunState.QUEUED, due_at=mirrored.ctx.now(), counts={}, errors=[],
        )  # fmt: skip
        db.add(run)
    told(mirrored, 2, stream=Stream.SALES)
    assert do_next(mirrored.ctx, run_id=run.id) is not None
    unknown, mine = mirrored.all(WebhookMessage)
    assert unknown.result == "about a site that is not connected here"
    assert mine.processed_at is None
    assert [row.connection_id for row in mirrored.all(Run, Run.kind == RunKind.WEBHOOKS)] == [None, 1]
