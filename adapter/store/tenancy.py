"""To which studio something belongs: the one question behind every tenant check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from adapter.store.tables import ClassType, Connection, Decision, Override, Push, Run, Studio
from adapter.store.tables import Session as ClassSession

_STUDIO: Mapping[str, Callable[[int], Select[Any]]] = {
    "studio_id": lambda key: select(Studio.id).where(Studio.id == key),
    "connection_id": lambda key: select(Connection.studio_id).where(Connection.id == key),
    "session_id": lambda key: _through(ClassSession).where(ClassSession.id == key),
    "run_id": lambda key: _through(Run).where(Run.id == key),
    "decision_id": lambda key: _through(Decision).where(Decision.id == key),
    "class_type_id": lambda key: _through(ClassType).where(ClassType.id == key),
    "override_id": lambda key: select(Override.studio_id).where(Override.id == key),
    "push_id": lambda key: _through(Push).where(Push.id == key),
}

LARGEST_ID = 2**31 - 1  # that a row can have
NAMES = frozenset(_STUDIO)
"""The names under which a thing's id may stand in a URL."""


def studio_of(db: Session, name: str, key: int) -> int | None:
    """The studio of the thing with this id; None: there is no such thing. ``name`` is one of NAMES."""
    if not 0 < key <= LARGEST_ID:
        return None
    found: int | None = db.scalar(_STUDIO[name](key))
    return found


def row_id(text: str) -> int:
    """An id as a form or an address gives it. Raises ValueError where no row can have it."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def _through(table: type[ClassSession] | type[Run] | type[Decision] | type[Push] | type[ClassType]) -> Select[Any]:
    return select(Connection.studio_id).join(table, table.connection_id == Connection.id)
