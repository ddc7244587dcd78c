"""A connection's mirror as the tables of the decision interface: what SmartTools is given, and nothing of a person.

Knows both sides: the mirror's rows and the promised columns. Settings are resolved for each session, channels told by
the studio's mapping (an unknown source is direct, a denied reservation cancelled). Core selects, for speed: a year is
30,000 reservations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session as Database

from adapter.store.belonging import its_session
from adapter.store.meaning import meaning
from adapter.store.prices import Prices, prices_of
from adapter.store.selling import HOLDING, LET_GO, same_place
from adapter.store.settings import Settings, StudioSettings, effective_settings
from adapter.store.tables import (
    ChannelReservation,
    ClassType,
    Connection,
    Decision,
    Reservation,
    Session,
    SourceMapping,
    Studio,
    Venue,
)
from connectors.records import Channel, Outcome, Product, SessionStatus

TIME, NUMBER, WHOLE, TEXT, FLAG = "datetime64[ns, UTC]", "float64", "int64", "object", "bool"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "studios": {
        "studio_id": WHOLE,
        "timezone": TEXT,
        "currency": TEXT,
        "retail_rate": NUMBER,
        "rate_floor": NUMBER,
        "rate_ceiling": NUMBER,
        "min_spots": NUMBER,
        "release_all_hours": NUMBER,
        "displacement_weight": NUMBER,
        "max_displacement_risk": NUMBER,
    },
    "sessions": {
        "session_id": WHOLE,
        "studio_id": WHOLE,
        "venue_id": TEXT,
        "template_id": TEXT,
        "starts_at": TIME,
        "capacity": NUMBER,
        "category": TEXT,
        "instructor_id": TEXT,
        "cancelled": FLAG,
        "min_spots": NUMBER,
        "release_all_hours": NUMBER,
        "rate_floor": NUMBER,
        "rate_ceiling": NUMBER,
        "retail_rate": NUMBER,
    },
    "reservations": {
        "reservation_id": WHOLE,
        "session_id": WHOLE,
        "channel": TEXT,
        "product": TEXT,
        "booked_at": TIME,
        "cancelled_at": TIME,
        "outcome": TEXT,
        "amount": NUMBER,
    },
    "offers": {
        "session_id": WHOLE,
        "from_at": TIME,
        "spots": NUMBER,
        "rate": NUMBER,
        "premium_spots": NUMBER,
        "premium_rate": NUMBER,
    },
}
TOLD_AS: Mapping[Outcome, str] = {Outcome.DENIED: Outcome.CANCELLED.value, Outcome.UNKNOWN: Outcome.BOOKED.value}
Facts = dict[str, pd.DataFrame]
SEAT = 2**40
"""Added to a reservation's id for each seat beyond the first: a row that repeats another, id and all, counts once."""
STANDING = ("booked", "attended", "no_show")
"""Outcomes of reservations that hold, or held, a place."""


def facts_of_connection(
    db: Database,
    connection_id: int,
    *,
    since: datetime,
    until: datetime,
    only: Collection[int] | None = None,
    settings: StudioSettings | None = None,
) -> Facts:
    """The four tables, by name, of the sessions that start in [since, until) and of their reservations and offers.

    ``only``: of these sessions alone, by our ids; what is known of a session is the same either way. ``settings``: in
    place of the studio's own, to see what they would do.
    """
    connection = db.get_one(Connection, connection_id)
    prices = prices_of(db, connection_id)
    settings = settings or effective_settings(db, connection.studio_id)
    during = and_(Session.connection_id == connection_id, Session.starts_at >= since, Session.starts_at < until)
    if only is not None:
        during = and_(during, Session.id.in_(only))
    return {
        "studios": table("studios", [_studio(db.get_one(Studio, connection.studio_id), settings.studio, prices)]),
        "sessions": table("sessions", _sessions(db, connection, during, settings, prices)),
        "reservations": table("reservations", _reservations(db, connection_id, during, prices)),
        "offers": table("offers", _offers(db, during)),
    }


