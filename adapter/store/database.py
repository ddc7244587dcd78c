"""Opening the database: one door for writing, one for reading, on SQLite and PostgreSQL alike.

SQLite's default transactions silently lose updates, so writing begins with BEGIN IMMEDIATE; reading begins with plain
BEGIN and never takes the write lock. Both share one pool, and each statement compiled once. Hold neither open over an
HTTP call.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from sqlalchemy import Engine, create_engine, event, exc, make_url
from sqlalchemy.orm import Session

from adapter.store.payloads import stored_text

UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""What is raised where the database can't be had just now: full, locked, down, read-only, all connections in use. It
passes: nothing half was kept, and the same again may work."""
_NOT_THERE = re.compile("no such (table|column)|has no column named")  # as SQLite says it, which has no states
_ABSENT = frozenset({"42P01", "42703"})  # PostgreSQL's states for a table or a column that is not there
READ_ONLY = "25006"  # PostgreSQL's state for a server that takes no writes: a standby, or one whose disk is full

SWITCH_TRIES, SWITCH_PAUSE = 600, 0.05  # seconds: as long as any other wait for a lock


class NotMigrated(exc.ProgrammingError):
    """A table or a column of ours is not there: the database is older than this version. No waiting mends that."""


class Store:
    """The database, opened. ``write()`` and ``read()`` each give an ORM session in one transaction."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.info: dict[str, Any] = {}  # what every writing session carries
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.writer = _sqlite(url)
            self.reader = self.writer.execution_options(begin="BEGIN")
            self._turn: AbstractContextManager[object] = threading.RLock()
        else:
            options = {"pool_pre_ping": True, "hide_parameters": True, "json_serializer": stored_text}
            self.writer = create_engine(url, **options)
            event.listen(self.writer, "handle_error", _takes_no_writes)
            self.reader = self.writer.execution_options(postgresql_readonly=True)
            self._turn = nullcontext()
        event.listen(self.writer, "handle_error", _is_older)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back on any error.

        SQLite has one writer, and lets who comes second look again and again whether it is free, ever more seldom. The
        threads of one process wait for their turn here instead: they are woken at once.
        """
        with self._turn, Session(self.writer, expire_on_commit=False, info=self.info) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One reading transaction: a consistent view, never a lock on writers."""
        with Session(self.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()


def cause_of(error: BaseException) -> str:
    """What the database itself said, in one line: no statement of ours and nothing of what was to be written."""
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)


def _takes_no_writes(context: Any) -> exc.OperationalError | None:
    """A server that has become read-only can't be had just now; to SQLAlchemy it is an error within the database."""
    options = {} if context.connection is None else context.connection.get_execution_options()
    if getattr(context.original_exception, "sqlstate", None) != READ_ONLY or options.get("postgresql_readonly"):
        return None
    return exc.OperationalError(context.statement, None, context.original_exception, hide_parameters=True)


def _is_older(context: Any) -> NotMigrated | None:
    """What SQLite calls an operational error, and PostgreSQL one of the program."""
    error = context.original_exception
    said = isinstance(error, sqlite3.OperationalError) and _NOT_THERE.search(str(error))
    if not said and getattr(error, "sqlstate", None) not in _ABSENT:
        return None
    return NotMigrated(context.statement, None, error, hide_parameters=True)


def _sqlite(url: str) -> Engine:
    connect = {"timeout": 30, "isolation_level": None}
    shared = {"pool_size": 10, "max_overflow": 20}  # twice the usual: for who reads and who writes
    engine = create_engine(url, connect_args=connect, hide_parameters=True, json_serializer=stored_text, **shared)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=30000")
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))

    return engine


def _write_ahead(cursor: Any) -> None:
    """Switch the file to its write-ahead log, where it stays.

    SQLite refuses the switch at once while another connection is at work, instead of waiting as it does elsewhere: two
    processes that start at once on a new file would meet here.
    """
    for _ in range(SWITCH_TRIES):
        if cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        threading.Event().wait(SWITCH_PAUSE)
    cursor.execute("PRAGMA journal_mode=WAL")
