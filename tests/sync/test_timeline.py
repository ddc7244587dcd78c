"""What happened to a session, as the road itself left it: the injected delay, end to end (N-08)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

from click.testing import CliRunner

from adapter.command_line.timeline import timeline
from adapter.overbooking import Cause, Kind, find_cause, tell
from adapter.store.inbox import keep_message
from adapter.store.readings import KEPT, forget_readings
from adapter.store.tables import PushStep, ReservationReading, RunKind, RunLine, Session, SessionReading
from adapter.store.timeline import timeline_of
from connectors.records import BookingEvent, Delivery, Hint, Stream
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done


def told(road: Road, class_id: int, number: str, visit: int | None = None, at: datetime | None = None) -> None:
    """The platform's event comes in; it tells when a visit was booked."""
    made = {"external_id": str(visit), "booking": BookingEvent.MADE, "occurred_at": at} if visit else {}
    hint = Hint(stream=Stream.RESERVATIONS, site="1001", session_id=str(class_id), **made)
    delivery = Delivery(message_id=number, event="classRosterBooking.created", hints=(hint,))
    with road.ctx.store.write() as db:
        keep_message(db, road.ctx.keys, "sandbox", road.connection_id, delivery, b"{}", now=road.ctx.now())


def test_a_push_that_took_90_seconds_is_named_from_what_was_kept(mirrored: Road, sandbox: LiveSandbox) -> None:
    """N-08."""
    road, world = mirrored, sandbox.world
    road.agree(min_spots=40)  # every free place is listed
    road.go_live()
    done(road.do(RunKind.DECIDE))
    done(road.do(RunKind.PUSH))
    latest = road.latest()
    session = next(row for row in road.upcoming() if latest[row.id].spots >= 2)
    class_id, free = int(session.external_id), latest[session.id].spots
    people = iter(sandbox.site.clients)
    sandbox.tick(seconds=1)
    began = road.ctx.now()
    for _ in range(free - 1):  # the marketplace takes all but one; the last goes to a direct client
        _market(sandbox, class_id, next(people))
    world.book(1001, class_id, next(people), overbook=True)
    told(road, class_id, "m1")
    done(road.do(RunKind.WEBHOOKS))
    sandbox.tick(seconds=41)
    visit, booked_at = _market(sandbox, class_id, next(people)), road.ctx.now()
    sandbox.tick(seconds=49)
    done(road.do(RunKind.PUSH))
    told(road, class_id, "m2", visit, booked_at)
    done(road.do(RunKind.WEBHOOKS))
    with road.ctx.store.read() as db:
        events = timeline_of(db, session.id)
    found = find_cause(events, until=road.ctx.now())
    assert found.words == "push latency 90 s > booking gap 41 s"
    assert (found.cause, found.at) == (Cause.PUSH_LATENCY, began + timedelta(seconds=41))
    assert {event.kind for event in events} >= set(Kind) - {
        *(Kind.CANCELLED, Kind.CAPACITY, Kind.MODE, Kind.DRIFTED, Kind.GONE)
    }
    reading = [event for event in events if event.kind is Kind.READ]
    assert reading[-1].facts["booked"] == (session.booked or 0) + free + 1
    assert reading[-1].facts["run"] is not None
    assert all(tell(event) for event in events)
    said = CliRunner().invoke(timeline, [str(session.id), "--json"], obj=road.ctx)
    assert json.loads(said.stdout)["words"] == found.words
    assert len(json.loads(said.stdout)["events"]) == len(events)
    plain = CliRunner().invoke(timeline, [str(session.id)], obj=road.ctx)
    assert "Push latency 90 s > booking gap 41 s." in plain.stdout
    assert CliRunner().invoke(timeline, ["99999"], obj=road.ctx).exit_code == 1


def _market(sandbox: LiveSandbox, class_id: int, client: int) -> int:
    """Somebody books through the marketplace, whatever the limit."""
    desk = sandbox.world._of(1001).desk
    return desk.book_market(class_id, client, sandbox.time[0], rate=Decimal(12), premium=False, overbook=True).id


def test_capacity_and_mode_and_class_are_told_when_they_change(mirrored: Road, sandbox: LiveSandbox) -> None:
    road = mirrored
    session = max(road.upcoming(), key=lambda row: row.booked or 0)
    class_id, taken = int(session.external_id), session.booked or 0
    sandbox.tick(minutes=5)
    sandbox.world.set_capacity(1001, class_id, max_capacity=taken - 1, web_capacity=taken - 1)
    done(road.do(RunKind.PULL))
    kept = len(road.all(SessionReading))
    assert min(len(road.all(table)) for table in (ReservationReading, RunLine)) > 0
    done(road.do(RunKind.PULL))
    assert len(road.all(SessionReading)) == kept, "what has not changed is not kept again"
    with road.ctx.store.read() as db:
        events = timeline_of(db, session.id)
    assert find_cause(events).words == f"capacity was cut to {taken - 1} when {taken} places were booked"
    assert "class_type" not in json.dumps([tell(event) for event in events])
    assert {row.session_id for row in road.all(SessionReading)} <= {
        row.external_id for row in road.all(Session) if row.starts_at > session.fetched_at
    }, "a backfill's past is no news"
    with road.ctx.store.write() as db:
        forget_readings(db, road.ctx.now() + KEPT + timedelta(seconds=1))
    forgotten = (SessionReading, ReservationReading, PushStep, RunLine)
    assert [road.all(table) for table in forgotten] == [[], [], [], []]
