"""F9, F10, F19, F29, F30, F53: processes that die, databases that fail, clocks that step, work that is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as Database

from adapter.store.database import Store
from adapter.store.tables import Run, RunKind, RunLine, RunState, Session
from sync.engine import queue
from sync.engine.job import Job
from sync.engine.jobs import do_next
from sync.engine.schedule import SCHEDULE
from tests.faults.conftest import Fresh, Scene, both_databases
from tests.sync.conftest import done


class Killed(BaseException):
    """The process ends here, as far as the work can tell: nothing handles this."""


def _broken(
    store: Store, monkeypatch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], when: str
) -> None:
    """Let commit number ``at`` (from 1) fail: ``before`` anything of it is written for good, or ``after`` it landed."""
    write, count, mine = store.write, [0], threading.get_ident()

    @contextmanager
    def counted() -> Iterator[Database]:
        ours = threading.get_ident() == mine
        count[0] += ours
        hit = ours and count[0] == at
        with write() as db:
            yield db
            if hit and when == "before":
                db.flush()
                raise error()
        if hit:
            raise error()

    monkeypatch.setattr(store, "write", counted)


def _begin_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process takes up what was left: the dead one's lease has run out. What follows is not looked at here."""
    monkeypatch.undo()
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    scene.sandbox.tick(minutes=2)
    for run in scene.road.all(Run, Run.kind == RunKind.PULL, Run.state.in_([RunState.QUEUED, RunState.RUNNING])):
        do_next(scene.ctx, run_id=run.id)


def _happen(scene: Scene) -> None:
    """Enough for every step of a pull to have something to write."""
    scene.book(scene.coming(0))
    scene.world.cancel_class(1001, scene.coming(5).id)
    person = scene.world.enter_client(1001, "New", "Client", "new.client@example.com")
    scene.world.book(1001, scene.coming(9).id, person.unique_id)


@both_databases
@pytest.mark.parametrize("when", ["before", "after"])
def test_f09_killed_at_any_commit_it_ends_as_if_never_interrupted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    for at in (2, 6, 10, 14):  # claimed; a page, rosters, what follows from them
        _happen(scene)
        _broken(scene.ctx.store, monkeypatch, at, Killed, when)
        with pytest.raises(Killed):
            scene.pull()
        _begin_again(scene, monkeypatch)
        scene.agree()
        assert {run.state for run in scene.road.all(Run, Run.kind == RunKind.PULL)} == {RunState.DONE}
    assert scene.road.all(RunLine, RunLine.words == queue.LEFT), "its log tells why it begins twice"


@both_databases
def test_f10_a_commit_that_landed_though_it_was_reported_as_failed_doubles_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (3, 10):
        _happen(scene)
        lost = OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))
        _broken(scene.ctx.store, monkeypatch, at, lambda error=lost: error, "after")
        assert scene.pull().step == "waiting: the database did not answer"
        _begin_again(scene, monkeypatch)
        scene.agree()


def test_f19_a_clock_that_steps_does_nothing_twice_and_lets_nothing_expire(scene: Scene) -> None:
    scene.sandbox.tick(minutes=11)
    done(scene.pull())
    ours = scene.ctx.now
    for step in (-timedelta(hours=2), timedelta(minutes=90), timedelta(days=90)):
        scene.ctx.now = lambda by=step: ours() + by
        scene.pull()
        scene.ctx.now = ours
        scene.book(scene.coming())
        scene.sandbox.tick(minutes=11)
        asked = {line.name for line in SCHEDULE if _asks(scene, line.ask)}
        assert "pull" in asked, step
        scene.work()
        scene.agree()
    assert scene.road.all(Session, Session.gone_at.is_not(None)) == []


def _asks(scene: Scene, ask: Callable[[Database, Any], int]) -> int:
    with scene.ctx.store.write() as db:
        return ask(db, scene.now)


@both_databases
def test_f29_of_two_that_sync_at_once_one_does_and_a_late_one_writes_nothing(scene: Scene) -> None:
    _happen(scene)
    asked = _asked(scene)
    with scene.ctx.store.write() as db:
        run = queue.claim(db, scene.now, run_id=asked)
    assert run is not None
    threads = [threading.Thread(target=do_next, args=(scene.ctx,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.road.run(run.id).state is RunState.RUNNING  # it is somebody's
    scene.sandbox.tick(minutes=2)  # that somebody is dead
    scene.work()
    with pytest.raises(queue.LeaseLost):  # it was only asleep
        Job.of(scene.ctx, run).write(lambda db: db.execute(text("update class_session set capacity = 0")))
    scene.pull()
    scene.agree()


def _asked(scene: Scene) -> int:
    line = next(line for line in SCHEDULE if line.name == "pull")
    scene.sandbox.tick(minutes=11)
    with scene.ctx.store.write() as db:
        assert line.ask(db, scene.now) == 1
    (run,) = scene.road.all(Run, Run.state == RunState.QUEUED)
    return int(run.id)


def test_f30_a_backfill_interrupted_again_and_again_while_the_studio_lives_on_ends_whole(fresh: Fresh) -> None:
    scene = fresh()
    kinds = ("dropped", "error", "truncated", "html")
    run = scene.road.do(RunKind.BACKFILL, weeks=2)
    for attempt in range(20):
        scene.sandbox.mend()
        scene.live_on(minutes=20)
        scene.sandbox.faults({"kind": kinds[attempt % 4], "path": "/class/", "skip": 3 + 2 * attempt})
        if scene.road.run(run.id).state is RunState.QUEUED:
            do_next(scene.ctx, run_id=run.id)
    scene.mend()
    scene.live_on(hours=1)
    scene.work(most=60)
    scene.reconcile()
    scene.agree()


@both_databases
def test_f53_a_database_that_fails_half_way_keeps_nothing_half_and_goes_on_by_itself(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(80):  # more than fits where there was room
        scene.world.enter_client(1001, f"Client{number}", "Many", f"many{number}@example.com")
    fault = _full_disk(scene.ctx.store) if scene.ctx.store.is_sqlite else _cut_off(scene.ctx.store, monkeypatch)
    with fault:
        assert _pulled_in_vain(scene)
    if scene.ctx.store.is_sqlite:
        with scene.ctx.store.read() as db:
            assert db.scalar(text("pragma integrity_check")) == "ok"
    scene.sandbox.tick(minutes=2)
    scene.work()
    scene.pull()
    scene.agree()


def _pulled_in_vain(scene: Scene) -> bool:
    """Whether a pull could not be done: it was not even asked for, or it waits."""
    try:
        return scene.pull().state is not RunState.DONE
    except OperationalError:
        return True


@contextmanager
def _full_disk(store: Store) -> Iterator[None]:
    """No page more fits on the disk."""
    store.writer.dispose()
    with store.writer.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()
        connection.exec_driver_sql(f"pragma max_page_count = {pages}")
        connection.commit()
    yield
    store.writer.dispose()


@contextmanager
def _cut_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server ends our connection in the middle of a transaction."""
    write, count = store.write, [0]

    @contextmanager
    def ended() -> Iterator[Database]:
        with write() as db:
            yield db
            count[0] += 1
            if count[0] == 9:
                db.flush()
                pid = db.scalar(text("select pg_backend_pid()"))
                with store.writer.connect() as other:
                    other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})

    with monkeypatch.context() as patched:
        patched.setattr(store, "write", ended)
        yield
