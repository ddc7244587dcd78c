"""How pushing is doing: what is in force, what drifted, what failed, and whether the platform takes writes.

Knows the outbox and what stands at the platform; knows no words but the platform's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Database

from adapter.store.tables import BAD, WAITING, Breaker, Listing, Push, PushState
from adapter.store.tables import Session as ClassSession


@dataclass(frozen=True, slots=True)
class Failure:
    """A class whose latest push came to nothing."""

    session_id: int
    starts_at: datetime
    words: str  # as it was noted, the platform's own in it


@dataclass(frozen=True, slots=True)
class PushHealth:
    """What is shown of a connection's pushes. Counts are of classes still to come."""

    in_force: int  # read back and equal when it was sent
    accepted: int  # taken by a platform that does not show what it holds
    local: int  # in force where we sell, since the platform takes none
    equal: int  # of these, as wanted at the last look
    waiting: int
    checked_at: datetime | None  # the last parity check
    mended: int  # drifts that were pushed over
    own_caps: int  # classes for which the studio sets its own number, which is not fought
    failures: Sequence[Failure]
    breaker_open_since: datetime | None
    next_probe_at: datetime | None
    breaker_words: str | None

    @property
    def parity(self) -> int | None:
        """Per cent of what is in force that the platform holds as wanted, rounded down; None: nothing is in force."""
        return self.equal * 100 // self.in_force if self.in_force else None


def push_health_of(db: Database, connection_id: int, now: datetime) -> PushHealth:
    """The numbers as of ``now``."""
    states: dict[PushState, int] = dict(
        db.execute(_latest(connection_id, now, Push.state, func.count()).group_by(Push.state)).all()
    )
    drifting = _listings(connection_id, now, func.count()).where(Listing.drift_since.is_not(None))
    looked = _listings(connection_id, now, func.max(Listing.checked_at), func.coalesce(func.sum(Listing.mended), 0))
    checked_at, mended = db.execute(looked).one()
    breaker = db.scalar(select(Breaker).where(Breaker.connection_id == connection_id))
    is_open = breaker is not None and breaker.opened_at is not None
    in_force = states.get(PushState.CONFIRMED, 0)
    return PushHealth(
        in_force=in_force,
        accepted=states.get(PushState.ACCEPTED, 0),
        local=states.get(PushState.LOCAL, 0),
        equal=max(0, in_force - (db.scalar(drifting) or 0)),
        waiting=sum(states.get(state, 0) for state in WAITING),
        checked_at=checked_at,
        mended=mended,
        own_caps=own_caps_of(db, connection_id, now),
        failures=failures_of(db, connection_id, now) if any(map(states.get, BAD)) else [],
        breaker_open_since=breaker.opened_at if breaker and is_open else None,
        next_probe_at=breaker.open_until if breaker and is_open else None,
        breaker_words=breaker.words if breaker and is_open else None,
    )


def failures_of(db: Database, connection_id: int, now: datetime) -> list[Failure]:
    """Classes to come whose latest push was refused or given up, the latest answer first."""
    wanted = _latest(connection_id, now, Push.session_id, ClassSession.starts_at, Push.answer)
    bad = wanted.where(Push.state.in_(BAD)).order_by(Push.settled_at.desc(), Push.id.desc())
    return [Failure(session, starts_at, words or "") for session, starts_at, words in db.execute(bad)]


def own_caps_of(db: Database, connection_id: int, now: datetime) -> int:
    """For how many classes to come the studio sets its own number, which is not fought."""
    return db.scalar(_listings(connection_id, now, func.count()).where(Listing.own.is_not(None))) or 0


def _latest(connection_id: int, now: datetime, *columns: Any) -> Select[*tuple[Any, ...]]:
    """The last push of each class to come; from the few classes on, not from all pushes ever made."""
    ahead = ClassSession.connection_id == connection_id, ClassSession.starts_at > now
    last = select(func.max(Push.id)).join(ClassSession, ClassSession.id == Push.session_id).where(*ahead)
    found = select(*columns).select_from(Push).join(ClassSession, ClassSession.id == Push.session_id)
    return found.where(Push.id.in_(last.group_by(Push.session_id)))


def _listings(connection_id: int, now: datetime, *columns: Any) -> Select[*tuple[Any, ...]]:
    ahead = select(*columns).select_from(Listing).join(ClassSession, ClassSession.id == Listing.session_id)
    return ahead.where(Listing.connection_id == connection_id, ClassSession.starts_at > now)
