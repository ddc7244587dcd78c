"""What belongs together in the mirror, to join tables by: a row names others by the platform's ids, per connection."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from adapter.store.tables import ClassType, Reservation, Session, Venue


def its_session() -> ColumnElement[bool]:
    """A reservation's session."""
    return and_(Session.connection_id == Reservation.connection_id, Session.external_id == Reservation.session_id)


def its_venue() -> ColumnElement[bool]:
    """A session's venue."""
    return and_(Venue.connection_id == Session.connection_id, Venue.external_id == Session.venue_id)


def its_class_type() -> ColumnElement[bool]:
    """What is taught in a session."""
    return and_(ClassType.connection_id == Session.connection_id, ClassType.external_id == Session.class_type_id)
