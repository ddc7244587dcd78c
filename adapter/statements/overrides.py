"""What was set by hand, held against the model: which classes it touched, and what they brought (N-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Db

from adapter.experiments.overrides import Overridden, Worth
from adapter.statements.incremental import classes_of, displaced_of
from adapter.store.overrides import Overrides, every_override
from adapter.store.tables import (
    ClassType,
    Connection,
    Decision,
    Override,
    OverrideKind,
    Reservation,
    Session,
    SourceMapping,
    Venue,
)
from connectors.records import ACTIVE_OUTCOMES, Channel

_STOOD_AS = {OverrideKind.BLACKOUT: "blackout", OverrideKind.SPOTS: "by_hand", OverrideKind.RATE: "frozen_rate"}
"""Where a decision's inputs tell that an override of the kind held."""


def worth_of(db: Db, studio_id: int, now: datetime) -> dict[int, Worth]:
    """What each override has been worth so far, by its id; classes that have not been held yet do not count."""
    rows = every_override(db, studio_id)
    if not rows:
        return {}
    classes = classes_of(db, studio_id, min(row.starts_at for row in rows), now)
    lost, retail = displaced_of(classes), {one.session_id: one.retail for one in classes}
    found: dict[int, Worth] = {}
    for row in rows:
        firsts = _first_decisions(db, row, _touched(db, row, now))
        earned = {decision.session_id: _payouts_since(db, decision) for decision in firsts}
        found[row.id] = Worth(
            [
                Overridden(n, earned[n] - lost[n] * retail[n], decision.expected_value)
                for decision in firsts
                if (n := decision.session_id) in retail
            ]
        )
    return found


def _touched(db: Db, row: Override, now: datetime) -> list[int]:
    """The classes of an override that have been held."""
    same = Session.connection_id
    wanted = (
        select(Session.id, Session.starts_at, Venue.id, ClassType.id)
        .join(Connection, Connection.id == same)
        .outerjoin(Venue, and_(Venue.connection_id == same, Venue.external_id == Session.venue_id))
        .outerjoin(ClassType, and_(ClassType.connection_id == same, ClassType.external_id == Session.class_type_id))
        .where(Connection.studio_id == row.studio_id)
        .where(Session.starts_at >= row.starts_at, Session.starts_at < min(row.ends_at, now))
    )
    alone = Overrides([row])
    return [
        number
        for number, starts_at, venue, kind in db.execute(wanted)
        if alone.of(row.kind, starts_at, venue_id=venue, class_type_id=kind, session_id=number) is not None
    ]


def _first_decisions(db: Db, row: Override, session_ids: Sequence[int]) -> list[Decision]:
    """Of each of these classes the decision with which an override took effect, if it ever did."""
    after = [Decision.session_id.in_(session_ids), Decision.at >= row.created_at]
    if row.withdrawn_at is not None:
        after.append(Decision.at < row.withdrawn_at)
    firsts = select(func.min(Decision.id)).where(*after).group_by(Decision.session_id)
    found = db.scalars(select(Decision).where(Decision.id.in_(firsts)).order_by(Decision.session_id))
    return [decision for decision in found if _stood(decision.inputs, row.kind)]


def _stood(inputs: Mapping[str, Mapping[str, object]], kind: OverrideKind) -> bool:
    return inputs["standing"].get(_STOOD_AS[kind]) not in (None, False)


def _payouts_since(db: Db, decision: Decision) -> float:
    """What marketplace reservations made after a decision pay."""
    session = db.get_one(Session, decision.session_id)
    mapped = and_(
        SourceMapping.connection_id == Reservation.connection_id,
        SourceMapping.source == Reservation.source,
        SourceMapping.channel == Channel.MARKETPLACE,
    )
    paid = (
        select(func.coalesce(func.sum(Reservation.rate * Reservation.seats), 0))
        .join(SourceMapping, mapped)
        .where(Reservation.connection_id == session.connection_id, Reservation.session_id == session.external_id)
        .where(Reservation.booked_at >= decision.at, Reservation.outcome.in_(ACTIVE_OUTCOMES))
    )
    return float(db.scalar(paid) or 0)
