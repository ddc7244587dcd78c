"""A studio whose market lives on, mirrored on either database, and the ways in which its road is walked."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, text
from sqlalchemy.orm import Session as Database

from adapter.config import Config
from adapter.connecting.tokens import seal_name
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import (
    Base,
    Connection,
    Cursor,
    Push,
    Quarantine,
    Run,
    RunKind,
    RunState,
    Session,
    WebhookMessage,
)
from connectors.mindbody.webhooks import EVENTS
from connectors.sandbox.market.audit import Audit, audit
from connectors.sandbox.market.plans import StudioPlan
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance
from connectors.sandbox.market.studios import small_studio
from connectors.sandbox.market.world import World
from connectors.sandbox.server.webhooks import Status
from sync.engine.jobs import do_next
from sync.pulling import windows
from sync.pushing.outbox import WAITING
from tests.fixtures.database import ENCRYPTION_KEY, NOON
from tests.fixtures.parity import Apart, apart, offers_apart
from tests.fixtures.sandbox import LiveSandbox, Mould
from tests.fixtures.studio import app_on
from tests.sync.conftest import Road, connect, done, settings_of

Post = Callable[[str, str, Mapping[str, str], bytes], int]
SITE = 1001
WEEKS = 2  # of history that is mirrored
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
both_databases = pytest.mark.parametrize("database", DATABASES, indirect=True)
"""Where the fault meets the database itself."""


@dataclass
class Scene:
    """A mirrored studio at a running platform: what happens there, the road, and whether they agree in the end."""

    road: Road
    sandbox: LiveSandbox
    began: datetime = NOON
    site_id: int = SITE

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def site(self) -> Site:
        """The studio's books at the platform."""
        return self.world.site(self.site_id)

    @property
    def ctx(self) -> Context:
        return self.road.ctx

    @property
    def now(self) -> datetime:
        return self.sandbox.time[0]

    def of_site(self, site_id: int, **about: Any) -> Scene:
        """Another studio at the same platform, connected here too."""
        (site,) = (site for site in self.sandbox.sites if site["id"] == str(site_id))
        token = self.sandbox.staff_headers(site)["Authorization"].removeprefix("Bearer ")
        road = Road(self.ctx, connect(self.ctx, site, token), self.sandbox.time)
        road.set(**about)
        return Scene(road, self.sandbox, self.began, site_id)

    # What happens over there

    def coming(self, index: int = 0, *, places: int = 1) -> ClassInstance:
        """A class of the coming days that can be booked."""
        site = self.site
        found = [
            item
            for item in sorted(site.classes.values(), key=lambda item: (item.starts_at, item.id))
            if self.world.now + timedelta(days=2) < item.starts_at < self.world.now + timedelta(days=20)
            and (item.max_capacity or 0) - site.booked(item.id) >= places
            and not item.cancelled
            and not item.hidden
        ]
        return found[index]

    def book(self, item: ClassInstance, client: int = 0) -> int:
        """Somebody books a place; the id of the visit."""
        site = self.site
        free = [number for number in site.clients if not site.holds(item.id, number)]
        return self.world.book(self.site_id, item.id, free[client]).id

    def live_on(self, **passed: float) -> None:
        """The market goes on for a while: people book, cancel, come and stay away, classes change."""
        self.sandbox.advance(**passed)

    def subscribe(self) -> Post:
        """Let the platform tell of its events; the answer posts a message as the platform did, and gives the status."""
        hooks, address = self.sandbox.core.webhooks, f"/webhooks/sandbox/{self.road.connection_id}"
        app = app_on(self.ctx)
        app.testing = False  # what goes wrong here is answered as it would be

        def post(method: str, url: str, headers: Mapping[str, str], body: bytes) -> int:
            return int(app.test_client().open(url, method=method, headers=dict(headers), data=body).status_code)

        hooks.send = post
        made = hooks.subscribe(address, EVENTS, str(self.site_id))
        assert made is not None
        made.turn(Status.ACTIVE, self.now)
        secret = self.ctx.keys.seal(made.key, f"connection:{self.road.connection_id}:webhook_secret")
        self.road.set(webhook_id=made.id, webhook_secret=secret)
        return post

    # The road

    def pull(self) -> Run:
        """What the clock asks for every ten minutes."""
        return self.road.do(RunKind.PULL)

    def night(self) -> Run:
        """What the clock asks for once a night, when small lists are read too; the market stands still meanwhile."""
        self.sandbox.tick(hours=24)
        with self.ctx.store.write() as db:
            _give_access(db, self.ctx.keys, self.road.connection_id, self.sandbox)  # the old one lives a day
        return self.pull()

    def look(self) -> Run:
        """The deliveries that are due arrive, and the inbox is worked off."""
        self.sandbox.pump()
        return self.road.do(RunKind.WEBHOOKS)

    def sell(self) -> Run:
        """Decide for all, and push what that changes."""
        done(self.road.do(RunKind.DECIDE))
        return self.road.do(RunKind.PUSH)

    def reconcile(self) -> Run:
        """What the clock asks for once a day: all of the stretch that is mirrored, read again."""
        since = (self.began - timedelta(weeks=WEEKS)).date().isoformat()
        run = self.road.do(RunKind.RESYNC, **{"from": since})
        for stream in ("venues", "class_types", "prices", "clients"):
            run = self.road.do(RunKind.RESYNC, stream=stream)
        return run

    def work(self, *, most: int = 40) -> list[Run]:
        """Everything that is due, with what follows from it, until nothing is."""
        worked: list[Run] = []
        while (run := do_next(self.ctx)) is not None:
            worked.append(self.road.run(run.id))
            assert len(worked) < most, [(run.kind, run.state, run.step) for run in worked]
        return worked

    def mend(self) -> None:
        """The faults end, and half an hour passes for whoever was asked to wait; the market stands still meanwhile."""
        self.sandbox.mend()
        self.sandbox.tick(minutes=30)

    # The end

    def books(self) -> Audit:
        start, end = self.span
        with self.world.lock:
            return audit(self.site, start, end)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The stretch of time that is mirrored now."""
        return windows.of_backfill(self.began, WEEKS).start, windows.of_backfill(self.now, WEEKS).end

    def apart(self) -> list[Apart]:
        """In what the mirror is not the platform."""
        start, end = self.span
        return apart(self.ctx.store, self.ctx.keys, self.road.connection_id, self.books(), start=start, end=end)

    def agree(self) -> None:
        """The mirror is the platform, and nothing is set aside."""
        assert [str(each) for each in self.apart()] == []
        assert [(row.stream, row.reason) for row in self.road.all(Quarantine)] == []

    def agree_on_offers(self) -> None:
        """What the platform sells is what was decided last; nothing is on its way any more."""
        books = self.books()
        differ = offers_apart(self.ctx.store, self.road.connection_id, books, now=self.now)
        assert [str(each) for each in differ] == []
        assert books["offers"]
        assert [push.id for push in self.road.pushes(Push.state.in_(WAITING))] == []

    def messages(self) -> list[WebhookMessage]:
        return self.road.all(WebhookMessage)

    def cursor(self) -> str:
        """How far the clients have been read."""
        (row,) = self.road.all(Cursor, Cursor.stream == "clients")
        return str(row.value["since"])

    def session(self, class_id: int) -> Session:
        (row,) = self.road.all(Session, Session.external_id == str(class_id))
        return row


Make = Callable[..., LiveSandbox]


@pytest.fixture(scope="session")
def market() -> Mould:
    """The small studio's market."""
    return Mould(World(7, NOON, (small_studio(weeks=WEEKS),)))


