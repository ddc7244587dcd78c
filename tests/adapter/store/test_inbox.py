"""The one fact taken from an event: when a booking was made. Everything else is pulled."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from adapter.store.inbox import forget_old, keep_message
from adapter.store.tables import BookingNotice, Reservation, Run, RunKind, WebhookMessage
from connectors.records import BookingEvent, BookingTime, Delivery, Hint, Stream
from tests.adapter.store.records import Mirror, reservation, session
from tests.fixtures.database import NOON

MADE = NOON - timedelta(minutes=7)


def event(mirror: Mirror, message: str = "m1", **given: Any) -> bool:
    known = {
        "site": "1001",
        "stream": Stream.RESERVATIONS,
        "external_id": "r1",
        "session_id": "s1",
        "booking": BookingEvent.MADE,
        "occurred_at": MADE,
    }
    hint = Hint(**(known | given))
    delivery = Delivery(message_id=message, event="booking.created", hints=(hint,))
    body = json.dumps({"clientFirstName": "Canary", "clientEmail": "canary@example.com", "classId": 1}).encode()
    with mirror.store.write() as db:
        return keep_message(db, mirror.keys, "sandbox", None, delivery, body, now=NOON)


def test_a_booking_that_was_announced_has_its_time(mirror: Mirror) -> None:
    assert event(mirror)
    assert not event(mirror)
    mirror.page(Stream.SESSIONS, session())
    mirror.roster(reservation())
    row = mirror.one(Reservation, "r1")
    assert (row.booked_at, row.booked_at_source) == (MADE, BookingTime.WEBHOOK)


def test_a_clock_ahead_over_there_does_not_put_a_booking_into_the_future(mirror: Mirror) -> None:
    event(mirror, occurred_at=NOON + timedelta(minutes=10))
    assert [notice.made_at for notice in mirror.all(BookingNotice)] == [NOON]


def test_other_events_and_other_sites_tell_no_booking_time(mirror: Mirror) -> None:
    event(mirror, "m1", booking=BookingEvent.CANCELLED)
    event(mirror, "m2", booking=None)
    event(mirror, "m3", occurred_at=None)
    event(mirror, "m4", external_id=None)
    event(mirror, "m5", stream=Stream.SESSIONS)
    event(mirror, "m6", site="1002")
    assert mirror.all(BookingNotice) == []
    assert len(mirror.all(WebhookMessage)) == 6


def test_what_is_kept_of_a_message_is_redacted(mirror: Mirror) -> None:
    event(mirror)
    (message,) = mirror.all(WebhookMessage)
    assert "anary" not in json.dumps(message.payload)
    assert message.payload["classId"] == 1


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            b'{"price": 12.50, "spots": NaN, "room": "a\\u0000b"}',
            {"price": "12.50", "spots": "NaN", "room": "a\ufffdb"},
        ),
        (b"[" * 5000, {}),
        (b'{"classId": 1, "classId": 2}', {}),
        (b"[1, 2]", {"body": [1, 2]}),
        (b"\xff", {}),
    ],
)
def test_a_message_that_no_database_would_take_is_kept_too(mirror: Mirror, body: bytes, kept: dict[str, Any]) -> None:
    delivery = Delivery(message_id="odd", event="unreadable", hints=())
    with mirror.store.write() as db:
        assert not keep_message(db, mirror.keys, "sandbox", None, delivery, body, now=NOON)
    (message,) = mirror.all(WebhookMessage)
    assert message.payload == kept


def test_a_message_that_comes_a_hundred_times_at_once_is_one(mirror: Mirror) -> None:
    together = threading.Barrier(4)

    def send(_: int) -> list[bool]:
        together.wait()
        return [event(mirror) for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        new = [answer for answers in pool.map(send, range(4)) for answer in answers]
    assert new.count(True) == 1
    assert len(mirror.all(WebhookMessage)) == 1
    assert [run.kind for run in mirror.all(Run)] == [RunKind.WEBHOOKS]


def test_what_a_message_said_is_forgotten_and_that_it_came_is_not(mirror: Mirror) -> None:
    event(mirror)
    with mirror.store.write() as db:
        db.execute(update(WebhookMessage).values(processed_at=NOON))
    for days, left, said in ((29, 1, True), (31, 1, False), (399, 1, False), (401, 0, False)):
        with mirror.store.write() as db:
            forget_old(db, NOON + timedelta(days=days))
        rows = mirror.all(WebhookMessage)
        assert (len(rows), any(row.payload or row.hints for row in rows)) == (left, said)
        if left:
            assert not event(mirror), "a replay is known as one"
