"""A studio with an owner, a clock that is set by hand, and a platform to connect to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import responses

from adapter.config import Config
from adapter.connecting.connect import begin_connect, finish_connect
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Membership, Role, Studio, User
from connectors import registry
from connectors.platform import Platform
from tests.adapter.oauth.platform_one import API, CLIENT_ID, CLIENT_SECRET, ISSUER, PlatformOne, declare
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox

BROWSER = "the secret of the owner's browser"


@dataclass
class HandClock:
    """Stands still until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class People:
    """The ids of a studio, its owner, and another studio with an owner of its own."""

    studio: int
    owner: int
    other_studio: int
    other_owner: int


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ctx(config: Config, store: Store, keys: Keyring, clock: HandClock) -> Context:
    return context_on(store, config, keys, clock)


def context_on(store: Store, config: Config, keys: Keyring, clock: Callable[[], datetime]) -> Context:
    settings = {"ISSUER": ISSUER, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "API_URL": API}
    config = replace(config, platforms={"platform_one": settings}, allow_private_addresses=False)
    return Context(config=config, store=store, keys=keys, now=clock)


def context_at(sandbox: LiveSandbox, config: Config, store: Store, keys: Keyring) -> Context:
    """Set up for a running sandbox, the one private address that may be called, and on its clock."""
    settings = {
        "API_URL": sandbox.api_url,
        "ISSUER": sandbox.issuer,
        "CLIENT_ID": sandbox.client_id,
        "CLIENT_SECRET": sandbox.client_secret,
        "API_KEY": sandbox.api_key,
    }
    config = replace(
        config,
        platforms={"sandbox": settings},
        allow_private_addresses=False,
        allowed_addresses=frozenset({urlsplit(sandbox.url).netloc}),
    )
    return Context(config=config, store=store, keys=keys, now=lambda: sandbox.time[0])


@pytest.fixture
def people(ctx: Context) -> People:
    return settle(ctx.store)


def settle(store: Store) -> People:
    with store.write() as db:
        studios = [Studio(name=f"Studio {n}", timezone="UTC", currency="USD", created_at=NOON) for n in (1, 2)]
        users = [User(name=f"Owner {n}", created_at=NOON) for n in (1, 2)]
        db.add_all([*studios, *users])
        db.flush()
        for studio, user in zip(studios, users, strict=True):
            db.add(Membership(user_id=user.id, studio_id=studio.id, role=Role.OWNER))
        return People(studios[0].id, users[0].id, studios[1].id, users[1].id)


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Platform]:
    """Declare the platform anew; keywords change its OAuth part."""

    def set_platform(**changes: object) -> Platform:
        platform = declare(**changes)
        monkeypatch.setattr(registry, "get", lambda name: platform)
        monkeypatch.setattr(registry, "names", lambda: (platform.name,))
        return platform

    set_platform()
    return set_platform


@pytest.fixture
def platform(network: responses.RequestsMock, declared: Callable[..., Platform], clock: HandClock) -> PlatformOne:
    return PlatformOne(network, clock)


@dataclass
class Connecting:
    """One studio's way through the flow."""

    ctx: Context
    people: People
    platform: PlatformOne

    def begin(self, *, site: str | None = "1001", connection_id: int | None = None, browser: str = BROWSER) -> str:
        return begin_connect(
            self.ctx,
            "platform_one",
            studio_id=self.people.studio,
            user_id=self.people.owner,
            browser=browser,
            site=site,
            connection_id=connection_id,
        )

    def finish(self, params: dict[str, list[str]], *, browser: str = BROWSER) -> Connection:
        return finish_connect(self.ctx, "platform_one", params, browser=browser)

    def connect(self, **asked: int | str | None) -> Connection:
        return self.finish(self.platform.consent(self.begin(**asked)))  # type: ignore[arg-type]


@pytest.fixture
def connecting(ctx: Context, people: People, platform: PlatformOne) -> Connecting:
    return Connecting(ctx, people, platform)
