"""The circuit breaker as it is kept: one row a connection, shared by all processes, and the alert that it raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session as Database

from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.tables import AlertKind, Breaker, Connection
from connectors.errors import TryAgain
from sync.pushing.breaker import Circuit, Gate, failed, gate, probing, succeeded

NAMES = tuple(field.name for field in fields(Circuit))
WORDS = (
    "What we sent failed {failures} times in a row, so nothing is sent for a while: what was pushed before stays as it "
    "is. One try is made after each pause, and all goes on by itself when it succeeds. If it lasts, ask the platform "
    "whether it is down. Last answer: {words}"
)


def is_passable(db: Database, connection_id: int, now: datetime, *, urgent: bool) -> bool:
    """Whether something might be sent now."""
    row = db.scalar(select(Breaker).where(Breaker.connection_id == connection_id))
    return row is None or gate(_circuit(row), now, urgent=urgent) is not Gate.WAIT


def enter(db: Database, connection_id: int, now: datetime, urgent: Callable[[], bool]) -> bool:
    """Whether something may be sent now. A probe is written down as being under way."""
    row = _row(db, connection_id)
    if row is None or row.open_until is None:
        return True
    found = gate(_circuit(row), now, urgent=urgent())
    if found is Gate.PROBE:
        _keep(row, probing(_circuit(row), now))
    return found is not Gate.WAIT


def leave(db: Database, connection_id: int) -> None:
    """Nothing was sent after all: a probe that was allowed may be made by somebody else."""
    row = _row(db, connection_id)
    if row is not None:
        row.probe_until = None


def note_success(db: Database, connection_id: int, now: datetime) -> None:
    """The platform answered a write."""
    row = _row(db, connection_id)
    if row is None or _circuit(row) == Circuit():
        return
    _keep(row, succeeded(_circuit(row)))
    resolve_alert(db, connection_id, AlertKind.BREAKER_OPEN, now=now)


def note_failure(db: Database, connection_id: int, error: TryAgain, now: datetime) -> None:
    """A write ran into a passing fault."""
    row = _row(db, connection_id)
    if row is None:
        row = Breaker(connection_id=connection_id, failures=0, trips=0)
        db.add(row)
    _keep(row, failed(_circuit(row), now, error.after))
    row.words = str(error)
    if row.opened_at is not None:
        words = WORDS.format(failures=row.failures, words=error)
        open_alert(db, connection_id, AlertKind.BREAKER_OPEN, words, now=now, since=row.opened_at)


def lets_through(now: datetime) -> ColumnElement[bool]:
    """Connections of which something may be sent now, for queries; what is urgent may sooner."""
    waiting = select(Breaker.connection_id).where(or_(Breaker.open_until > now, Breaker.probe_until > now))
    return Connection.id.not_in(waiting)


def _row(db: Database, connection_id: int) -> Breaker | None:
    return db.scalar(
        select(Breaker)
        .where(Breaker.connection_id == connection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _circuit(row: Breaker) -> Circuit:
    return Circuit(**{name: getattr(row, name) for name in NAMES})


def _keep(row: Breaker, circuit: Circuit) -> None:
    for name, value in asdict(circuit).items():
        setattr(row, name, value)
