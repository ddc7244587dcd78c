"""From SQLite to PostgreSQL with `adapter move`: nothing lost, nothing changed, and the road goes on over there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from adapter.command_line.move import move_command
from adapter.compose import compose
from adapter.operating.moving import CannotMove, move
from adapter.store.database import Store
from adapter.store.kept_keys import hash_key
from adapter.store.tables import Audit, Base, Connection, Run, RunKind, RunOrigin, RunState, Studio
from adapter.work import request_run
from sync.engine import engine_of
from tests.fixtures.database import NOON
from tests.sync.conftest import Road, dump

pytestmark = pytest.mark.postgres
ALL = [table.name for table in Base.metadata.sorted_tables]


def typed(road: Road, to: str) -> Result:
    return CliRunner().invoke(move_command, ["--to", to], obj=road.ctx)


@pytest.fixture
def moved(mirrored: Road, postgres_database: str) -> Iterator[Road]:
    """The mirrored studio, with a pull that waits, moved by the command into a database that was empty."""
    with mirrored.ctx.store.write() as db:
        hash_key(db, mirrored.ctx.config.encryption_keys)
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": mirrored.ctx.now()}
        request_run(db, RunKind.PULL, mirrored.connection_id, **asked)
    said = typed(mirrored, postgres_database)
    assert said.exit_code == 0, said.output
    assert "ADAPTER_DATABASE_URL=postgresql+psycopg://postgres" in said.output
    ctx = compose(replace(mirrored.ctx.config, database_url=postgres_database), now=mirrored.ctx.now)
    yield Road(replace(ctx, keys=mirrored.ctx.keys), mirrored.connection_id, mirrored.time)
    ctx.store.close()


def everything(store: Store) -> dict[str, list[object]]:
    return {name: sorted(rows, key=repr) for name, rows in dump(store, ALL).items()}


def test_a_moved_studio_is_the_same_and_goes_on_where_it_stood(mirrored: Road, moved: Road) -> None:
    there, here = everything(mirrored.ctx.store), everything(moved.ctx.store)
    assert here == there
    assert here["kept_key"]
    assert sum(len(rows) for rows in here.values()) > 1000
    assert engine_of(moved.ctx).run_due() == 2
    pull, decide = moved.all(Run)[-2:]
    assert (pull.kind, pull.state, decide.kind, decide.state) == (
        *(RunKind.PULL, RunState.DONE),
        *(RunKind.DECIDE, RunState.DONE),
    )
    assert sum(counts["read"] for counts in pull.counts.values()) > 10
    assert {counts[what] for counts in pull.counts.values() for what in ("new", "changed", "gone", "failed")} == {0}


def test_a_null_stays_the_null_it_was(store: Store, postgres_store: Store) -> None:
    """A database's null and JSON's null read alike, yet a question may tell them apart."""
    given = ["null", None, '{"a": 1.0, "z": "é"}']
    with store.write() as db:
        for after in given:
            db.add(line := Audit(at=NOON, actor="test", act="tried", about="studio:1"))
            db.flush()
            db.execute(text("update audit set after = :after where id = :id"), {"after": after, "id": line.id})
    move(store, postgres_store, NOON, lambda *_: None)
    with postgres_store.read() as db:
        assert list(db.scalars(text("select cast(after as text) from audit order by id"))) == given


def in_use(store: Store, target: Store) -> Callable[[], object]:
    other = Store(store.url.render_as_string())
    other.reader.connect().close()
    return other.close


def at_work(store: Store, target: Store) -> Callable[[], object]:
    with store.write() as db:
        run = Run(kind=RunKind.WEBHOOKS, origin=RunOrigin.MANUAL, actor="test", params={}, counts={}, errors=[])
        run.state, run.due_at, run.leased_until = RunState.RUNNING, NOON, NOON + timedelta(seconds=40)
        db.add(run)
    return store.close


def not_empty(store: Store, target: Store) -> Callable[[], object]:
    with target.write() as db:
        db.add(Studio(name="Already here", timezone="UTC", currency="USD", created_at=NOON))
    return target.close


def not_taken(store: Store, target: Store) -> Callable[[], object]:
    with store.write() as db:
        db.add(Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON))
        db.flush()
        db.execute(text("update studio set id = 3000000000"))
    return store.close


def altered(store: Store, target: Store) -> Callable[[], object]:
    """The target changes what it is given."""
    with store.write() as db:
        db.add(Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON))
    with target.write() as db:
        db.execute(text("create rule shout as on insert to studio do also update studio set name = upper(name)"))

    def free() -> None:
        with target.write() as db:
            db.execute(text("drop rule shout on studio"))

    return free


@pytest.mark.parametrize(
    ("hindrance", "words"),
    [
        (in_use, "End `adapter serve`"),
        (at_work, "its lease ends at 12:00:40 UTC"),
        (not_empty, "the target is not empty (studio)"),
        (not_taken, "table studio, after 0 rows"),
        (altered, "table studio does not read back as it was"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_moved(
    store: Store,
    postgres_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    hindrance: Callable[[Store, Store], Callable[[], object]],
    words: str,
) -> None:
    monkeypatch.setattr("adapter.operating.moving.PATIENCE", 0.05)
    free = hindrance(store, postgres_store)
    before = everything(postgres_store)
    with pytest.raises(CannotMove, match=re.escape(words)):
        move(store, postgres_store, NOON, lambda *_: None)
    free()
    assert everything(postgres_store) == before


def test_numbers_go_on_after_those_that_were_moved(mirrored: Road, postgres_store: Store) -> None:
    move(mirrored.ctx.store, postgres_store, mirrored.ctx.now(), lambda *_: None)
    with postgres_store.write() as db:
        last = db.scalar(select(func.max(Connection.id))) or 0
        db.add(Studio(name="Next", timezone="UTC", currency="USD", created_at=NOON))
        row = db.get_one(Connection, last)
        values = {column.name: getattr(row, column.name) for column in Connection.__table__.c if column.name != "id"}
        db.add(new := Connection(**values | {"site": "another"}))
        db.flush()
        assert new.id == last + 1


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("sqlite:///other.db", "postgresql+psycopg://"),
        ("postgresql://host/database", "--to: postgresql cannot be used so"),
        (
            "postgresql+psycopg://nobody@127.0.0.1:1/none",
            "--to: postgresql+psycopg://nobody@127.0.0.1:1/none cannot be",
        ),
    ],
)
def test_a_wrong_target_is_wrong_usage(mirrored: Road, to: str, words: str) -> None:
    said = typed(mirrored, to)
    assert said.exit_code == 2
    assert words in said.output
