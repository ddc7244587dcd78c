"""How pushing did at an earlier instant (N-23): from the outbox and its steps, the steps of listings, and alerts.

What the platform was compared with last, and when the breaker would try again, is not kept: it is None here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.store.alerts import open_alerts
from adapter.store.dialect import chunks
from adapter.store.listing_steps import listings_then
from adapter.store.push_health import Failure, PushHealth
from adapter.store.tables import BAD, WAITING, AlertKind, Push, PushState, PushStep, Session
from adapter.store.taken_back import moves_since

AHEAD = timedelta(days=35)
"""Nothing is decided further ahead, so nothing is pushed."""


class Stood(NamedTuple):
    """How a push stood."""

    at: datetime  # since when
    id: int
    session_id: int
    state: PushState
    answer: str | None


def push_health_then(db: Db, connection_id: int, then: datetime) -> PushHealth:
    """What ``push_health_of`` would have said at that instant."""
    starts = _starts_then(db, connection_id, then)
    ahead = _ahead(connection_id, starts, then)
    last = _last(ahead, then)
    ended = and_(Push.id.in_(last), Push.settled_at <= then)
    states = Counter(dict(db.execute(select(Push.state, func.count()).where(ended).group_by(Push.state)).all()))
    ended_badly = _ended_badly(db, ended) if any(map(states.get, BAD)) else []
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
        failures=_failures(db, [*ended_badly, *(each for each in stood if each.state in BAD)], starts),
        breaker_open_since=breaker.since if breaker else None,
        next_probe_at=None,
        breaker_words=None,
    )


def _starts_then(db: Db, connection_id: int, then: datetime) -> dict[str, datetime]:
    """When the classes that have another start since were to start, by the platform's id."""
    moves = moves_since(db, [connection_id], then)
    return {name: was["starts_at"] for (_, name), was in moves.items() if "starts_at" in was}


def _ahead(connection_id: int, starts: Mapping[str, datetime], then: datetime) -> ColumnElement[bool]:
    """The classes that were still to come."""
    mine, until = Session.connection_id == connection_id, then + AHEAD
    stands = and_(mine, Session.starts_at > then, Session.starts_at <= until)
    if not starts:
        return stands
    coming = [name for name, starts_at in starts.items() if then < starts_at <= until]
    return or_(and_(stands, Session.external_id.not_in(list(starts))), and_(mine, Session.external_id.in_(coming)))


def _last(ahead: ColumnElement[bool], then: datetime) -> Select[int | None]:
    """The last push of each of these classes that was written down by then."""
    written = select(func.max(Push.id)).join(Session, Session.id == Push.session_id)
    return written.where(ahead, Push.created_at <= then).group_by(Push.session_id)


def _stood(db: Db, last: Select[int | None], then: datetime) -> Iterator[Stood]:
    """The pushes that were not finished then, or were sent again since."""
    still = or_(Push.settled_at.is_(None), Push.settled_at > then)
    rows = db.execute(select(Push.id, Push.session_id, Push.created_at).where(Push.id.in_(last), still)).all()
    steps: dict[int, PushStep] = {}
    for some in chunks([row.id for row in rows]):
        passed = select(PushStep).where(PushStep.push_id.in_(some), PushStep.at <= then)
        steps |= {step.push_id: step for step in db.scalars(passed.order_by(PushStep.id))}
    for number, session_id, created_at in rows:
        if step := steps.get(number):
            yield Stood(step.at, number, session_id, step.state, step.answer)
        else:
            yield Stood(created_at, number, session_id, PushState.PENDING, None)


def _ended_badly(db: Db, ended: ColumnElement[bool]) -> list[Stood]:
    wanted = select(Push.settled_at, Push.id, Push.session_id, Push.state, Push.answer)
    rows = db.execute(wanted.where(ended, Push.state.in_(BAD))).all()
    return [Stood(at, number, session, state, words) for at, number, session, state, words in rows if at is not None]


def _failures(db: Db, bad: Sequence[Stood], starts: Mapping[str, datetime]) -> list[Failure]:
    """Classes whose push was refused or given up, the latest answer first."""
    known: dict[int, datetime] = {}
    for some in chunks([each.session_id for each in bad]):
        told = select(Session.id, Session.external_id, Session.starts_at).where(Session.id.in_(some))
        known |= {number: starts.get(name, starts_at) for number, name, starts_at in db.execute(told)}
    latest = sorted(bad, key=lambda each: (each.at, each.id), reverse=True)
    return [Failure(each.session_id, known[each.session_id], each.answer or "") for each in latest]
