"""Where the studio, its platform and the marketplace go by different rules (N-16)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from adapter.context import Context
from adapter.statements.entering import enter_participation
from adapter.store.policies import labelled_differently, policies_of
from adapter.store.settings import change_settings
from adapter.store.tables import Connection, Decision, PriceOption, Reservation, Scope, Session, Studio, Venue
from connectors.records import Outcome, PriceKind
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, mirrored


@pytest.mark.parametrize(
    ("hours", "late", "studio", "marketplace", "told"),
    [
        ([30, 18, 13, 12, 11.9], [False] * 5, 24, 12, (3, 4)),
        ([30, 18], [False, True], 24, 12, (1, 0)),
        ([30, 18, 3], [False, False, True], 12, 12, (0, 0)),
        ([], [], 24, 12, (0, 0)),
    ],
)
def test_a_cancellation_between_the_two_windows_is_labelled_differently(
    hours: list[float], late: list[bool], studio: int, marketplace: int, told: tuple[int, int]
) -> None:
    """N-16."""
    notice = [(timedelta(hours=each), label) for each, label in zip(hours, late, strict=True)]
    assert labelled_differently(notice, studio, marketplace) == told


def test_each_rule_says_what_holds_on_each_side_and_what_it_touches(ctx: Context, seeded: Seeded) -> None:
    """N-16."""
    with ctx.store.write() as db:
        studio = seeded.studio_id
        enter = {"policy_hours": 24, "sign_up": "assisted", "earlier": False, "acknowledged_at": NOON}
        enter_participation(db, studio, **enter, actor="x", now=NOON)
        session = db.get_one(Session, seeded.sessions[0])
        session.starts_at = NOON - timedelta(days=2)
        made = db.scalars(select(Reservation).where(Reservation.session_id == session.external_id)).all()
        for number, row in enumerate(made):
            ahead = timedelta(hours=18 if number < 2 else 40)
            row.outcome, row.cancelled_at = Outcome.CANCELLED, session.starts_at - ahead
        capped = db.get_one(Session, seeded.sessions[5])
        capped.online_capacity = 1
        db.execute(update(Decision).where(Decision.session_id == capped.id).values(limit=4))
        kind = {"name": "Drop-in", "kind": PriceKind.DROP_IN, "price": Decimal(26), "currency": "USD"}
        plain = {"sessions": 1, "intro_only": False, "hidden": False, "class_type_ids": []}
        db.add(PriceOption(**mirrored(seeded.connection_id, "p1"), **kind, **plain))
    with ctx.store.read() as db:
        connection = db.get_one(Connection, seeded.connection_id)
        cancelling, places, prices, zones = policies_of(db, connection, NOON)
    assert (cancelling.studio, cancelling.marketplace, cancelling.differ) == ("24 h before", "12 h before", 2)
    assert cancelling.words == "2 bookings of the last 30 days would be labelled differently"
    assert places.differ == 1
    assert (prices.studio, prices.platform) == ("24.00 USD", "26.00 USD")
    assert prices.differ > 10
    assert zones.differ == 0
    with ctx.store.write() as db:
        agreed = {"retail_rate": Decimal(26)}
        change_settings(db, studio, Scope.STUDIO, 0, agreed, actor="x", now=NOON)
        db.execute(update(Venue).values(timezone="Europe/Paris"))
        db.get_one(Studio, studio).timezone = "Europe/Paris"
    with ctx.store.read() as db:
        *_, prices, zones = policies_of(db, connection, NOON)
    assert prices.differ == 0
    assert zones.differ > 10
