"""The run in hand: its commits, its progress, what failed in it.

Knows the run table and how a step is made safe (rows, counts, progress and the lease in one transaction); knows no
stream and no platform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from adapter.context import Context
from adapter.store.mirror import Counts
from adapter.store.redaction import scrub
from adapter.store.run_log import log_line
from adapter.store.tables import Connection, Run, RunKind
from connectors.records import SetAside, Stream
from sync.engine import queue

MOST_ERRORS = 50  # kept on a run; more are counted, not listed


def _untold(_: SetAside) -> None:
    """Nobody says to which session a record belongs."""


@dataclass
class Job:
    """A claimed run. Every commit renews the lease; a commit after the lease was lost writes nothing."""

    ctx: Context
    run: Run
    connection_id: int
    began: datetime
    counts: dict[str, Counts] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    step: str = ""
    done: int = 0
    total: int | None = None
    logged: int = 0  # errors that stand in the log

    @classmethod
    def of(cls, ctx: Context, run: Run) -> Job:
        """Take up a claimed run. An interrupted backfill goes on counting where it stood; any other begins anew."""
        if run.connection_id is None:
            raise ValueError(f"run {run.id}: a {run.kind} run is about one connection")
        if run.kind is not RunKind.BACKFILL:
            return cls(ctx, run, run.connection_id, ctx.now())
        counts = {stream: Counts(**values) for stream, values in run.counts.items()}
        return cls(ctx, run, run.connection_id, ctx.now(), counts, list(run.errors), run.step, run.done, run.total)

    @property
    def connection(self) -> Connection:
        """The connection's row, as it stands now."""
        with self.ctx.store.read() as db:
            return db.get_one(Connection, self.connection_id)

    def commit(self, stream: str, work: Callable[[Session], Counts], *, done: int = 0) -> Counts:
        """Do a step's work in one transaction with its counts and progress; LeaseLost undoes all of it.

        PutDown after it where the process is asked to end: what is done is kept.
        """
        with self.ctx.store.write() as db:
            counts = work(db)
            log_line(db, self.run, _said(stream, counts), self.ctx.now())
            tally = {**self.counts, stream: self.counts.get(stream, Counts()) + counts}
            self._hold(db, counts=_stored(tally), done=self.done + done)
        self.counts = tally
        self.done += done
        if self.ctx.stopping.is_set():
            raise queue.PutDown("its worker was asked to end")
        return counts

    def write(self, work: Callable[[Session], None]) -> None:
        """Do work that brings no records (a cursor, what follows from rows) under the same lease."""
        with self.ctx.store.write() as db:
            work(db)
            self._hold(db)

    def say(self, step: str, *, total: int | None = None) -> None:
        """Tell what is done now, in words, and how much there is to do in all."""
        self.step = step
        self.total = self.total if total is None else total
        with self.ctx.store.write() as db:
            log_line(db, self.run, step, self.ctx.now())
            self._hold(db)

    def tell_counts(self) -> None:
        """Write the counts down as they are."""
        with self.ctx.store.write() as db:
            self._hold(db, counts=_stored(self.counts), done=self.done)

    def fail(self, what: str, message: str, *, stream: str = "", record: str | None = None) -> None:
        """List an item that failed, with the platform's words; the rest goes on (the run ends INCOMPLETE).

        ``stream`` and ``record`` (the platform's id; of a roster, its session's) let it be retried on its own.
        """
        told = {"what": what, "message": message} | ({"stream": stream} if stream else {})
        told |= {"id": record} if record else {}
        clean = {name: scrub(text, self.ctx.keys) for name, text in told.items()}  # a platform's own words
        self.errors.append({"at": self.ctx.now().isoformat(), **clean})

    def set_aside(self, records: Iterable[SetAside], session_of: Callable[[SetAside], str | None] = _untold) -> None:
        """List records that could not be read and were not parked before.

        One place in a roster can't be read without the others: it is retried with its session (``session_of``).
        """
        for record in records:
            in_roster = record.stream is Stream.RESERVATIONS
            one = session_of(record) if in_roster else record.external_id
            stream = "" if in_roster and one is None else record.stream.value
            what = f"{record.stream} {record.external_id or '(no id)'}"
            self.fail(what, record.reason, stream=stream, record=one)

    def _hold(self, db: Session, **values: Any) -> None:
        listed = self.errors[:MOST_ERRORS]
        for error in listed[self.logged :]:
            log_line(db, self.run, f"could not read {error['what']}: {error['message']}", self.ctx.now())
        self.logged = len(listed)
        progress = {"step": self.step, "total": self.total, "errors": listed}
        queue.hold(db, self.run, self.ctx.now(), **progress, **values)


def _said(stream: str, counts: Counts) -> str:
    told = {name: count for name, count in asdict(counts).items() if count}
    return f"{stream.replace('_', ' ')}: " + (", ".join(f"{count} {name}" for name, count in told.items()) or "none")


def _stored(counts: Mapping[str, Counts]) -> dict[str, Any]:
    return {stream: asdict(value) for stream, value in counts.items()}