def table(name: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as one of the promised tables, each column of its own type whatever the rows are: none, one or many."""
    columns = COLUMNS[name]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    series = {column: _series(data, kind) for (column, kind), data in zip(columns.items(), values, strict=True)}
    return pd.DataFrame(series)


def _series(data: Sequence[Any], kind: str) -> pd.Series[Any]:
    if kind == TIME:
        return pd.Series(pd.DatetimeIndex(pd.to_datetime(list(data), utc=True)).as_unit("ns"))
    if kind == NUMBER:
        return pd.Series(np.array([np.nan if value is None else float(value) for value in data], dtype=np.float64))
    values = np.empty(len(data), dtype=kind)
    values[:] = data
    return pd.Series(values, dtype=values.dtype)


def _studio(studio: Studio, settings: Settings, prices: Prices) -> tuple[Any, ...]:
    retail = settings.retail_rate if settings.retail_rate is not None else prices.retail()
    return (
        studio.id,
        studio.timezone,
        studio.currency,
        retail,
        settings.rate_floor,
        settings.rate_ceiling,
        settings.min_spots,
        settings.release_all_hours,
        settings.displacement_weight,
        settings.max_displacement_risk,
    )


def _sessions(
    db: Database, connection: Connection, during: Any, settings: StudioSettings, prices: Prices
) -> Iterable[tuple[Any, ...]]:
    rows = db.execute(
        select(
            Session.id,
            Session.venue_id,
            Session.class_type_id,
            Session.template_id,
            Session.starts_at,
            Session.capacity,
            Session.instructor_id,
            Session.status,
            Session.gone_at,
            Venue.id.label("venue"),
            ClassType.id.label("class_type"),
            ClassType.category,
        )
        .outerjoin(Venue, _same(Venue, Session.venue_id))
        .outerjoin(ClassType, _same(ClassType, Session.class_type_id))
        .where(during)
        .order_by(Session.starts_at, Session.id)
    )
    for row in rows:
        own = settings.of(venue_id=row.venue, class_type_id=row.class_type, session_id=row.id)
        yield (
            row.id,
            connection.studio_id,
            row.venue_id,
            row.template_id,
            row.starts_at,
            row.capacity,
            row.category or row.class_type_id,
            row.instructor_id,
            row.status is SessionStatus.CANCELLED or row.gone_at is not None,
            own.min_spots,
            own.release_all_hours,
            own.rate_floor,
            own.rate_ceiling,
            own.retail_rate if own.retail_rate is not None else prices.retail(row.class_type_id),
        )


def _same(table: type[Venue | ClassType], external_id: Any) -> ColumnElement[bool]:
    """The row that a session refers to by the platform's id."""
    return and_(table.connection_id == Session.connection_id, table.external_id == external_id)


def _reservations(db: Database, connection_id: int, during: Any, prices: Prices) -> list[tuple[Any, ...]]:
    rows = db.execute(
        select(
            Reservation.id,
            Session.id,
            SourceMapping.channel,
            Reservation.booked_at,
            Reservation.cancelled_at,
            Reservation.outcome,
            Reservation.rate,
            Reservation.purchase_id,
            Reservation.price_option_id,
            Reservation.seats,
            ChannelReservation.product,
            ChannelReservation.state,
        )
        .join(Session, its_session())
        .outerjoin(SourceMapping, meaning())
        .outerjoin(ChannelReservation, same_place())
        .where(Reservation.connection_id == connection_id, during)
        .order_by(Session.starts_at, Session.id, Reservation.id)
    )
    found: list[tuple[Any, ...]] = []
    for number, session, mapped, booked, cancelled, outcome, rate, purchase, option, seats, product, state in rows:
        channel = Channel.MARKETPLACE if product else Channel.DIRECT if mapped in (None, Channel.UNKNOWN) else mapped
        ours = channel is Channel.MARKETPLACE
        amount = rate if ours else prices.paid(purchase, option) if channel is Channel.DIRECT else None
        row = (
            session,
            channel.value,
            (product or Product.STANDARD).value if ours else None,
            booked,
            cancelled,
            Outcome.CANCELLED.value if state in LET_GO else TOLD_AS.get(outcome, outcome.value),
            amount,
        )
        # a second seat takes a second place (EC-47)
        found.extend((number + seat * SEAT, *row) for seat in range(max(seats, 1)))
    return found + _not_mirrored(db, during)


def _not_mirrored(db: Database, during: Any) -> list[tuple[Any, ...]]:
    """Places held through the channel that no mirrored reservation stands for yet; their ids are not ours to give."""
    held = (
        select(ChannelReservation)
        .join(Session, Session.id == ChannelReservation.session_id)
        .outerjoin(Reservation, same_place())
        .where(during, ChannelReservation.state.in_(HOLDING), Reservation.id.is_(None))
        .order_by(Session.starts_at, Session.id, ChannelReservation.id)
    )
    return [
        (
            -row.id,
            row.session_id,
            Channel.MARKETPLACE.value,
            row.product.value,
            row.requested_at,
            None,
            Outcome.BOOKED.value,
            row.payout,
        )
        for row in db.scalars(held)
    ]


def _offers(db: Database, during: Any) -> list[tuple[Any, ...]]:
    """What was really listed: decisions made in shadow never were."""
    rows = db.execute(
        select(
            Decision.session_id,
            Decision.at,
            Decision.spots,
            Decision.rate,
            Decision.premium_spots,
            Decision.premium_rate,
        )
        .join(Session, Session.id == Decision.session_id)
        .where(during, Decision.shadow.is_(False))
        .order_by(Decision.session_id, Decision.sequence)
    )
    return [tuple(row) for row in rows]
