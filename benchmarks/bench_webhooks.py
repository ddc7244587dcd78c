"""From an event to the re-decided class, pushed and read back: 50 events a second on the embedded default.

SQLite, one served process, the sandbox as a process of its own, real HTTP. Each event follows a real booking or
cancellation at the sandbox, made by this process, which then delivers the signed event as a platform does. Prints how
long an answer to the event took (limit: a second) and how long until what followed from it was confirmed (limit of the
median: two seconds). Run: python benchmarks/bench_webhooks.py [SECONDS]
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from sync.demo.sandbox import free_port

RATE = 50  # events a second
SECONDS = 15
CLASSES = 40  # that the events are about, in turn
ANSWER_LIMIT, PUSH_LIMIT = 1.0, 2.0  # seconds
PATIENCE = 60.0  # seconds until what was asked for must have happened
SECRET = "the secret of the benchmark"  # noqa: S105  guards nothing but this run
LOOK_EVERY = 0.05  # seconds between two looks at the database: how exact the times are
BIN = Path(sys.executable).parent


@dataclass
class Event:
    """One event: when it was sent, how long its answer took, when what followed from it was confirmed."""

    number: str
    session: str
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    done: float | None = None
    pushed: bool = False


@dataclass
class Seen:
    """What the database showed, and when (on this process's clock)."""

    processed: dict[str, float] = field(default_factory=dict)  # message id -> seconds
    confirmed: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # session -> (decided, confirmed)


def main() -> int:
    """0 where both limits are kept."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder, _sandbox() as facts, _served(Path(folder), facts) as url:
        database = Path(folder) / "instance" / "adapter.db"
        sessions = _sessions(database)
        seen, stop = Seen(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(database, seen, stop), daemon=True)
        watcher.start()
        events = _load(facts, url, sessions, seconds)
        _wait(lambda: len(seen.processed) >= len(events), "every event is worked off")
        _wait(lambda: not _waiting(database), "every push is settled")
        stop.set()
        watcher.join()
    return _tell(events, seen, seconds)


def _tell(events: Sequence[Event], seen: Seen, seconds: int) -> int:
    for event in events:
        worked_off = seen.processed[event.number]
        after = [end for decided, end in seen.confirmed.get(event.session, []) if event.sent <= decided <= worked_off]
        event.pushed = bool(after)
        event.done = max([worked_off, *after[:1]])
    answers = [event.answered for event in events]
    pushed = [event.done - event.sent for event in events if event.pushed and event.done]
    settled = [event.done - event.sent for event in events if event.done]
    refused = sum(event.status != 202 for event in events)
    print(f"{len(events)} events in {seconds} s, {refused} not taken; {len(pushed)} changed what is listed")
    _line("time to answer", answers)
    _line("looked at and decided", settled)
    _line("decided, pushed, read back", pushed)
    median, slowest = statistics.median(pushed), max(answers)
    print(
        f"webhooks: median {median:.2f} s of {PUSH_LIMIT:.0f} s, ratio {median / PUSH_LIMIT:.2f}; slowest answer "
        f"{slowest:.2f} s of {ANSWER_LIMIT:.0f} s, ratio {slowest / ANSWER_LIMIT:.2f} (both must stay below 1)"
    )
    return 0 if median < PUSH_LIMIT and slowest < ANSWER_LIMIT and not refused else 1


def _line(name: str, values: Sequence[float]) -> None:
    cuts = statistics.quantiles(values, n=100)
    print(f"  {name}: median {cuts[49]:.3f} s, p95 {cuts[94]:.3f} s, p99 {cuts[98]:.3f} s, most {max(values):.3f} s")


def _load(facts: dict[str, Any], url: str, sessions: Sequence[str], seconds: int) -> list[Event]:
    """Book and cancel at the sandbox, and tell the adapter, at the rate, from a few threads."""
    desk = _Desk(facts)
    events = [Event(f"bench-{n}", sessions[n % len(sessions)]) for n in range(RATE * seconds)]
    began = time.monotonic()

    def one(n: int) -> None:
        time.sleep(max(0.0, began + n / RATE - time.monotonic()))
        visit, kind = desk.change(events[n].session)
        _deliver(url, facts, events[n], visit, kind)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(len(events))))
    return events


def _deliver(url: str, facts: dict[str, Any], event: Event, visit: int, kind: str) -> None:
    told = {
        "messageId": event.number,
        "eventId": f"classRosterBooking.{kind}",
        "eventInstanceOriginationDateTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "eventData": {
            "siteId": int(facts["sites"][0]["id"]),
            "classId": int(event.session),
            "classRosterBookingId": visit,
        },
    }
    body = json.dumps(told).encode()
    signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"X-Mindbody-Signature": f"sha256={signed}", "Content-Type": "application/json"}
    event.sent = time.time()
    event.status = requests.post(f"{url}/webhooks/sandbox", data=body, headers=headers, timeout=30).status_code
    event.answered = time.time() - event.sent


class _Desk:
    """Who books and cancels at the sandbox, with the staff's rights."""

    def __init__(self, facts: dict[str, Any]) -> None:
        site = facts["sites"][0]
        self._api = facts["api_url"]
        self._headers = {"API-Key": facts["api_key"], "SiteId": str(site["id"])}
        login = {"Username": site["owner_login"], "Password": site["owner_password"]}
        token = self._ask("POST", "/usertoken/issue", login)["AccessToken"]
        self._headers["Authorization"] = f"Bearer {token}"
        found = self._ask("GET", "/client/clients?request.limit=100")["Clients"]
        self._clients = [client["Id"] for client in found]
        self._booked: dict[str, tuple[str, int]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._turn = 0

    def change(self, session: str) -> tuple[int, str]:
        """Book somebody into a class, or cancel the one that we booked; the visit and what was done."""
        with self._locks.setdefault(session, threading.Lock()):
            if session in self._booked:
                client, visit = self._booked.pop(session)
                self._ask("POST", "/class/removeclientfromclass", {"ClassId": int(session), "ClientId": client})
                return visit, "cancelled"
            while True:
                self._turn += 1
                client = self._clients[self._turn % len(self._clients)]
                answer = self._ask("POST", "/class/addclienttoclass", {"ClassId": int(session), "ClientId": client})
                if "Visit" in answer:  # somebody who is booked already is refused: the next one
                    self._booked[session] = client, answer["Visit"]["Id"]
                    return answer["Visit"]["Id"], "created"

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return requests.request(method, self._api + path, headers=self._headers, json=body, timeout=30).json()


def _watch(database: Path, seen: Seen, stop: threading.Event) -> None:
    """Note when each message is done with and each push is confirmed, as the database shows it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        last = db.execute("select coalesce(max(id), 0) from push").fetchone()[0]
        known: set[int] = set()
        while not stop.wait(LOOK_EVERY):
            now = time.time()
            done = db.execute("select message_id from webhook_message where processed_at is not null").fetchall()
            for (message,) in done:
                seen.processed.setdefault(message, now)
            confirmed = db.execute(
                "select p.id, s.external_id, d.at from push p join class_session s on s.id = p.session_id "
                "join decision d on d.id = p.decision_id where p.id > ? and p.state = 'confirmed'",
                (last,),
            ).fetchall()
            for number, session, at in confirmed:
                if number not in known:
                    known.add(number)
                    decided = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
                    seen.confirmed.setdefault(session, []).append((decided, now))


@contextmanager
def _sandbox() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "connectors.sandbox.server", "--studios", "1", "--weeks", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "{}")
        finally:
            process.terminate()


@contextmanager
def _served(folder: Path, facts: dict[str, Any]) -> Iterator[str]:
    """The service, with the sandbox's first studio connected, mirrored and live; yields its address."""
    port, site = free_port(), facts["sites"][0]
    environ = {
        "PATH": os.environ["PATH"],
        "ADAPTER_INSTANCE": str(folder / "instance"),
        "ADAPTER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ADAPTER_ALLOW_PRIVATE_ADDRESSES": "1",
        "ADAPTER_SANDBOX_API_URL": facts["api_url"],
        "ADAPTER_SANDBOX_API_KEY": facts["api_key"],
        "ADAPTER_SANDBOX_STAFF_USER": site["owner_login"],
        "ADAPTER_SANDBOX_STAFF_PASSWORD": site["owner_password"],
        "ADAPTER_SANDBOX_WEBHOOK_SECRET": SECRET,
        "ADAPTER_SANDBOX_WEBHOOK_URL": facts["api_url"],  # nothing is subscribed to: this process tells of events
    }

    def adapter(*args: str) -> None:
        subprocess.run([BIN / "adapter", *args], env=environ, check=True, capture_output=True)

    adapter(
        "studio", "Bench", "--owner", "o@example.com", "--timezone", site["timezone"], "--currency", site["currency"]
    )
    adapter("connect", "sandbox", "--studio", "1", "--site", str(site["id"]))
    database = folder / "instance" / "adapter.db"
    with (folder / "log").open("w") as log:
        command = [str(BIN / "adapter"), "serve", "--port", str(port)]
        with subprocess.Popen(command, env=environ, stderr=log) as process:
            try:
                _wait(lambda: _ended(database, "decide") > 0, "the year is mirrored and decided")
                _agree(database)
                adapter("push", "1", "--mode", "live")
                _wait(lambda: _waiting(database) == 0, "every offer is confirmed")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def _agree(database: Path) -> None:
    """The studio's terms: a floor, a ceiling, a direct price."""
    with closing(sqlite3.connect(database, timeout=30)) as db, db:
        db.execute(
            "insert into setting (studio_id, scope, scope_id, rate_floor, rate_ceiling, retail_rate, updated_at) "
            "values (1, 'studio', 0, 7.5, 18, 24, '2026-01-01 00:00:00')"
        )


def _sessions(database: Path) -> list[str]:
    """Classes still to come of which something is listed."""
    with closing(sqlite3.connect(database)) as db:
        found = db.execute(
            "select distinct s.external_id from class_session s join push p on p.session_id = s.id "
            "where s.starts_at > datetime('now', '+2 hours') and p.state = 'confirmed' order by s.starts_at limit ?",
            (CLASSES,),
        ).fetchall()
    return [session for (session,) in found]


def _ended(database: Path, kind: str) -> int:
    return _count(database, "select count(*) from run where kind = ? and state in ('done', 'incomplete')", kind)


def _waiting(database: Path) -> int:
    pushes = _count(database, "select count(*) from push where state in ('pending', 'sending', 'sent', 'unknown')")
    return pushes + _count(database, "select count(*) from run where state in ('queued', 'running')")


def _count(database: Path, query: str, *values: str) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as db:
        return int(db.execute(query, values).fetchone()[0])


def _wait(ready: Any, what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > until:
            raise SystemExit(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
