"""Running the migrations from code: forward, back, and where we are. No alembic.ini.

One transaction under a lock: two processes that start at once migrate once, and a migration that is killed half-way
leaves the schema as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from adapter.store.database import Store
from adapter.store.tables import Base
from migrations.job_engine import is_ours

HERE = Path(__file__).parent
LOCK = 74_051_964  # any number, as long as it is always this one


def upgrade(store: Store, revision: str = "head") -> None:
    """Forward to ``revision``; nothing happens where the schema is there already."""
    if revision == "head" and current(store) == head():
        return
    with _locked(store) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(store: Store, revision: str) -> None:
    """Back to ``revision``; ``base`` is the empty database."""
    with _locked(store) as connection:
        command.downgrade(_config(connection), revision)


def revise(store: Store, message: str) -> None:
    """Write the next revision: what the tables declare and this database, at head, lacks."""
    number = f"{int(head() or 0) + 1:04}"
    with _locked(store) as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


def differences(store: Store) -> list[Any]:
    """What the tables declare and this database has otherwise, in Alembic's own words; empty: nothing."""
    with store.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        return list(compare_metadata(context, Base.metadata))


def current(store: Store) -> str | None:
    """The revision of this database; None: no migration has run."""
    with store.reader.connect() as connection:
        return _current(connection)


def head() -> str | None:
    """The newest revision."""
    return ScriptDirectory(str(HERE)).get_current_head()


@contextmanager
def _locked(store: Store) -> Iterator[Connection]:
    with store.writer.connect() as connection:
        if store.is_sqlite:
            # SQLite changes a table by making it anew, which must not cascade; it can't be asked inside a transaction.
            dbapi = connection.connection
            dbapi.cursor().execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                dbapi.cursor().execute("PRAGMA foreign_keys=ON")
            return
        with connection.begin():
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config
