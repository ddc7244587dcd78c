"""Any order of decisions, stops, faults, crashes and two workers: in the end the platform holds the last one's state.

After a stop that is the studio's own, whatever had been sent by then. And it never held a limit that no decision
wanted. The platform is a model: it keeps the newest state, its reads fail and trail, its answers get lost. The database
is real.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import (
    WAITING,
    Base,
    Connection,
    Decision,
    Listing,
    Push,
    PushMode,
    PushState,
    Session,
    Studio,
)
from connectors.errors import Rejected, TryAgain
from connectors.platform import ReadBack
from connectors.records import Offer, SessionStatus
from sync.pushing import outbox
from sync.pushing.wanted import Held, Route, compare, wanted_of
from sync.pushing.worker import Worker
from tests.fixtures.database import ENCRYPTION_KEY, NOON
from tests.sync.conftest import settings_of

FAULTS = (
    "none", "busy", "dropped", "lost", "dies before", "dies after", "trails", "lost, trails", "unreadable", "refused",
)  # fmt: skip
NOTHING = ReadBack(0, None)
RATE = "9"  # the studio's own and ours: that they are equal tells nothing of whose an offer is


class Died(Exception):
    """The process ended here."""


@dataclass
class Model:
    """A platform with one class: the newest state wins; ``fault`` says what goes wrong with the next write."""

    fault: str = "none"
    trailing: int = 0  # reads that still show what was before
    held: ReadBack | None = None
    shown: ReadBack | None = None
    was: list[int] = field(default_factory=list)

    def send(self, wanted: Any, _: str) -> None:
        fault, self.fault = self.fault, "none"
        if fault == "dies before":
            raise Died
        if fault == "refused":
            raise Rejected("it does not please", code="Odd", status=400)
        if fault in ("busy", "dropped"):
            raise TryAgain(f"the platform is {fault}", unknown=fault == "dropped")
        self._take(wanted)
        self.trailing = 2 if "trails" in fault else 0
        if fault.startswith("lost"):
            raise TryAgain("the answer was lost", unknown=True)
        if fault == "dies after":
            raise Died

    def _take(self, wanted: Any) -> None:
        if self.held is not None and wanted["sequence"] <= (self.held.sequence or 0):
            if compare(wanted, self.held).equal:
                return
            raise Rejected("a newer state is held", code="StaleSequence", status=409)
        self.shown = self.held
        self.held = ReadBack(wanted["limit"], wanted["rate"], 0, None, wanted["sequence"])
        self.was.append(wanted["limit"])

    def read(self, _: str) -> ReadBack | None:
        if self.fault == "unreadable":
            self.fault = "none"
            raise TryAgain("the platform does not say what it holds")
        if self.trailing:
            self.trailing -= 1
            return self.shown
        return self.held

    def look(self, wanted: Any) -> Held:
        return compare(wanted, self.read(""))


@cache
def empty_database() -> bytes:
    """A database with all tables and no row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = create_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


