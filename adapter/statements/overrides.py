"""What was set by hand, held against the model: which classes it touched, and what they brought (N-18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Db

from adapter.experiments.overrides import Overridden, Worth
from adapter.statements.incremental import classes_of, displaced_of
from adapter.store.dialect import chunks
from adapter.store.meaning import meaning
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
    rows = every_override(db, studio_id, now)
    if not rows:
        return {}
    classes = classes_of(db, studio_id, min(row.starts_at for row in rows), now)
    lost, retail = displaced_of(classes), {one.session_id: one.retail for one in classes}
    firsts = {row.id: _first_decisions(db, row, _touched(db, row, now)) for row in rows}
    earned = _payouts_since(db, {decision.id for found in firsts.values() for decision in found})
    return {
        number: Worth(
            [
                Overridden(n, earned.get(decision.id, 0.0) - lost[n] * retail[n], _expected(decision))
                for decision in found
                if (n := decision.session_id) in retail
            ]
        )
        for number, found in firsts.items()
    }


def _expected(decision: Decision) -> float:
    """What the model expected of its own number, which the override put aside; decisions of before told that alone."""
    aside: Mapping[str, float] | None = decision.explanation.get("put_aside")
    return decision.expected_value if aside is None else aside["expected_value"]


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


def _payouts_since(db: Db, decision_ids: Collection[int]) -> dict[int, float]:
    """What marketplace reservations made after each decision pay; of one without any, nothing is told."""
    inside = and_(Reservation.connection_id == Session.connection_id, Reservation.session_id == Session.external_id)
    paid = (
        select(Decision.id, func.sum(Reservation.rate * Reservation.seats))
        .join(Session, Session.id == Decision.session_id)
        .join(Reservation, inside)
        .join(SourceMapping, meaning())
        .where(SourceMapping.channel == Channel.MARKETPLACE, Reservation.outcome.in_(ACTIVE_OUTCOMES))
        .where(Reservation.booked_at >= Decision.at)
        .group_by(Decision.id)
    )
    pieces = chunks(sorted(decision_ids))
    rows = (row for some in pieces for row in db.execute(paid.where(Decision.id.in_(some))))
    return {number: float(amount or 0) for number, amount in rows}
