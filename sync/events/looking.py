"""Looking again at some sessions: they are read with their rosters, and compared with what we had.

What an event says is never taken for true; what is the case is read here. Tells apart what changed over there, what
only our own write changed, and what the platform does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.feed import announce
from adapter.marketplace.ledger import follow_platform
from adapter.store.dialect import chunks
from adapter.store.rates import fill_rates
from adapter.store.tables import ChannelOffer, Push, PushState, Reservation, Session, TotalWrite
from connectors.errors import BadRecord, Rejected
from connectors.platform import Api, Platform, Window
from connectors.records import Stream
from sync.engine.job import Job
from sync.pulling.roster_pull import RosterPull, roster_keys
from sync.pulling.streams import LOOK_AT_ONCE, mirror_stream, save_pages

T = TypeVar("T")
ECHO = timedelta(minutes=15)  # within so long a write of ours may come back as an event
WRITTEN = (PushState.SENDING, PushState.SENT, PushState.UNKNOWN, PushState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Picture:
    """What we hold of one session, as far as a decision could hang on it."""

    number: int  # our id
    facts: tuple[object, ...]
    online_capacity: int | None
    roster: frozenset[tuple[object, ...]]

    def beside_online(self, other: Picture) -> Picture:
        """The same with the other's online capacity: what is left of the difference is not ours."""
        return replace(self, online_capacity=other.online_capacity)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking, by the platform's ids of the sessions."""

    changed: dict[str, int] = field(default_factory=dict)  # and our ids
    ours: frozenset[str] = frozenset()  # only our own write had changed them
    same: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()  # unknown to us, even now
    refused: frozenset[str] = frozenset()  # the platform would not tell

    def __or__(self, other: Looked) -> Looked:
        """Both together."""
        parts = (getattr(self, each.name) | getattr(other, each.name) for each in fields(self))
        return Looked(*parts)


def look_at_all(job: Job, api: Api, platform: Platform, wanted: Sequence[str]) -> Looked:
    """Look at these sessions; where the platform refuses, by halves, so that one can't stand in the others' way."""
    try:
        return look(job, api, platform, wanted)
    except (Rejected, BadRecord) as error:
        if len(wanted) == 1:
            job.fail(f"session {wanted[0]}", str(error), stream=Stream.SESSIONS, record=wanted[0])
            return Looked(refused=frozenset(wanted))
    half = len(wanted) // 2
    return look_at_all(job, api, platform, wanted[:half]) | look_at_all(job, api, platform, wanted[half:])


def look(job: Job, api: Api, platform: Platform, wanted: Collection[str]) -> Looked:
    """Read these sessions and their rosters into the mirror, and say which of them differ from what we had."""
    if not wanted:
        return Looked()
    with job.ctx.store.read() as db:
        before = _pictures(db, job.connection_id, wanted)
    read_sessions(job, api, platform, wanted)
    job.write(lambda db: _settle(db, job, wanted))
    with job.ctx.store.read() as db:
        after = _pictures(db, job.connection_id, wanted)
        written = _written(db, job.connection_id, after)
    changed = {key: picture for key, picture in after.items() if picture != before.get(key)}
    ours = {key for key in changed if key in before and _is_ours(before[key], changed[key], written)}
    return Looked(
        changed={key: picture.number for key, picture in changed.items() if key not in ours},
        ours=frozenset(ours),
        same=frozenset(after.keys() - changed.keys()),
        absent=frozenset(set(wanted) - after.keys()),
    )


def read_sessions(job: Job, api: Api, platform: Platform, wanted: Collection[str]) -> None:
    """Bring these sessions and their rosters into the mirror: by their ids where that can be asked; one that does not
    come, at the time at which we knew it: if the platform has no such session there, it is marked as gone."""
    resource = platform.streams[Stream.SESSIONS]
    came: set[str] = set()
    if resource.look is not None:
        for some in chunks(sorted(wanted), LOOK_AT_ONCE):
            came |= save_pages(job, Stream.SESSIONS, resource.look(api, some)).seen
    with job.ctx.store.read() as db:
        left = _of(select(Session.starts_at), job.connection_id, set(wanted) - came)
        starts = sorted(set(db.scalars(left.where(Session.gone_at.is_(None)))))
    for start in starts:
        window = Window(start, start + timedelta(minutes=1))
        mirror_stream(job, api, platform, Stream.SESSIONS, window)
    with job.ctx.store.read() as db:
        keys = roster_keys(db, numbers_of(db, job.connection_id, wanted))
    RosterPull(job, api, platform).read(keys)


