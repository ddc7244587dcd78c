"""What a change would do is what it then does; asking writes nothing."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from adapter.store.overrides import Wishes, keep_override, wishes_of
from adapter.store.settings import change_settings
from adapter.store.tables import Audit, Base, Override, OverrideKind, RunKind, Scope
from sync.deciding.foresee import foresee
from tests.sync.conftest import Road, done


def rows(road: Road) -> int:
    """How many rows there are in the tables that deciding could write."""
    with road.ctx.store.read() as db:
        tables = [Base.metadata.tables[name] for name in ("decision", "push", "setting", "override", "audit", "run")]
        return sum(db.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_what_is_foreseen_of_settings_is_what_then_happens(mirrored: Road) -> None:
    done(mirrored.do(RunKind.DECIDE))
    before, count = mirrored.latest(), rows(mirrored)
    studio_id = mirrored.connection.studio_id
    with mirrored.ctx.store.read() as db:
        now = wishes_of(db, studio_id)
    wishes = Wishes(now.settings.changed(Scope.STUDIO, 0, {"min_spots": 6}), now.overrides)
    told = foresee(mirrored.ctx, studio_id, wishes)
    assert rows(mirrored) == count
    assert told.differences
    assert told.looked_at == len(before)

    with mirrored.ctx.store.write() as db:
        change_settings(db, studio_id, Scope.STUDIO, 0, {"min_spots": 6}, actor="test", now=mirrored.ctx.now())
    done(mirrored.do(RunKind.DECIDE))
    after = mirrored.latest()
    moved = {n: (before[n].spots, after[n].spots) for n in after if before[n].spots != after[n].spots}
    assert moved == {
        one.session_id: (one.before.spots, one.after.spots)
        for one in told.differences
        if one.before.spots != one.after.spots
    }
    assert told.spots == sum(b - a for a, b in moved.values()) > 0


def test_a_blackout_says_what_it_forgoes(mirrored: Road) -> None:
    done(mirrored.do(RunKind.DECIDE))
    studio_id, now = mirrored.connection.studio_id, mirrored.ctx.now()
    row = Override(
        studio_id=studio_id,
        kind=OverrideKind.BLACKOUT,
        scope=Scope.STUDIO,
        scope_id=0,
        starts_at=now,
        ends_at=now + timedelta(days=3),
        reason="an event",
        actor="test",
        created_at=now,
    )
    with mirrored.ctx.store.read() as db:
        wishes = wishes_of(db, studio_id)
    told = foresee(mirrored.ctx, studio_id, Wishes(wishes.settings, wishes.overrides.with_one(row)))
    inside = {one.session_id: one for one in mirrored.latest().values()}
    starts = {s.id: s.starts_at for s in mirrored.upcoming()}
    listed = {n for n, one in inside.items() if one.spots and starts[n] < now + timedelta(days=3)}
    assert {one.session_id for one in told.differences} == listed
    assert all(one.after.spots == 0 and one.after.value == 0 for one in told.differences)
    assert told.value < 0
    with mirrored.ctx.store.write() as db:
        keep_override(db, row)
    assert mirrored.all(Audit)[-1].after["reason"] == "an event"
