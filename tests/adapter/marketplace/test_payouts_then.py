"""Payouts as of then: what the page says of an instant later is what it said at that instant, amount by amount."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from adapter.marketplace.ledger import follow_platform
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.due import settled_classes
from adapter.marketplace.payouts.ledger import append_settled
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.marketplace.payouts.shares import set_share
from adapter.marketplace.payouts.telling import tell_period, tell_place
from adapter.marketplace.payouts.view import Period, period_of, period_then
from adapter.statements.entering import change_terms, enter_participation
from adapter.statements.reservations import OF_STUDIO
from adapter.store.booking_times import announce
from adapter.store.database import Store
from adapter.store.mirror import mark_absent
from adapter.store.rates import fill_rates
from adapter.store.sealing import Keyring
from adapter.store.settings import map_sources
from adapter.store.tables import Connection, Decision, PayoutLine, Session
from connectors.records import BookingTime, Channel, Outcome, SessionStatus, Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import Mirror, class_type, reservation, session, venue
from tests.fixtures.database import NOON

DAYS = Days(date(2026, 3, 2), date(2026, 3, 5))
sites = count(1)


class Life:
    """A studio in whose mirror anything may happen, each thing at an instant of its own."""

    def __init__(self, store: Store, keys: Keyring, dice: random.Random) -> None:
        self.mirror = Mirror(store, keys, connected(store, f"site {next(sites)}"))
        self.store, self.dice, self.now = store, dice, NOON
        with store.read() as db:
            self.studio_id = db.get_one(Connection, self.mirror.connection_id).studio_id
        starts = {f"s{n}": NOON + timedelta(hours=22 * n + 2) for n in range(4)}
        self.classes = {key: session(key, starts_at=at, ends_at=at + timedelta(hours=1)) for key, at in starts.items()}
        self.made: dict[str, Any] = {}
        self.takes_part = False
        self.mirror.page(Stream.VENUES, venue(), venue("v2", name="Nord"))
        self.mirror.page(Stream.CLASS_TYPES, class_type(), class_type("t2", name="Flow"))
        self.mirror.page(Stream.SESSIONS, *self.classes.values())
        self.mirror.live()
        self.mean("pass", Channel.MARKETPLACE)
        self.offer()

    @property
    def days(self) -> list[Days]:
        return [DAYS, Days(DAYS.last, DAYS.last + timedelta(days=3))]

    def write(self, act: Any, *args: Any, **named: Any) -> Any:
        with self.store.write() as db:
            return act(db, *args, **named)

    def mean(self, source: str, channel: Channel) -> None:
        meaning = {source: channel}
        self.write(map_sources, self.mirror.connection_id, meaning, actor="user:1", now=self.now)

    # What may happen.

    def wait(self) -> None:
        self.now += timedelta(hours=self.dice.choice([1, 9, 20, 30]))

    def book(self) -> None:
        key = f"r{self.dice.randrange(9)}"
        at = self.now - timedelta(minutes=self.dice.randrange(600))
        when = {"booked_at": at, "booked_at_source": BookingTime.PLATFORM} if self.dice.random() < 0.6 else {}
        source = self.dice.choice(["pass", "pass", "pass", "web"])
        where = {"session_id": self.dice.choice(list(self.classes)), "client_id": f"c{key}"}
        self.made[key] = reservation(key, source=source, seats=self.dice.choice([1, 1, 2]), **where, **when)
        self.read(key)

    def change(self) -> None:
        if not self.made:
            return
        key = self.dice.choice(sorted(self.made))
        ended = {"outcome": self.dice.choice(list(Outcome)), "cancelled_at": None}
        if ended["outcome"] in (Outcome.CANCELLED, Outcome.LATE_CANCELLED) and self.dice.random() < 0.5:
            ended["cancelled_at"] = self.now
        moved = {"session_id": self.dice.choice(list(self.classes))}
        other = [ended, ended, moved, {"source": self.dice.choice(["pass", "web", "new"])}, {"seats": 2}, {"seats": 1}]
        self.made[key] = replace(self.made[key], **self.dice.choice(other))
        self.read(key)

    def read(self, key: str) -> None:
        self.mirror.page(Stream.RESERVATIONS, self.made[key], now=self.now)

    def roster(self) -> None:
        """A whole roster that may lack somebody."""
        name = self.dice.choice(list(self.classes))
        there = [one for one in self.made.values() if one.session_id == name and self.dice.random() < 0.7]
        self.mirror.roster(*there, of=name, now=self.now)

    def reschedule(self) -> None:
        name = self.dice.choice(list(self.classes))
        old = self.classes[name]
        later = timedelta(hours=self.dice.choice([-30, -3, 3, 30]))
        changes = [
            {"starts_at": old.starts_at + later, "ends_at": old.ends_at + later},
            {"venue_id": self.dice.choice(["v1", "v2"])},
            {"class_type_id": self.dice.choice(["t1", "t2"])},
            {"status": self.dice.choice([SessionStatus.CANCELLED, SessionStatus.SCHEDULED])},
        ]
        self.classes[name] = replace(old, **self.dice.choice(changes))
        self.mirror.page(Stream.SESSIONS, self.classes[name], now=self.now)

    def vanish(self) -> None:
        gone = {self.dice.choice(list(self.classes))}
        with self.store.write() as db:
            row = db.get_one(Connection, self.mirror.connection_id)
            mark_absent(db, row, Stream.SESSIONS, self.classes.keys() - gone, now=self.now)

    def map(self) -> None:
        self.mean(self.dice.choice(["pass", "web", "new"]), self.dice.choice(list(Channel)))

    def agree(self) -> None:
        share = Decimal(self.dice.randrange(40)) / 100
        set_on = self.studio_id, None, share, self.now.date() - timedelta(days=self.dice.randrange(3))
        self.write(set_share, *set_on, actor="user:1", now=self.now)

    def take_part(self) -> None:
        if not self.takes_part:
            entered = {"policy_hours": 24, "sign_up": "assisted", "earlier": False, "acknowledged_at": NOON}
            self.write(enter_participation, self.studio_id, **entered, actor="user:1", now=self.now)
        self.takes_part = True

    def tax(self) -> None:
        if self.takes_part:
            taxes = {OF_STUDIO: Decimal(self.dice.randrange(30)) / 100}
            self.write(change_terms, self.studio_id, tax_rates=taxes, actor="user:1", now=self.now)

    def offer(self) -> None:
        with self.store.write() as db:
            for number in db.scalars(select(Session.id).where(Session.connection_id == self.mirror.connection_id)):
                earlier = select(Decision.sequence).where(Decision.session_id == number)
                db.add(self._decision(number, max(db.scalars(earlier), default=0) + 1))

    def _decision(self, number: int, sequence: int) -> Decision:
        return Decision(
            connection_id=self.mirror.connection_id,
            session_id=number,
            sequence=sequence,
            at=self.now - timedelta(hours=12),
            spots=1,
            rate=Decimal(self.dice.randrange(800, 1600)) / 100,
            premium_spots=0,
            currency="EUR",
            limit=1,
            premium_limit=0,
            expected_direct=0.0,
            displacement_risk=0.0,
            expected_value=0.0,
            reason="forecast",
            shadow=False,
            inputs={},
            explanation={},
        )

    def price(self) -> None:
        self.write(fill_rates, self.mirror.connection_id, self.now)
        self.write(follow_platform, self.mirror.connection_id, self.now)

    def hear(self) -> None:
        """An event says when a reservation was made."""
        key, at = f"r{self.dice.randrange(9)}", self.now - timedelta(minutes=self.dice.randrange(600))
        self.write(announce, self.mirror.connection_id, key, at, self.now)

    def settle(self) -> None:
        with self.store.write() as db:
            found = settled_classes(db, self.mirror.connection_id, self.now)
            append_settled(db, rules_of(db, self.studio_id), found, self.now)


ACTS = ["wait", "wait", "book", "book", "book", "change", "change", "change", "roster", "reschedule", "vanish", "map"]
ACTS += ["agree", "agree", "take_part", "tax", "offer", "price", "price", "price", "hear", "settle", "settle"]


def told(period: Period) -> Any:
    return tell_period(period, {}), [tell_place(place) for place in period.places]


def lives(store: Store, keys: Keyring, acts: list[str], dice: random.Random) -> int:
    """Live through it, looking at every instant; then look back at each. How many places were provisional."""
    life, seen = Life(store, keys, dice), []
    for act in acts:
        life.now += timedelta(seconds=1)
        getattr(life, act)()
        with store.read() as db:
            seen += [(life.now, act, days, told(period_of(db, life.studio_id, days, life.now))) for days in life.days]
    for at, act, days, said in seen:
        with store.read() as db:
            assert told(period_then(db, life.studio_id, days, at)) == said, (at, act)
    return sum(place["state"] == "provisional" for *_, (_, places) in seen for place in places)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=5, max_size=25), dice=st.randoms(use_true_random=False))
def test_n_23_payouts_as_of_then_are_what_the_page_said_then(
    store: Store, keys: Keyring, acts: list[str], dice: random.Random
) -> None:
    lives(store, keys, acts, dice)


def test_a_long_life_in_which_all_that_a_payout_hangs_on_changes(any_store: Store, keys: Keyring) -> None:
    """Shares, taxes, the mapping, rates, moved classes: leaving out to take any of them back is seen here."""
    dice = random.Random(4)
    assert lives(any_store, keys, dice.choices(ACTS, k=60), dice) > 200
    with any_store.read() as db:
        assert len(db.scalars(select(PayoutLine.id)).all()) > 5


def test_a_life_in_which_a_class_vanishes_and_comes_back(store: Store, keys: Keyring) -> None:
    dice = random.Random(10)
    assert lives(store, keys, dice.choices(ACTS, k=60), dice) > 80
