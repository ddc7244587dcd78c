"""What the channel's books and the platform's have to say to each other.

What the platform says of a reservation that we made holds, but for a cancellation of ours. Where a platform books for
nobody, reservations stand on our ledger, and the studio is told to enter them; once it has, the two are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.messages import tell
from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.meaning import meaning
from adapter.store.rosters import SETTLED_AFTER
from adapter.store.selling import LET_GO, same_place
from adapter.store.tables import (
    AlertKind,
    ChannelReservation,
    Client,
    Reservation,
    ReservationState,
    Session,
    SourceMapping,
)
from connectors.records import ACTIVE_OUTCOMES, Channel, Outcome, SessionStatus

TO_ENTER = (
    "Your booking system takes no bookings from us. Marketplace guests to enter there: {count}. Enter them under the "
    "marketplace's source; each class's page says who they are."
)
TO_TAKE_OUT = (
    "Marketplace guests who cancelled and are still booked in your booking system, to take out there: {count}."
)
STATE_OF: Mapping[Outcome, ReservationState] = {
    Outcome.ATTENDED: ReservationState.ATTENDED,
    Outcome.NO_SHOW: ReservationState.NO_SHOW,
    Outcome.LATE_CANCELLED: ReservationState.LATE_CANCELLED,
    Outcome.CANCELLED: ReservationState.CANCELLED,
    Outcome.DENIED: ReservationState.CANCELLED,  # not honoured: nothing is owed (GQ-07)
}
READS_TRAIL = timedelta(minutes=5)
"""A read so soon after a write may still show what was before it."""

FOLLOWS = (ReservationState.CONFIRMED, ReservationState.ATTENDED, ReservationState.NO_SHOW)
"""States in which the platform's word is followed: attendance is corrected late."""


def follow_platform(db: Database, connection_id: int, now: datetime) -> int:
    """Bring the channel's reservations to where the mirror says they are; how many moved."""
    joined = _join_entered(db, connection_id, now)
    _date_cancellations(db, connection_id)
    moved = 0
    found = [*_said(db, connection_id), *_over(db, connection_id, now), *_vanished(db, connection_id)]
    for row, state, at in found:
        if row.state is not state:
            row.state, row.changed_at = state, now
            if state in (ReservationState.CANCELLED, ReservationState.LATE_CANCELLED):
                row.cancelled_at = at or now
            tell(db, row, now)
            moved += 1
    if joined or moved:
        db.flush()
        tell_studio(db, connection_id, now)
    return moved


def tell_studio(db: Database, connection_id: int, now: datetime) -> None:
    """Have an alert say how many guests the studio has still to enter, or to take out; over when there are none."""
    db.flush()
    enter, take_out = _to_enter(db, connection_id, now), _to_take_out(db, connection_id, now)
    words = [TO_ENTER.format(count=enter)] if enter else []
    words += [TO_TAKE_OUT.format(count=take_out)] if take_out else []
    if words:
        open_alert(db, connection_id, AlertKind.TO_ENTER, " ".join(words), now=now)
    else:
        resolve_alert(db, connection_id, AlertKind.TO_ENTER, now=now)


def _to_enter(db: Database, connection_id: int, now: datetime) -> int:
    waiting = _on_ledger(connection_id, now).where(
        ChannelReservation.platform_id.is_(None), ChannelReservation.state == ReservationState.CONFIRMED
    )
    return db.scalar(waiting) or 0


def _to_take_out(db: Database, connection_id: int, now: datetime) -> int:
    standing = _on_ledger(connection_id, now).join(Reservation, same_place())
    gone = ChannelReservation.state.in_(LET_GO), Reservation.outcome.in_(ACTIVE_OUTCOMES)
    return db.scalar(standing.where(*gone)) or 0


def _on_ledger(connection_id: int, now: datetime) -> Select[int]:
    counted = select(func.count()).select_from(ChannelReservation).join(Session, _of_row())
    ahead = ChannelReservation.connection_id == connection_id, ChannelReservation.on_ledger, Session.ends_at > now
    return counted.where(*ahead)


def _said(db: Database, connection_id: int) -> Iterator[tuple[ChannelReservation, ReservationState, datetime | None]]:
    """What the mirrored reservations say of ours."""
    rows = db.execute(
        select(ChannelReservation, Reservation.outcome, Reservation.cancelled_at)
        .join(Reservation, same_place())
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.state.in_(FOLLOWS),
            Reservation.outcome.in_(STATE_OF),
        )
    )
    for row, outcome, at in rows:
        yield row, STATE_OF[outcome], at


