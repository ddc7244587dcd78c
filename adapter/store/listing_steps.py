"""How offers stood at the platform, noted where that changes: found otherwise, the studio's own, set right, given back.

The row of a listing is written over and goes; what is told of it as of then is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db

from adapter.store.tables import Listing, ListingStep, Session


def note_listing(db: Db, row: Listing, now: datetime) -> None:
    """From now on it stands as its row says."""
    drifting, own = row.drift_since is not None, row.own is not None
    of = {"connection_id": row.connection_id, "session_id": row.session_id, "at": now}
    db.add(ListingStep(**of, drifting=drifting, own=own, mended=row.mended))


def note_given_back(db: Db, connection_id: int, session_id: int, now: datetime) -> None:
    """From now on nothing of ours stands there."""
    of = {"connection_id": connection_id, "session_id": session_id, "at": now}
    db.add(ListingStep(**of, drifting=False, own=False, mended=0))


def listings_then(db: Db, connection_id: int, which: ColumnElement[bool], then: datetime) -> Sequence[ListingStep]:
    """How the offers of sessions stood then; of those that are absent nothing but ours was known to stand."""
    noted = select(func.max(ListingStep.id)).where(ListingStep.connection_id == connection_id, ListingStep.at <= then)
    last = noted.join(Session, Session.id == ListingStep.session_id).where(which).group_by(ListingStep.session_id)
    return db.scalars(select(ListingStep).where(ListingStep.id.in_(last))).all()
