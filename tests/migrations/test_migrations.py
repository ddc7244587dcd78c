"""The schema's history: forward and back on both databases, and at its end exactly what the tables declare."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from adapter.store.database import Store
from adapter.store.tables import Base
from migrations import run
from migrations.job_engine import PREFIX

ALEMBICS_OWN = {"alembic_version"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without any table."""
    on_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_database") if on_postgres else f"sqlite:///{tmp_path / 'adapter.db'}"
    store = Store(url)
    yield store
    store.close()


def tables(store: Store) -> set[str]:
    with store.writer.connect() as connection:
        return set(inspect(connection).get_table_names()) - ALEMBICS_OWN


def test_what_the_migrations_make_is_what_the_tables_declare(empty: Store) -> None:
    run.upgrade(empty)
    assert run.differences(empty) == []
    assert {name for name in tables(empty) if not name.startswith(PREFIX)} == set(Base.metadata.tables)


def test_every_step_goes_forward_and_back_and_forward(empty: Store) -> None:
    steps = [script.revision for script in ScriptDirectory(str(run.HERE)).walk_revisions()][::-1]
    assert steps[-1] == run.head()
    made: list[set[str]] = [set()]
    for step in steps:
        run.upgrade(empty, step)
        made.append(tables(empty))
        run.downgrade(empty, "-1")
        assert tables(empty) == made[-2]
        run.upgrade(empty, step)
        assert run.current(empty) == step
    run.downgrade(empty, "base")
    assert (tables(empty), run.current(empty)) == (set(), None)
    run.upgrade(empty)
    assert tables(empty) == made[-1]


def test_a_database_at_head_is_left_alone(empty: Store) -> None:
    run.upgrade(empty)
    with empty.writer.begin() as connection:
        connection.execute(text("drop table push_step"))
    run.upgrade(empty)
    assert "push_step" not in tables(empty)


def test_two_that_start_at_once_migrate_once(empty: Store) -> None:
    failed: list[BaseException] = []
    together = threading.Barrier(2)

    def start() -> None:
        store = Store(empty.url.render_as_string(hide_password=False))
        together.wait()
        try:
            run.upgrade(store)
        except BaseException as error:
            failed.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert run.current(empty) == run.head()


BROKEN = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("studio") as batch:
        batch.alter_column("name", new_column_name="title")
    raise KeyboardInterrupt
"""


def test_a_migration_killed_half_way_leaves_the_schema_as_it_was(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.upgrade(empty)
    there = run.head()
    history = tmp_path / "history"
    shutil.copytree(run.HERE, history)
    (history / "versions" / "9999_half.py").write_text(BROKEN.format(head=there), encoding="utf-8")
    monkeypatch.setattr(run, "HERE", history)
    with pytest.raises(KeyboardInterrupt):
        run.upgrade(empty)
    assert run.current(empty) == there
    assert run.differences(empty) == []


def test_foreign_keys_are_kept_again_after_a_migration(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'adapter.db'}")
    run.upgrade(store)
    with store.writer.connect() as connection:
        assert connection.scalar(text("pragma foreign_keys")) == 1
    store.close()


def test_a_new_table_makes_the_next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(f"sqlite:///{tmp_path / 'adapter.db'}")
    run.upgrade(store)
    run.downgrade(store, "-1")
    history = tmp_path / "history"
    shutil.copytree(run.HERE, history)
    last = run.head()
    next((history / "versions").glob(f"{last}_*.py")).unlink()
    monkeypatch.setattr(run, "HERE", history)
    run.revise(store, "Say it again")
    (made,) = (history / "versions").glob("*_say_it_again.py")
    written = made.read_text(encoding="utf-8")
    compile(written, "revision", "exec")
    assert "UtcDateTime" not in written
    run.upgrade(store)
    assert run.differences(store) == []
    store.close()
