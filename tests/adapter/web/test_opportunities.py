"""Opportunities as a studio sees and answers them: the page, the API, the command line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from adapter.command_line.opportunities import opportunities
from adapter.context import Context
from adapter.store.tables import Audit, Connection, ConnectionState, Opportunity, OpportunityState, Role, Run, RunKind
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in, words


@pytest.fixture
def cards(ctx: Context, seeded: Seeded) -> list[int]:
    """Two cards, of classes of two and three days from now: our numbers."""
    with ctx.store.write() as db:
        rows = [
            card_of(seeded.connection_id, session, cause, number)
            for number, (session, cause) in enumerate(zip(seeded.sessions[8:10], ("excluded", "shadow"), strict=True))
        ]
        db.add_all(rows)
        db.flush()
        return [row.id for row in rows]


def card_of(connection_id: int, session_id: int, cause: str, number: int = 0) -> Opportunity:
    """The worked example of OP-01, or less of it."""
    return Opportunity(
        connection_id=connection_id,
        session_id=session_id,
        cause=cause,
        made_at=NOON,
        open=8,
        offered=0,
        add=5 - number,
        rate=Decimal(12),
        currency="USD",
        fills=3.8 - number,
        fills_low=2 - number,
        fills_high=5 - number,
        state=OpportunityState.OPEN,
    )


def test_a_card_says_what_it_should_bring_and_why(owner: FlaskClient, seeded: Seeded, cards: list[int]) -> None:
    text = words(owner.get(f"/studios/{seeded.studio_id}/opportunities").text)
    assert "List 5 more" in text
    assert "3.8 reservations , $45.60 at $12.00 each" in text
    assert "2 to 5, so $24.00 to $60.00" in text
    assert "8 places are free; 3 are kept for direct clients" in text
    assert text.index("List 5 more") < text.index("List 4 more")
    assert "Switch pushing on at the connection" in text


def test_without_a_connection_nothing_is_said_of_what_is_listed(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    path = f"/studios/{seeded.studio_id}/opportunities"
    assert "All that is safe to list is listed" in owner.get(path).text
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).state = ConnectionState.DISCONNECTED
    assert "Connect your booking system first" in owner.get(path).text


def test_answers_need_a_reason_take_effect_and_are_audited(
    owner: FlaskClient, ctx: Context, seeded: Seeded, cards: list[int]
) -> None:
    path, first = f"/studios/{seeded.studio_id}/opportunities", {"opportunity": cards[0]}
    said = owner.post(path, data=first | {"answer": "accept", "reason": " "}, follow_redirects=True)
    assert "Give a reason" in said.text
    said = owner.post(path, data=first | {"answer": "accept", "reason": "Quiet week"}, follow_redirects=True)
    assert "Accepted" in said.text
    assert "“Quiet week”" in said.text
    said = owner.post(path, data=first | {"answer": "snooze", "reason": "Hm"}, follow_redirects=True)
    assert "It was accepted already" in said.text
    assert owner.post(path, data={"opportunity": 99, "answer": "accept", "reason": "x"}).status_code == 404
    with ctx.store.read() as db:
        line = db.query(Audit).filter_by(act="opportunity.accepted").one()
        assert (line.before["state"], line.after["state"], line.after["spots"]) == ("open", "accepted", 5)
        assert db.query(Run).filter_by(kind=RunKind.DECIDE).one().why == "an opportunity was accepted"


def test_who_may_look_may_not_answer(app: Flask, ctx: Context, seeded: Seeded, cards: list[int]) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    sign_in(client, ctx, seeded.users[Role.FINANCE])
    path = f"/studios/{seeded.studio_id}/opportunities"
    assert "List them" not in client.get(path).text
    answer = client.post(path, data={"opportunity": cards[0], "answer": "accept", "reason": "x"})
    assert answer.status_code == 403


def test_the_api_tells_and_takes_the_same(client: FlaskClient, ctx: Context, seeded: Seeded, cards: list[int]) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/opportunities"
    headers = bearer(ctx, Role.OPERATIONS, seeded.studio_id)
    first, second = client.get(path, headers=headers).json["open"]
    assert (first["add"], first["revenue"], first["revenue_high"], first["cause"]) == (5, "45.60", "60.00", "excluded")

    def say(key: str, **body: Any) -> Any:
        return client.post(path, headers=headers | {"Idempotency-Key": key}, json={"reason": "we know them"} | body)

    refused = say("1", opportunity_id=second["id"], answer="accept")
    assert (refused.status_code, "switch pushing on" in refused.json["detail"]) == (409, True)
    later = say("2", opportunity_id=first["id"], answer="snooze")
    assert later.json["until"] == (NOON + min(timedelta(days=1), later_quarter(first))).isoformat()
    assert say("2", opportunity_id=first["id"], answer="snooze").json == later.json
    assert say("3", opportunity_id=first["id"], answer="perhaps").status_code == 422
    assert say("4", opportunity_id=99, answer="dismiss").status_code == 404
    told = client.get(path, headers=headers).json
    assert [card["state"] for card in told["answered"]] == ["snoozed"]
    assert [card["id"] for card in told["open"]] == [second["id"]]


def later_quarter(card: dict[str, Any]) -> timedelta:
    return (datetime.fromisoformat(card["starts_at"]) - NOON) / 4


def test_the_command_line_does_too(ctx: Context, seeded: Seeded, cards: list[int]) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(opportunities, [str(seeded.studio_id), *arguments], obj=ctx)

    assert "3.8 (2-5)" in run().output
    given = ["--answer", "dismiss", "--id", str(cards[0])]
    assert run(*given).exit_code == 1
    told = run(*given, "--why", "The teacher is new", "--json")
    assert told.exit_code == 0
    assert [row["state"] for row in json.loads(told.stdout)["answered"]] == ["dismissed"]
    assert run("--answer", "dismiss").exit_code == 2
