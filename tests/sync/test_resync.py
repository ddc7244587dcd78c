"""Resync: pulls again what was asked for, tells the difference, and in rehearsal changes nothing."""

from __future__ import annotations

from sqlalchemy import update

from adapter.store.tables import Reservation, RunKind, Session
from connectors.records import Outcome
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
