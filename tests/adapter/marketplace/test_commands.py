"""Markets and marketplaces from the command line, and what the studio's page shows of what they sold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.commands import COMMANDS
from adapter.context import Context
from adapter.marketplace.command import market, marketplace
from adapter.store.addresses import email_id
from adapter.store.tables import ChannelReservation, Marketplace, Refusal, ReservationState, Role
from connectors.records import Product
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, sign_in

MARKET = ("add", "US", "--currency", "USD", "--credit-value", "1.90", "--margin", "0.25")
token = next(command for command in COMMANDS if command.name == "token")


def run(ctx: Context, command: Any, *given: str, fails: int = 0) -> Any:
    ended = CliRunner().invoke(command, [*given, "--json"], obj=ctx)
    assert ended.exit_code == fails, ended.output
    return json.loads(ended.stdout) if not fails else ended.output


def test_a_market_its_plans_and_who_sells_there(ctx: Context, seeded: Seeded) -> None:
    assert run(ctx, market, *MARKET)["rounding"] == "up"
    assert run(ctx, market, *MARKET[:-1], "0.30")["margin"] == "0.3"
    plan = run(ctx, market, "plan", "US", "three", "--credits", "27", "--price", "49", "--visits-per-month", "3")
    assert (plan["credits"], plan["visits_per_month"]) == (27, 3)
    made = run(ctx, marketplace, "add", "alpha", "--market", "US", "--webhook", "https://alpha.example/hooks")
    assert made["secret"].startswith("whsec_")
    assert run(ctx, marketplace, "list") == [{"marketplace": "alpha", "market": "US", "webhook": made["webhook"]}]
    terms = run(ctx, marketplace, "terms", "alpha", "--studio", str(seeded.studio_id), "--trials", "yes")
    assert (terms["sells"], terms["trials"]) == (True, True)
    assert "no market 'EU'" in run(ctx, marketplace, "add", "beta", "--market", "EU", fails=1)
    run(ctx, token, "create", "--role", "marketplace", "--marketplace", "gamma")
    with ctx.store.read() as db:
        assert db.scalars(select(Marketplace.name).order_by(Marketplace.name)).all() == ["alpha", "gamma"]


@pytest.mark.parametrize("address", ["ftp://alpha.example/hooks", "alpha.example", "http://[", ""])
def test_messages_go_to_an_address_that_can_be_called(ctx: Context, address: str) -> None:
    assert "https://HOST/PATH" in run(ctx, marketplace, "add", "alpha", "--webhook", address, fails=2)
    with ctx.store.read() as db:
        assert db.scalars(select(Marketplace.name)).all() == []


def test_nothing_is_called_nothing(ctx: Context) -> None:
    assert "must not be empty" in run(ctx, market, "add", " ", *MARKET[2:], fails=2)
    assert "must not be empty" in run(ctx, marketplace, "add", "", fails=2)


@pytest.mark.parametrize(
    "wrong", [("--margin", "1"), ("--credit-value", "0"), ("--currency", "XXQ"), ("--margin", "x")]
)
def test_a_market_that_makes_no_sense_is_refused(ctx: Context, wrong: Sequence[str]) -> None:
    run(ctx, market, *MARKET, *wrong, fails=2)


@pytest.mark.parametrize(("role", "sees"), [(Role.OWNER, True), (Role.OPERATIONS, True), (Role.READONLY, False)])
def test_who_has_to_enter_a_guest_sees_the_address(
    client: FlaskClient, ctx: Context, seeded: Seeded, role: Role, sees: bool
) -> None:
    session = seeded.sessions[5]
    with ctx.store.write() as db:
        seller = Marketplace(name="alpha", created_at=NOON)
        db.add(seller)
        db.flush()
        guest = email_id(db, ctx.keys, "ana@example.org", NOON)
        shared: dict[str, Any] = {
            "marketplace_id": seller.id,
            "request_hash": "",
            "connection_id": seeded.connection_id,
            "session_id": session,
            "guest_email_id": guest,
            "quoted_at": NOON,
            "payout": Decimal("12.50"),
            "currency": "USD",
            "requested_at": NOON,
            "changed_at": NOON,
        }
        entered = {"product": Product.PREMIUM, "reasons": ["b"], "state": ReservationState.CONFIRMED, "on_ledger": True}
        refused = {"product": Product.STANDARD, "reasons": [], "state": ReservationState.REFUSED, "on_ledger": False}
        db.add(ChannelReservation(**shared, **entered, caller_id="1", quote_id="1"))
        db.add(ChannelReservation(**shared, **refused, caller_id="2", quote_id="2", refusal=Refusal.SOLD_OUT))
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[role])
    page = client.get(f"/sessions/{session}").text
    assert ("Premium (b)" in page, "sold out" in page, "Enter in your booking system" in page) == (True, True, True)
    assert ("ana@example.org" in page) is sees
    assert page.count("$12.50") == 1
