"""The soak itself: rounds of simulated time with everything going wrong, a settling at the end, and a comparison.

A round: faults are drawn, time moves on, the markets live, events arrive, the schedule is looked at, and a process is
killed at a random moment. Time stands still while the adapter works, so a week takes as long as its work does.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import and_, func, or_, select

from adapter.context import Context
from adapter.store.tables import (
    WAITING,
    ApiCalls,
    Decision,
    Push,
    Reservation,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    Session,
)
from adapter.store.tables import WebhookMessage as Message
from adapter.work import request_run
from benchmarks.soak.adapter import Studio
from benchmarks.soak.chaos import draw_faults, draw_kill
from benchmarks.soak.clock import FileClock
from benchmarks.soak.processes import Processes
from sync.engine.schedule import PULL_EVERY, SCHEDULE, Line, ask
from tests.fixtures.parity import Apart, tally

PAUSE = 0.05  # seconds between two looks at whether the adapter is done
MOST = 900.0  # seconds that one round's work may take
TELLING = 3600.0  # seconds that a round's events may take: two hundred studios have thousands, told one by one
AFTERWARDS = (timedelta(seconds=50), timedelta(minutes=3), timedelta(minutes=12))  # leases end, retries come due
FIRST = [line for line in SCHEDULE if line.name not in ("train", "guard")]  # nothing is learned here
THEN = [line for line in SCHEDULE if line.name not in ("train", "pull")]  # within ten minutes of a round's pulls


class Stuck(RuntimeError):
    """Work that does not come to an end."""


@dataclass
class Soak:
    """A week, or less of it."""

    ctx: Context  # the harness's own: it asks for work and compares, it does no run
    clock: FileClock
    platform: str  # the platform's address
    studios: list[Studio]
    processes: Processes
    seed: int
    tick: timedelta
    tell: Callable[[str], None]
    faults: Counter[str] = field(default_factory=Counter)
    rounds: int = 0

    def live(self, length: timedelta) -> None:
        """Connect the studios, then let so much time pass."""
        for studio in self.studios:
            studio.open()
        self._quiet()
        for studio in self.studios:
            studio.sell()
        draw, end = random.Random(self.seed), self.clock() + length
        while self.clock() < end:
            self._round(draw)
            self.tell(f"{self.clock():%a %H:%M}  {self.processes.kills} kills, {sum(self.faults.values())} faults")

    def settle(self) -> list[Apart]:
        """The faults end. What is still apart after two rounds of the usual schedule, the second an hour later."""
        self._faults([])
        self._pass(timedelta(minutes=15))
        for wait in (timedelta(), timedelta(minutes=70)):  # what changes seldom is read by the hour
            self.clock.pass_by(wait)
            self._ask(FIRST)
            self.clock.pass_by(PULL_EVERY)
            self._settled()
        return self.apart()

    def reconcile(self) -> list[Apart]:
        """All is read again, as once a day; what is apart then is lost or doubled."""
        with self.ctx.store.write() as db:
            for studio in self.studios:
                number, now = studio.connection_id, self.ctx.now()
                request_run(db, RunKind.RESYNC, number, origin=RunOrigin.MANUAL, actor="soak", now=now)
        self._settled()
        return self.apart()

    def apart(self) -> list[Apart]:
        """All differences, and whatever is not finished."""
        found = [each for studio in self.studios for each in studio.apart()]
        with self.ctx.store.read() as db:
            waiting = db.scalar(select(func.count(Push.id)).where(Push.state.in_(WAITING)))
            unread = db.scalar(select(func.count(Message.id)).where(Message.processed_at.is_(None)))
        left = {"offers on their way": waiting, "events not looked at": unread}
        return found + [Apart("unfinished", name, "doubled", mirror=count) for name, count in left.items() if count]

    def report(self, before: list[Apart], after: list[Apart]) -> dict[str, Any]:
        """The figures of the note."""
        with self.ctx.store.read() as db:

            def count(table: type[Any], *where: Any) -> int:
                return db.scalar(select(func.count()).select_from(table).where(*where)) or 0

            records = count(Session) + count(Reservation)
            told = {
                "studios": len(self.studios),
                "rounds": self.rounds,
                "sessions": count(Session),
                "reservations": count(Reservation),
                "events": count(Message),
                "decisions": count(Decision),
                "offers pushed": count(Push),
                "runs": count(Run),
                "runs that failed": count(Run, Run.state == RunState.FAILED),
                "runs taken up again": count(Run, Run.fence > 1),
                "calls": db.scalar(select(func.sum(ApiCalls.calls))) or 0,
            }
        lost = tally(after)
        return told | {
            "faults": sum(self.faults.values()),
            "kills": self.processes.kills,
            "reconnects": sum(studio.reconnects for studio in self.studios),
            "apart before all was read again": Counter(f"{each.stream}: {each.what}" for each in before),
            "lost": lost["lost"],
            "doubled": lost["doubled"],
            "differing": lost["differing"],
            "parity": 1 - len(after) / max(records, 1),
            "peak memory of a process, MB": self.processes.peak_memory // 2**20,
        }

    # One round

    def _round(self, draw: random.Random) -> None:
        self.rounds += 1
        self._faults(draw_faults(draw, len(self.studios)))
        victim, after = draw_kill(draw, self.processes.count)
        self._pass(self.tick)
        self._ask(FIRST)
        self.clock.pass_by(PULL_EVERY)  # what is due at once is spread over so long
        self._quiet(kill=victim, after=after)
        for wait in AFTERWARDS:
            if self._anything_due(wait):
                self._pass(wait)
                self._ask(THEN)
                self._quiet()
        for studio in self.studios:
            studio.reconnect_if_asked()

    def _pass(self, by: timedelta) -> None:
        """Time moves on, over there too, and events arrive."""
        now = self.clock.pass_by(by)
        self._post("advance", {"to": now.isoformat()})
        self._post("pump", {})

    def _ask(self, lines: list[Line]) -> None:
        for line in lines:
            ask(self.ctx, line)

    def _settled(self) -> None:
        """Until nothing is due any more, nor will be within the hour."""
        for _ in range(30):
            self._quiet()
            for studio in self.studios:
                studio.reconnect_if_asked()
            if not self._anything_due(timedelta(hours=1)):
                return
            self.clock.pass_by(timedelta(minutes=5))  # the market stands still: what is compared must
            self._ask(THEN)
        raise Stuck("work is still due after two hours and a half without a fault")

    def _quiet(self, *, kill: int | None = None, after: float = 0.0) -> None:
        """Until nothing is at work and nothing is due; a process is killed on the way."""
        began = time.monotonic()
        while True:
            time.sleep(PAUSE)
            if kill is not None and time.monotonic() - began > after:
                self.processes.kill(kill)
                self.processes.wait_until_ready(kill)
                self.clock.pass_by(timedelta(seconds=50))  # what it held is free for others
                kill = None
            if kill is None and not self._busy():
                return
            if time.monotonic() - began > MOST:
                raise Stuck(f"work is still going on after {MOST:.0f} seconds: {self._open_runs()}")

    def _busy(self) -> bool:
        now = self.ctx.now()
        due = and_(Run.state == RunState.QUEUED, Run.due_at <= now)
        with self.ctx.store.read() as db:
            return db.scalar(select(Run.id).where(or_(due, Run.state == RunState.RUNNING)).limit(1)) is not None

    def _anything_due(self, within: timedelta) -> bool:
        """Whether runs, pushes or messages wait for a time that is near."""
        until = self.ctx.now() + within
        waits = (
            select(Run.id).where(Run.state.in_([RunState.QUEUED, RunState.RUNNING]), Run.due_at <= until),
            select(Push.id).where(Push.state.in_(WAITING), Push.next_try_at <= until),
            select(Message.id).where(Message.processed_at.is_(None)),
        )
        with self.ctx.store.read() as db:
            return any(db.scalar(wanted.limit(1)) is not None for wanted in waits)

    def _open_runs(self) -> list[tuple[Any, ...]]:
        open_ = Run.state.in_([RunState.QUEUED, RunState.RUNNING])
        with self.ctx.store.read() as db:
            rows = db.execute(select(Run.id, Run.kind, Run.state, Run.due_at, Run.leased_until, Run.step).where(open_))
            return [tuple(row) for row in rows.fetchmany(10)]

    def _faults(self, given: list[dict[str, Any]]) -> None:
        told = requests.get(f"{self.platform}/_sandbox/faults", timeout=60).json()["faults"]
        self.faults.update({fault["kind"]: fault["hits"] for fault in told})
        requests.delete(f"{self.platform}/_sandbox/faults", timeout=60).raise_for_status()
        self._post("faults", given)

    def _post(self, what: str, body: Any) -> None:
        requests.post(f"{self.platform}/_sandbox/{what}", json=body, timeout=TELLING).raise_for_status()


def show(report: dict[str, Any], after: list[Apart]) -> None:
    """Print the figures, and the first twenty differences."""
    print(json.dumps(report))
    for each in after[:20]:
        print(each)
