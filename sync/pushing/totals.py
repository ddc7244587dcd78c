"""Online capacities, where that is all a platform takes (SPOTS_TOTAL): how much, written how, and given back.

Writing one limits the studio's own clients too. So it is never below what they may need, it is raised as soon as they
may need more, and where nothing of ours is listed the studio's own number holds again. Before the first write to a
class the studio's number is noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.store.tables import Connection, PushState, Session, TotalWrite
from connectors.errors import ConnectorError, Misconfigured, Reconnect, Rejected
from connectors.platform import Api, TotalPush
from connectors.records import SessionStatus
from sync.pushing.wanted import Held, Route, Wanted

HEADROOM = 3.0  # standard deviations of what is still expected, and one place more: clients come in pairs, too
OWN_NUMBER = "the studio's own online capacity holds: no other is needed"


def total_of(session: Session, *, taken: int, listed: int, expected_direct: float, own: int | None) -> int | None:
    """The online capacity under which ``listed`` places may be sold and direct clients still find what they may need.

    ``taken`` are the places booked, ``own`` the studio's own online capacity: it is exceeded only as far as our places
    need. None: the studio's own number is to hold, since nothing is listed, the class has no capacity, or it is enough.
    """
    if session.capacity is None or listed == 0:
        return None
    sold = listed + (taken if session.booked_online is None else session.booked_online)
    may_come = ceil(expected_direct + HEADROOM * sqrt(expected_direct)) + 1
    most = max(session.capacity if own is None else own, sold)
    found = min(session.capacity, most, sold + may_come)
    return None if found == own else found


def written(db: Database, connection_id: int) -> dict[int, TotalWrite]:
    """What we have written on a connection and not given back yet, by our session id."""
    rows = db.scalars(select(TotalWrite).where(TotalWrite.connection_id == connection_id))
    return {row.session_id: row for row in rows}


def note_needs(rows: Mapping[int, TotalWrite], needs: Mapping[int, int | None]) -> None:
    """Keep what is needed now for the classes that we have written; the next push run raises what is too low."""
    for number, row in rows.items():
        if (need := needs.get(number)) is not None:
            row.needed = need


def is_due(db: Database, connection: Connection, now: datetime) -> bool:
    """Whether a written online capacity has to be raised or given back."""
    if connection.total_push_proven_at is None:
        return False  # where harm was seen since, giving back would do it again
    return db.execute(_due(connection, now).limit(1)).first() is not None


def coming(db: Database, connection_id: int, now: datetime) -> int:
    """How many classes still to come have an online capacity that we wrote."""
    ours = select(func.count(TotalWrite.id)).join(Session, Session.id == TotalWrite.session_id)
    return db.scalar(ours.where(TotalWrite.connection_id == connection_id, Session.starts_at > now)) or 0


@dataclass(frozen=True)
class Ledger:
    """What we wrote on one connection, each change in a transaction of its own, noted before the platform is called."""

    ctx: Context
    connection_id: int

    def row(self, session: str) -> TotalWrite | None:
        """What we wrote for a class (the platform's id)."""
        with self.ctx.store.read() as db:
            return db.scalar(select(TotalWrite).where(TotalWrite.session_id.in_(self._ids(session))))

    def begin(self, session: str, before: int, total: int) -> None:
        """Note what is about to be written; ``before`` only counts the first time."""
        with self.ctx.store.write() as db:
            row = db.scalar(select(TotalWrite).where(TotalWrite.session_id.in_(self._ids(session))))
            if row is None:
                number = db.scalars(self._ids(session)).one()
                row = TotalWrite(connection_id=self.connection_id, session_id=number, before=before)
                db.add(row)
            row.written = row.needed = total
            row.trial = None

    def forget(self, session: str) -> None:
        """The studio's own number holds again."""
        with self.ctx.store.write() as db:
            number = db.scalars(self._ids(session)).one()
            db.execute(delete(TotalWrite).where(TotalWrite.session_id == number))

    def correct(self, session: str, *, written: int | None = None, needed: int | None = None) -> None:
        """What the platform shows, or refused to take."""
        with self.ctx.store.write() as db:
            row = db.scalars(select(TotalWrite).where(TotalWrite.session_id.in_(self._ids(session)))).one()
            row.written = row.written if written is None else written
            row.needed = row.needed if needed is None else needed

    def _ids(self, session: str) -> Select[int]:
        return select(Session.id).where(Session.connection_id == self.connection_id, Session.external_id == session)


def total_route(push: TotalPush, api: Api, ledger: Ledger) -> Route:
    """The platform takes an online capacity only; the rate stays with us."""

    def send(wanted: Wanted, _: str) -> None:
        session, row = wanted["session_id"], ledger.row(wanted["session_id"])
        if wanted["total"] is not None:
            _write(push, api, ledger, session, wanted["total"])
        elif row is not None:
            _give_back(push, api, ledger, session, row)

    def look(wanted: Wanted) -> Held:
        session, row = wanted["session_id"], ledger.row(wanted["session_id"])
        own = None if row is None else row.before
        aim = own if wanted["total"] is None else wanted["total"]
        if aim is None:
            return Held(equal=True, words=OWN_NUMBER, data=None)
        held = push.read_back(api, session)
        if held == aim and wanted["total"] is None:
            ledger.forget(session)
        words = None if held == aim else f"online capacity: wanted {aim}, held {held}"
        return Held(held == aim, words, {"total": held})

    return Route(send, look, PushState.CONFIRMED)


def settle(ctx: Context, connection: Connection, push: TotalPush, api: Api) -> Iterator[str]:
    """Raise what is too low, give back what is ours no more; yields what went wrong, in words, and goes on."""
    ledger = Ledger(ctx, connection.id)
    with ctx.store.write() as db:
        past = select(Session.id).where(Session.connection_id == connection.id, Session.starts_at <= ctx.now())
        db.execute(delete(TotalWrite).where(TotalWrite.session_id.in_(past)))
        due = db.execute(_due(connection, ctx.now())).all() if connection.total_push_proven_at else []
    for row, session in due:
        try:
            if connection.total_push_on:
                _raise(push, api, ledger, session, row)
            else:
                _give_back(push, api, ledger, session, row)
        except (Reconnect, Misconfigured):
            raise
        except ConnectorError as error:
            yield f"session {session}: {error}"


def _due(connection: Connection, now: datetime) -> Select[TotalWrite, str]:
    coming = (Session.starts_at > now, Session.status == SessionStatus.SCHEDULED, Session.gone_at.is_(None))
    wanted = select(TotalWrite, Session.external_id).join(Session, Session.id == TotalWrite.session_id)
    mine = (TotalWrite.connection_id == connection.id, TotalWrite.trial.is_(None))
    ours = wanted.where(*mine, *coming).order_by(TotalWrite.id)
    return ours.where(TotalWrite.needed > TotalWrite.written) if connection.total_push_on else ours


def _write(push: TotalPush, api: Api, ledger: Ledger, session: str, total: int) -> None:
    held = push.read_back(api, session)
    if held is None:
        raise Rejected("The platform does not say the online capacity that it holds: it could not be given back.")
    ledger.begin(session, held, total)
    if held != total:
        push.send(api, session, total)


def _raise(push: TotalPush, api: Api, ledger: Ledger, session: str, row: TotalWrite) -> None:
    try:
        _write(push, api, ledger, session, row.needed)
    except Rejected:
        ledger.correct(session, written=row.written, needed=row.written)  # asked again by a later decision
        raise
    held = push.read_back(api, session)
    if held is not None and held != row.needed:
        ledger.correct(session, written=held)  # not shown yet: looked at again by the next run


def _give_back(push: TotalPush, api: Api, ledger: Ledger, session: str, row: TotalWrite) -> None:
    """Write the studio's own number; where somebody else has changed it since, that one stays."""
    held = push.read_back(api, session)
    if held == row.written and held != row.before:
        try:
            push.send(api, session, row.before)
        except Rejected as error:
            if error.code != "BelowBooked":
                raise
            ledger.forget(session)  # more are booked online by now than the studio's number: nothing can be taken back
            return
        held = push.read_back(api, session)
        if held != row.before:
            return  # not shown yet: the next run looks again
    ledger.forget(session)
