"""F31, F32, F34, F37 to F41: events that come twice, late, backwards, from elsewhere, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from adapter.store.tables import BookingNotice, Reservation, RunKind, WebhookMessage
from connectors.records import Outcome
from connectors.sandbox.market.studios import small_studio
from connectors.sandbox.server.webhooks import signature
from sync.events import webhooks
from tests.faults.conftest import SITE, WEEKS, Fresh, Scene, both_databases
from tests.sync.conftest import done

Sent = tuple[str, str, Mapping[str, str], bytes]


def overheard(scene: Scene) -> list[Sent]:
    """What the platform sends from now on, so that it can be sent again."""
    hooks, sent = scene.sandbox.core.webhooks, []
    send = hooks.send

    def noted(*message: Any) -> int | None:
        sent.append(message)
        return send(*message)

    hooks.send = noted
    return sent


def message_of(scene: Scene, event: str, **data: Any) -> Sent:
    """A message of the platform's, signed with the key of our subscription."""
    (subscription,) = scene.sandbox.core.webhooks.subscriptions.values()
    told = {"messageId": f"test {event} {sorted(data)}", "eventId": event, "eventData": data}
    body = json.dumps(told).encode()
    return "POST", subscription.url, {"X-Mindbody-Signature": signature(subscription.key, body)}, body


