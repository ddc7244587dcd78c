"""Moving everything from the embedded default to PostgreSQL: table by table, in one transaction, proven by checksums.

The source is held alone meanwhile: nobody else has it open, and nothing in it changes. The target is empty before, and
after a move that fails. Knows tables and rows; what they mean it need not know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Connection, Row, Table, create_engine, event, exists, func, null, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from adapter.store.database import Store
from adapter.store.tables import Base, KeptKey, Push, PushState, Run, RunState

A_TIME = 1000  # rows in one go
PATIENCE = 5.0  # seconds to wait for another process to let go of the source
ALONE = "something else has this database open. End `adapter serve` and all else that uses it, then move"

Tell = Callable[[str, int, int], None]
"""Told as rows are copied: the table, how many of its rows are there, of how many."""


class CannotMove(Exception):
    """Why not, and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds, whichever database it is in: how many rows, and a sum over them that knows no order."""

    rows: int = 0
    total: int = 0

    def and_rows(self, table: Table, rows: Sequence[Row[Any]]) -> Content:
        """With these rows too."""
        return Content(self.rows + len(rows), (self.total + sum(_number(table, row) for row in rows)) % 2**256)


def move(source: Store, target: Store, now: datetime, tell: Tell) -> dict[str, int]:
    """Copy every row from one store into another, both at the newest schema; how many rows each table has.

    Raises CannotMove where the source is in use or at work, the target holds something, or a row is not taken.
    """
    with _alone(source) as there, target.writer.begin() as here:
        _check_nothing_is_at_work(there, now)
        _check_empty(here)
        here.execute(Base.metadata.tables[KeptKey.__tablename__].delete())
        return {table.name: _move_table(there, here, table, tell) for table in Base.metadata.sorted_tables}


def content(db: Connection, table: Table) -> Content:
    """What a table holds."""
    found = Content()
    for rows in _pages(db, table):
        found = found.and_rows(table, rows)
    return found


@contextmanager
def _alone(source: Store) -> Iterator[Connection]:
    """The source in a transaction, with no other connection to it anywhere. Raises CannotMove."""
    source.close()
    engine = create_engine(source.url, poolclass=NullPool, connect_args={"timeout": PATIENCE, "isolation_level": None})
    event.listen(engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA locking_mode=EXCLUSIVE"))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection:
        try:
            connection.begin()
        except OperationalError as error:
            raise CannotMove(f"{source.url.database}: {ALONE} ({error.orig}).") from error
        yield connection


def _check_nothing_is_at_work(there: Connection, now: datetime) -> None:
    """Waiting work moves along; work that somebody may still be at does not."""
    run = there.execute(select(Run.id, Run.leased_until).where(Run.state == RunState.RUNNING, Run.leased_until > now))
    push = there.execute(
        select(Push.id, Push.claimed_until).where(Push.state == PushState.SENDING, Push.claimed_until > now)
    )
    for what, found in (("run", run.first()), ("push", push.first())):
        if found is not None:
            raise CannotMove(
                f"{what} {found[0]} is still at work, or its process died a moment ago: its lease ends at "
                f"{found[1]:%H:%M:%S} UTC. Move again after that."
            )


def _check_empty(here: Connection) -> None:
    """The key that a first start makes for itself is not in the way: it gives place to the source's."""
    full = [
        table.name
        for table in Base.metadata.sorted_tables
        if table.name != KeptKey.__tablename__ and here.scalar(select(exists(select(text("1")).select_from(table))))
    ]
    if full:
        more = " and more" if len(full) > 3 else ""
        raise CannotMove(f"the target is not empty ({', '.join(full[:3])}{more}). Move into an empty database.")


def _move_table(there: Connection, here: Connection, table: Table, tell: Tell) -> int:
    total = there.scalar(select(func.count()).select_from(table)) or 0
    read = Content()
    try:
        for rows in _pages(there, table):
            here.execute(table.insert(), [_values(table, row) for row in rows])
            read = read.and_rows(table, rows)
            tell(table.name, read.rows, total)
    except DBAPIError as error:
        raise CannotMove(f"table {table.name}, after {read.rows} rows: {error.orig}. Nothing was moved.") from error
    if content(here, table) != read or read.rows != total:
        raise CannotMove(f"table {table.name} does not read back as it was. Nothing was moved; tell support.")
    _go_on_counting(here, table)
    return read.rows


def _pages(db: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Rows in the order of their keys, each with whether its JSON columns are null in the database's sense."""
    nulls = [column.is_(null()).label(f"{column.name} is null") for column in _json(table)]
    wanted = select(*table.c, *nulls).order_by(*table.primary_key)
    with db.execute(wanted, execution_options={"yield_per": A_TIME}) as found:
        yield from found.partitions()


def _json(table: Table) -> list[Any]:
    return [column for column in table.c if isinstance(column.type, JSON)]


def _values(table: Table, row: Row[Any]) -> dict[str, Any]:
    """A row as it is inserted: a JSON null stays one, and so does a database null."""
    found = row._mapping
    values = {column.name: found[column.name] for column in table.c}
    return values | {column.name: null() for column in _json(table) if found[f"{column.name} is null"]}


def _go_on_counting(here: Connection, table: Table) -> None:
    """New rows are numbered after those that were moved."""
    key = table.autoincrement_column
    if key is not None:
        last = select(func.max(key)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        here.execute(select(func.setval(sequence, last)).where(last.is_not(None)))


def _number(table: Table, row: Row[Any]) -> int:
    told = json.dumps([_plain(value) for value in row], sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(f"{table.name}{told}".encode()).digest(), "big")


def _plain(value: Any) -> Any:
    """The same for the same value, whichever database gave it."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value.normalize())
        case bytes():
            return value.hex()
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value
