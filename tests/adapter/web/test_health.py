"""Ready means it: every part that can fail is asked, and says what to do. The metrics are the tables' own numbers."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, text

from adapter.context import Context
from adapter.store import vitals
from adapter.store.database import Store
from adapter.store.metrics import MEASURES
from adapter.store.tables import (
    Alert,
    AlertKind,
    Connection,
    Listing,
    Push,
    PushState,
    Run,
    RunState,
    Session,
    WebhookMessage,
)
from adapter.web.metrics import Tables
from migrations.run import head
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded

OPERATOR = Path(__file__).parents[3] / "docs/operator.md"


@pytest.fixture
def ready(client: FlaskClient, seeded: Seeded, ctx: Context) -> FlaskClient:
    """An adapter with nothing wrong."""
    with ctx.store.write() as db:
        db.execute(text("create table alembic_version (version_num varchar(32) not null)"))
        db.execute(text("insert into alembic_version values (:head)"), {"head": head()})
        db.get_one(Connection, seeded.connection_id).last_pulled_at = NOON - timedelta(minutes=4)
    return client


def test_alive_and_ready(ready: FlaskClient) -> None:
    """OR-01."""
    assert ready.get("/healthz").json == {"ok": True}
    answer = ready.get("/readyz")
    assert answer.json == {
        **dict.fromkeys(("db", "migrations", "queue", "clock"), "ok"),
        "last_sync": "2026-03-02T11:56:00+00:00",
    }
    assert answer.status_code == 200


def test_late_is_well_while_something_is_worked_on(ready: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    overdue(ctx, seeded)
    with ctx.store.write() as db:
        db.get_one(Run, seeded.runs[2]).leased_until = NOON + timedelta(minutes=1)
    assert ready.get("/readyz").json["queue"] == "ok"


def overdue(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        db.get_one(Run, seeded.runs[2]).leased_until = NOON - timedelta(hours=1)
        db.get_one(Run, seeded.runs[1]).state = RunState.QUEUED
        db.get_one(Run, seeded.runs[1]).due_at = NOON - timedelta(hours=1)


def not_migrated(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        db.execute(text("update alembic_version set version_num = '0001'"))


def clock_set_back(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        db.get_one(Run, seeded.runs[2]).started_at = NOON + timedelta(minutes=3)


def no_tables(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        db.execute(text("drop table run"))


@pytest.mark.parametrize(
    ("hindrance", "part", "words", "advice"),
    [
        (overdue, "queue", "nobody works on them", "adapter worker"),
        (not_migrated, "migrations", "at 0001", "brings the schema up to date"),
        (clock_set_back, "clock", "off by 180 s", "NTP"),
        (no_tables, "migrations", "cannot be read", "brings the schema up to date"),
    ],
)
def test_what_fails_is_named_with_what_to_do(
    ready: FlaskClient, ctx: Context, seeded: Seeded, hindrance: object, part: str, words: str, advice: str
) -> None:
    assert callable(hindrance)
    hindrance(ctx, seeded)
    answer = ready.get("/readyz")
    assert answer.status_code == 503
    assert words in answer.json[part]
    assert list(answer.json["what_to_do"]) == [part]
    assert advice in answer.json["what_to_do"][part]
    assert "Harbor" not in answer.text


@contextmanager
def locked(ctx: Context) -> Iterator[None]:
    """Somebody holds the write lock."""
    with ctx.store.writer.connect() as connection:
        connection.execute(text("select 1"))
        yield


@contextmanager
def full(ctx: Context) -> Iterator[None]:
    """No file may grow: what a full disk looks like to a process."""
    with ctx.store.write() as db:
        db.execute(text("update studio set name = name"))
    log = Path(str(ctx.store.url.database) + "-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(ctx: Context) -> Iterator[None]:
    """The file may be read only."""
    usual, ctx.store = ctx.store, Store(f"sqlite:///file:{ctx.store.url.database}?mode=ro&uri=true")
    yield
    ctx.store.close()
    ctx.store = usual


@pytest.mark.parametrize("hindrance", [locked, full, read_only])
def test_a_database_that_can_be_read_and_not_written_is_not_ready(
    ready: FlaskClient, ctx: Context, monkeypatch: pytest.MonkeyPatch, hindrance: object
) -> None:
    monkeypatch.setattr(vitals, "PATIENCE_MS", 30)
    assert callable(hindrance)
    with hindrance(ctx):
        answer = ready.get("/readyz")
    assert answer.json["db"] == "takes no writes"
    assert answer.status_code == 503
    assert ready.get("/readyz").status_code == 200


def test_no_database_at_all(ready: FlaskClient, ctx: Context, tmp_path: Path) -> None:
    usual, ctx.store = ctx.store, Store(f"sqlite:///{tmp_path}/nowhere/adapter.db")
    answer, metrics = ready.get("/readyz"), ready.get("/metrics")
    ctx.store = usual
    assert (answer.status_code, answer.json["db"]) == (503, "unreachable")
    assert "adapter_database_up 0.0" in metrics.text


@pytest.mark.postgres
def test_on_postgresql_a_server_that_takes_no_writes_is_noticed(postgres_store: Store) -> None:
    vitals.write_something(postgres_store)
    with postgres_store.read() as db:
        assert vitals.clock_skew(db, db.scalar(func.now())) < timedelta(seconds=5)
        assert vitals.clock_skew(db, NOON) > vitals.SKEW
    url = postgres_store.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    closed = Store(url.render_as_string(hide_password=False))
    with pytest.raises(vitals.TakesNoWrites):
        vitals.write_something(closed)
    closed.close()


def value(text: str, name: str, **labels: str) -> float:
    """The one value with these labels."""
    wanted = {f'{label}="{value}"' for label, value in labels.items()}
    (found,) = [
        line for line in text.splitlines() if re.match(rf"{name}[ {{]", line) and all(w in line for w in wanted)
    ]
    return float(found.rsplit(" ", 1)[1])


def test_the_metrics_are_what_the_tables_say(ready: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    overdue(ctx, seeded)
    session = seeded.sessions[5]
    with ctx.store.write() as db:
        push = db.query(Push).filter_by(session_id=session).order_by(Push.id.desc()).first()
        assert push is not None
        push.created_at, push.settled_at = NOON - timedelta(seconds=50), NOON - timedelta(seconds=10)
        waiting = db.get_one(Push, 1)
        waiting.state, waiting.settled_at = PushState.PENDING, None
        hints = [{"stream": "reservations", "session_id": db.get_one(Session, session).external_id}]
        common = {"platform": "sandbox", "event": "booked", "connection_id": 1, "hints": hints, "payload": {}}
        db.add(WebhookMessage(message_id="m1", received_at=NOON - timedelta(seconds=300), **common))
        done = WebhookMessage(message_id="m2", received_at=NOON - timedelta(seconds=75), **common)
        done.processed_at = NOON - timedelta(seconds=45)
        db.add(done)
        db.add(Alert(connection_id=1, kind=AlertKind.STALE, words="old", since=NOON))
        db.get_one(Connection, 1).clock_ahead = -630
        common = {"connection_id": 1, "noted_at": NOON, "sequence": 1, "checked_at": NOON}
        db.add(Listing(session_id=seeded.sessions[6], drift={"limit": 9}, drift_since=NOON, **common))
        db.add_all(Listing(session_id=number, **common) for number in seeded.sessions[7:10])
    told = ready.get("/metrics").text
    one = {"connection": "1", "platform": "sandbox"}
    expected = {
        "adapter_connection_up": 1,
        "adapter_mirror_age_seconds": 240,
        "adapter_platform_clock_ahead_seconds": -630,
        "adapter_decision_lag_seconds": 240,
        "adapter_calls_today": 312,
        "adapter_call_errors_today": 2,
        "adapter_inbox_waiting": 1,
        "adapter_inbox_oldest_seconds": 300,
        "adapter_records_set_aside": 1,
        "adapter_offers_drifted": 1,
        "adapter_parity_share": 0.75,
    }
    assert {name: value(told, name, **one) for name in expected} == expected
    assert value(told, "adapter_alerts_open", kind="stale", **one) == 1
    assert value(told, "adapter_runs", kind="pull", state="queued", **one) == 1
    assert value(told, "adapter_run_overdue_seconds", kind="pull") == 3600
    assert value(told, "adapter_pushes_waiting", state="pending", **one) == 1
    assert value(told, "adapter_event_to_push_seconds", quantile="0.5") == 65
    assert value(told, "adapter_push_seconds", platform="sandbox", quantile="0.99") == 40
    assert value(told, "adapter_call_budget_share", platform="sandbox") == pytest.approx(312 / (60_000 * 1440))
    assert value(told, "adapter_database_up") == 1
    assert 'adapter_http_answers_total{method="GET",route="/metrics"' in ready.get("/metrics").text
    assert "Harbor" not in told


def test_every_metric_is_explained_to_the_operator(ready: FlaskClient) -> None:
    explained = OPERATOR.read_text()
    told = set(re.findall(r"^# TYPE (adapter_\w+(?<!_created)) ", ready.get("/metrics").text, re.MULTILINE))
    assert {measure.name for measure in MEASURES} <= told
    assert [name for name in sorted(told) if f"`{name}`" not in explained] == []
    rules = (OPERATOR.parent / "alerts.yml").read_text()
    used = set(re.findall(r"\badapter_\w+", rules))
    assert used <= told | {"adapter_http_answers_total"}


@pytest.mark.postgres
def test_they_are_the_same_on_postgresql(postgres_store: Store, ctx: Context) -> None:
    there = replace(ctx, store=postgres_store)
    told = {family.name for family in Tables(there).collect()}
    assert {measure.name for measure in MEASURES} <= told
