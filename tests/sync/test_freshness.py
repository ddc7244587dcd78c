"""The guard over an old copy: told while nothing may be listed, with what was done; over by itself (SS-19)."""

from __future__ import annotations

from adapter.store.tables import Alert, AlertKind, PushMode, RunKind
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


def test_the_studio_says_when_its_copy_is_too_old(mirrored: Road, sandbox: LiveSandbox) -> None:
    mirrored.agree(no_increase_after_minutes=5, nothing_after_minutes=20)
    mirrored.set(push_mode=PushMode.PAUSED)
    sandbox.tick(minutes=21)
    look(mirrored)
    (alert,) = mirrored.all(Alert)
    assert "Nothing is pushed at present" in alert.words
