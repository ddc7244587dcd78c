"""What a proof tries, noted before it is written: where the process dies in between, a later run takes it back.

The note stands beside what we write into online capacities otherwise, so that nothing takes a trial for the studio's
own number. Pushing and proving exclude each other, so a note that either finds when it begins is nobody's any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.store.tables import Session, TotalWrite
from connectors.errors import Rejected
from connectors.platform import Api, TotalPush, Trial

NOT_THERE = "ClassNotFound"  # the code of a class that is over or gone: nothing is to be given back


@dataclass(frozen=True)
class Trials:
    """The trials of one connection, each change in a transaction of its own."""

    ctx: Context
    connection_id: int

    def begin(self, trial: Trial) -> None:
        """Note it; what we had written there before, if anything, stays known."""
        before = {"online": trial.online, "span": list(trial.span), "at": trial.at.isoformat()}
        with self.ctx.store.write() as db:
            number = db.scalars(
                select(Session.id).where(
                    Session.connection_id == self.connection_id, Session.external_id == trial.session
                )
            ).one()
            row = db.scalar(select(TotalWrite).where(TotalWrite.session_id == number))
            if row is None:
                row = TotalWrite(connection_id=self.connection_id, session_id=number)
                row.before = row.needed = trial.online
                db.add(row)
            row.written, row.trial = trial.written, before

    def end(self, trial: Trial) -> None:
        """What was there before holds again: the studio's own number, or one that we had written."""
        with self.ctx.store.write() as db:
            for row, session in db.execute(_noted(self.connection_id)).all():
                if session != trial.session:
                    continue
                row.written, row.trial = trial.online, None
                if row.before == trial.online:
                    db.delete(row)

    def take_back(self, push: TotalPush, api: Api) -> int:
        """Undo what proofs left behind; how many there were. Raises ConnectorError; what is undone by then stays so."""
        with self.ctx.store.write() as db:
            past = select(Session.id).where(Session.starts_at <= self.ctx.now())
            over = (TotalWrite.connection_id == self.connection_id, TotalWrite.trial.is_not(None))
            db.execute(delete(TotalWrite).where(*over, TotalWrite.session_id.in_(past)))
            left = [_trial_of(row, session) for row, session in db.execute(_noted(self.connection_id))]
        for trial in left:
            try:
                push.take_back(api, trial)
            except Rejected as error:
                if error.code != NOT_THERE:
                    raise
            self.end(trial)
        return len(left)


def are_left(db: Database, connection_id: int) -> bool:
    """Whether a proof has left anything behind (to be asked where none is at work)."""
    return db.execute(_noted(connection_id).limit(1)).first() is not None


def _noted(connection_id: int) -> Select[TotalWrite, str]:
    wanted = select(TotalWrite, Session.external_id).join(Session, Session.id == TotalWrite.session_id)
    ours = wanted.where(TotalWrite.connection_id == connection_id, TotalWrite.trial.is_not(None))
    return ours.order_by(TotalWrite.id)


def _trial_of(row: TotalWrite, session: str) -> Trial:
    noted = row.trial or {}
    first, last = noted["span"]
    return Trial(session, noted["online"], row.written, (first, last), datetime.fromisoformat(noted["at"]))