def _over(
    db: Database, connection_id: int, now: datetime
) -> Iterator[tuple[ChannelReservation, ReservationState, datetime | None]]:
    """What follows from the session alone: it was cancelled, or has long been held and nobody said anything (EC-23)."""
    rows = db.execute(
        select(ChannelReservation, Session.status, Session.gone_at)
        .join(Session, _of_row())
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.state == ReservationState.CONFIRMED,
            or_(
                Session.status == SessionStatus.CANCELLED,
                Session.gone_at.is_not(None),
                Session.ends_at <= now - SETTLED_AFTER,
            ),
        )
    )
    for row, status, gone_at in rows:
        gone = status is SessionStatus.CANCELLED or gone_at is not None
        yield row, ReservationState.CANCELLED if gone else ReservationState.ATTENDED, None


def _date_cancellations(db: Database, connection_id: int) -> None:
    """Say in the mirror when a guest cancelled through the channel: the platform shows only that the place is gone, and
    the hour at which we noticed would make an early cancellation late."""
    rows = db.execute(
        select(Reservation, ChannelReservation.cancelled_at)
        .join(ChannelReservation, same_place())
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.cancel_asked_at.is_not(None),
            ChannelReservation.cancelled_at.is_not(None),
            Reservation.outcome.in_((Outcome.CANCELLED, Outcome.LATE_CANCELLED)),
            Reservation.cancelled_at.is_distinct_from(ChannelReservation.cancelled_at),
        )
    )
    for row, at in rows:
        row.cancelled_at = at


def _vanished(
    db: Database, connection_id: int
) -> Iterator[tuple[ChannelReservation, ReservationState, datetime | None]]:
    """What is on no roster though one was read whole well after it was booked: cancelled before we ever saw it."""
    rows = db.execute(
        select(ChannelReservation, Session.roster_read_at, ChannelReservation.confirmed_at)
        .join(Session, _of_row())
        .outerjoin(Reservation, same_place())
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.state == ReservationState.CONFIRMED,
            ChannelReservation.platform_id.is_not(None),
            Reservation.id.is_(None),
            Session.roster_read_at > ChannelReservation.confirmed_at,
        )
    )
    for row, read_at, confirmed_at in rows:
        if read_at is not None and confirmed_at is not None and read_at - confirmed_at > READS_TRAIL:
            yield row, ReservationState.CANCELLED, None


def _join_entered(db: Database, connection_id: int, now: datetime) -> int:
    """Give what the studio entered by hand to the reservation on our ledger: same session, same guest, same channel."""
    same = and_(Client.connection_id == Reservation.connection_id, Client.external_id == Reservation.client_id)
    taken = select(ChannelReservation.platform_id).where(
        ChannelReservation.connection_id == connection_id, ChannelReservation.platform_id.is_not(None)
    )
    rows = db.execute(
        select(ChannelReservation, Reservation.external_id)
        .join(Session, _of_row())
        .join(
            Reservation,
            and_(Reservation.connection_id == Session.connection_id, Reservation.session_id == Session.external_id),
        )
        .join(SourceMapping, meaning())
        .outerjoin(Client, same)
        .where(
            ChannelReservation.connection_id == connection_id,
            ChannelReservation.on_ledger,
            ChannelReservation.platform_id.is_(None),
            ChannelReservation.state == ReservationState.CONFIRMED,
            SourceMapping.channel == Channel.MARKETPLACE,
            Reservation.outcome.in_(ACTIVE_OUTCOMES),
            Reservation.external_id.not_in(taken),
            or_(
                Reservation.guest_email_id == ChannelReservation.guest_email_id,
                Client.email_id == ChannelReservation.guest_email_id,
            ),
        )
        .order_by(ChannelReservation.id, Reservation.id)
    )
    given: set[str] = set()
    for row, external_id in rows:
        if row.platform_id is None and external_id not in given:
            row.platform_id, row.entered_at = external_id, now
            given.add(external_id)
    db.flush()
    return len(given)


def _of_row() -> ColumnElement[bool]:
    return Session.id == ChannelReservation.session_id
