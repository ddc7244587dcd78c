"""How fast we call: a token bucket for our key at a platform, and one for each connection, shared by all processes.

A bucket is one row: until when the calls taken so far would last at their even pace (Generic Cell Rate Algorithm, ITU-T
I.371). A process takes a few calls at a time, so that the row is written a few times a second at most. Where a platform
says 429, its key's bucket is emptied for as long as it wishes: every connection waits, other platforms go on (F22).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.clock import Clock, system_clock
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.dialect import insert_new, table_of
from adapter.store.tables import CallPace
from connectors.errors import NotYet
from connectors.http.patience import LONGEST_WAIT

SAVED_UP = timedelta(seconds=3)  # of quiet that may be made up for in one burst
SHARE_OF_ONE = 0.5  # of the key's pace, for one connection: a backfill leaves room for the others
LONGEST_PAUSE = timedelta(hours=1)  # a platform that asks for more is asked again after it
AT_ONCE = timedelta(seconds=0.5)  # so much of the pace a process takes at a time

Wait = Callable[[float], object]


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


class Bucket:
    """One bucket. It fills by the machine's clock; a pause ends by the adapter's, like every other wait."""

    def __init__(
        self, store: Store, key: str, per_minute: float, *, clock: Clock = system_clock, wait: Wait = _wait
    ) -> None:
        self._store, self._key, self._clock, self._sleep = store, key, clock, wait
        self._one = timedelta(minutes=1) / per_minute
        self._at_once = max(1, int(AT_ONCE / self._one))
        self._held = 0
        self._lock = threading.Lock()

    def wait(self, now: Clock) -> None:
        """Let one call through once it may be made. Raises NotYet where that is too long to wait for."""
        with self._lock:
            if not self._held:
                seconds = self._take(now).total_seconds()
                if seconds > LONGEST_WAIT:
                    raise NotYet("the platform wants us to wait, or its pace is used up", after=seconds)
                if seconds > 0:
                    self._sleep(seconds)
                self._held = self._at_once
            self._held -= 1

    def pause(self, seconds: float, now: Clock) -> None:
        """No call before so many seconds have passed; a longer pause that holds already stays."""
        until = now() + min(timedelta(seconds=seconds), LONGEST_PAUSE)
        with self._lock, self._store.write() as db:
            self._held = 0
            row = self._row(db)
            row.paused_until = until if row.paused_until is None else max(row.paused_until, until)

    def _take(self, now: Clock) -> timedelta:
        """Take the next calls; how long until they may be made. Nothing is taken where that is too long."""
        wall, cost = self._clock(), self._one * self._at_once
        with self._store.write() as db:
            row = self._row(db)
            taken = row.taken_until if row.taken_until <= wall + LONGEST_PAUSE else wall  # else: a clock was set back
            after = max(taken, wall - SAVED_UP) + cost
            pause = timedelta(0) if row.paused_until is None else row.paused_until - now()
            wait = max(after - wall, pause if pause <= LONGEST_PAUSE else timedelta(0), timedelta(0))
            if wait.total_seconds() <= LONGEST_WAIT:
                row.taken_until = after
        return wait

    def _row(self, db: Session) -> CallPace:
        wanted = select(CallPace).where(CallPace.key == self._key).with_for_update()
        found = db.scalar(wanted)
        if found is None:
            insert_new(db, table_of(CallPace), ["key"], [{"key": self._key, "taken_until": self._clock() - SAVED_UP}])
            found = db.scalars(wanted).one()
        return found


class Pace:
    """The buckets that one account's calls go through (connectors.http.patience.Pace)."""

    def __init__(self, key: Bucket, own: Bucket | None, now: Clock) -> None:
        self._key = key
        self._buckets = (own, key) if own else (key,)
        self._now = now

    def wait(self) -> None:
        """Let one call through once all of them do."""
        for bucket in self._buckets:
            bucket.wait(self._now)

    def pause(self, seconds: float) -> None:
        """The platform wants no calls with our key for so long."""
        self._key.pause(seconds, self._now)


def pace_of(ctx: Context, platform: str, per_minute: int, connection_id: int | None) -> Pace:
    """The pace of one account; None: it is not connected yet."""
    own = f"{platform}/{connection_id}"
    mine = None if connection_id is None else _bucket(ctx.store, own, per_minute * SHARE_OF_ONE)
    return Pace(_bucket(ctx.store, platform, per_minute), mine, ctx.now)


@lru_cache(maxsize=4096)
def _bucket(store: Store, key: str, per_minute: float) -> Bucket:
    return Bucket(store, key, per_minute)
