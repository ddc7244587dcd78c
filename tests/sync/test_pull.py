"""Pulling from a live sandbox: whole, restartable, nothing written that has not changed, nothing deleted by mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from adapter.lineage.records import TABLES, Kind, find_record
from adapter.store.tables import Client, Cursor, Quarantine, Reservation, RunKind, RunState, Session
from connectors import registry
from connectors.platform import Api, Resource, Window
from connectors.records import Outcome, Page, SessionStatus, Stream
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done, dump


def row_of(road: Road, class_id: int) -> Session:
    (row,) = road.all(Session, Session.external_id == str(class_id))
    return row


def soon(sandbox: LiveSandbox, places: int = 1) -> int:
    """A class of the coming days with a place left."""
    site = sandbox.site
    return next(
        number
        for number, item in sorted(site.classes.items(), key=lambda pair: pair[1].starts_at)
        if sandbox.world.now + timedelta(days=2) < item.starts_at < sandbox.world.now + timedelta(days=9)
        and (item.max_capacity or 0) - site.booked(number) >= places
        and not item.cancelled
    )


def test_a_backfill_mirrors_everything_that_the_platform_holds(road: Road, sandbox: LiveSandbox) -> None:
    run = done(road.backfill())
    assert all(row.roster_read_at for row in road.all(Session))
    assert run.done == run.total == len(road.all(Session)) > 50
    assert len(road.all(Client)) == run.counts["clients"]["new"] > 50
    assert len(road.all(Reservation)) > 200
    assert road.connection.last_pulled_at == sandbox.time[0]


@pytest.mark.parametrize("kind", [Kind.SESSION, Kind.RESERVATION])
def test_whoever_opens_a_record_is_told_that_it_is_as_it_was_read(mirrored: Road, kind: Kind) -> None:
    rows = mirrored.all(TABLES[kind])[:20]
    with mirrored.ctx.store.write() as db:
        find = partial(find_record, db, mirrored.connection.studio_id, kind, floor=False)
        found = [record for row in rows if (record := find(row.id))]
        assert {(record.whole, record.hash) for record in found} == {(True, row.content_hash) for row in rows}
        db.get_one(TABLES[kind], rows[0].id).raw = {**rows[0].raw, "Id": 0}
        db.flush()
        changed = find(rows[0].id)
    assert changed is not None
    assert changed.whole is False


def test_a_second_pull_of_an_unchanged_platform_writes_nothing(mirrored: Road, sandbox: LiveSandbox) -> None:
    """OR-03."""
    road = mirrored
    done(road.do(RunKind.PULL))
    before = dump(road.ctx.store)
    sandbox.tick(minutes=10)
    run = done(road.do(RunKind.PULL))
    assert dump(road.ctx.store) == before
    assert all(counts["new"] == counts["changed"] == counts["gone"] == 0 for counts in run.counts.values())
    assert road.connection.last_pulled_at == sandbox.time[0]


def test_a_pull_finds_a_new_booking_and_a_cancelled_one_and_reads_no_other_roster(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    road = mirrored
    class_id = soon(sandbox)
    visit = sandbox.world.book(1001, class_id, next(iter(sandbox.site.clients)))
    calls = sandbox.calls("GET /class/classvisits")
    sandbox.tick(minutes=10)
    done(road.do(RunKind.PULL))
    (row,) = road.all(Reservation, Reservation.external_id == str(visit.id))
    assert row.outcome is Outcome.BOOKED
    assert row.booked_at == sandbox.time[0]
    assert sandbox.calls("GET /class/classvisits") == calls + 1
    sandbox.world.cancel(1001, visit.id, late=False)
    sandbox.tick(minutes=10)
    done(road.do(RunKind.PULL))
    (row,) = road.all(Reservation, Reservation.external_id == str(visit.id))
    assert row.outcome is Outcome.CANCELLED
    assert row.cancelled_at == sandbox.time[0]


def test_a_class_that_vanished_from_a_complete_answer_is_gone_and_comes_back(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    road = mirrored
    class_id = soon(sandbox)
    item = sandbox.site.classes[class_id]
    sandbox.site.remove_class(class_id)
    done(road.do(RunKind.PULL))
    assert row_of(road, class_id).gone_at is not None
    assert row_of(road, class_id).status is SessionStatus.CANCELLED
    sandbox.site.add_class(item)
    done(road.do(RunKind.PULL))
    assert row_of(road, class_id).gone_at is None
    assert row_of(road, class_id).status is SessionStatus.SCHEDULED


@pytest.mark.parametrize("days", [3, 60], ids=["within the window", "out of it"])
def test_a_class_that_is_moved_is_followed_wherever_it_goes(mirrored: Road, sandbox: LiveSandbox, days: int) -> None:
    class_id = soon(sandbox)
    starts_at = sandbox.site.classes[class_id].starts_at + timedelta(days=days)
    sandbox.world.move_class(1001, class_id, starts_at)
    run = done(mirrored.do(RunKind.PULL))
    row = row_of(mirrored, class_id)
    assert (row.starts_at, row.gone_at, row.status) == (starts_at, None, SessionStatus.SCHEDULED)
    assert run.counts["sessions"]["gone"] == 0


def test_a_look_for_what_vanished_that_fails_deletes_nothing(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    sandbox.site.remove_class(class_id)
    sandbox.faults({"kind": "error", "path": "/class/classes", "skip": 1})
    assert mirrored.do(RunKind.PULL).state is RunState.QUEUED
    assert row_of(mirrored, class_id).gone_at is None
    sandbox.mend()
    sandbox.tick(minutes=10)
    done(mirrored.do(RunKind.PULL))
    assert row_of(mirrored, class_id).gone_at is not None


class Unsteady:
    """The platform's timetable, which moves while it is read, so many times."""

    def __init__(self, real: Resource, times: int) -> None:
        self.real, self.times, self.readings = real, times, 0

    def __call__(self, api: Api, ask: Window) -> Iterator[Page]:
        self.readings += 1
        for page in self.real.read(api, ask):
            yield replace(page, final=page.final and self.readings > self.times)


