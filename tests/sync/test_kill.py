"""Kill -9 at random moments of backfill, training, deciding and pushing: nothing lost, nothing doubled (F9, F42)."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise
from multiprocessing.context import ForkServerProcess

from sqlalchemy import delete

from adapter.store.tables import Base, Decision, PushState, Run, RunKind, RunOrigin, RunState, Session
from adapter.work import request_run
from sync.deciding.verdicts import as_stored
from tests.fixtures.database import ENCRYPTION_KEY, NOON
from tests.fixtures.processes import ready
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import MIRROR, Road, content
from tests.sync.walker import main

KILLS = 4


def walk(road: Road, sandbox: LiveSandbox, attempt: int) -> ForkServerProcess:
    """A process that goes on with whatever is due, two minutes after the one before it died."""
    config = road.ctx.config
    told = {
        "facts": sandbox.facts,
        "instance": str(config.instance),
        "database_url": config.database_url,
        "encryption_keys": [ENCRYPTION_KEY],
        "hash_key": "hash key of the tests",
        "now": (NOON + timedelta(minutes=2 * attempt)).isoformat(),
    }
    return ready(main, told)


def killed(process: ForkServerProcess, after: float) -> bool:
    """Whether it was still at work after so many seconds; it is not any more."""
    process.join(after)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def survive(road: Road, sandbox: LiveSandbox, kind: RunKind, longest: float) -> None:
    """Have a run and all that follows from it done, by processes that are killed again and again until one is not."""
    with road.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": NOON, "params": {"weeks": 8}}
        request_run(db, kind, road.connection_id, **asked)
    draw = random.Random(4)
    kills = sum(killed(walk(road, sandbox, attempt), draw.uniform(0.02, longest)) for attempt in range(KILLS))
    assert kills >= KILLS // 2
    last = walk(road, sandbox, KILLS)
    last.join(90)
    assert last.exitcode == 0
    assert {run.state for run in road.all(Run)} == {RunState.DONE}


def test_killed_while_mirroring_it_ends_as_if_never_interrupted(mirrored: Road, sandbox: LiveSandbox) -> None:
    expected = content(mirrored.ctx.store)
    wipe(mirrored)
    survive(mirrored, sandbox, RunKind.BACKFILL, longest=1.2)
    assert content(mirrored.ctx.store) == expected
    assert [run.kind for run in mirrored.all(Run)] == [RunKind.BACKFILL, RunKind.TRAIN, RunKind.DECIDE]


def test_killed_while_deciding_and_pushing_it_ends_as_if_never_interrupted(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    mirrored.go_live()
    survive(mirrored, sandbox, RunKind.DECIDE, longest=0.5)
    assert_pushed_once(mirrored, sandbox)


def assert_pushed_once(road: Road, sandbox: LiveSandbox) -> None:
    """The platform holds what was decided last; no decision was made twice."""
    external = {row.id: int(row.external_id) for row in road.all(Session)}
    held = {key: (offer.limit, offer.rate, offer.sequence) for key, offer in sandbox.site.offers.items()}
    latest = road.latest()
    pushed = {push.session_id for push in road.pushes()}
    assert held == {external[n]: (latest[n].limit, latest[n].rate, latest[n].sequence) for n in pushed}
    assert len(held) > 5
    assert {push.state for push in road.pushes()} <= {PushState.CONFIRMED, PushState.SUPERSEDED}
    by_session: dict[int, list[Decision]] = {}
    for row in road.all(Decision):
        by_session.setdefault(row.session_id, []).append(row)
    for rows in by_session.values():
        assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
        assert all(as_stored(earlier) != as_stored(later) for earlier, later in pairwise(rows))


def wipe(road: Road) -> None:
    """Empty the mirror again; the connection, its settings and what its sources mean stay."""
    wiped = {*MIRROR, "run"}
    with road.ctx.store.write() as db:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name in wiped:
                db.execute(delete(table))
    road.set(last_pulled_at=None)
