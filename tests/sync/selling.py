"""A marketplace for a test: it calls the channel of a road's adapter, and looks at nothing else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from adapter.marketplace.feed import announce_connection
from adapter.marketplace.sellers import register_marketplace
from adapter.store.tables import (
    ChannelReservation,
    Decision,
    Market,
    Push,
    PushState,
    Role,
    Rounding,
    RunKind,
    Session,
)
from connectors.sandbox.market.state import Seller as SoldBy
from connectors.sandbox.market.world import Terms
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import bearer
from tests.sync.conftest import Road, decide, done

GUESTS = itertools.count(1)


@dataclass
class Seller:
    """One marketplace with its token."""

    road: Road
    client: FlaskClient
    name: str
    headers: dict[str, str] = field(repr=False)
    marketplace_id: int = 0

    def get(self, path: str) -> Any:
        return self.client.get(f"/channel/v1/{path}", headers=self.headers)

    def post(self, path: str, body: Any, key: str = "") -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"/channel/v1/{path}", headers=headers, json=body)

    def offers(self, cursor: str = "") -> dict[int, dict[str, Any]]:
        """All that the feed tells from a cursor on, by session."""
        found: dict[int, dict[str, Any]] = {}
        while True:
            answer = self.get(f"offers?limit=1000&cursor={cursor}" if cursor else "offers?limit=1000").json
            found |= {item["session_id"]: item for item in answer["items"]}
            cursor = answer["next_cursor"]
            if not answer["more"]:
                return found

    def spots(self, session_id: int) -> tuple[int, int]:
        """Standard and premium spots of a session, as the feed has them."""
        item = self.offers().get(session_id)
        return (item["spots"], item["premium_spots"]) if item else (0, 0)

    def quote(self, session_id: int, **wish: Any) -> Any:
        return self.post("quotes", {"session_id": session_id, **wish})

    def order(self, session_id: int, **wish: Any) -> dict[str, Any]:
        """The body of a reservation at a fresh quote, for a new guest unless ``email`` says who."""
        number, email = next(GUESTS), wish.pop("email", None)
        quote = self.quote(session_id, **wish)
        assert quote.status_code == 201, quote.json
        guest = {"name": f"Guest {number}", "email": email or f"guest{number}@example.org"}
        return {"id": f"{self.name}-{number}", "quote": quote.json["quote"], "guest": guest}

    def send(self, order: dict[str, Any]) -> Any:
        return self.post("reservations", order, key=order["id"])

    def sell(self, session_id: int, **wish: Any) -> Any:
        """A quote, and a reservation at it."""
        return self.send(self.order(session_id, **wish))

    def cancel(self, reservation: str) -> Any:
        return self.post(f"reservations/{reservation}/cancellation", {}, key=reservation)


def seller_of(road: Road, app: Flask, name: str = "alpha", studio_id: int | None = None) -> Seller:
    """A registered marketplace in a market of $1.90 a credit."""
    app.extensions["context"] = road.ctx
    with road.ctx.store.write() as db:
        if db.query(Market).first() is None:
            row = Market(name="US", currency="USD", margin=Decimal("0.25"), credit_value=Decimal("1.90"))
            row.rounding, row.created_at = Rounding.UP, NOON
            db.add(row)
            db.flush()
        number = register_marketplace(db, name, NOON).id
    headers = bearer(road.ctx, Role.MARKETPLACE, studio_id, marketplace=name)
    return Seller(road, app.test_client(), name, headers, number)


def offer_all(road: Road, sandbox: Any) -> None:
    """Have the platform hold what was decided, as a push would."""
    for row in road.latest().values():
        with road.ctx.store.read() as db:
            class_id = int(db.get_one(Session, row.session_id).external_id)
        terms = Terms(
            sequence=row.sequence,
            limit=row.limit,
            rate=row.rate,
            premium_limit=row.premium_limit,
            premium_rate=row.premium_rate,
            currency="USD",
        )
        sandbox.world.set_offer(sandbox.site.id, class_id, terms)
    with road.ctx.store.write() as db:
        db.execute(update(Push).where(Push.state == PushState.PENDING).values(state=PushState.CONFIRMED))
        announce_connection(db, road.connection_id, road.ctx.now())


def listed_with(road: Road, least: int = 2) -> Decision:
    """The decision in force of a session with at least so many standard spots."""
    return next(row for row in road.latest().values() if row.spots >= least)


def row_of(shop: Seller, reservation: str) -> ChannelReservation:
    (row,) = shop.road.all(ChannelReservation, ChannelReservation.caller_id == reservation)
    assert isinstance(row, ChannelReservation)
    return row


def class_of(road: Road, session_id: int) -> int:
    with road.ctx.store.read() as db:
        return int(db.get_one(Session, session_id).external_id)


def sold_there(sandbox: LiveSandbox, class_id: int) -> int:
    return sandbox.site.sold_by(class_id, SoldBy.MARKETPLACE)


def list_with_premium(road: Road) -> None:
    """So wary of displacing direct clients that some places are worth only the premium rate."""
    road.agree(premium=True, displacement_weight=6.0, rate_ceiling=Decimal(24))
    done(road.do(RunKind.TRAIN))
    decide(road)


def start_class(road: Road, session: int) -> None:
    with road.ctx.store.write() as db:
        db.get_one(Session, session).starts_at = road.ctx.now()


def go_stale(road: Road, _: int) -> None:
    road.set(last_pulled_at=road.ctx.now() - timedelta(hours=2))
