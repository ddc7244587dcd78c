"""The guard over an old copy: told while nothing may be listed, with what was done; over by itself (SS-19)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from adapter.store.tables import Alert, AlertKind, PushMode, RunKind, Session
from sync.engine.schedule import ask_for_guard
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done


def look(road: Road) -> None:
    with road.ctx.store.write() as db:
        ask_for_guard(db, road.ctx.now())


def test_an_outage_is_told_once_and_is_over_with_the_next_read(mirrored: Road, sandbox: LiveSandbox) -> None:
    """SS-19."""
    mirrored.go_live()
    read_at = mirrored.connection.last_pulled_at
    sandbox.tick(minutes=60)
    look(mirrored)
    assert mirrored.all(Alert) == []
    for _ in range(2):
        sandbox.tick(minutes=5)
        look(mirrored)
    (alert,) = mirrored.all(Alert)
    assert (alert.kind, alert.since, alert.until) == (AlertKind.STALE, read_at, None)
    assert "After 15 minutes no class got more spots; after 60 every class was set to 0 spots." in alert.words
    done(mirrored.do(RunKind.PULL))
    look(mirrored)
    (over,) = mirrored.all(Alert)
    assert over.until == mirrored.ctx.now()


def test_a_copy_that_was_read_by_a_clock_that_ran_ahead_grows_old_all_the_same(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    mirrored.go_live()
    done(mirrored.do(RunKind.TRAIN))
    ahead = mirrored.ctx.now() + timedelta(hours=2)
    mirrored.set(last_pulled_at=ahead)
    with mirrored.ctx.store.write() as db:
        db.execute(update(Session).values(roster_read_at=ahead))
    look(mirrored)
    assert mirrored.all(Alert) == []  # nothing expires since the clock was set right (F19)
    sandbox.tick(minutes=61)
    look(mirrored)
    assert [alert.kind for alert in mirrored.all(Alert)] == [AlertKind.STALE]
    done(mirrored.do(RunKind.DECIDE))
    assert {decision.binding for decision in mirrored.latest().values() if not decision.spots} >= {"stale"}
    assert not any(decision.spots for decision in mirrored.latest().values())


def test_the_studio_says_when_its_copy_is_too_old(mirrored: Road, sandbox: LiveSandbox) -> None:
    mirrored.agree(no_increase_after_minutes=5, nothing_after_minutes=20)
    mirrored.set(push_mode=PushMode.PAUSED)
    sandbox.tick(minutes=21)
    look(mirrored)
    (alert,) = mirrored.all(Alert)
    assert "Nothing is pushed at present" in alert.words