@pytest.fixture
def platform(sandbox_with: Make, market: Mould) -> LiveSandbox:
    """A running platform with one small studio; a test may have a fixture of this name with another."""
    return sandbox_with(world=market.copy())


@pytest.fixture(scope="session")
def mirrored_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mirror of the small studio is kept once it has been made."""
    return tmp_path_factory.mktemp("mirrored") / "adapter.db"


@pytest.fixture(scope="session")
def mirrored_postgres() -> list[str]:
    """The name of the database that holds the same, once it has been made."""
    return []


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database: SQLite unless the test is about both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def scene(
    database: str,
    platform: LiveSandbox,
    tmp_path: Path,
    keys: Keyring,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    """The small studio, mirrored: made once for each database, then copied, since markets of one seed are alike."""
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    copied = _sqlite if database == "sqlite" else _postgres
    with copied(request, tmp_path, lambda store: _mirror(_road(store, platform, tmp_path, keys))) as store:
        road = _road(store, platform, tmp_path, keys, connection_id=1)
        yield Scene(road, platform)


Fresh = Callable[..., Scene]


@pytest.fixture
def fresh(sandbox_with: Make, store: Store, tmp_path: Path, keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> Fresh:
    """Studios that have just connected, nothing is mirrored yet: ``fresh(at=…, timezone="Australia/Sydney")``."""
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)

    def connected(
        at: datetime = NOON, timezone: str = "America/New_York", sites: Sequence[StudioPlan] = (), **options: Any
    ) -> Scene:
        plans = sites or (replace(small_studio(weeks=WEEKS), timezone=timezone),)
        sandbox = sandbox_with(world=World(7, at, plans), **options)
        sandbox.time[0] = at
        road = _road(store, sandbox, tmp_path, keys)
        road.set(timezone=timezone)
        return Scene(road, sandbox, at)

    return connected


def _road(
    store: Store, platform: LiveSandbox, folder: Path, keys: Keyring, *, connection_id: int | None = None
) -> Road:
    config: Config = settings_of(platform.facts, folder, store.url.render_as_string(hide_password=False))
    ctx = Context(config=replace(config, encryption_keys=(ENCRYPTION_KEY,)), store=store, keys=keys)
    ctx.now = lambda: platform.time[0]
    if connection_id is None:
        return Road(ctx, connect(ctx, platform.sites[0], _token(platform)), platform.time)
    with store.write() as db:
        _give_access(db, keys, connection_id, platform)
    return Road(ctx, connection_id, platform.time)


def _give_access(db: Database, keys: Keyring, connection_id: int, platform: LiveSandbox) -> None:
    row = db.get_one(Connection, connection_id)
    row.access_token = keys.seal(_token(platform), seal_name(connection_id, "access_token"))


def _token(platform: LiveSandbox) -> str:
    return platform.staff_headers()["Authorization"].removeprefix("Bearer ")


def _mirror(road: Road) -> None:
    run = road.backfill(weeks=WEEKS)
    assert run.state is RunState.DONE, (run.step, run.errors)
    road.map_sources()
    road.agree()
    with road.ctx.store.write() as db:
        db.execute(delete(Run).where(Run.state == RunState.QUEUED))  # what follows is the test's to ask for


Fill = Callable[[Store], None]


@contextmanager
def _sqlite(request: pytest.FixtureRequest, folder: Path, fill: Fill) -> Iterator[Store]:
    kept: Path = request.getfixturevalue("mirrored_sqlite")
    if not kept.exists():
        shutil.copyfile(request.getfixturevalue("sqlite_with_tables"), kept)
        made = Store(f"sqlite:///{kept}")
        fill(made)
        with made.writer.connect() as connection:
            connection.connection.cursor().execute("pragma wal_checkpoint(truncate)")
        made.close()
    shutil.copyfile(kept, folder / "adapter.db")
    store = Store(f"sqlite:///{folder / 'adapter.db'}")
    yield store
    store.close()


@contextmanager
def _postgres(request: pytest.FixtureRequest, _: Path, fill: Fill) -> Iterator[Store]:
    kept: list[str] = request.getfixturevalue("mirrored_postgres")
    admin = create_engine(request.getfixturevalue("postgres_url"), isolation_level="AUTOCOMMIT")
    if not kept:
        name = _created(admin, f"t{uuid.uuid4().hex}")
        made = Store(_at(admin, name))
        Base.metadata.create_all(made.writer)
        fill(made)
        made.close()
        kept.append(name)
    copy = _created(admin, f"t{uuid.uuid4().hex}", template=kept[0])
    store = Store(_at(admin, copy))
    yield store
    store.close()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {copy} with (force)"))
    admin.dispose()


def _created(admin: Any, name: str, *, template: str = "template1") -> str:
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    return name


def _at(admin: Any, name: str) -> str:
    return str(admin.url.set(database=name).render_as_string(hide_password=False))
