"""The tables of the engine that carries jobs between processes (Procrastinate), on PostgreSQL: made by our migrations.

The package ships its schema as a chain of files that never change. A revision of ours names the last one it applies, so
there is one way to upgrade; a test finds a newer package for which there is no revision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

PREFIX = "procrastinate_"


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a thing in the database is declared by our tables: for Alembic's comparison."""
    return not (kind == "table" and (name or "").startswith(PREFIX))


def shipped() -> list[Path]:
    """The files that the installed package ships, in their order."""
    from procrastinate.schema import SchemaManager

    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def add_job_tables(connection: Connection, *, last: str, after: str = "") -> None:
    """Apply the files later than ``after``, up to and with ``last``. Nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    for path in shipped():
        if after < path.stem <= last:
            _run(connection, path.read_text(encoding="utf-8"))


def drop_job_tables(connection: Connection) -> None:
    """Drop all of it. Nothing on SQLite."""
    if connection.dialect.name == "postgresql":
        _run(connection, _DROP)


def _run(connection: Connection, script: str) -> None:
    """Several statements at once, which only the driver takes."""
    driver: Any = connection.connection.driver_connection
    driver.execute(script)


_DROP = """
do $$
declare it text;
begin
    for it in select oid::regclass from pg_class where relkind = 'r' and relname like 'procrastinate\\_%'
    loop execute 'drop table ' || it || ' cascade'; end loop;
    for it in select oid::regprocedure from pg_proc where proname like 'procrastinate\\_%'
    loop execute 'drop function ' || it || ' cascade'; end loop;
    for it in select oid::regtype from pg_type where typname like 'procrastinate\\_%' and typtype in ('c', 'e')
    loop execute 'drop type ' || it || ' cascade'; end loop;
end $$
"""
