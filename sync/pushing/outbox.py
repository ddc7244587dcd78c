"""The outbox: what waits to be pushed, claimed by one worker at a time, settled by whoever still holds the claim.

Knows the push table; calls no platform. Order is kept for each session: an older push is never sent beside or after a
newer one. What is urgent (the kill switch) goes before all else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session as Database
from sqlalchemy.orm import aliased

from adapter.store.tables import IN_FORCE, WAITING, Listing, Push, PushState, PushStep, TotalWrite

CLAIM = timedelta(seconds=60)  # longer than a send and its reading back take at worst
"""States in which a push is not finished. SENDING under a live claim is somebody's; without one its worker died."""
_REACHING = (PushState.SENDING, PushState.SENT, PushState.UNKNOWN, *IN_FORCE)  # states of what may have been sent
_OTHER = aliased(Push)  # beside the one that is asked about; made once, for every claim asks


@dataclass(frozen=True, slots=True)
class Claimed:
    """A push in hand, and whether it may already have been carried out: then look before sending."""

    push: Push
    look_first: bool


def claim_next(db: Database, connection_id: int, now: datetime) -> Claimed | None:
    """Take the next due push of a connection, urgent ones first, then the oldest; the attempt is written down."""
    for number, fence, before in db.execute(_due(connection_id, now)):
        taken = (
            update(Push)
            .where(Push.id == number, Push.fence == fence, Push.state == before)
            .values(
                state=PushState.SENDING,
                fence=Push.fence + 1,
                attempts=Push.attempts + 1,
                claimed_until=now + CLAIM,
            )
            .returning(Push)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        if (push := db.scalar(taken)) is not None:
            db.add(PushStep(push_id=push.id, at=now, state=push.state))
            return Claimed(push, look_first=before is not PushState.PENDING)
    return None


def is_due(db: Database, connection_id: int | None, now: datetime) -> bool:
    """Whether a connection has anything to push now."""
    due = select(Push.id).where(Push.connection_id == connection_id, Push.state.in_(WAITING), Push.next_try_at <= now)
    return db.execute(due.limit(1)).first() is not None


def count_due(db: Database, connection_id: int, now: datetime) -> tuple[int, int]:
    """How many pushes are due, and how many of these are of sessions of which nothing of ours is known to stand."""
    due = (Push.connection_id == connection_id, Push.state.in_(WAITING), Push.next_try_at <= now)
    new = func.count().filter(Listing.id.is_(None))
    counted = select(func.count(Push.id), new).outerjoin(Listing, Listing.session_id == Push.session_id)
    every, first = db.execute(counted.where(*due)).one()
    return every, first


def urgent_waits(db: Database, connection_id: int, now: datetime) -> bool:
    """Whether something of the kill switch is due."""
    waiting = (Push.connection_id == connection_id, Push.urgent, Push.state.in_(WAITING), Push.next_try_at <= now)
    return db.execute(select(Push.id).where(*waiting).limit(1)).first() is not None


def still_mine(db: Database, push: Push, now: datetime) -> bool:
    """Whether the claim holds: asked right before a call, since a worker may have been stopped for long (F45)."""
    mine = select(Push.id).where(Push.id == push.id, Push.fence == push.fence, Push.claimed_until > now)
    return db.execute(mine).first() is not None


def settle(db: Database, push: Push, state: PushState, now: datetime, **values: Any) -> bool:
    """End an attempt; False where another worker holds the push by now, and nothing was changed."""
    ended = state not in WAITING
    result = db.execute(
        update(Push)
        .where(Push.id == push.id, Push.fence == push.fence)
        .values(state=state, claimed_until=None, settled_at=now if ended else None, **values)
        .returning(Push.id)
    )
    if result.first() is None:
        return False
    db.add(PushStep(push_id=push.id, at=now, state=state, answer=values.get("answer")))
    return True


def hold(db: Database, connection_id: int, now: datetime, until: datetime) -> None:
    """Nothing of a connection that is due and in nobody's hands is due before ``until``: no call may be made."""
    due = (Push.connection_id == connection_id, Push.state.in_(WAITING), Push.next_try_at <= now)
    db.execute(update(Push).where(*due, _free(Push.claimed_until, now)).values(next_try_at=until))


def send_again(db: Database, push: Push, state: PushState, now: datetime, *, due: datetime) -> bool:
    """Put a push that is in ``state`` back into the outbox, to be sent as a new attempt; False: it is so no more."""
    result = db.execute(
        update(Push)
        .where(Push.id == push.id, Push.fence == push.fence, Push.state == state, ~is_followed())
        .values(
            state=PushState.PENDING,
            fence=Push.fence + 1,
            attempts=0,
            sequence=None,
            next_try_at=due,
            claimed_until=None,
            settled_at=None,
        )
        .returning(Push.id)
    )
    if result.first() is None:
        return False
    db.add(PushStep(push_id=push.id, at=now, state=PushState.PENDING))
    return True


def may_stand(db: Database, session_ids: Collection[int]) -> set[int]:
    """Of these sessions, those of which the platform may hold something of ours: it was sent, and not taken back.

    What was claimed was not sent for that: the reading before it may have failed.
    """
    reached = or_(Push.sequence.is_not(None), Push.state.in_(_REACHING))
    sent = (
        select(func.max(Push.id))
        .where(Push.session_id.in_(session_ids), Push.attempts > 0, reached)
        .group_by(Push.session_id)
    )
    back = and_(Push.urgent, Push.state.in_(IN_FORCE))
    standing = select(Push.session_id).where(Push.id.in_(sent), ~back)
    noted = (select(row.session_id).where(row.session_id.in_(session_ids)) for row in (Listing, TotalWrite))
    return set(db.scalars(standing.union(*noted)))


def supersede(db: Database, session_ids: Collection[int], now: datetime) -> None:
    """Retire what waits for sessions: later decisions take its place. What is being sent is left to its worker."""
    db.execute(
        update(Push)
        .where(Push.session_id.in_(session_ids), Push.state.in_([PushState.PENDING, PushState.SENT, PushState.UNKNOWN]))
        .values(state=PushState.SUPERSEDED, settled_at=now, fence=Push.fence + 1, claimed_until=None)
    )


def is_followed() -> ColumnElement[bool]:
    """Whether its session has a later push, for queries about Push."""
    later = aliased(Push)
    return exists().where(later.session_id == Push.session_id, later.id > Push.id)


def _due(connection_id: int, now: datetime) -> Any:
    return (
        select(Push.id, Push.fence, Push.state)
        .where(
            Push.connection_id == connection_id,
            Push.state.in_(WAITING),
            Push.next_try_at <= now,
            _free(Push.claimed_until, now),
            ~_another_in_flight(now),
        )
        .order_by(Push.urgent.desc(), Push.id)
        .limit(20)
    )


def _free(claimed_until: ColumnElement[datetime | None] | Any, now: datetime) -> ColumnElement[bool]:
    return or_(claimed_until.is_(None), claimed_until <= now)


def _another_in_flight(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        and_(
            _OTHER.session_id == Push.session_id,
            _OTHER.id != Push.id,
            or_(
                and_(_OTHER.state == PushState.SENDING, _OTHER.claimed_until > now),
                and_(_OTHER.state.in_(WAITING), _OTHER.id < Push.id),
            ),
        )
    )
