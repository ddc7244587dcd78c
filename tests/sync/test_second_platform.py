"""The road on a platform of another kind: an address for each account, changes instead of rosters, spots and a rate of
its own; and two platforms under one roof, where people are one by their address (EC-16, EC-35)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select

from adapter.config import Config
from adapter.connecting.connect import ConnectRefused, begin_connect, disconnect, finish_connect
from adapter.context import Context
from adapter.people.accounts import create_studio, create_user
from adapter.showing.agenda import agenda_of
from adapter.store.addresses import email_id
from adapter.store.first_booking import refresh_first_bookings
from adapter.store.settings import map_sources, sources
from adapter.store.tables import (
    Connection,
    EmailAddress,
    FirstBooking,
    Push,
    PushState,
    Reservation,
    Role,
    RunKind,
    Session,
    Studio,
)
from connectors import registry
from connectors.platform import ReadBack
from connectors.records import Channel, Outcome
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Client, Seller
from connectors.sandbox.market.studios import small_studio
from connectors.sandbox.market.world import Terms, World
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox, sent_by
from tests.sync.conftest import Road, done

BROWSER = "a secret of this browser"


class House:
    """A business with an account here, and what it does with its sites."""

    def __init__(self, ctx: Context, sandbox: LiveSandbox) -> None:
        self.ctx, self.sandbox = ctx, sandbox
        with ctx.store.write() as db:
            self.studio = create_studio(db, "Aurora", timezone="America/New_York", currency="USD", now=NOON).id
            asked = {"role": Role.OWNER, "studio_id": self.studio, "now": NOON}
            self.owner = create_user(db, ctx.keys, "Owner", "owner@example.org", **asked).id

    def connect(self, platform: str, number: int = 0, **login: str) -> Road:
        """By OAuth, as a browser would: out to the platform, consented there, and back."""
        account, site = self.sandbox.dialect(platform)["sites"][number], self.sandbox.sites[number]
        asked = {"studio_id": self.studio, "user_id": self.owner, "browser": BROWSER, "site": account}
        words = {"login": site["owner_login"], "password": site["owner_password"], "decision": "allow"} | login
        page = requests.post(begin_connect(self.ctx, platform, **asked), data=words, timeout=10, allow_redirects=False)
        back = parse_qs(urlsplit(page.headers.get("Location", "")).query) or sent_by(page.text)
        row = finish_connect(self.ctx, platform, back, browser=BROWSER)
        return Road(self.ctx, row.id, self.sandbox.time)

    def say_what_sources_mean(self, road: Road) -> None:
        said = self.sandbox.dialect(road.connection.platform)["sources"]
        with self.ctx.store.write() as db:
            for use in sources(db, road.connection_id):
                channel = next((Channel(what) for word, what in said.items() if word in use.source), Channel.DIRECT)
                map_sources(db, road.connection_id, {use.source: channel}, actor="test", now=self.ctx.now())
            refresh_first_bookings(db, self.studio)

    def person(self, address: str) -> int:
        with self.ctx.store.write() as db:
            return email_id(db, self.ctx.keys, address, NOON) or 0

    def first_of(self, address: str) -> FirstBooking | None:
        number = self.person(address)
        with self.ctx.store.read() as db:
            return db.scalar(select(FirstBooking).where(FirstBooking.email_id == number))


@pytest.fixture
def house(sandbox_with: Callable[..., LiveSandbox], config: Config, ctx: Context) -> House:
    """One site at a sandbox that speaks both dialects."""
    return moved_in(sandbox_with(World(7, NOON, [small_studio(3)])), config, ctx)


@pytest.fixture
def two_sites(sandbox_with: Callable[..., LiveSandbox], config: Config, ctx: Context) -> House:
    """Two sites."""
    plans = [small_studio(3), replace(small_studio(3), site=1002, name="Pine Street")]
    return moved_in(sandbox_with(World(7, NOON, plans)), config, ctx)


def moved_in(sandbox: LiveSandbox, config: Config, ctx: Context) -> House:
    spoken = {name: told["settings"] for name, told in sandbox.facts["dialects"].items()}
    ctx.config = replace(
        config,
        platforms=spoken,
        allow_private_addresses=False,
        allowed_addresses=frozenset({urlsplit(sandbox.url).netloc}),
    )
    ctx.now = lambda: sandbox.time[0]
    return House(ctx, sandbox)


def regular(site: Site) -> Client:
    """A direct client with an address of their own who has been here before."""
    addresses = [client.email for client in site.clients.values()]
    return next(
        client
        for client in site.clients.values()
        if client.email
        and client.merged_into is None
        and addresses.count(client.email) == 1
        and any(v.signed_in and site.seller_of(v) is Seller.STUDIO for v in site.visits_by(client.unique_id))
    )


def sell(world: World, site: Site) -> int:
    """Let the marketplace sell one more place of a coming class; its id."""
    item = next(i for i in site.classes.values() if i.starts_at > site.now and (site.free_places(i.id) or 0) > 3)
    limit, nothing = site.sold_by(item.id, Seller.MARKETPLACE) + 2, {"premium_limit": 0, "premium_rate": None}
    rate = site.options[10_101].price / 2
    world.set_offer(site.id, item.id, Terms(sequence=1, limit=limit, rate=rate, currency="USD", **nothing))
    return item.id


def test_one_business_on_two_platforms_knows_a_person_by_their_address(two_sites: House) -> None:
    """IN-02, EC-35."""
    house = two_sites
    world, time = house.sandbox.world, house.sandbox.time
    here, there = world.site(1001), world.site(1002)
    known, before = regular(here), len(there.visits)
    class_id, rate = sell(world, there), here.options[10_101].price / 2
    world.book_guest(1002, class_id, "Some", "Body", f" {known.email}".upper(), rate=rate)
    world.book_guest(1002, class_id, "Some", "Body", "another.address@example.org", rate=rate)
    assert len(there.visits) == before + 2

    one, two = house.connect("sandbox", 0), house.connect("marianatek", 1)
    for road in (one, two):
        done(road.backfill(weeks=3))
        house.say_what_sources_mean(road)

    first, other = house.first_of(str(known.email)), house.first_of("another.address@example.org")
    assert first
    assert first.channel is Channel.DIRECT  # EC-35: what they did at the other platform counts
    assert {row.id for row in one.all(Reservation, Reservation.connection_id == one.connection_id)} >= {
        first.reservation_id
    }
    assert other
    assert other.channel is Channel.MARKETPLACE  # EC-16: another address is another person
    both = two.all(Reservation, Reservation.connection_id == two.connection_id, Reservation.guest_email_id.is_not(None))
    assert house.person(str(known.email)) in {row.guest_email_id for row in both}

    with house.ctx.store.read() as db:
        agenda = agenda_of(db, db.get_one(Studio, house.studio), house.ctx.now())
    shown = [item.session.connection_id for day in agenda.days for item in day.items]
    assert set(shown) == {one.connection_id, two.connection_id}  # IN-02: one calendar

    held = {road.connection_id: {row.external_id for row in road.upcoming()} for road in (one, two)}
    assert held[one.connection_id] & held[two.connection_id]  # the same ids at both, and still two sessions each
    assert (two.connection.timezone, two.connection.currency, two.connection.site) == (
        "America/New_York",
        "USD",
        "pine-street",
    )
    assert not [row for row in one.all(EmailAddress) if b"example" in (row.address or b"")]
    kept = json.dumps([row.raw for row in two.all(Reservation)])
    assert "email:" in kept
    assert "@" not in kept
    assert "guest_name" not in kept
    assert time == [NOON]


def test_changes_are_read_instead_of_rosters_and_counting_finds_what_slipped_through(house: House) -> None:
    sandbox, road = house.sandbox, house.connect("marianatek")
    site = sandbox.site
    done(road.backfill(weeks=3))
    sessions = road.all(Session)
    assert sandbox.calls("GET /reservations") < len(sessions) / 10
    assert sum(row.outcome in (Outcome.BOOKED, Outcome.ATTENDED) for row in road.all(Reservation)) >= sum(
        row.booked or 0 for row in sessions
    )

    ahead = next(i for i in site.classes.values() if i.starts_at > site.now and site.booked(i.id) > 1)
    gone, cancelled = [visit for visit in site.visits_of(ahead.id) if visit.active][:2]
    sandbox.tick(minutes=30)
    sandbox.world.advance(sandbox.time[0])
    sandbox.world.cancel(site.id, cancelled.id)
    site.remove_visit(gone.id)  # not cancelled but deleted: no list of changes will ever tell
    calls = {path: sandbox.calls(path) for path in ("GET /reservations", "GET /users")}
    done(road.do(RunKind.PULL))
    held = {row.external_id: row for row in road.all(Reservation)}
    assert held[str(gone.id)].outcome is Outcome.CANCELLED
    assert held[str(gone.id)].gone_at is not None
    assert held[str(cancelled.id)].cancelled_at == sandbox.time[0].replace(microsecond=0)
    assert held[str(cancelled.id)].gone_at is None
    assert sandbox.calls("GET /reservations") == calls["GET /reservations"] + 2  # what changed, and the one roster
    assert sandbox.calls("GET /users") == calls["GET /users"]  # read whole a short while ago
    sandbox.tick(hours=24)
    untold = {"find": '"direct_booking_currency_code": ?"[A-Z]*"', "body": '"direct_booking_currency_code":null'}
    sandbox.faults({"kind": "rewrite", "path": "/class_sessions", "times": 0, **untold})
    done(road.do(RunKind.PULL))
    assert sandbox.calls("GET /users") == calls["GET /users"] + 1
    assert road.connection.currency == "USD"  # a week that tells none has not done away with it


def test_spots_and_rate_are_pushed_and_read_back_natively(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    road = house.connect("marianatek")
    done(road.backfill(weeks=3))
    house.say_what_sources_mean(road)
    road.agree(retail_rate=Decimal(28))
    road.go_live()
    done(road.do(RunKind.DECIDE))
    done(road.do(RunKind.PUSH))
    pushed = road.pushes()
    assert {push.state for push in pushed} == {PushState.CONFIRMED}
    external = {row.id: int(row.external_id) for row in road.all(Session)}
    offers = house.sandbox.site.offers
    for push in pushed:
        held = offers[external[push.session_id]]
        assert (held.limit, str(held.rate)) == (push.wanted["limit"], f"{float(push.wanted['rate']):.2f}")

    platform = registry.get("marianatek")
    assert platform.offers
    silent = replace(platform.offers, read_back=lambda api, session_id: ReadBack(None, None))
    monkeypatch.setattr(registry, "get", lambda name: replace(platform, offers=silent))
    with house.ctx.store.write() as db:
        again = db.get_one(Push, pushed[0].id)
        again.state, again.next_try_at, again.settled_at = PushState.PENDING, house.ctx.now(), None
    done(road.do(RunKind.PUSH))
    monkeypatch.undo()
    (told,) = road.pushes(Push.id == pushed[0].id)
    assert (told.state, told.answer) == (
        PushState.ACCEPTED,
        "taken, but the platform does not show what it holds",
    )

    disconnect(house.ctx, road.connection_id, "user:1")
    assert road.connection.revoke_pending is None  # there is no place where it could be given back
    assert str(road.connection.state_reason).endswith("withdraw it there as well.")


def test_only_the_brands_own_people_connect_it(two_sites: House) -> None:
    house = two_sites
    stranger = house.sandbox.sites[1]
    with pytest.raises(ConnectRefused):
        house.connect("marianatek", login=stranger["owner_login"], password=stranger["owner_password"])
    with pytest.raises(ConnectRefused, match="The first word of your address"):
        begin_connect(
            house.ctx, "marianatek", studio_id=house.studio, user_id=house.owner, browser=BROWSER, site="evil.example/"
        )
    with house.ctx.store.read() as db:
        assert db.scalars(select(Connection)).all() == []


def test_where_the_platform_names_no_currency_the_studios_own_holds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = registry.get("marianatek")
    silent = replace(platform, describe=lambda api: replace(platform.describe(api), currency=""))
    monkeypatch.setattr(registry, "get", lambda name: silent)
    with house.ctx.store.write() as db:
        db.get_one(Studio, house.studio).currency = "CAD"
    assert house.connect("marianatek").connection.currency == "CAD"


def test_one_account_may_have_settings_of_its_own(config: Config) -> None:
    given: dict[str, Any] = {"PAYER_ID": "1", "PAYER_ID__HARBOR_PINE": "2", "ENGINE_TOKEN": "t"}
    config = replace(config, platforms={"marianatek": given})
    assert config.platform("marianatek", "harbor-pine")["PAYER_ID"] == "2"
    assert config.platform("marianatek", "pine")["PAYER_ID"] == "1"
    assert config.platform("marianatek", "harbor-pine")["ENGINE_TOKEN"] == "t"
