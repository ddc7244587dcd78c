"""Procrastinate's tables, made by our migrations: what its installed version declares, and gone again afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from adapter.store.database import Store
from migrations import run

pytestmark = pytest.mark.postgres
EVERYTHING = r"""
    select 'column', table_name || '.' || column_name, data_type || coalesce(column_default, '') || is_nullable
        from information_schema.columns where table_name like 'procrastinate\_%'
    union all select 'index', indexname, indexdef from pg_indexes where tablename like 'procrastinate\_%'
    union all select 'function', cast(cast(oid as regprocedure) as text), pg_get_functiondef(oid)
        from pg_proc where proname like 'procrastinate\_%'
    union all select 'trigger', tgname, pg_get_triggerdef(oid)
        from pg_trigger where tgname like 'procrastinate\_%' and not tgisinternal
    union all select 'constraint', conname, pg_get_constraintdef(oid)
        from pg_constraint where cast(cast(conrelid as regclass) as text) like 'procrastinate\_%'
    union all select 'word', typname, enumlabel from pg_enum join pg_type on pg_type.oid = enumtypid
"""


@pytest.fixture
def empty(postgres_database: str) -> Iterator[Store]:
    store = Store(postgres_database)
    yield store
    store.close()


def everything(store: Store) -> set[tuple[str, str, str]]:
    """All that the package made, white space aside."""
    with store.reader.connect() as connection:
        return {(kind, name, " ".join(what.split())) for kind, name, what in connection.execute(text(EVERYTHING))}


def test_our_migrations_make_what_the_installed_version_declares(empty: Store) -> None:
    run.upgrade(empty)
    made = everything(empty)
    run.downgrade(empty, "base")
    assert everything(empty) == set()
    with empty.writer.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(SchemaManager.get_schema())
    assert made == everything(empty)
    assert len(made) > 50