@pytest.mark.parametrize(("times", "deleted"), [(1, True), (9, False)])
def test_a_list_that_moves_is_read_once_more_and_then_left_until_the_next_round(
    mirrored: Road, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch, times: int, deleted: bool
) -> None:
    streams: Any = registry.get("sandbox").streams
    unsteady = Unsteady(streams[Stream.SESSIONS], times)
    class_id, pulled = soon(sandbox), mirrored.connection.last_pulled_at
    sandbox.site.remove_class(class_id)
    sandbox.tick(minutes=10)
    monkeypatch.setitem(streams, Stream.SESSIONS, replace(unsteady.real, read=unsteady))
    run = mirrored.do(RunKind.PULL)
    assert unsteady.readings == 2
    assert (row_of(mirrored, class_id).gone_at is not None) is deleted
    assert (mirrored.connection.last_pulled_at > pulled) is deleted, "what may lack something is not called fresh"
    assert [error["what"] for error in run.errors] == ([] if deleted else ["sessions"])


def test_a_record_that_stays_bad_is_listed_once_and_then_parked(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    item = sandbox.site.classes[class_id]
    item.max_capacity, item.web_capacity = 5, 9  # more places online than in all
    first = mirrored.do(RunKind.PULL)
    assert [error["what"] for error in first.errors] == [f"sessions {class_id}"]
    again = done(mirrored.do(RunKind.PULL))
    assert (again.errors, again.counts["sessions"]["failed"]) == ([], 1)
    item.web_capacity = 10  # as bad, in another way: that is news
    assert len(mirrored.do(RunKind.PULL).errors) == 1
    item.web_capacity = 4
    done(mirrored.do(RunKind.PULL))
    assert row_of(mirrored, class_id).online_capacity == 4
    assert mirrored.all(Quarantine) == []


@pytest.mark.parametrize("forward", [True, False], ids=["to an earlier roster", "to a later one"])
def test_a_reservation_moved_to_another_class_keeps_its_place_and_its_time(
    mirrored: Road, sandbox: LiveSandbox, forward: bool
) -> None:
    """EC-20. Rosters are read newest first, so it is missing before it is found, or found before it is missing."""
    first = soon(sandbox)
    second = next(
        number
        for number, item in sandbox.site.classes.items()
        if number != first and item.starts_at > sandbox.site.classes[first].starts_at and not item.cancelled
    )
    source, target = (second, first) if forward else (first, second)
    visit = sandbox.world.book(1001, source, next(iter(sandbox.site.clients)), overbook=True)
    sandbox.tick(minutes=10)
    done(mirrored.do(RunKind.PULL))
    (before,) = mirrored.all(Reservation, Reservation.external_id == str(visit.id))
    sandbox.site.move_visit(visit, target, sandbox.world.now)
    sandbox.tick(minutes=10)
    done(mirrored.do(RunKind.PULL))
    (row,) = mirrored.all(Reservation, Reservation.external_id == str(visit.id))
    assert (row.id, row.session_id, row.outcome) == (before.id, str(target), Outcome.BOOKED)
    assert (row.booked_at, row.cancelled_at, row.gone_at) == (before.booked_at, None, None)


def test_a_place_on_the_waiting_list_is_no_reservation_until_it_is_given(mirrored: Road, sandbox: LiveSandbox) -> None:
    """EC-09."""
    world, site, class_id = sandbox.world, sandbox.site, soon(sandbox)
    visit = world.book(1001, class_id, next(iter(site.clients)))
    world.set_capacity(1001, class_id, max_capacity=site.booked(class_id), web_capacity=0)
    waits = next(n for n in site.clients if not any(held.client_id == n for held in site.visits_of(class_id)))
    world.join_waitlist(1001, class_id, waits)
    theirs = Reservation.session_id == str(class_id), Reservation.client_id == str(waits)
    sandbox.tick(minutes=10)
    done(mirrored.do(RunKind.PULL))
    assert row_of(mirrored, class_id).waitlisted == 1
    assert mirrored.all(Reservation, *theirs) == []
    world.cancel(1001, visit.id)
    sandbox.tick(minutes=10)
    done(mirrored.do(RunKind.PULL))
    assert [row.outcome for row in mirrored.all(Reservation, *theirs)] == [Outcome.BOOKED]


def test_a_member_who_booked_through_the_marketplace_and_signs_in_at_the_desk_is_one_visit(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    """EC-48: its source is the reservation's."""
    world, class_id = sandbox.world, soon(sandbox)
    member = next(held.client_id for held in sandbox.site.visits.values() if held.signed_in)
    visit = world._of(1001).desk.book_market(class_id, member, world.now, rate=Decimal(12), premium=False)
    found = []
    for _ in range(2):
        sandbox.tick(minutes=10)
        done(mirrored.do(RunKind.RESYNC, session=row_of(mirrored, class_id).id))
        (row,) = mirrored.all(
            Reservation, Reservation.session_id == str(class_id), Reservation.client_id == str(member)
        )
        found.append((row.external_id, row.source, row.outcome))
        world.mark(1001, visit.id, came=True)
    assert [outcome for *_, outcome in found] == [Outcome.BOOKED, Outcome.ATTENDED]
    assert {(number, "ClassPass" in source) for number, source, _ in found} == {(str(visit.id), True)}


def test_an_empty_answer_is_not_taken_as_mass_deletion(mirrored: Road, sandbox: LiveSandbox) -> None:
    road = mirrored
    paging = {"RequestedLimit": 200, "RequestedOffset": 0, "PageSize": 0, "TotalResults": 0}
    body = json.dumps({"PaginationResponse": paging, "Classes": []})
    sandbox.faults({"kind": "answer", "path": "/class/classes", "status": 200, "body": body})
    run = road.do(RunKind.PULL)
    assert run.state is RunState.INCOMPLETE
    assert "vanished" in run.errors[0]["message"]
    assert not [row for row in road.all(Session) if row.gone_at]


def test_one_bad_roster_is_listed_and_the_others_go_on(road: Road, sandbox: LiveSandbox) -> None:
    done(road.backfill(weeks=1))
    with road.ctx.store.write() as db:
        for row in db.query(Session):
            row.roster_read_at = None
    sandbox.faults({"kind": "answer", "path": "/class/classvisits", "status": 404, "skip": 3, "count": 1})
    run = road.do(RunKind.PULL)
    assert run.state is RunState.INCOMPLETE
    assert [error["what"].startswith("roster of session") for error in run.errors] == [True]
    assert len([row for row in road.all(Session) if row.roster_read_at is None]) == 1
    done(road.do(RunKind.PULL))
    assert not [row for row in road.all(Session) if row.roster_read_at is None]


def test_a_platform_that_asks_to_wait_is_waited_for(road: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "too_many", "path": "/class/classes", "retry_after": 600})
    run = road.backfill()
    assert run.state is RunState.QUEUED
    assert run.due_at >= sandbox.time[0] + timedelta(seconds=600)
    assert run.step.startswith("waiting: ")
    sandbox.mend()
    sandbox.tick(minutes=15)
    with road.ctx.store.read() as db:
        assert db.get_one(type(run), run.id).attempts == 1


def test_access_that_has_ended_stops_the_run_and_marks_the_connection(road: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "unauthorized", "path": "/class/"})
    run = road.backfill()
    assert run.state is RunState.FAILED
    assert road.connection.state == "needs_reconnect"
    assert run.errors


def test_a_stream_that_fails_does_not_keep_the_timetable_from_being_read(road: Road, sandbox: LiveSandbox) -> None:
    done(road.backfill(weeks=1))
    sandbox.faults({"kind": "html", "path": "/sale/sales"})
    sandbox.tick(minutes=10)
    run = road.do(RunKind.PULL)
    assert run.state is RunState.INCOMPLETE
    assert [error["what"] for error in run.errors] == ["sales"]
    assert road.connection.last_pulled_at == sandbox.time[0]


def test_a_cursor_in_the_future_reads_everything_again(road: Road) -> None:
    done(road.backfill(weeks=1))
    with road.ctx.store.write() as db:
        db.query(Cursor).filter_by(stream="clients").one().value = {"since": "2999-01-01T00:00:00+00:00"}
    run = done(road.do(RunKind.PULL))
    assert run.counts["clients"]["read"] == len(road.all(Client))
    (cursor,) = road.all(Cursor, Cursor.stream == "clients")
    assert cursor.value["since"] < "2999"
