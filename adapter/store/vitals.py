"""Whether the database takes writes, whether its clock and ours agree, and when a platform was last read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as Db

from adapter.store.database import Store
from adapter.store.tables import Connection, Run

PATIENCE_MS = 2000  # who asks whether we are ready does not wait as long as a run may
SKEW = timedelta(seconds=30)  # what clocks may differ by: offers and tokens expire by them
THEIR_SKEW = timedelta(minutes=2)  # what a platform's clock may: a reading reaches back much further than that
FURTHEST = timedelta(days=365)  # a clock that is further off tells no more
STEADY = 5  # seconds that an answer may be on its way: no other clock than before
LATEST = 20  # runs


class TakesNoWrites(SQLAlchemyError):
    """The database answers and refuses to be written."""


def write_something(store: Store) -> None:
    """Commit the smallest write there is, and change nothing that is read. Raises SQLAlchemyError or the driver's own
    error where the database is read-only, its disk is full, or somebody holds its write lock.
    """
    if store.is_sqlite:
        _write_to_file(store)
        return
    with store.writer.begin() as connection:
        connection.execute(text(f"set local statement_timeout = {PATIENCE_MS}"))
        if connection.scalar(text("show transaction_read_only")) == "on":
            raise TakesNoWrites("the server is read-only, or stands by for another")
        connection.execute(text("select pg_logical_emit_message(true, 'ready', '')"))


def clock_skew(db: Db, now: datetime) -> timedelta:
    """How far our clock is from the database's, or behind what was already written down."""
    there = None if db.get_bind().dialect.name == "sqlite" else db.scalar(select(func.now()))
    off = timedelta(0) if there is None else abs(there - now)
    latest = select(Run.started_at).order_by(Run.id.desc()).limit(LATEST)
    begun = [at for at in db.scalars(latest) if at is not None]
    return max(off, max(begun, default=now) - now)


def note_clock(db: Db, connection_id: int, ahead: timedelta) -> None:
    """Keep how far a platform's clock is ahead of ours, where it is not as far as it was."""
    seconds = round(min(max(ahead, -FURTHEST), FURTHEST).total_seconds())
    known = func.coalesce(func.abs(Connection.clock_ahead - seconds), STEADY + 1)
    mine = update(Connection).where(Connection.id == connection_id, known > STEADY).values(clock_ahead=seconds)
    db.execute(mine, execution_options={"synchronize_session": False})


def their_clock(row: Connection) -> str | None:
    """How far a platform's clock is from ours, in words; None: too little for a word, or it tells no time (F20)."""
    ahead = timedelta(seconds=row.clock_ahead or 0)
    if abs(ahead) <= THEIR_SKEW:
        return None
    return f"{abs(ahead) // timedelta(minutes=1):,} minutes {'ahead of' if ahead > timedelta(0) else 'behind'} ours"


def last_sync(db: Db) -> datetime | None:
    """The start of the latest complete read of any platform."""
    return db.scalar(select(func.max(Connection.last_pulled_at)))


def _write_to_file(store: Store) -> None:
    """A number in the file's head that nobody reads."""
    raw = store.writer.raw_connection()
    try:
        cursor = raw.cursor()
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            (before,) = cursor.execute("PRAGMA user_version").fetchone()
            cursor.execute(f"PRAGMA user_version={(before + 1) % 2**31}")
        finally:
            cursor.execute(f"PRAGMA busy_timeout={usual}")
    finally:
        raw.close()
