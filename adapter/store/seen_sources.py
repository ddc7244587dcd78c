"""Which booking sources were seen at a connection, told from its index alone.

What that costs hangs on how many sources there are, not on how many reservations came by them.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from adapter.store.tables import Reservation


def seen_sources(db: Db, connection_id: int) -> list[str]:
    """Every source, in order. Each is looked up behind the one before: neither database does so for DISTINCT."""
    mine = select(func.min(Reservation.source)).where(Reservation.connection_id == connection_id)
    found: list[str] = []
    following = db.scalar(mine)
    while following is not None:
        found.append(following)
        following = db.scalar(mine.where(Reservation.source > following))
    return found


def count_of(db: Db, connection_id: int, source: str, most: int | None) -> int:
    """How many reservations came by a source; counted no further than ``most``."""
    some = select(Reservation.id).where(Reservation.connection_id == connection_id, Reservation.source == source)
    return db.scalar(select(func.count()).select_from(some.limit(most).subquery())) or 0
