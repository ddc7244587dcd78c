"""Our side of the soak: the settings of every process; how a studio connects, sells, and is compared in the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from adapter.config import Config
from adapter.connecting.connect import begin_connect, finish_connect
from adapter.connecting.flows import ConnectRefused
from adapter.context import Context
from adapter.people.accounts import create_studio, create_user
from adapter.store.settings import change_settings, map_sources, sources
from adapter.store.tables import Connection, ConnectionState, PushMode, Role, Scope
from connectors.records import Channel
from sync.events.subscriptions import subscribe
from sync.pulling import windows
from tests.fixtures.parity import Apart, apart, offers_apart

BROWSER = "browser of the soak"
MOST_TRIES = 8  # of an owner who is told to try again in a few minutes
MEANING = {"ClassPass": Channel.MARKETPLACE, "Wellhub": Channel.THIRD_PARTY}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a process must be told."""

    facts: Mapping[str, Any]  # the platform's
    instance: str
    database_url: str
    encryption_key: str
    clock: str
    web_port: int  # where events arrive
    port: int = 0  # where this process listens; 0: it does not

    @property
    def clock_file(self) -> Path:
        """The file that holds the time."""
        return Path(self.clock)


def config_of(settings: Settings) -> Config:
    """The settings of an adapter that speaks with the soak's platform and nobody else."""
    facts = settings.facts
    return Config(
        instance=Path(settings.instance),
        database_url=settings.database_url,
        public_url=f"http://127.0.0.1:{settings.web_port}",
        secret_key="secret key of the soak",  # noqa: S106  signs nothing that anybody sees
        encryption_keys=(settings.encryption_key,),
        allowed_addresses=frozenset({urlsplit(str(facts["url"])).netloc}),
        platforms={
            "sandbox": {
                "API_URL": facts["api_url"],
                "ISSUER": facts["issuer"],
                "CLIENT_ID": facts["client_id"],
                "CLIENT_SECRET": facts["client_secret"],
                "API_KEY": facts["api_key"],
                "WEBHOOK_URL": facts["webhook_url"],
            }
        },
    )


@dataclass
class Studio:
    """A studio, at the platform and here."""

    ctx: Context
    site: Mapping[str, str]
    began: datetime
    studio_id: int = 0
    owner_id: int = 0
    connection_id: int = 0
    reconnects: int = field(default=0)

    def open(self) -> None:
        """An account with us, and a connection by OAuth: what follows is the adapter's to do."""
        with self.ctx.store.write() as db:
            zone, currency, now = self.site["timezone"], self.site["currency"], self.ctx.now()
            studio = create_studio(db, self.site["name"], timezone=zone, currency=currency, now=now)
            login = self.site["owner_login"]
            owner = create_user(db, self.ctx.keys, "Owner", login, role=Role.OWNER, studio_id=studio.id, now=now)
            self.studio_id, self.owner_id = studio.id, owner.id
        self.connection_id = self._consent(None)

    def reconnect_if_asked(self) -> None:
        """The owner consents again where the grant was lost: a refresh that a kill cut off, with tokens that rotate."""
        with self.ctx.store.read() as db:
            state = db.get_one(Connection, self.connection_id).state
        if state is ConnectionState.NEEDS_RECONNECT:
            self._consent_in_the_end(self.connection_id)
            self.reconnects += 1

    def sell(self) -> None:
        """Listen to events; the owner says what sources mean, enters the agreed rates, and switches pushing on."""
        subscribe(self.ctx, self.connection_id)
        wishes = {
            "rate_floor": Decimal("7.50"),
            "rate_ceiling": Decimal(18),
            "min_spots": 4,
        }  # something is always listed
        now = self.ctx.now()
        with self.ctx.store.write() as db:
            change_settings(db, self.studio_id, Scope.STUDIO, 0, wishes, actor="soak", now=now)
            db.get_one(Connection, self.connection_id).push_mode = PushMode.LIVE
        self.map_sources()

    def map_sources(self) -> None:
        """The owner says what each booking source means that has been seen by now."""
        with self.ctx.store.write() as db:
            seen = {use.source for use in sources(db, self.connection_id)}
            said = {word: next((MEANING[n] for n in MEANING if n in word), Channel.DIRECT) for word in seen}
            map_sources(db, self.connection_id, said, actor="soak", now=self.ctx.now())

    def apart(self) -> list[Apart]:
        """In what the mirror is not the platform, and what is sold not what was decided."""
        start, end = windows.of_backfill(self.began, 4).start, windows.of_backfill(self.ctx.now(), 4).end
        url = f"{self._url}/_sandbox/audit/{self.site['id']}"
        books = requests.get(url, {"start": start.isoformat(), "end": end.isoformat()}, timeout=60).json()
        store, number = self.ctx.store, self.connection_id
        return [
            *apart(store, self.ctx.keys, number, books, start=start, end=end),
            *offers_apart(store, number, books, now=self.ctx.now() + timedelta(minutes=1)),
        ]

    @property
    def _url(self) -> str:
        return str(self.ctx.config.platform("sandbox")["ISSUER"])

    def _consent_in_the_end(self, connection_id: int) -> None:
        """Told to try again in a few minutes, the owner does."""
        for _ in range(MOST_TRIES):
            with suppress(ConnectRefused):
                self._consent(connection_id)
                return
        self._consent(connection_id)

    def _consent(self, connection_id: int | None) -> int:
        url = begin_connect(
            self.ctx,
            "sandbox",
            studio_id=self.studio_id,
            user_id=self.owner_id,
            browser=BROWSER,
            site=self.site["id"],
            connection_id=connection_id,
        )
        login = {"login": self.site["owner_login"], "password": self.site["owner_password"], "decision": "allow"}
        page = requests.post(url, data=login, timeout=60).text
        params = {name: [unescape(value)] for name, value in _HIDDEN.findall(page)}
        return finish_connect(self.ctx, "sandbox", params, browser=BROWSER).id
