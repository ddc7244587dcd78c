"""A studio connected to a live sandbox, and the steps of the road that tests walk."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select

from adapter.config import Config
from adapter.connecting.tokens import seal_name
from adapter.context import Context
from adapter.operating.moving import move
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.settings import change_settings, map_sources, sources
from adapter.store.tables import (
    Base,
    Connection,
    Decision,
    Push,
    PushMode,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    Scope,
    Session,
    Studio,
)
from adapter.work import request_run
from connectors.records import Channel
from connectors.sandbox.market.state import Offer
from sync.engine.jobs import do_next
from tests.fixtures.database import ENCRYPTION_KEY, NOON, keep_database, put_database
from tests.fixtures.sandbox import LiveSandbox

MIRROR = [
    *("venue", "class_type", "class_session", "client", "client_email", "email_address", "reservation", "sale_line"),
    *("price_option", "quarantine", "cursor", "first_booking"),
]


def settings_of(facts: Mapping[str, Any], folder: Any, database_url: str) -> Config:
    """The settings under which a sandbox is reached."""
    return Config(
        instance=folder,
        database_url=database_url,
        public_url="http://127.0.0.1:5000",
        secret_key="secret key of the tests",
        encryption_keys=(ENCRYPTION_KEY,),
        allow_private_addresses=True,
        platforms={"sandbox": {"API_URL": facts["api_url"], "API_KEY": facts["api_key"]}},
    )


def connect(ctx: Context, site: Mapping[str, Any], token: str) -> int:
    """A studio with a connection to a site of the sandbox, as if it had just consented."""
    with ctx.store.write() as db:
        studio = Studio(name="Aurora", timezone="America/New_York", currency="USD", created_at=NOON)
        db.add(studio)
        db.flush()
        row = Connection(
            studio_id=studio.id,
            platform="sandbox",
            site=str(site["id"]),
            site_name=str(site["name"]),
            timezone="America/New_York",
            currency="USD",
            connected_at=ctx.now(),
            token_issued_at=ctx.now(),
            token_expires_at=ctx.now() + timedelta(days=3650),
        )
        db.add(row)
        db.flush()
        row.access_token = ctx.keys.seal(token, seal_name(row.id, "access_token"))
        return row.id


@dataclass
class Road:
    """A connected studio: ask for work, have it done, look at what came of it."""

    ctx: Context
    connection_id: int
    time: list[datetime] = field(default_factory=lambda: [NOON])

    def do(self, kind: RunKind, **params: Any) -> Run:
        """Request a run and do it, and nothing else."""
        with self.ctx.store.write() as db:
            asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": self.ctx.now()}
            run, _ = request_run(db, kind, self.connection_id, params=params, **asked)
        do_next(self.ctx, run_id=run.id)
        return self.run(run.id)

    def run(self, run_id: int) -> Run:
        with self.ctx.store.read() as db:
            return db.get_one(Run, run_id)

    def wait_for(self, run_id: int, *states: RunState) -> None:
        """Until a run that others do has come to one of these states."""
        self.wait_until(lambda: self.run(run_id).state in states)

    def wait_until(self, come: Callable[[], bool], *, seconds: float = 60) -> None:
        """Until it is so, in real time."""
        pause, until = threading.Event(), clock.monotonic() + seconds
        while not come():
            assert clock.monotonic() < until, [(run.id, run.kind, run.state, run.step) for run in self.all(Run)]
            pause.wait(0.02)

    def backfill(self, weeks: int = 8) -> Run:
        return self.do(RunKind.BACKFILL, weeks=weeks)

    @property
    def connection(self) -> Connection:
        with self.ctx.store.read() as db:
            return db.get_one(Connection, self.connection_id)

    def set(self, **values: Any) -> None:
        """Change the connection's row."""
        with self.ctx.store.write() as db:
            row = db.get_one(Connection, self.connection_id)
            for name, value in values.items():
                setattr(row, name, value)

    def agree(self, **settings: Any) -> None:
        """The studio's settings: a floor and a ceiling, and what else is given."""
        chosen = {"rate_floor": Decimal("7.50"), "rate_ceiling": Decimal(18), **settings}
        with self.ctx.store.write() as db:
            studio = db.get_one(Connection, self.connection_id).studio_id
            change_settings(db, studio, Scope.STUDIO, 0, chosen, actor="test", now=self.ctx.now())

    def map_sources(self) -> None:
        """The studio says what its booking sources mean."""
        meaning = {"ClassPass": Channel.MARKETPLACE, "Wellhub": Channel.THIRD_PARTY}
        with self.ctx.store.write() as db:
            for use in sources(db, self.connection_id):
                channel = next((what for word, what in meaning.items() if word in use.source), Channel.DIRECT)
                map_sources(db, self.connection_id, {use.source: channel}, actor="test", now=self.ctx.now())

    def go_live(self) -> None:
        self.set(push_mode=PushMode.LIVE)

    def all(self, table: type[Any], *where: Any) -> list[Any]:
        with self.ctx.store.read() as db:
            return list(db.scalars(select(table).where(*where).order_by(table.id)))

    def latest(self) -> dict[int, Decision]:
        """Each session's decision in force."""
        return {row.session_id: row for row in self.all(Decision)}

    def pushes(self, *where: Any) -> list[Push]:
        return self.all(Push, *where)

    def upcoming(self) -> list[Session]:
        return self.all(Session, Session.starts_at > self.ctx.now(), Session.gone_at.is_(None))


