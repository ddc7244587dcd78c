"""The one place that knows which database we speak to: insert-or-update, written once for SQLite and PostgreSQL.

Always a list of parameters and no RETURNING: that is the fast path of both drivers, and a key that comes twice in one
list is applied twice in order instead of being an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from adapter.store.tables import Base

T = TypeVar("T")
CHUNK = 1_000  # values in one IN list

Row = Mapping[str, Any]
_Insert = sqlite.Insert | postgresql.Insert


def table_of(model: type[Base]) -> Table:
    """The Core table of an ORM class."""
    return cast(Table, model.__table__)


def insert(db: Session, table: Table) -> _Insert:
    """An INSERT that can take ON CONFLICT, in the dialect of this database."""
    return _insert(db.get_bind().dialect.name, table)


def _insert(dialect: str, table: Table) -> _Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def insert_new(db: Session, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there yet; leave the others alone."""
    if rows:
        db.execute(insert(db, table).on_conflict_do_nothing(index_elements=key), list(rows))


def upsert(db: Session, table: Table, key: Sequence[str], rows: Sequence[Row], *, differs: list[str]) -> None:
    """Insert the rows; where the key is there, write every given column if one of ``differs`` has changed."""
    if rows:
        db.execute(
            _upserting(db.get_bind().dialect.name, table, tuple(key), tuple(rows[0]), tuple(differs)), list(rows)
        )


@lru_cache(maxsize=64)
def _upserting(
    dialect: str, table: Table, key: tuple[str, ...], names: tuple[str, ...], differs: tuple[str, ...]
) -> _Insert:
    """The statement: to make one anew takes as long as to write fifty rows."""
    statement = _insert(dialect, table)
    given = {name: statement.excluded[name] for name in names if name not in key}
    changed: ColumnElement[bool] | None = None
    for name in differs:
        one = table.c[name].is_distinct_from(statement.excluded[name])
        changed = one if changed is None else changed | one
    return statement.on_conflict_do_update(index_elements=key, set_=given, where=changed)


def among(values: Iterable[Any]) -> BindParameter[Any]:
    """The values of an IN list, handed over as they are; SQLAlchemy looks at each value of a list otherwise."""
    return bindparam(None, list(values), expanding=True)


def group_key(column: InstrumentedAttribute[T]) -> ColumnElement[T]:
    """A column to group few rows by. Grouped by the bare column, SQLite walks through all years by that one's index."""
    return func.coalesce(column, column)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """The values in pieces: by default such as fit an IN list."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
