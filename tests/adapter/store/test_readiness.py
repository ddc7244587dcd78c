"""Whether somebody works, on both databases: workers that live, a clock that asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from adapter.store.database import Store
from adapter.store.readiness import PATIENCE, SILENCE, engine_state
from adapter.store.sealing import Keyring
from adapter.store.tables import Run, RunState
from tests.fixtures.database import NOON
from tests.fixtures.studio import seed_studios


def state(store: Store, after: timedelta = timedelta()) -> str:
    with store.read() as db:
        return engine_state(db, NOON + after)


def beat(store: Store, ago: str) -> None:
    if not store.is_sqlite:
        with store.write() as db:
            db.execute(text("delete from procrastinate_workers"))
            shown = "insert into procrastinate_workers (last_heartbeat) values (now() - cast(:ago as interval))"
            db.execute(text(shown), {"ago": ago})


def test_a_clock_that_asks_for_nothing_stands_still(any_store: Store, keys: Keyring) -> None:
    seed_studios(any_store, keys)
    beat(any_store, "5 s")
    assert state(any_store) == "ok"
    assert state(any_store, SILENCE) == (
        "nothing has been asked for since 2026-03-02 11:59 UTC: the clock stands still"
    )


def test_what_a_dead_worker_left_behind_is_worked_on_by_nobody(store: Store, keys: Keyring) -> None:
    seed_studios(store, keys)
    with store.write() as db:
        run = db.scalars(select(Run).limit(1)).one()
        run.state, run.leased_until = RunState.RUNNING, NOON
    assert state(store, PATIENCE) == "ok"
    assert state(store, PATIENCE + timedelta(seconds=1)) == "runs are due and nobody works on them"


@pytest.mark.postgres
def test_a_fleet_without_a_heartbeat_has_no_workers(postgres_store: Store) -> None:
    assert state(postgres_store) == "no worker lives"
    beat(postgres_store, "10 min")
    assert state(postgres_store) == "no worker lives"
    beat(postgres_store, "20 s")
    assert state(postgres_store) == "ok"
