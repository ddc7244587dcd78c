"""What a piece of work changed, as a sample fit to show: field by field, before and after.

Knows columns; shows nobody's address or id and no text that was received whole. Who wants to know hands a list to the
transaction; where nobody does, nothing is noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session as Db

MOST = 100  # records in one sample; the counts tell of all
HIDDEN = frozenset(
    {"id", "connection_id", "external_id", "raw", "content_hash", "fetched_at", "gone_at", "roster_mark"}
    | {"roster_read_at", "client_id", "public_id", "instructor_id", "purchase_id", "booked_at_source"}
)
MASKED = frozenset({"email_id", "guest_email_id"})  # that it changed may be told, not what it is
MASK = "hidden"
_KEY = "differences"

Note = dict[str, Any]


@contextmanager
def noting(db: Db, found: list[Note]) -> Iterator[None]:
    """Within the block, what is written through this transaction is noted in ``found``."""
    db.info[_KEY] = found
    try:
        yield
    finally:
        del db.info[_KEY]


def is_noted(db: Db) -> bool:
    """Whether anybody wants to know."""
    return _KEY in db.info


def note(db: Db, stream: str, external_id: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """Note that a record is new (``before`` is None) or has changed."""
    if (found := _wanted(db)) is not None:
        fields = {name: pair for name in sorted(after.keys() - HIDDEN) if (pair := _pair(name, before or {}, after))}
        found.append({"stream": stream, "id": external_id, "what": "changed" if before else "new", "fields": fields})


def note_gone(db: Db, stream: str, external_id: str) -> None:
    """Note that a record is not there any more."""
    if (found := _wanted(db)) is not None:
        found.append({"stream": stream, "id": external_id, "what": "gone", "fields": {}})


def _wanted(db: Db) -> list[Note] | None:
    found: list[Note] | None = db.info.get(_KEY)
    return found if found is not None and len(found) < MOST else None


def _pair(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Any] | None:
    old, new = _plain(before.get(name)), _plain(after[name])
    if old == new:
        return None
    return [MASK if value is not None else None for value in (old, new)] if name in MASKED else [old, new]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
