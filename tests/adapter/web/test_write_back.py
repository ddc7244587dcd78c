"""Writing into a studio's own numbers, on the connection's page: who may, what is said, what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.store.tables import Connection, PriceOption, Role, Run, RunKind
from connectors.records import PriceKind
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, mirrored, sign_in, words


@pytest.fixture
def own(app: Flask, ctx: Context, seeded: Seeded) -> Seeded:
    """The seeded studio at a platform that takes no channel offers, with a hidden price option and a public one."""
    app.config["WTF_CSRF_ENABLED"] = False
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).platform = "mindbody"
        for number, hidden in (("71", True), ("72", False)):
            money: dict[str, Any] = {"price": Decimal(9), "currency": "USD", "sessions": 1, "intro_only": False}
            about: dict[str, Any] = {"name": f"Option {number}", "kind": PriceKind.DROP_IN, "class_type_ids": []}
            db.add(PriceOption(**mirrored(seeded.connection_id, number), **money, **about, hidden=hidden))
    return seeded


@pytest.fixture
def owner(client: FlaskClient, ctx: Context, own: Seeded) -> FlaskClient:
    """A browser signed in as the owner."""
    sign_in(client, ctx, own.users[Role.OWNER])
    return client


def connection(ctx: Context, seeded: Seeded) -> Connection:
    with ctx.store.read() as db:
        return db.get_one(Connection, seeded.connection_id)


def runs(ctx: Context, kind: RunKind) -> list[Run]:
    with ctx.store.read() as db:
        return list(db.scalars(select(Run).where(Run.kind == kind)))


def page(client: FlaskClient, seeded: Seeded) -> str:
    return words(client.get(f"/connections/{seeded.connection_id}").text)


def send(client: FlaskClient, seeded: Seeded, what: str, **form: str) -> Any:
    return client.post(f"/connections/{seeded.connection_id}/write-back/{what}", data=form)


def test_it_is_off_and_said_why(owner: FlaskClient, own: Seeded) -> None:
    text = page(owner, own)
    assert "Online capacity of a class: off" in text
    assert "A price that follows the rate: off" in text
    assert "Not proven on your site yet." in text
    assert "your own clients meet them too" in text
    assert "Option 72, $9.00 (sold online)" in text
    assert "Option 71, $9.00 (" not in text


def test_where_a_platform_takes_offers_nothing_is_said(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    assert "your own timetable and prices" not in page(client, seeded)


def test_a_proof_is_a_run(owner: FlaskClient, own: Seeded, ctx: Context) -> None:
    answer = send(owner, own, "proof", session=str(own.sessions[-1]))
    (run,) = runs(ctx, RunKind.PROVE)
    assert answer.location == f"/runs/{run.id}"
    assert "Proof" in owner.get(answer.location).text
    send(owner, own, "proof", session="nothing")
    assert "There is no class nothing still to come" in page(owner, own)


def test_nothing_is_turned_on_unproven_or_unmeant(owner: FlaskClient, own: Seeded, ctx: Context) -> None:
    send(owner, own, "total", on="yes", sure="yes")
    assert "No proof has passed" in page(owner, own)
    with ctx.store.write() as db:
        db.get_one(Connection, own.connection_id).total_push_proven_at = NOON - timedelta(days=1)
    send(owner, own, "total", on="yes")
    assert "tick the box" in page(owner, own)
    assert not connection(ctx, own).total_push_on
    send(owner, own, "total", on="yes", sure="yes")
    assert connection(ctx, own).total_push_on
    assert "Online capacity of a class: on" in page(owner, own)
    send(owner, own, "total")
    assert not connection(ctx, own).total_push_on


def test_a_price_is_chosen_and_given_back(owner: FlaskClient, own: Seeded, ctx: Context) -> None:
    send(owner, own, "catalog", option="72", sure="yes")
    assert "everybody would see its price move" in page(owner, own)
    send(owner, own, "catalog", option="71")
    assert not connection(ctx, own).catalog_rate_on
    send(owner, own, "catalog", option="71", sure="yes")
    assert (connection(ctx, own).catalog_rate_on, connection(ctx, own).catalog_option) == (True, "71")
    assert "A price that follows the rate: on" in page(owner, own)
    assert len(runs(ctx, RunKind.PUSH)) == 1
    send(owner, own, "catalog")
    assert connection(ctx, own).catalog_option is None


def test_nobody_disconnects_while_something_is_to_be_given_back(owner: FlaskClient, own: Seeded, ctx: Context) -> None:
    send(owner, own, "catalog", option="71", sure="yes")
    owner.post(f"/connections/{own.connection_id}/disconnect")
    assert "so that all is given back" in page(owner, own)
    assert connection(ctx, own).disconnected_at is None


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.FINANCE, Role.READONLY])
def test_only_the_owner_may(client: FlaskClient, own: Seeded, ctx: Context, role: Role) -> None:
    sign_in(client, ctx, own.users[role])
    assert "Only the owner may change this." in page(client, own)
    for what in ("proof", "total", "catalog"):
        assert send(client, own, what, session="1", on="yes", sure="yes", option="71").status_code == 403
    assert not connection(ctx, own).catalog_rate_on
