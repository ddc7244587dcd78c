"""Every piece of work: who asked for it, how far it is, what came of it. This table is the queue."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Word


class RunKind(StrEnum):
    """What is to be done."""

    BACKFILL = "backfill"  # a year of everything, newest first; then train and decide
    PULL = "pull"  # what changed
    RESYNC = "resync"  # what support or the studio asked for
    TRAIN = "train"
    DECIDE = "decide"
    PUSH = "push"
    PROVE = "prove"  # whether a dangerous write is harmless at this site
    WEBHOOKS = "webhooks"  # work off the inbox
    STATE = "state"  # the day's guarantee statement of the connection's studio
    SETTLE = "settle"  # write into the payout ledger what stands 48 hours after class
    SELL = "sell"  # after sales through the channel: what is open is settled, what was sold is decided again
    TELL = "tell"  # messages to marketplaces
    BACKTEST = "backtest"  # what the past weeks would have brought, before anything is switched on
    SUBSCRIBE = "subscribe"  # see to it that the platform tells us of events


class RunOrigin(StrEnum):
    """Who asked."""

    SCHEDULE = "schedule"
    WEBHOOK = "webhook"
    MANUAL = "manual"


class RunState(StrEnum):
    """The life of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"  # ended, some items failed: they are listed
    FAILED = "failed"


OPEN = (RunState.QUEUED, RunState.RUNNING)
"""The states of a run that has not ended."""


class Run(Base):
    """One piece of work on one connection; one at a time each (a lease with a fence)."""

    __tablename__ = "run"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "connection_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    kind: Mapped[RunKind] = mapped_column(Word(RunKind))
    origin: Mapped[RunOrigin] = mapped_column(Word(RunOrigin))
    actor: Mapped[str]  # "user:3", "token:5", "clock", "cli"
    why: Mapped[str] = mapped_column(default="")
    params: Mapped[dict[str, Any]]
    state: Mapped[RunState] = mapped_column(Word(RunState))
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(default="")  # what it does now, in words
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    counts: Mapped[dict[str, Any]]  # stream -> {read, new, changed, unchanged, gone, failed}
    errors: Mapped[list[Any]]  # [{at, what, message, stream?, id?}], bounded; with an id it can be retried alone
    changes: Mapped[list[Any] | None]  # a sample of what changed: [{stream, id, what, fields}], bounded and masked


class RunLine(Base):
    """A line of a run's log: what it did, in words, without a person. Append-only, swept when it is old."""

    __tablename__ = "run_line"
    __table_args__ = (Index(None, "run_id", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    words: Mapped[str]