class Road(RuleBasedStateMachine):
    """One class, its decisions, and two workers on one database."""

    @initialize(own=st.none() | st.integers(0, 9))
    def begin(self, own: int | None = None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "adapter.db"
        path.write_bytes(empty_database())
        self.store = Store(f"sqlite:///{path}")
        self.now = NOON
        config = settings_of({"api_url": "", "api_key": ""}, Path(self.folder.name), str(self.store.url))
        self.ctx = Context(config, self.store, Keyring([ENCRYPTION_KEY], "hash key"), lambda: self.now)
        self.own = None if own is None else ReadBack(own, RATE)
        self.platform = Model(held=self.own, shown=self.own)
        self.stopped = False
        self.limits: list[int] = []
        self.claimed: list[tuple[int, outbox.Claimed]] = []
        self.connection, self.session = self._rows()
        route = Route(self.platform.send, self.platform.look, PushState.CONFIRMED, self.platform.read)
        self.workers = [Worker(self.ctx, self.connection, route) for _ in range(2)]

    def _rows(self) -> tuple[Connection, int]:
        own = {"platform": "sandbox", "site": "1", "site_name": "One", "timezone": "UTC", "currency": "USD"}
        with self.store.write() as db:
            studio = Studio(name="One", timezone="UTC", currency="USD", created_at=NOON)
            db.add(studio)
            db.flush()
            row = Connection(studio_id=studio.id, connected_at=NOON, push_mode=PushMode.LIVE, **own)
            db.add(row)
            db.flush()
            session = Session(
                connection_id=row.id, external_id="s1", raw={}, content_hash="0", fetched_at=NOON, venue_id="v",
                class_type_id="t", starts_at=NOON + timedelta(days=20), ends_at=NOON + timedelta(days=20, hours=1),
                timezone="UTC", capacity=20, waitlisted=0, status=SessionStatus.SCHEDULED, hidden=False,
            )  # fmt: skip
            db.add(session)
            db.flush()
            return row, session.id

    @rule(limit=st.integers(0, 9))
    def decide(self, limit: int) -> None:
        self._decide(limit, PushMode.LIVE)

    @precondition(lambda self: self.limits and not self.stopped)
    @rule()
    def stop(self) -> None:
        """The kill switch: what the studio had is to be there again."""
        self._decide(0, PushMode.PAUSED)

    def _decide(self, limit: int, mode: PushMode) -> None:
        self.limits.append(limit if mode is PushMode.LIVE else self._own_limit())
        self.stopped = mode is PushMode.PAUSED
        number = len(self.limits)
        offer = Offer(
            session_id="s1", sequence=number, limit=limit, rate=Decimal(RATE), premium_limit=0, premium_rate=None,
            currency="USD",
        )  # fmt: skip
        with self.store.write() as db:
            db.get_one(Connection, self.connection.id).push_mode = mode
            decision = Decision(
                connection_id=self.connection.id, session_id=self.session, sequence=number, at=self.now, spots=limit,
                rate=Decimal(RATE), premium_spots=0, currency="USD", limit=limit, premium_limit=0, expected_direct=0.0,
                displacement_risk=0.0, expected_value=0.0, reason="forecast", shadow=False, inputs={}, explanation={},
            )  # fmt: skip
            db.add(decision)
            db.flush()
            outbox.supersede(db, [self.session], self.now)
            if limit or outbox.may_stand(db, [self.session]):
                db.add(
                    Push(
                        connection_id=self.connection.id,
                        session_id=self.session,
                        decision_id=decision.id,
                        idempotency_key=f"k{number}",
                        wanted=wanted_of(offer, total=None),
                        urgent=self.stopped,
                        state=PushState.PENDING,
                        next_try_at=self.now,
                        created_at=self.now,
                    )
                )

    @rule(which=st.integers(0, 1), fault=st.sampled_from(FAULTS))
    def push(self, which: int, fault: str) -> None:
        self.platform.fault = fault
        self._end(which, self.workers[which]._claim())

    @rule(which=st.integers(0, 1))
    def stall(self, which: int) -> None:
        """A worker claims and is stopped, for long perhaps."""
        if (claimed := self.workers[which]._claim()) is not None:
            self.claimed.append((which, claimed))

    @precondition(lambda self: self.claimed)
    @rule(fault=st.sampled_from(FAULTS))
    def resume(self, fault: str) -> None:
        self.platform.fault = fault
        self._end(*self.claimed.pop(0))

    @precondition(lambda self: self.claimed)
    @rule()
    def resume_right_before_the_call(self) -> None:
        """Stopped after it had looked whether the claim still holds: only the sequence can help."""
        _, claimed = self.claimed.pop(0)
        self.platform.fault = "none"
        if claimed.push.sequence is not None:
            try:
                self.platform.send(claimed.push.wanted, claimed.push.idempotency_key)
            except Rejected:
                return

    @rule(seconds=st.sampled_from([1, 7, 30, 90]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def _end(self, which: int, claimed: outbox.Claimed | None) -> None:
        if claimed is not None:
            try:
                self.workers[which]._attempt(claimed)
            except Died:
                return

    def _waits(self) -> bool:
        assert self.now < NOON + timedelta(days=2), "it comes to an end"
        with self.store.read() as db:
            return db.query(Push).filter(Push.state.in_(WAITING)).count() > 0

    @invariant()
    def only_what_was_decided_was_ever_held(self) -> None:
        if hasattr(self, "platform"):
            assert set(self.platform.was) <= set(self.limits)
            order = [self.limits.index(limit) for limit in self.platform.was]
            assert len(set(self.limits)) < len(self.limits) or order == sorted(order), "never back to an older one"

    def teardown(self) -> None:
        if not hasattr(self, "platform"):
            return
        try:
            self._comes_to_the_last_decision()
        finally:
            self.store.close()
            self.folder.cleanup()

    def _comes_to_the_last_decision(self) -> None:
        self.platform.fault = "none"
        while self._waits():
            self.now += timedelta(minutes=5)
            self.workers[0].work()
        with self.store.read() as db:
            last = db.query(Push).order_by(Push.id.desc()).first()
            ours = db.query(Listing).count()
        if last is None or last.state is PushState.REFUSED:
            return  # the studio is told, and the platform goes on holding what it did
        assert ours == (self._was_sent(last) and not last.urgent)
        assert not (ours and self.stopped)
        assert (self.platform.held or NOTHING).limit == (self.limits[-1] if ours else self._own_limit())
        assert last.state is (PushState.CONFIRMED if self._was_sent(last) else PushState.SUPERSEDED)

    def _own_limit(self) -> int:
        return (self.own or NOTHING).limit or 0

    @staticmethod
    def _was_sent(push: Push) -> bool:
        return push.sequence is not None


def test_an_equal_state_of_before_in_a_trailing_read_is_not_taken_for_a_push_that_got_lost_on_its_way() -> None:
    road = Road()
    road.begin()
    for limit, fault in ((8, "trails"), (0, "lost"), (8, "dropped")):
        road.decide(limit)
        road.push(0, fault)
    road.wait(1)
    road.teardown()
    assert road.platform.was == [8, 0, 8]


def test_the_studios_own_state_in_a_trailing_read_is_not_taken_for_a_stop_that_was_carried_out() -> None:
    road = Road()
    road.begin(own=0)
    road.decide(1)
    road.push(0, "trails")
    road.stop()
    road.stall(0)
    road.teardown()
    assert road.platform.was == [1, 0]


@pytest.mark.parametrize("fault", ["unreadable", "none"])
def test_a_stop_gives_back_what_the_studio_had_though_it_was_pressed_before_that_was_noted(fault: str) -> None:
    road = Road()
    road.begin(own=6)
    road.decide(8)
    road.stall(0)
    if fault == "unreadable":
        road.resume(fault)  # nothing was sent
    road.stop()
    if fault == "none":
        road.resume(fault)  # it was on its way
    road.teardown()
    assert road.platform.was == ([] if fault == "unreadable" else [8, 6])
    assert road.platform.held is not None
    assert (road.platform.held.limit, road.platform.held.rate) == (6, RATE)


TestOutbox = Road.TestCase
TestOutbox.settings = settings(max_examples=15, stateful_step_count=16, deadline=None)
