"""The run table as a queue, on both databases: one claim, lanes, leases and fences."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from adapter.store.database import Store
from adapter.store.tables import Connection, Run, RunKind, RunOrigin, RunState, Studio
from adapter.work import request_run
from sync.engine import queue
from tests.fixtures.database import NOON

LATER = NOON + queue.LEASE + timedelta(seconds=1)


def connection(store: Store, site: str = "1") -> int:
    with store.write() as db:
        studio = Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON)
        db.add(studio)
        db.flush()
        row = Connection(
            studio_id=studio.id, platform="sandbox", site=site, site_name="A", timezone="UTC", currency="USD",
            connected_at=NOON,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id


def ask(store: Store, kind: RunKind, connection_id: int | None, **params: Any) -> int:
    with store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": NOON}
        return request_run(db, kind, connection_id, params=params, **asked)[0].id


def claim(store: Store, now: Any = NOON) -> Run | None:
    with store.write() as db:
        return queue.claim(db, now)


def test_a_run_is_claimed_once(any_store: Store) -> None:
    run = ask(any_store, RunKind.PULL, connection(any_store))
    first = claim(any_store)
    assert first is not None
    assert (first.id, first.state, first.fence) == (run, RunState.RUNNING, 1)
    assert claim(any_store) is None


def test_two_workers_never_get_the_same_run_or_the_same_lane(any_store: Store) -> None:
    numbers = [connection(any_store, str(n)) for n in range(6)]
    for number in numbers:
        ask(any_store, RunKind.PULL, number)
        ask(any_store, RunKind.DECIDE, number)
    got: list[Run | None] = []

    def work() -> None:
        while (run := claim(any_store)) is not None:
            got.append(run)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.connection_id for run in got if run) == numbers


def test_pushing_goes_on_beside_a_pull(any_store: Store) -> None:
    number = connection(any_store)
    ask(any_store, RunKind.PULL, number)
    ask(any_store, RunKind.PUSH, number)
    assert {claim(any_store).kind, claim(any_store).kind} == {RunKind.PULL, RunKind.PUSH}  # type: ignore[union-attr]


def test_a_dead_workers_run_is_taken_up_when_its_lease_ends_and_it_can_write_no_more(any_store: Store) -> None:
    ask(any_store, RunKind.PULL, connection(any_store))
    late = claim(any_store)
    assert late is not None
    assert claim(any_store, NOON + queue.LEASE / 2) is None
    second = claim(any_store, LATER)
    assert second is not None
    assert (second.id, second.fence) == (late.id, 2)
    with pytest.raises(queue.LeaseLost), any_store.write() as db:
        queue.hold(db, late, LATER, done=99)
    with any_store.read() as db:
        assert db.get_one(Run, late.id).done == 0


def test_a_lease_that_is_renewed_is_not_taken(any_store: Store) -> None:
    ask(any_store, RunKind.PULL, connection(any_store))
    run = claim(any_store)
    assert run is not None
    with any_store.write() as db:
        queue.hold(db, run, NOON + queue.LEASE / 2)
    assert claim(any_store, LATER) is None


@pytest.mark.parametrize(("kind", "lease"), [(RunKind.PULL, queue.LEASE), (RunKind.PUSH, queue.WRITING_LEASE)])
def test_what_writes_over_there_is_missed_sooner(any_store: Store, kind: RunKind, lease: timedelta) -> None:
    ask(any_store, kind, connection(any_store))
    run = claim(any_store)
    assert run is not None
    assert run.leased_until == NOON + lease
    with any_store.write() as db:
        queue.hold(db, run, LATER)
    with any_store.read() as db:
        assert db.get_one(Run, run.id).leased_until == LATER + lease


def test_only_the_run_itself_is_written_and_only_while_it_is_at_work(any_store: Store) -> None:
    for site in "12":
        ask(any_store, RunKind.PULL, connection(any_store, site))
    run, other = claim(any_store), claim(any_store)
    assert run is not None
    assert other is not None
    with any_store.write() as db:
        queue.hold(db, run, NOON, done=7)
    with any_store.read() as db:
        assert [db.get_one(Run, each.id).done for each in (run, other)] == [7, 0]
    with any_store.write() as db:
        queue.finish(db, run, NOON, RunState.DONE)
    with pytest.raises(queue.LeaseLost), any_store.write() as db:
        queue.hold(db, run, NOON, done=9)


def test_a_run_that_is_not_due_yet_waits(any_store: Store) -> None:
    ask(any_store, RunKind.PULL, connection(any_store))
    assert claim(any_store, NOON - timedelta(seconds=1)) is None


def test_a_finished_run_frees_its_lane(any_store: Store) -> None:
    number = connection(any_store)
    ask(any_store, RunKind.PULL, number)
    ask(any_store, RunKind.DECIDE, number)
    first = claim(any_store)
    assert first is not None
    with any_store.write() as db:
        queue.finish(db, first, NOON, RunState.DONE)
    second = claim(any_store)
    assert second is not None
    assert second.kind is RunKind.DECIDE


@pytest.mark.parametrize(
    ("kind", "at_work", "asked_for", "joined"),
    [
        (RunKind.PULL, {}, {}, False),  # it may have passed what is asked for
        (RunKind.RESYNC, {"session": 7}, {"session": 7}, True),
        (RunKind.RESYNC, {}, {"dry_run": True}, False),
        (RunKind.STATE, {"only": "pages"}, {"only": "pages"}, True),
        (RunKind.STATE, {}, {"only": "pages"}, True),  # the day's statement makes the pages too
        (RunKind.STATE, {"only": "pages"}, {}, False),
    ],
)
def test_what_waits_is_joined_and_what_is_at_work_only_if_it_does_what_is_asked_for(
    store: Store, kind: RunKind, at_work: dict[str, Any], asked_for: dict[str, Any], joined: bool
) -> None:
    number = connection(store)
    running = ask(store, kind, number, **at_work)
    assert ask(store, kind, number, **at_work) == running
    claim(store)
    assert (ask(store, kind, number, **asked_for) == running) is joined
    assert ask(store, kind, number, **asked_for) == ask(store, kind, number, **asked_for)