@both_databases
def test_f31_the_same_message_again_at_once_and_days_later_has_one_effect(scene: Scene) -> None:
    """EC-19, INV-8."""
    post, sent = scene.subscribe(), overheard(scene)
    visit = scene.book(scene.coming())
    scene.sandbox.pump()
    told = [message for message in sent if b"classRosterBooking.created" in message[3]]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(post(*told[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = scene.sandbox.calls("GET /class/classvisits")
    done(scene.look())
    assert scene.sandbox.calls("GET /class/classvisits") == calls + 1
    ours = scene.ctx.now
    scene.ctx.now = lambda: ours() + timedelta(days=3)
    answers += [post(*told[0]) for _ in range(20)]
    scene.ctx.now = ours
    assert set(answers) == {202}
    done(scene.look())
    assert scene.sandbox.calls("GET /class/classvisits") == calls + 1
    assert len(scene.messages()) == len(sent)
    assert len(scene.road.all(Reservation, Reservation.external_id == str(visit))) == 1
    scene.pull()
    scene.agree()


def test_f32_events_that_arrive_backwards_leave_the_newest_state(scene: Scene) -> None:
    scene.subscribe()
    stays, leaves, off = scene.coming(0), scene.coming(1), scene.coming(2)
    scene.book(stays)
    scene.world.cancel(SITE, scene.book(leaves), late=False)
    scene.book(off)
    scene.world.cancel_class(SITE, off.id)
    scene.world.set_capacity(SITE, stays.id, max_capacity=30, web_capacity=30)
    scene.sandbox.faults({"kind": "webhook_reorder"})
    done(scene.look())
    assert len(scene.messages()) > 5
    assert [str(each) for each in scene.apart() if each.stream in ("sessions", "reservations")] == []
    scene.pull()
    scene.agree()


def test_f34_more_messages_than_one_run_takes_are_all_worked_off(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "A_TIME", 10)
    scene.subscribe()
    for number in range(9):
        scene.book(scene.coming(number))
    scene.sandbox.pump()
    assert len(scene.messages()) > 15
    runs = 0
    while any(message.processed_at is None for message in scene.messages()):
        done(scene.road.do(RunKind.WEBHOOKS))
        runs += 1
        assert runs < 10
    assert [str(each) for each in scene.apart() if each.stream in ("sessions", "reservations")] == []
    scene.pull()
    scene.agree()


def test_f37_a_signed_message_sent_again_after_a_year_tells_nothing_new(scene: Scene) -> None:
    post, sent = scene.subscribe(), overheard(scene)
    scene.book(scene.coming())
    done(scene.look())
    times = {row.external_id: row.booked_at for row in scene.road.all(Reservation)}
    ours = scene.ctx.now
    scene.ctx.now = lambda: ours() + timedelta(days=366)
    with scene.ctx.store.write() as db:
        db.execute(delete(WebhookMessage))  # long forgotten
    assert {post(*message) for message in sent} == {202}
    done(scene.look())
    scene.ctx.now = ours
    done(scene.look())
    assert {row.external_id: row.booked_at for row in scene.road.all(Reservation)} == times
    scene.pull()
    scene.agree()


def test_f38_a_studios_signed_message_about_another_studio_moves_nothing_there(fresh: Fresh) -> None:
    one = small_studio(weeks=WEEKS)
    scene = fresh(sites=(one, replace(one, site=1002, name="Twin")))
    twin = scene.of_site(1002)
    done(scene.road.backfill(weeks=WEEKS))
    done(twin.road.backfill(weeks=WEEKS))
    post = scene.subscribe()
    item = twin.coming()
    visit = twin.book(item)
    data = {"siteId": 1002, "classId": item.id, "classRosterBookingId": visit}
    assert post(*message_of(scene, "classRosterBooking.created", **data)) == 202
    done(scene.look())
    assert twin.road.all(BookingNotice) == []
    assert twin.road.all(Reservation, Reservation.external_id == str(visit), Reservation.connection_id == 2) == []
    scene.agree()
    twin.pull()
    twin.agree()


def test_f39_what_nobody_here_knows_is_recorded_once_and_done_with(scene: Scene) -> None:
    post = scene.subscribe()
    visit = scene.book(scene.coming())
    for event, data in (
        ("classRosterBooking.created", {"siteId": 4711, "classId": 1, "classRosterBookingId": 2}),
        ("classRosterBooking.evaporated", {"siteId": SITE, "classId": 1}),
        ("client.updated", {"siteId": SITE, "clientUniqueId": 5, "favouriteColour": {"name": "green"}}),
        ("classRosterBooking.created", {"siteId": SITE, "classId": 99, "classRosterBookingId": 7, "aura": 3}),
    ):
        assert post(*message_of(scene, event, **data)) == 202
    scene.look()
    assert len(scene.messages()) > 4
    assert all(message.processed_at for message in scene.messages())
    assert len(scene.road.all(Reservation, Reservation.external_id == str(visit))) == 1
    scene.pull()
    scene.agree()


def test_f40_what_happened_while_nobody_could_be_told_is_found_by_looking(scene: Scene) -> None:
    scene.subscribe()
    hooks = scene.sandbox.core.webhooks
    up, hooks.send = hooks.send, lambda *_: None
    for number in range(3):
        scene.book(scene.coming(number))
    for _ in range(13):  # three hours and a quarter
        hooks.pump()
        scene.live_on(minutes=15)
    assert {each.status.value for each in hooks.subscriptions.values()} == {
        "DeactivatedTooManyFailedMessageDeliveryAttempts"
    }
    hooks.send = up
    assert scene.messages() == []
    done(scene.pull())
    done(scene.night())
    scene.agree()


@both_databases
def test_f41_a_burst_is_taken_in_whole(scene: Scene) -> None:
    post = scene.subscribe()
    answers: list[int] = []

    def burst(worker: int) -> None:
        for number in range(25):
            data = {"siteId": SITE, "saleId": worker * 100 + number}
            method, url, _, body = message_of(scene, "clientSale.created", **data)
            body = body.replace(b"test clientSale", f"{worker}-{number}".encode())
            (subscription,) = scene.sandbox.core.webhooks.subscriptions.values()
            answers.append(post(method, url, {"X-Mindbody-Signature": signature(subscription.key, body)}, body))

    threads = [threading.Thread(target=burst, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {202}
    assert len(scene.messages()) == len(answers) == 100
    while any(message.processed_at is None for message in scene.messages()):
        done(scene.road.do(RunKind.WEBHOOKS))
    scene.agree()


def test_f47_a_cancellation_that_arrives_before_its_booking_ends_cancelled(scene: Scene) -> None:
    scene.subscribe()
    full = max((scene.coming(n) for n in range(8)), key=lambda item: scene.site.booked(item.id))
    booked = [str(visit.id) for visit in scene.site.roster(full.id)]
    assert len(booked) > 3
    visit = scene.book(scene.coming(0))
    scene.world.cancel(SITE, visit, late=False)
    scene.sandbox.faults({"kind": "webhook_reorder"})
    done(scene.look())
    scene.world.cancel_class(SITE, full.id)
    for _ in range(2):
        done(scene.look())
        rows = scene.road.all(Reservation, Reservation.external_id.in_(booked))
        assert {(row.outcome, row.cancelled_at) for row in rows} == {(Outcome.CANCELLED, scene.now)}
    scene.pull()
    scene.agree()
