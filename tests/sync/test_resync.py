"""Resync: pulls again what was asked for, tells the difference, and in rehearsal changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update

from adapter.steering.resync import How, WrongResync, request_resync, retry_run
from adapter.store.redaction import MARK
from adapter.store.tables import Quarantine, Reservation, Run, RunKind, RunState, Session
from connectors.records import Outcome
from sync.engine.jobs import do_next
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done, dump
from tests.sync.test_pull import row_of, soon


def harm(road: Road, session: Session) -> int:
    """Rows of a roster go wrong on our side, as after a fault of ours: how many."""
    with road.ctx.store.write() as db:
        wrong = (
            update(Reservation)
            .where(Reservation.session_id == session.external_id, Reservation.outcome == Outcome.BOOKED)
            .values(outcome=Outcome.ATTENDED, content_hash="0")
        )
        return int(getattr(db.execute(wrong), "rowcount", 0))


def busy(road: Road) -> Session:
    """An upcoming session that somebody has booked."""
    held = {row.session_id for row in road.all(Reservation, Reservation.outcome == Outcome.BOOKED)}
    return next(row for row in road.upcoming() if row.external_id in held)


def test_one_session_is_mended_and_nothing_else_is_read(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = busy(mirrored)
    before, wrong = dump(mirrored.ctx.store, ["reservation"]), harm(mirrored, session)
    calls = sandbox.calls()
    run = done(mirrored.do(RunKind.RESYNC, session=session.id))
    assert run.counts["reservations"]["changed"] == wrong > 0
    assert sandbox.calls() <= calls + 2
    mended = dump(mirrored.ctx.store, ["reservation"])["reservation"]
    assert [row[:-2] for row in mended] != []
    assert len(mended) == len(before["reservation"])
    assert not mirrored.all(
        Reservation, Reservation.session_id == session.external_id, Reservation.outcome == Outcome.ATTENDED
    )


def test_a_rehearsal_tells_the_difference_and_changes_nothing(mirrored: Road) -> None:
    """OR-06."""
    session = busy(mirrored)
    wrong = harm(mirrored, session)
    before = dump(mirrored.ctx.store)
    day = session.starts_at.date().isoformat()
    run = done(mirrored.do(RunKind.RESYNC, **{"from": day, "to": day, "dry_run": True}))
    assert run.counts["reservations"]["changed"] == wrong > 0
    assert dump(mirrored.ctx.store) == before


def test_a_resync_of_an_unchanged_platform_writes_nothing(mirrored: Road) -> None:
    before = dump(mirrored.ctx.store)
    day = busy(mirrored).starts_at.date().isoformat()
    run = done(mirrored.do(RunKind.RESYNC, **{"from": day, "to": day}))
    assert dump(mirrored.ctx.store) == before
    assert run.counts["sessions"]["unchanged"] == run.counts["sessions"]["read"] > 0


def test_one_stream_reads_that_stream(mirrored: Road) -> None:
    run = done(mirrored.do(RunKind.RESYNC, stream="venues"))
    assert list(run.counts) == ["venues"]


def test_a_session_that_is_gone_is_marked(mirrored: Road, sandbox: LiveSandbox) -> None:
    class_id = soon(sandbox)
    session = row_of(mirrored, class_id)
    sandbox.site.remove_class(class_id)
    run = done(mirrored.do(RunKind.RESYNC, session=session.id))
    assert run.counts["sessions"]["gone"] == 1
    assert row_of(mirrored, class_id).gone_at is not None
    assert {"stream": "sessions", "id": session.external_id, "what": "gone", "fields": {}} in run.changes


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_difference_tells_what_changes_field_by_field_and_nobodys_address(
    mirrored: Road, sandbox: LiveSandbox, dry_run: bool
) -> None:
    session = busy(mirrored)
    client = next(iter(sandbox.site.clients.values()))
    client.email = "somebody.else@example.com"
    sandbox.site.touch_client(client, sandbox.site.now)
    item = sandbox.site.classes[int(session.external_id)]
    capacity = item.max_capacity or 0
    sandbox.world.set_capacity(1001, item.id, max_capacity=capacity + 2, web_capacity=item.web_capacity)
    found: list[dict[str, Any]] = []
    for asked in ({"session": session.id}, {"stream": "clients"}):
        run = done(mirrored.do(RunKind.RESYNC, **asked, **({"dry_run": True} if dry_run else {})))
        found += run.changes
    told = {(note["stream"], note["id"]): note for note in found}
    changed = told["sessions", session.external_id]
    assert (changed["what"], changed["fields"]["capacity"]) == ("changed", [capacity, capacity + 2])
    assert told["clients", str(client.unique_id)]["fields"]["email_id"] == ["hidden", "hidden"]
    text = json.dumps(found)
    assert "@" not in text
    assert str(client.id) not in {value for note in found for pair in note["fields"].values() for value in pair}
    assert (row_of(mirrored, item.id).capacity == capacity) is dry_run


def test_a_failed_roster_is_listed_and_retried_on_its_own(mirrored: Road, sandbox: LiveSandbox) -> None:
    day = busy(mirrored).starts_at.date().isoformat()
    sandbox.faults({"kind": "error", "path": "classvisits", "status": 400, "skip": 1, "count": 1})
    run = mirrored.do(RunKind.RESYNC, **{"from": day, "to": day})
    assert run.state is RunState.INCOMPLETE
    assert run.counts["reservations"]["read"] > 0
    (failed,) = run.errors
    assert (failed["stream"], failed["what"]) == ("reservations", f"roster of session {failed['id']}")
    assert "An unexpected error occurred" in failed["message"]
    sandbox.mend()
    with mirrored.ctx.store.write() as db:
        asked = retry_run(db, db.get_one(Run, run.id), item=0, actor="test", now=mirrored.ctx.now())
    calls = sandbox.calls("GET /class/classvisits")
    do_next(mirrored.ctx, run_id=asked.run.id)
    assert sandbox.calls("GET /class/classvisits") == calls + 1
    again = done(mirrored.run(asked.run.id))
    assert again.params["items"] == [{"stream": "reservations", "id": failed["id"]}]
    assert again.why == f"what failed in run {run.id}"


def test_one_place_that_could_not_be_read_is_retried_with_its_session(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = busy(mirrored)
    sandbox.faults({"kind": "rewrite", "path": "classvisits", "find": '"Missed":false', "body": '"Missed":"perhaps"'})
    run = mirrored.do(RunKind.RESYNC, session=session.id)
    assert (run.state, run.counts["reservations"]["failed"]) == (RunState.INCOMPLETE, 1)
    (failed,) = run.errors
    assert failed["what"].startswith("reservations ")
    assert "perhaps" in failed["message"]
    assert (failed["stream"], failed["id"]) == ("reservations", session.external_id)
    sandbox.mend()
    with mirrored.ctx.store.write() as db:
        asked = retry_run(db, db.get_one(Run, run.id), item=0, actor="test", now=mirrored.ctx.now())
    calls = sandbox.calls("GET /class/classvisits")
    do_next(mirrored.ctx, run_id=asked.run.id)
    done(mirrored.run(asked.run.id))
    assert sandbox.calls("GET /class/classvisits") == calls + 1
    assert mirrored.all(Quarantine) == []


def test_what_cannot_be_retried_is_said(mirrored: Road) -> None:
    run = done(mirrored.do(RunKind.RESYNC, stream="venues"))
    with mirrored.ctx.store.write() as db:
        row = db.get_one(Run, run.id)
        for item, words in ((None, "Nothing in run"), (0, "no failed item 0")):
            with pytest.raises(WrongResync, match=words):
                retry_run(db, row, item=item, actor="test", now=mirrored.ctx.now())
        row.state, row.errors = RunState.FAILED, [{"what": "run", "message": "no answer in time"}]
        again = retry_run(db, row, actor="test", now=mirrored.ctx.now())
        assert (again.run.kind, again.run.params, again.how) == (RunKind.RESYNC, {"stream": "venues"}, How.NEW)


def test_one_resync_at_a_time_and_who_comes_second_is_told(mirrored: Road) -> None:
    keys, asked = mirrored.ctx.keys, {"actor": "test", "now": mirrored.ctx.now()}
    with mirrored.ctx.store.write() as db:
        first = request_resync(db, keys, 1, stream="venues", why=" asked by  a@example.com ", **asked)
        same = request_resync(db, keys, 1, stream="venues", **asked)
        other = request_resync(db, keys, 1, stream="prices", **asked)
    assert (first.how, first.words) == (How.NEW, f"Reading again: run {first.run.id}.")
    assert first.run.why == f"asked by {MARK}{keys.keyed_hash('a@example.com')}"
    assert (same.run.id, same.words) == (
        first.run.id,
        f"The same is already running, or waits: joined run {first.run.id}.",
    )
    assert other.words == f"Queued as run {other.run.id} behind run {first.run.id}: one at a time."
