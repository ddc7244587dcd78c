"""Working off the outbox: send the whole wanted state, settle, read back.

The attempt is written before the call, the key makes a repetition harmless, and where an outcome is unknown we look
before we send again (F42, F43). What a platform can't take is in force where we sell (LOCAL).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.tables import Connection, ConnectionState, Decision, Push, PushMode, PushState, Session
from connectors import registry
from connectors.errors import ConnectorError, Misconfigured, Reconnect, TryAgain
from connectors.platform import Api, Capability, Platform
from sync import outbox
from sync.retry import next_try
from sync.totals import Ledger, total_route
from sync.wanted import Held, Route, local_route, native_route

LOOK_AGAIN = timedelta(seconds=5)  # a platform's reads may lag behind its writes
MOST_LOOKS = 6


def push_due(ctx: Context, now: datetime, *, connection_id: int | None = None) -> Counter[str]:
    """Push whatever is due at ``now``; how many ended in which state. Of one connection, or of all that are active."""
    with ctx.store.read() as db:
        wanted = select(Connection).where(
            Connection.state == ConnectionState.ACTIVE,
            Connection.id.in_(select(Push.connection_id).where(Push.state.in_(outbox.WAITING))),
        )
        if connection_id is not None:
            wanted = wanted.where(Connection.id == connection_id)
        connections = db.scalars(wanted).all()
    ended: Counter[str] = Counter()
    for connection in connections:
        ended += _push_connection(ctx, connection, now)
    return ended


def _push_connection(ctx: Context, connection: Connection, now: datetime) -> Counter[str]:
    platform = registry.get(connection.platform)
    if (words := _only_local(platform, connection)) is not None:
        return Worker(ctx, connection, local_route(words), now).work()
    with open_connection(ctx, connection.id) as api:
        return Worker(ctx, connection, _route(ctx, connection, platform, api), now).work()


def _only_local(platform: Platform, connection: Connection) -> str | None:
    """Why an offer is in force where we sell and nowhere else; None: the platform takes it."""
    if platform.offers is not None and Capability.SPOTS_NATIVE in platform.capabilities:
        return None
    if platform.totals is None or Capability.SPOTS_TOTAL not in platform.capabilities:
        return f"{platform.title} takes no count for one channel"
    if not connection.total_push_on:
        return "changing the online capacity is off: it would also limit the studio's own clients"
    if connection.total_push_proven_at is None:
        return "the online capacity is not changed: no proof run has passed on this site"
    return None


def _route(ctx: Context, connection: Connection, platform: Platform, api: Api) -> Route:
    if platform.offers is not None:
        return native_route(platform.offers, api)
    if platform.totals is not None:
        return total_route(platform.totals, api, Ledger(ctx, connection.id))
    raise Misconfigured(f"{platform.name} declares no way to push")


@dataclass
class Worker:
    """Pushes one connection's offers, one after the other."""

    ctx: Context
    connection: Connection
    route: Route
    now: datetime

    def work(self) -> Counter[str]:
        """Until nothing is due; Reconnect and Misconfigured end it, what was claimed is given back."""
        ended: Counter[str] = Counter()
        while (claimed := self._claim()) is not None:
            ended[self._attempt(claimed).value] += 1
        return ended

    def _claim(self) -> outbox.Claimed | None:
        with self.ctx.store.write() as db:
            while (claimed := outbox.claim_next(db, self.connection.id, self.now)) is not None:
                if (answer := self._obsolete(db, claimed.push)) is None:
                    return claimed
                outbox.settle(db, claimed.push, PushState.SUPERSEDED, self.now, answer=answer)
        return None

    def _obsolete(self, db: Database, push: Push) -> str | None:
        """Why a push need not be sent any more."""
        decision = db.get_one(Decision, push.decision_id)
        live = db.scalar(select(Connection.push_mode).where(Connection.id == push.connection_id)) is PushMode.LIVE
        if not live and decision.spots + decision.premium_spots > 0:
            return "pushing is off: only what takes spots away is sent"
        later = select(Push.id).where(Push.session_id == push.session_id, Push.id > push.id).limit(1)
        if db.execute(later).first() is not None:
            return "a later decision took its place"
        if db.get_one(Session, push.session_id).starts_at <= self.now:
            return "the class had started"
        return None

    def _attempt(self, claimed: outbox.Claimed) -> PushState:
        push = claimed.push
        try:
            held = self.route.look(push.wanted) if claimed.look_first else None
            if held is None or not held.equal:
                with self.ctx.store.read() as db:
                    if not outbox.still_mine(db, push, self.ctx.now()):
                        return PushState.SENDING
                self.route.send(push.wanted, push.idempotency_key)
                held = self._read_back(push)
            return self._settle_held(push, held)
        except ConnectorError as error:
            return self._failed(push, error)

    def _read_back(self, push: Push) -> Held:
        """What is held after a send. A failed look leaves the push SENT: it was taken, only not seen yet."""
        try:
            return self.route.look(push.wanted)
        except TryAgain as error:
            return Held(equal=False, words=str(error), data=None)

    def _settle_held(self, push: Push, held: Held) -> PushState:
        if held.equal:
            return self._settle(push, self.route.in_force, answer=held.words, read_back=held.data)
        if not held.shown:
            return self._settle(push, PushState.ACCEPTED, answer=held.words, read_back=held.data)
        if push.attempts >= MOST_LOOKS:
            return self._settle(push, PushState.FAILED, answer=held.words, read_back=held.data)
        later = self.now + LOOK_AGAIN * push.attempts
        return self._settle(push, PushState.SENT, answer=held.words, read_back=held.data, next_try_at=later)

    def _failed(self, push: Push, error: ConnectorError) -> PushState:
        """Wait and try again, look first, give up, or (no access) give the push back and stop."""
        words = str(error)
        if isinstance(error, Reconnect | Misconfigured):
            self._settle(push, PushState.PENDING, answer=words, next_try_at=self.now + timedelta(minutes=15))
            raise error
        if not isinstance(error, TryAgain):
            return self._settle(push, PushState.REFUSED, answer=words)
        later = next_try(push.attempts, error, self.now)
        if later is None:
            return self._settle(push, PushState.FAILED, answer=words)
        state = PushState.UNKNOWN if error.unknown else PushState.PENDING
        return self._settle(push, state, answer=words, next_try_at=later)

    def _settle(self, push: Push, state: PushState, **values: object) -> PushState:
        with self.ctx.store.write() as db:
            outbox.settle(db, push, state, self.now, **values)
        return state
