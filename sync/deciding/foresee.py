"""What a change of settings or an override would do: decided twice for one instant, compared, nothing written (J2).

The value of a session is what the model expects of the spots that would be listed, whoever chose their number.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from adapter.context import Context
from adapter.steering.foreseeing import Difference, Foreseen, Side
from adapter.store.belonging import its_class_type
from adapter.store.connection_health import connections_of
from adapter.store.overrides import Wishes
from adapter.store.tables import ClassType, ConnectionState, Session, Studio
from sync.deciding.decide import Plan, plan_of
from sync.deciding.verdicts import Verdict


def foresee(ctx: Context, studio_id: int, wishes: Wishes) -> Foreseen:
    """What these wishes, in place of the studio's own, would do to all that is decided for."""
    now = ctx.now()
    with ctx.store.read() as db:
        currency = db.get_one(Studio, studio_id).currency
        every = connections_of(db, studio_id)
    found: list[Difference] = []
    looked_at = 0
    for connection in every:
        if connection.state is ConnectionState.DISCONNECTED:
            continue
        before = plan_of(ctx, connection.id, now=now)
        after = plan_of(ctx, connection.id, now=now, wishes=wishes)
        looked_at += len(after.found)
        found += _differences(ctx, before, after)
    return Foreseen(looked_at, sorted(found, key=lambda each: (each.starts_at, each.session_id)), currency)


def _differences(ctx: Context, before: Plan, after: Plan) -> list[Difference]:
    moved = [
        number
        for number, (_, _, verdict) in after.found.items()
        if number in before.found and _is_other(_side(before.found[number][2]), _side(verdict))
    ]
    names = _names(ctx, moved)
    return [
        Difference(
            session_id=number,
            name=names[number],
            starts_at=after.found[number][0].session.starts_at,
            timezone=after.found[number][0].session.timezone,
            before=_side(before.found[number][2]),
            after=_side(after.found[number][2]),
        )
        for number in moved
    ]


def _is_other(before: Side, after: Side) -> bool:
    """Whether a session would be listed otherwise: not if nothing is listed of it either way, for whatever reason."""
    return before != after and bool(before.spots or after.spots)


def _side(verdict: Verdict) -> Side:
    spots = verdict.spots + verdict.premium_spots
    return Side(spots, verdict.rate, verdict.expected_value, verdict.binding or verdict.reason)


def _names(ctx: Context, session_ids: list[int]) -> Mapping[int, str]:
    wanted = select(Session.id, ClassType.name, Session.class_type_id).outerjoin(ClassType, its_class_type())
    with ctx.store.read() as db:
        rows = db.execute(wanted.where(Session.id.in_(session_ids))).all()
    return {number: name or external for number, name, external in rows}
