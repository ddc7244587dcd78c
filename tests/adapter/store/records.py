"""Records to fill a mirror with, each with the payload a platform might have sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from adapter.store.database import Store
from adapter.store.mirror import Counts, save_page, save_roster
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection
from adapter.store.tables import Session as SessionRow
from connectors.records import (
    ClassType,
    Client,
    Fetched,
    Outcome,
    Page,
    PriceKind,
    PriceOption,
    Record,
    Reservation,
    SaleLine,
    Session,
    SetAside,
    Stream,
    Venue,
)
from tests.fixtures.database import NOON


def fetched(record: Record, **raw: Any) -> Fetched:
    """A record with a payload."""
    return Fetched(record, {"Id": record.external_id, **raw})


def venue(key: str = "v1", **given: Any) -> Venue:
    return Venue(**{"external_id": key, "name": "Mitte", "timezone": "Europe/Berlin", "currency": "EUR"} | given)


def class_type(key: str = "t1", **given: Any) -> ClassType:
    return ClassType(**{"external_id": key, "name": "Yoga"} | given)


def client(key: str = "c1", **given: Any) -> Client:
    return Client(**{"external_id": key, "email": f"{key}@example.com"} | given)


def session(key: str = "s1", **given: Any) -> Session:
    known = {
        "external_id": key,
        "venue_id": "v1",
        "class_type_id": "t1",
        "template_id": None,
        "instructor_id": None,
        "starts_at": NOON + timedelta(days=1),
        "ends_at": NOON + timedelta(days=1, hours=1),
        "capacity": 20,
    }
    return Session(**known | given)


def reservation(key: str = "r1", **given: Any) -> Reservation:
    known = {
        "external_id": key,
        "session_id": "s1",
        "client_id": "c1",
        "source": "web",
        "outcome": Outcome.BOOKED,
    }
    return Reservation(**known | given)


def sale(key: str = "l1", **given: Any) -> SaleLine:
    known = {
        "external_id": key,
        "sale_id": "1",
        "client_id": "c1",
        "sold_at": NOON - timedelta(days=1),
        "description": "Ten classes",
        "currency": "EUR",
        "quantity": 1,
        "net": Decimal("100.00"),
        "tax": Decimal("19.00"),
    }
    return SaleLine(**known | given)


def price(key: str = "p1", **given: Any) -> PriceOption:
    known = {
        "external_id": key,
        "name": "Ten classes",
        "kind": PriceKind.PACKAGE,
        "price": Decimal("100.00"),
        "currency": "EUR",
        "sessions": 10,
    }
    return PriceOption(**known | given)


class Mirror:
    """The mirror of one connection, filled through its front door, each page in a transaction of its own."""

    def __init__(self, store: Store, keys: Keyring, connection_id: int) -> None:
        self.store, self.keys, self.connection_id = store, keys, connection_id
        self.now = NOON

    def page(
        self, stream: Stream, *records: Record | Fetched, aside: tuple[SetAside, ...] = (), now: datetime | None = None
    ) -> Counts:
        items = tuple(one if isinstance(one, Fetched) else fetched(one) for one in records)
        with self.store.write() as db:
            connection = db.get_one(Connection, self.connection_id)
            return save_page(db, self.keys, connection, stream, Page(items, aside), now=now or self.now)

    def roster(
        self,
        *records: Record | Fetched,
        of: str = "s1",
        final: bool = True,
        aside: tuple[SetAside, ...] = (),
        now: datetime | None = None,
    ) -> Counts:
        items = tuple(one if isinstance(one, Fetched) else fetched(one) for one in records)
        with self.store.write() as db:
            connection = db.get_one(Connection, self.connection_id)
            row = db.query(SessionRow).filter_by(connection_id=self.connection_id, external_id=of).one()
            return save_roster(db, self.keys, connection, row, [Page(items, aside, final)], now=now or self.now)

    def live(self) -> None:
        """From now on the mirror has been read whole once: what is new is new."""
        with self.store.write() as db:
            db.get_one(Connection, self.connection_id).last_pulled_at = self.now

    def one(self, model: Any, key: str) -> Any:
        with self.store.read() as db:
            return db.query(model).filter_by(connection_id=self.connection_id, external_id=key).one()

    def all(self, model: Any) -> list[Any]:
        with self.store.read() as db:
            return list(db.query(model).order_by(model.id))