def just_written(db: Database, connection_id: int, now: datetime) -> dict[str, str | None]:
    """The sessions that we wrote just now, with their recurring slots, by the platform's ids: told of, it may be us."""
    pushed = select(Push.session_id).where(
        Push.connection_id == connection_id,
        Push.state.in_(WRITTEN),
        or_(Push.settled_at.is_(None), Push.settled_at > now - ECHO),
    )
    kept = select(TotalWrite.session_id).where(TotalWrite.connection_id == connection_id)
    ours = select(Session.external_id, Session.template_id).where(or_(Session.id.in_(pushed), Session.id.in_(kept)))
    return dict(db.execute(ours).all())


def sessions_of(db: Database, connection_id: int, template: str, now: datetime) -> list[str]:
    """The sessions still to come of a recurring slot, by the platform's ids."""
    wanted = select(Session.external_id).where(
        Session.connection_id == connection_id, Session.template_id == template, Session.starts_at > now
    )
    return list(db.scalars(wanted.where(Session.gone_at.is_(None)).order_by(Session.id)))


def numbers_of(db: Database, connection_id: int, keys: Collection[str]) -> list[int]:
    """Our ids of these sessions, as far as they stand."""
    wanted = _of(select(Session.id), connection_id, keys)
    return list(db.scalars(wanted.where(Session.gone_at.is_(None)).order_by(Session.id)))


def _of(wanted: Select[T], connection_id: int, keys: Collection[str]) -> Select[T]:
    return wanted.where(Session.connection_id == connection_id, Session.external_id.in_(keys))


def _settle(db: Database, job: Job, keys: Collection[str]) -> None:
    """What follows from their rows."""
    fill_rates(db, job.connection_id, job.ctx.now(), sessions=keys)
    follow_platform(db, job.connection_id, job.ctx.now())
    listed = _of(select(Session.id), job.connection_id, keys).join(ChannelOffer, ChannelOffer.session_id == Session.id)
    announce(db, db.scalars(listed).all(), job.ctx.now())


def _pictures(db: Database, connection_id: int, keys: Collection[str]) -> dict[str, Picture]:
    rows = db.scalars(_of(select(Session), connection_id, keys))
    rosters: dict[str, set[tuple[object, ...]]] = {}
    held = select(Reservation.session_id, Reservation.external_id, Reservation.outcome, Reservation.source).where(
        Reservation.connection_id == connection_id, Reservation.session_id.in_(keys)
    )
    for session, *place in db.execute(held.add_columns(Reservation.seats, Reservation.gone_at)):
        rosters.setdefault(session, set()).add(tuple(place))
    return {row.external_id: _picture(row, frozenset(rosters.get(row.external_id, ()))) for row in rows}


def _picture(row: Session, roster: frozenset[tuple[object, ...]]) -> Picture:
    facts = (row.starts_at, row.capacity, row.waitlisted, row.status, row.hidden, row.gone_at, row.class_type_id)
    return Picture(row.id, facts, row.online_capacity, roster)


def _written(db: Database, connection_id: int, after: Mapping[str, Picture]) -> dict[int, frozenset[int | None]]:
    """The online capacities that we wrote into these sessions, and the studio's own that we gave back."""
    numbers = [picture.number for picture in after.values()]
    noted = select(TotalWrite).where(TotalWrite.connection_id == connection_id, TotalWrite.session_id.in_(numbers))
    return {row.session_id: frozenset({row.written, row.before}) for row in db.scalars(noted)}


def _is_ours(before: Picture, after: Picture, written: Mapping[int, frozenset[int | None]]) -> bool:
    """Whether the online capacity alone differs, and is a number of ours."""
    return before.beside_online(after) == after and after.online_capacity in written.get(after.number, ())
