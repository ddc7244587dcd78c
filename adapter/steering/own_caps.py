"""Numbers that the studio sets itself at the platform, and that we no longer fight: letting ours be used again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.audit import note
from adapter.store.listing_steps import note_listing
from adapter.store.tables import Connection, Listing, RunKind, RunOrigin
from adapter.work import request_run


def use_ours_again(db: Session, connection: Connection, *, actor: str, now: datetime) -> int:
    """Forget them in the caller's transaction and decide anew; for how many sessions. The parity check writes ours."""
    owned = select(Listing).where(Listing.connection_id == connection.id, Listing.own.is_not(None))
    rows = db.scalars(owned).all()
    for row in rows:
        row.own, row.drift, row.drifts, row.checked_at = None, None, 0, None
        note_listing(db, row, now)
    if rows:
        note(db, connection, "own_caps.dismissed", {"sessions": len(rows)}, None, actor=actor, now=now)
        why = "the studio's own numbers at the platform no longer hold"
        request_run(db, RunKind.DECIDE, connection.id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)
    return len(rows)
