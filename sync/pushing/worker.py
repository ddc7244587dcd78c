"""Pushing one connection's offers: claim, note what was there, send the whole wanted state, settle, read back.

The attempt is written before the call, the key makes a repetition harmless, and where an outcome is unknown we look
before we send again (F42, F43). Several writes go at a time where the platform stands it, never two for one session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.logs import carrying
from adapter.marketplace.feed import announce
from adapter.store.tables import IN_FORCE, Connection, Decision, Listing, Push, PushMode, PushState, RunKind, Session
from adapter.work import request_by_clock
from connectors.errors import BadRecord, ConnectorError, Misconfigured, NotYet, Reconnect, Rejected, TryAgain
from connectors.platform import ReadBack
from sync.engine.retry import TRIES, next_try
from sync.pushing import circuit, listings, outbox
from sync.pushing.held import BULK_PAYS, all_held
from sync.pushing.wanted import Held, Route

LOOK_AGAIN = timedelta(seconds=5)  # a platform's reads may lag behind its writes
MOST_LOOKS = 6
NO_ACCESS_WAIT = timedelta(minutes=15)
URGENT_WAIT = timedelta(seconds=10)  # the kill switch tries again no later than this, and never gives up
URGENT_TRIES = 10_000
CONFLICT, MOST_CONFLICTS = 409, 3  # the platform holds a newer state: read it and decide anew, then tell (OR-05)

Note = Callable[[Database], None]


@dataclass
class Worker:
    """Pushes one connection's offers until nothing is due."""

    ctx: Context
    connection: Connection
    route: Route
    _seen: Mapping[str, ReadBack] | None = field(default=None, init=False)
    _paused: bool = field(default=False, init=False)  # no call may be made for a while: what is due waits

    def work(self) -> Counter[str]:
        """Reconnect and Misconfigured end it, what was claimed is given back."""
        due, new = self._due()
        if self.route.read_all is not None and new >= BULK_PAYS:
            self._seen = all_held(self.route.read_all)
        if (hands := min(self.route.at_once, due)) < 2:
            return self._work()
        with ThreadPoolExecutor(hands, thread_name_prefix=f"push {self.connection.id}") as pool:
            parts = [pool.submit(carrying(self._work)) for _ in range(hands)]
            return sum((part.result() for part in parts), Counter())

    def _work(self) -> Counter[str]:
        ended: Counter[str] = Counter()
        while not self._paused and (claimed := self._claim()) is not None:
            ended[self._attempt(claimed).value] += 1
        return ended

    def _due(self) -> tuple[int, int]:
        """How many pushes are due, and how many of these are the first of their session."""
        with self.ctx.store.read() as db:
            return outbox.count_due(db, self.connection.id, self.ctx.now())

    def _claim(self) -> outbox.Claimed | None:
        now = self.ctx.now()
        with self.ctx.store.write() as db:
            if not circuit.enter(db, self.connection.id, now, lambda: outbox.urgent_waits(db, self.connection.id, now)):
                return None
            while (claimed := outbox.claim_next(db, self.connection.id, now)) is not None:
                listing = listings.listing_of(db, claimed.push.session_id)
                if (answer := _obsolete(db, claimed.push, now) or self._untouched(claimed.push, listing)) is None:
                    if listing is not None:
                        listings.number(claimed.push, listing, maybe_sent=claimed.look_first)
                        listings.restore(claimed.push, listing)
                    return claimed
                outbox.settle(db, claimed.push, PushState.SUPERSEDED, now, answer=answer)
            circuit.leave(db, self.connection.id)
        return None

    def _untouched(self, push: Push, listing: Listing | None) -> str | None:
        """Why there is nothing to take back: what stood before is noted before the first send, and it is not noted."""
        if push.urgent and listing is None and self.route.read is not None:
            return "nothing of ours stands at the platform"
        return None

    def _attempt(self, claimed: outbox.Claimed) -> PushState:
        push, maybe_sent = claimed.push, claimed.look_first
        try:
            if self.route.read is not None and push.sequence is None:
                push = self._begin(claimed, self.route.read)
            held = self.route.look(push.wanted) if maybe_sent else None
            if held is None or not _is_this(push, held):
                with self.ctx.store.read() as db:
                    if not outbox.still_mine(db, push, self.ctx.now()):
                        return PushState.SENDING
                self.route.send(push.wanted, push.idempotency_key)
                maybe_sent = True
                held = self._read_back(push)
            return self._settle_held(push, held)
        except ConnectorError as error:
            return self._failed(push, error, maybe_sent=maybe_sent)

    def _begin(self, claimed: outbox.Claimed, read: Callable[[str], ReadBack | None]) -> Push:
        """Note what the platform holds before our first push of a session, and number the push."""
        push = claimed.push
        session = push.wanted["session_id"]
        held = read(session) if self._seen is None else self._seen.get(session)
        with self.ctx.store.write() as db:
            mine = db.get_one(Push, push.id, with_for_update=True)
            if mine.fence == push.fence:
                row = listings.begin(db, mine, held, maybe_sent=claimed.look_first, now=self.ctx.now())
                listings.number(mine, row, maybe_sent=claimed.look_first)
                return mine
        return push  # somebody else holds it by now: nothing will be sent

    def _read_back(self, push: Push) -> Held:
        """What is held after a send. A failed look leaves the push SENT: it was taken, only not seen yet."""
        try:
            return self.route.look(push.wanted)
        except (TryAgain, Rejected, BadRecord) as error:
            return Held(equal=False, words=str(error), data=None)

    def _settle_held(self, push: Push, held: Held) -> PushState:
        if held.equal:
            return self._settle(push, self.route.in_force, self._took, answer=held.words, read_back=held.data)
        if not held.shown:
            return self._settle(push, PushState.ACCEPTED, self._took, answer=held.words, read_back=held.data)
        if push.attempts >= MOST_LOOKS and not push.urgent:
            return self._settle(push, PushState.FAILED, self._took, answer=held.words, read_back=held.data)
        later = self.ctx.now() + min(LOOK_AGAIN * push.attempts, URGENT_WAIT if push.urgent else timedelta.max)
        return self._settle(push, PushState.SENT, self._took, answer=held.words, read_back=held.data, next_try_at=later)

    def _failed(self, push: Push, error: ConnectorError, *, maybe_sent: bool) -> PushState:
        """Wait and try again, look first, give up, or (no access) give the push back and stop."""
        words, now = str(error), self.ctx.now()
        if isinstance(error, NotYet):
            return self._held_back(push, error, maybe_sent=maybe_sent)
        if isinstance(error, Reconnect | Misconfigured):
            later = now + (URGENT_WAIT if push.urgent else NO_ACCESS_WAIT)
            state = PushState.UNKNOWN if maybe_sent else PushState.PENDING
            self._settle(push, state, self._left, answer=words, next_try_at=later)
            raise error
        if isinstance(error, Rejected) and error.status == CONFLICT and push.sequence is not None:
            return self._conflict(push, words)
        if not isinstance(error, TryAgain):
            return self._settle(push, PushState.REFUSED, self._took, answer=words)
        again = next_try(push.attempts, error, now, tries=URGENT_TRIES if push.urgent else TRIES)
        if again is None:
            return self._settle(push, PushState.FAILED, self._fault(error), answer=words)
        later = min(again, now + URGENT_WAIT) if push.urgent and error.after is None else again
        state = PushState.UNKNOWN if error.unknown or maybe_sent else PushState.PENDING
        return self._settle(push, state, self._fault(error), answer=words, next_try_at=later)

    def _held_back(self, push: Push, error: NotYet, *, maybe_sent: bool) -> PushState:
        """Nothing was sent, so nothing failed: the push keeps its tries, and the others of this run wait too."""
        self._paused = True
        later = self.ctx.now() + timedelta(seconds=error.after or 0.0)
        state = PushState.UNKNOWN if maybe_sent or error.unknown else PushState.PENDING
        again = {"attempts": push.attempts - 1, "next_try_at": later}
        return self._settle(push, state, lambda db: self._hold(db, later), answer=str(error), **again)

    def _hold(self, db: Database, until: datetime) -> None:
        """Else a run would be asked for each push that is due, only to learn the same."""
        self._left(db)
        outbox.hold(db, self.connection.id, self.ctx.now(), until)

    def _conflict(self, push: Push, words: str) -> PushState:
        """The platform holds a newer state: read the session and decide anew; this push comes after what is held."""
        held = self._read_back(push)
        if _is_this(push, held):
            return self._settle_held(push, held)
        now = self.ctx.now()
        with self.ctx.store.write() as db:
            circuit.note_success(db, push.connection_id, now)
            row = listings.listing_of(db, push.session_id)
            if row is None or (row.conflicts + 1 >= MOST_CONFLICTS and not push.urgent):
                if row is not None:
                    row.conflicts = 0
                outbox.settle(db, push, PushState.REFUSED, now, answer=words, read_back=held.data)
                return PushState.REFUSED
            row.conflicts += 1
            row.sequence = max(row.sequence, held.sequence)
            again = {"sequence": None, "next_try_at": now + LOOK_AGAIN}
            outbox.settle(db, push, PushState.PENDING, now, answer=words, read_back=held.data, **again)
            _ask_to_read(db, push, now)
        return PushState.PENDING

    def _settle(self, push: Push, state: PushState, note: Note, **values: object) -> PushState:
        with self.ctx.store.write() as db:
            if outbox.settle(db, push, state, self.ctx.now(), **values):
                note(db)
                if state in IN_FORCE:
                    listings.settle(db, push, self.ctx.now())
                    if _is_live(db, push):  # else nothing is on offer, and that is told already
                        announce(db, [push.session_id], self.ctx.now())
        return state

    def _took(self, db: Database) -> None:
        circuit.note_success(db, self.connection.id, self.ctx.now())

    def _left(self, db: Database) -> None:
        circuit.leave(db, self.connection.id)

    def _fault(self, error: TryAgain) -> Note:
        return lambda db: circuit.note_failure(db, self.connection.id, error, self.ctx.now())


