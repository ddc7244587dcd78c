"""What the source of a reservation means: the channel that the studio said. Told whenever it is read, never stored."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from adapter.store.tables import Reservation, SourceMapping


def meaning() -> ColumnElement[bool]:
    """What a studio says of a reservation's source, to join ``SourceMapping`` by; where it has not, it is unknown."""
    return and_(SourceMapping.connection_id == Reservation.connection_id, SourceMapping.source == Reservation.source)
