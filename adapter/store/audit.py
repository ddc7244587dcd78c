"""The audit log's lines about a connection: who did what, with before and after. Never an address or a secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from adapter.store.tables import Audit, Connection


def note(
    db: Session,
    connection: Connection,
    act: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Write an audit line about a connection, in the caller's transaction."""
    about = f"connection:{connection.id}"
    row = Audit(at=now, actor=actor, studio_id=connection.studio_id, act=act, about=about, before=before, after=after)
    db.add(row)