def dump(store: Store, names: list[str] = MIRROR) -> dict[str, list[Any]]:
    """Tables as they are, to be compared."""
    tables = [Base.metadata.tables[name] for name in names]
    with store.read() as db:
        return {t.name: [tuple(row) for row in db.execute(select(t).order_by(*t.primary_key))] for t in tables}


def content(store: Store) -> dict[str, list[Any]]:
    """The mirror's content without what depends on when and in which order it was read: the same from any way there."""
    own = {"id", "fetched_at", "first_seen_at", "roster_read_at", "booked_at", "booked_at_source", "value"}
    refers = {"email_id", "guest_email_id", "reservation_id"}
    found: dict[str, list[Any]] = {}
    with store.read() as db:
        for name in ("venue", "class_type", "class_session", "client", "reservation", "sale_line", "price_option"):
            table = Base.metadata.tables[name]
            kept = [column for column in table.c if column.name not in own | refers]
            found[name] = [tuple(map(str, row)) for row in db.execute(select(*kept).order_by("external_id"))]
    return found


@pytest.fixture
def road(sandbox: LiveSandbox, config: Config, store: Store, keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> Road:
    """A studio connected to the small sandbox; the adapter's clock is the sandbox's. Retries come at once."""
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    config = replace(config, platforms=settings_of(sandbox.facts, config.instance, config.database_url).platforms)
    ctx = Context(config=config, store=store, keys=keys, now=lambda: sandbox.time[0])
    token = sandbox.staff_headers()["Authorization"].removeprefix("Bearer ")
    return Road(ctx, connect(ctx, sandbox.sites[0], token), sandbox.time)


Kept = Callable[[str, Callable[[], None]], None]


@pytest.fixture
def kept(
    road: Road, sandbox: LiveSandbox, tmp_path_factory: pytest.TempPathFactory, brought: dict[str, dict[int, Offer]]
) -> Kept:
    """Bring the road to a named state, and what the platform holds of ours: made once, then copied, since markets are
    alike.
    """

    def bring(name: str, make: Callable[[], None]) -> None:
        file = tmp_path_factory.getbasetemp() / f"{name}.db"
        if name in brought:
            token = road.connection.access_token
            put_database(file, road.ctx.store)
            road.set(access_token=token)
            sandbox.site.offers.update(brought[name])
        else:
            make()
            brought[name] = dict(sandbox.site.offers)
            keep_database(road.ctx.store, file)

    return bring


@pytest.fixture
def mirrored(road: Road, kept: Kept) -> Road:
    """The same, mirrored, its rates agreed and its sources mapped."""

    def mirror() -> None:
        done(road.backfill())
        road.map_sources()
        road.agree()
        road.set(webhook_checked_at=road.ctx.now())
        with road.ctx.store.write() as db:
            db.execute(delete(Run).where(Run.state == RunState.QUEUED))  # what follows is the test's to ask for

    kept("mirrored", mirror)
    return road


@pytest.fixture(params=["embedded", pytest.param("fleet", marks=pytest.mark.postgres)])
def everywhere(request: pytest.FixtureRequest, mirrored: Road) -> Road:
    """The mirrored studio on the database of either engine; it comes to PostgreSQL as everybody's does."""
    if request.param == "embedded":
        return mirrored
    store: Store = request.getfixturevalue("postgres_store")
    move(mirrored.ctx.store, store, mirrored.ctx.now(), lambda *_: None)
    config = replace(mirrored.ctx.config, database_url=store.url.render_as_string(hide_password=False))
    ctx = Context(config=config, store=store, keys=mirrored.ctx.keys, now=mirrored.ctx.now)
    return Road(ctx, mirrored.connection_id, mirrored.time)


@pytest.fixture
def elsewhere(mirrored: Road) -> Road:
    """The mirrored studio at a platform that takes no channel offers."""
    known = mirrored.ctx.config.platforms
    mirrored.ctx = replace(mirrored.ctx, config=replace(mirrored.ctx.config, platforms={"mindbody": known["sandbox"]}))
    mirrored.set(platform="mindbody")
    return mirrored


def decide(road: Road) -> None:
    """Switch pushing on and decide; nothing has been pushed yet."""
    road.go_live()
    done(road.do(RunKind.DECIDE))


def done(run: Run) -> Run:
    """A run that came to its end without a failure."""
    assert run.state is RunState.DONE, (run.state, run.step, run.errors)
    return run
