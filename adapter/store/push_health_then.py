"""How pushing did at an earlier instant (N-23): from the outbox and its steps, the steps of listings, and alerts.

What the platform was compared with last, and when the breaker would try again, is not kept: it is None here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.store.alerts import open_alerts
from adapter.store.dialect import chunks
from adapter.store.listing_steps import listings_then
from adapter.store.push_health import BAD, WAITING, Failure, PushHealth
from adapter.store.tables import AlertKind, Push, PushState, PushStep, Session
from adapter.store.taken_back import moves_since

AHEAD = timedelta(days=35)
"""Nothing is decided further ahead, so nothing is pushed."""


class Stood(NamedTuple):
    """A push that was not finished then, or was sent again since."""

    id: int
    session_id: int
    starts_at: datetime
    state: PushState
    at: datetime
    answer: str | None


def push_health_then(db: Db, connection_id: int, then: datetime) -> PushHealth:
    """What ``push_health_of`` would have said at that instant."""
    ahead = _ahead(db, connection_id, then)
    last = _last(ahead, then)
    ended = and_(Push.id.in_(last), Push.settled_at <= then)
    states = Counter(dict(db.execute(select(Push.state, func.count()).where(ended).group_by(Push.state)).all()))
    stood = list(_stood(db, last, then))
    states.update(each.state for each in stood)
    listed = listings_then(db, connection_id, ahead, then)
    in_force = states[PushState.CONFIRMED]
    alerts = open_alerts(db, connection_id=connection_id, at=then)
    breaker = next((each for each in alerts if each.kind is AlertKind.BREAKER_OPEN), None)
    return PushHealth(
        in_force=in_force,
        accepted=states[PushState.ACCEPTED],
        local=states[PushState.LOCAL],
        equal=max(0, in_force - sum(each.drifting for each in listed)),
        waiting=sum(states[state] for state in WAITING),
        checked_at=None,
        mended=sum(each.mended for each in listed),
        own_caps=sum(each.own for each in listed),
        failures=_failures(db, ended, stood),
        breaker_open_since=breaker.since if breaker else None,
        next_probe_at=None,
        breaker_words=None,
    )


def _ahead(db: Db, connection_id: int, then: datetime) -> ColumnElement[bool]:
    """The classes that were still to come."""
    mine = and_(Session.connection_id == connection_id, Session.starts_at > then, Session.starts_at <= then + AHEAD)
    moves = {name: was.get("starts_at") for (_, name), was in moves_since(db, [connection_id], then).items()}
    moves = {name: starts_at for name, starts_at in moves.items() if starts_at is not None}
    if not moves:
        return mine
    coming = [name for name, starts_at in moves.items() if then < starts_at <= then + AHEAD]
    moved = and_(Session.connection_id == connection_id, Session.external_id.in_(coming))
    return or_(and_(mine, Session.external_id.not_in(list(moves))), moved)


def _last(ahead: ColumnElement[bool], then: datetime) -> Select[int | None]:
    """The last push of each of these classes that was written down by then."""
    written = select(func.max(Push.id)).join(Session, Session.id == Push.session_id)
    return written.where(ahead, Push.created_at <= then).group_by(Push.session_id)


def _stood(db: Db, last: Select[int | None], then: datetime) -> Iterator[Stood]:
    still = or_(Push.settled_at.is_(None), Push.settled_at > then)
    wanted = select(Push.id, Push.session_id, Session.starts_at, Push.created_at)
    rows = db.execute(wanted.join(Session, Session.id == Push.session_id).where(Push.id.in_(last), still)).all()
    steps: dict[int, PushStep] = {}
    for some in chunks([row.id for row in rows]):
        passed = select(PushStep).where(PushStep.push_id.in_(some), PushStep.at <= then)
        steps |= {step.push_id: step for step in db.scalars(passed.order_by(PushStep.id))}
    for number, session_id, starts_at, created_at in rows:
        step = steps.get(number)
        if step is None:
            yield Stood(number, session_id, starts_at, PushState.PENDING, created_at, None)
        else:
            yield Stood(number, session_id, starts_at, step.state, step.at, step.answer)


def _failures(db: Db, ended: ColumnElement[bool], stood: list[Stood]) -> list[Failure]:
    """Classes whose push was refused or given up, the latest answer first."""
    wanted = select(Push.settled_at, Push.id, Push.session_id, Session.starts_at, Push.answer)
    bad: list[Any] = list(
        db.execute(wanted.join(Session, Session.id == Push.session_id).where(ended, Push.state.in_(BAD))).all()
    )
    bad += [(each.at, each.id, each.session_id, each.starts_at, each.answer) for each in stood if each.state in BAD]
    latest = sorted(bad, key=lambda row: (row[0], row[1]), reverse=True)
    return [Failure(session, starts_at, words or "") for _, _, session, starts_at, words in latest]