def _is_this(push: Push, held: Held) -> bool:
    """Whether what is held is this push's doing, and not an equal state from before, which a trailing read still shows.

    A state without a number may be the studio's own; sending the whole state once more does no harm. Right after a send
    it is not asked: a platform that is sent what it holds may keep the older number.
    """
    return held.equal and (push.sequence is None or held.sequence >= push.sequence)


def _obsolete(db: Database, push: Push, now: datetime) -> str | None:
    """Why a push need not be sent any more. Asked in one go, and without what its decision rests on: it is of each."""
    spots = Decision.spots + Decision.premium_spots
    asked = (
        select(spots, Session.starts_at, Connection.push_mode, outbox.is_followed())
        .select_from(Push)
        .join(Decision, Decision.id == Push.decision_id)
        .join(Session, Session.id == Push.session_id)
        .join(Connection, Connection.id == Push.connection_id)
    )
    listed, starts_at, mode, followed = db.execute(asked.where(Push.id == push.id)).one()
    if mode is not PushMode.LIVE and listed > 0:
        return "pushing is off: only what takes spots away is sent"
    if followed:
        return "a later decision took its place"
    return "the class had started" if starts_at <= now else None


def _is_live(db: Database, push: Push) -> bool:
    return db.scalar(select(Connection.push_mode).where(Connection.id == push.connection_id)) is PushMode.LIVE


def _ask_to_read(db: Database, push: Push, now: datetime) -> None:
    why, one = "the platform holds a newer state than ours", {"session": push.session_id}
    request_by_clock(db, RunKind.RESYNC, push.connection_id, now=now, why=why, params=one)
