"""What people set by hand: the form in the venue's time, its errors, its ledger, and who may."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.experiments.overrides import Overridden, Worth
from adapter.store.tables import Audit, Decision, Override, OverrideKind, Role, Run, RunKind, Scope
from adapter.store.tables import Session as ClassSession
from sync.deciding.foresee import foresee
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, sign_in, words

FRIDAY = {
    "kind": "blackout",
    "from_day": "2027-03-05",
    "from_time": "18:00",
    "until_day": "2027-03-05",
    "until_time": "23:59",
    "reason": "a staff party",
}


@pytest.fixture
def path(seeded: Seeded) -> str:
    """The page."""
    return f"/studios/{seeded.studio_id}/by-hand"


def test_a_blackout_is_kept_in_utc_audited_and_decided_at_once(
    owner: FlaskClient, path: str, ctx: Context, seeded: Seeded
) -> None:
    assert owner.post(path, data=FRIDAY).status_code == 302
    with ctx.store.read() as db:
        row = db.scalars(select(Override)).one()
        assert (row.kind, row.scope, row.scope_id) == (OverrideKind.BLACKOUT, Scope.STUDIO, 0)
        assert (row.starts_at.isoformat(), row.ends_at.hour) == ("2027-03-05T23:00:00+00:00", 4)
        line = db.scalars(select(Audit).where(Audit.act == "override.set")).one()
        assert (line.after or {})["reason"] == "a staff party"
        runs = db.scalars(select(Run).where(Run.kind == RunKind.DECIDE, Run.why == "something was set by hand")).all()
        assert {run.connection_id for run in runs} == {seeded.connection_id}
        number = row.id
    assert "a staff party" in words(owner.get(path).text)
    assert owner.post(f"/overrides/{number}/withdraw").status_code == 302
    with ctx.store.read() as db:
        assert db.get_one(Override, number).withdrawn_at is not None
        assert db.scalars(select(Audit.act).order_by(Audit.id.desc())).first() == "override.withdrawn"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reason": ""}, "Say why"),
        ({"until_day": "2027-03-04"}, "Must lie after the beginning"),
        ({"from_day": "soon"}, "Must be a day and a time"),
        ({"until_day": "9999-12-31"}, "Must be a day and a time"),  # beyond the calendar in UTC
        ({"kind": "spots"}, "Must be a whole number from 0 to 1000"),
        ({"kind": "spots", "spots": "many"}, "Must be a number"),
        ({"kind": "rate", "rate": "0"}, "Must be an amount above 0"),
        ({"of": "venue-999"}, "This studio has no venue 999"),
    ],
)
def test_what_cannot_hold_is_said_at_its_field_and_nothing_is_kept(
    owner: FlaskClient, path: str, ctx: Context, change: dict[str, str], says: str
) -> None:
    answer = owner.post(path, data=FRIDAY | change)
    assert answer.status_code == 422
    assert says in words(answer.text)
    (error,) = re.findall(r'id="(\w+-error)"', answer.text)
    assert re.search(rf'aria-describedby="[^"]*\b{error}"', answer.text), "read out with its field"
    with ctx.store.read() as db:
        assert db.scalars(select(Override)).first() is None


@pytest.mark.parametrize("number", [str(2**63), "9" * 5000])
def test_a_place_that_no_row_can_be_is_not_found(owner: FlaskClient, path: str, number: str) -> None:
    assert owner.post(path, data=FRIDAY | {"of": f"venue-{number}"}).status_code == 404


def test_its_effect_is_shown_before_it_is_set(owner: FlaskClient, path: str, ctx: Context, seeded: Seeded) -> None:
    ctx.foresee = partial(foresee, ctx)
    week = {"from_day": "2027-03-01", "until_day": "2027-03-09", "look": "yes"}
    text = words(owner.post(path, data=FRIDAY | week).text)
    assert "If you set this" in text
    assert "Nothing is saved yet" in text or "None of the" in text
    settings = owner.post(f"/studios/{seeded.studio_id}/settings", data={"min_spots": "9", "look": "yes"})
    assert "If you save this" in words(settings.text)
    with ctx.store.read() as db:
        assert db.scalars(select(Override)).first() is None


def test_who_may_not_change_settings_may_not_set_by_hand(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.FINANCE])
    assert client.get(path).status_code == 200
    assert client.post(path, data=FRIDAY).status_code == 403
    assert client.get(f"/studios/{seeded.other_studio_id}/by-hand").status_code == 404


def test_n_18_what_a_person_set_is_held_against_what_the_model_expected() -> None:
    worth = Worth(
        [Overridden(n, earned=10.0, expected=expected) for n, expected in enumerate([16.0, 18.0, 17.0, 17.0])]
    )
    assert worth.total == -28.0
    assert worth.says == "worse"
    low, high = worth.interval or (0.0, 0.0)
    assert low == pytest.approx(-28 - 3.18245 * 0.816497 * 2, abs=1e-3)
    assert high == pytest.approx(-56 - low)
    assert Worth([Overridden(1, 5.0, 0.0)]).says == "chance"


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, {"put_aside": {"spots": 4, "displacement_risk": 0.1, "expected_value": 38.0}}), (38.0, {})],
    ids=["as it is told", "as decisions of before told it"],
)
def test_a_blackout_that_was_held_shows_what_it_gave_away(
    owner: FlaskClient, path: str, ctx: Context, seeded: Seeded, value: float, told: dict[str, Any]
) -> None:
    with ctx.store.write() as db:
        session = db.get_one(ClassSession, seeded.sessions[0])
        session.starts_at = NOON - timedelta(hours=1)
        mine = db.scalars(select(Decision).where(Decision.session_id == session.id).order_by(Decision.sequence)).all()
        for one in mine:
            one.at = NOON - timedelta(hours=9)
        last = mine[-1]
        copied = {c.key: getattr(last, c.key) for c in Decision.__table__.columns if c.key not in ("id", "inputs")}
        copied |= {"sequence": last.sequence + 1, "at": NOON - timedelta(hours=5), "spots": 0, "expected_value": value}
        copied["explanation"] = {**last.explanation, **told}
        db.add(Decision(**copied, inputs={"standing": {"blackout": True}}))
        row = Override(
            studio_id=seeded.studio_id,
            kind=OverrideKind.BLACKOUT,
            scope=Scope.SESSION,
            scope_id=session.id,
            starts_at=session.starts_at,
            ends_at=session.starts_at + timedelta(hours=1),
            reason="an event",
            actor="user:1",
            created_at=NOON - timedelta(hours=6),
        )
        db.add(row)
    assert "an event" in (text := words(owner.get(path).text))
    assert "−$38.00" in text
    page = words(owner.get(f"/sessions/{seeded.sessions[0]}").text)
    assert ("The model proposed 4: chance 10%, expected to bring $38.00." in page) is bool(told)
