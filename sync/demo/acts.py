"""The acts of the demo, in their order, and what is counted at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import click
from sqlalchemy import func, select

from adapter.context import Context
from adapter.marketplace.sellers import register_marketplace
from adapter.people.accounts import create_studio, create_token, create_user, sign_in_link
from adapter.store.tables import (
    ApiCalls,
    ChannelReservation,
    Client,
    Connection,
    Decision,
    Market,
    Push,
    PushState,
    Reservation,
    ReservationState,
    Role,
    Run,
    SaleLine,
    Session,
    Studio,
)
from connectors import registry
from connectors.errors import ConnectorError
from connectors.records import Stream
from sync.demo.browser import Browser
from sync.demo.sandbox import Sandbox
from sync.demo.telling import Teller
from sync.engine import Engine
from sync.events.subscriptions import subscribe

SETTINGS = {"rate_floor": "7.50", "rate_ceiling": "18.00", "min_spots": None, "release_all_hours": None}
MARKETPLACE = "Demo marketplace"
USED = "ADAPTER_DATABASE_URL holds studios already; the sandbox begins anew each time. Use an empty database."


@dataclass
class Demo:
    """One showing, on one studio: with one platform, or with several, a site at each."""

    context: Context
    engine: Engine
    sandbox: Sandbox
    platforms: tuple[str, ...]
    tell: Teller
    browser: Browser = field(default_factory=Browser)
    studio_id: int = 0
    owner_id: int = 0
    connections: dict[int, str] = field(default_factory=dict)  # the platform of each
    token: str = ""
    seller: str = ""  # the marketplace's token

    def play(self) -> dict[str, Any]:
        """All acts; the counts of what came of them."""
        self.open_account()
        for number, platform in enumerate(self.platforms):
            self.connect(platform, number)
        self.agree_rates()
        self.mirror()
        self.listen()
        self.say_what_sources_mean()
        self.decide_in_shadow()
        self.switch_on()
        self.open_channel()
        return self.counts()

    def open_account(self) -> None:
        """A studio and its owner, as an operator would open them."""
        site, now, keys = self.sandbox.studio(self.platforms[0]), self.context.now(), self.context.keys
        with self.context.store.write() as db:
            if db.scalar(select(func.count()).select_from(Studio)):
                raise click.ClickException(USED)
            studio = create_studio(db, site["name"], timezone=site["timezone"], currency=site["currency"], now=now)
            login = site["owner_login"]
            owner = create_user(db, keys, "Demo owner", login, role=Role.OWNER, studio_id=studio.id, now=now)
            self.owner_id = owner.id
            self.token = create_token(db, keys, Role.OWNER, studio.id, None, now)
            self.studio_id = studio.id

    def sign_in_link(self) -> str:
        """A one-time link for the studio's owner."""
        with self.context.store.write() as db:
            token = sign_in_link(db, self.context.keys, self.owner_id, self.context.now())
        return f"{self.context.config.public_url}/sign-in/{token}"

    def connect(self, platform: str, number: int) -> None:
        """The owner signs in here, is sent to the platform, signs in there, consents, and comes back."""
        site = self.sandbox.studio(platform, number)
        if not number:
            self.browser.submit(self.browser.open(self.sign_in_link()))
        asked = self.browser.open(f"{self._url}/connect/{platform}?studio={self.studio_id}&site={site['id']}")
        answer = self.browser.submit(
            asked, login=site["owner_login"], password=site["owner_password"], decision="allow"
        )
        if answer.url.startswith(str(self.sandbox.facts["url"])):  # form_post: the page that sends itself
            self.browser.submit(answer)
        with self.context.store.read() as db:
            made = select(Connection.id).where(Connection.platform == platform, Connection.site == site["id"])
            self.connections[db.scalars(made).one()] = platform
        title = registry.get(platform).title
        self.tell.did(f"{site['name']} is connected to {title} by OAuth (authorization code, PKCE, state, nonce).")

    def agree_rates(self) -> None:
        """The owner enters the agreed floor and the ceiling, and the direct price where a platform gives no prices."""
        told = all(Stream.PRICES in registry.get(platform).streams for platform in self.platforms)
        price = {} if told else {"retail_rate": self.sandbox.studio(self.platforms[0])["drop_in"]}
        self._api("PUT", f"/studios/{self.studio_id}/settings", SETTINGS | price)
        entered = "" if told else ", and the price of a single class"
        self.tell.did(f"The owner has entered the agreed floor and ceiling of the rate{entered}.")

    def mirror(self) -> None:
        """A year of everything, page by page."""
        with self.tell.watching(self.context, "Mirroring"):
            self.engine.run_due()
        counts = self.counts()
        self.tell.did(
            f"Mirrored {counts['sessions']:,} sessions, {counts['reservations']:,} reservations, "
            f"{counts['clients']:,} clients and {counts['sales']:,} sale lines in {counts['api_calls']:,} calls."
        )

    def listen(self) -> None:
        """Subscribe to the platform's events, where it can be done for one studio."""
        heard, reasons = False, dict[str, str]()  # by platform: of several sites at one, the first is told
        for number, platform in self.connections.items():
            try:
                heard = subscribe(self.context, number) or heard
            except ConnectorError as error:
                reasons.setdefault(registry.get(platform).title, str(error))
        for title, why in reasons.items():
            self.tell.did(f"{title} tells of no events, changes are seen at each update. {why}")
        if heard:
            self.tell.did("Subscribed to the platform's events: a booking is known within seconds.")

    def say_what_sources_mean(self) -> None:
        """The owner is shown every booking source that was seen, and says which channel it is."""
        seen = self._api("GET", f"/studios/{self.studio_id}/sources")["items"]
        items = [
            {
                "connection_id": source["connection_id"],
                "source": source["source"],
                "channel": self.sandbox.meaning(self.connections[source["connection_id"]], source["source"]),
            }
            for source in seen
        ]
        self._api("PUT", f"/studios/{self.studio_id}/sources", {"items": items})
        other = dict.fromkeys(
            f"{item['source']} is {item['channel'].replace('_', ' ')}" for item in items if item["channel"] != "direct"
        )
        words = f"{', '.join(other)}; the rest is direct" if other else "all are direct"
        self.tell.did(f"The owner has said what {len(items)} booking sources mean: {words}.")

    def decide_in_shadow(self) -> None:
        """Learn from the year, decide for the next 28 days; nothing leaves the house."""
        with self.tell.watching(self.context, "Learning and deciding"):
            self.engine.run_due()
        counts = self.counts()
        self.tell.did(
            f"Decided {counts['decided_sessions']:,} sessions of the next 28 days; nothing was pushed (shadow)."
        )

    def switch_on(self) -> None:
        """The owner switches pushing on; the offers are sent and read back."""
        for number in self.connections:
            self._api("PUT", f"/connections/{number}/push-mode", {"push_mode": "live"})
        with self.tell.watching(self.context, "Pushing"):
            self.engine.run_due()
        counts = self.counts()
        ended = {
            "pushed, read back, equal": counts["pushes_confirmed"],
            "in force where we sell (the platform takes none)": counts["pushes_local"],
            "refused or failed": counts["pushes_failed"],
        }
        words = ", ".join(f"{number:,} {how}" for how, number in ended.items() if number)
        self.tell.did(f"The owner has switched pushing on. Offers: {words or 'none, for nothing is listed'}.")

    def open_channel(self) -> None:
        """A marketplace is registered, reads the feed, and sells one place at a quote."""
        now = self.context.now()
        with self.context.store.write() as db:
            market = Market(name="Demo market", currency=self.sandbox.studio(self.platforms[0])["currency"])
            market.margin, market.credit_value, market.created_at = Decimal("0.25"), Decimal("1.90"), now
            db.add(market)
            db.flush()
            register_marketplace(db, MARKETPLACE, now, market=market.name)
            self.seller = create_token(db, self.context.keys, Role.MARKETPLACE, None, MARKETPLACE, now)
        items = self._channel("GET", "/offers?limit=1000")["items"]
        open_now = [item for item in items if item["spots"]]
        self.tell.did(f"A marketplace may call the channel now: {len(open_now):,} sessions are on offer there.")
        if open_now:
            self._sell(max(open_now, key=lambda item: item["spots"]))
        self.tell.note(f"curl -H 'Authorization: Bearer {self.seller}' {self._url}/channel/v1/offers")

    def _sell(self, item: dict[str, Any]) -> None:
        quote = self._channel("POST", "/quotes", {"session_id": item["session_id"]})
        guest = {"name": "Demo Guest", "email": "demo.guest@example.org"}
        order = {"id": "demo-1", "quote": quote["quote"], "guest": guest}
        made = self._channel("POST", "/reservations", order, key="demo-1")
        self.tell.note(
            f"It sold a place in {item['class_name']} for {made['credits']} credits; the studio is paid "
            f"{made['payout']} {made['currency']}: {made['state']}."
        )
        self.engine.run_due()

    def counts(self) -> dict[str, Any]:
        """What there is now."""
        with self.context.store.read() as db:

            def count(table: type[Any], *where: Any) -> int:
                return db.scalar(select(func.count()).select_from(table).where(*where)) or 0

            return {
                "sessions": count(Session),
                "reservations": count(Reservation),
                "clients": count(Client),
                "sales": count(SaleLine),
                "decisions": count(Decision),
                "decided_sessions": db.scalar(select(func.count(func.distinct(Decision.session_id)))) or 0,
                "pushes_confirmed": count(Push, Push.state == PushState.CONFIRMED),
                "pushes_local": count(Push, Push.state == PushState.LOCAL),
                "pushes_failed": count(Push, Push.state.in_([PushState.REFUSED, PushState.FAILED])),
                "api_calls": db.scalar(select(func.sum(ApiCalls.calls))) or 0,
                "sold": count(ChannelReservation, ChannelReservation.state == ReservationState.CONFIRMED),
                "failed_runs": count(Run, Run.state == "failed"),
            }

    @property
    def _url(self) -> str:
        return self.context.config.public_url

    def _channel(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
        url = f"{self._url}/channel/v1{path}"
        return self.browser.call(method, url, token=self.seller, body=body, key=key)

    def _api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.browser.call(method, f"{self._url}/api/v1{path}", token=self.token, body=body)
