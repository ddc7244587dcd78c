"""The first page: the morning board, the weeks, the score of the shadow, and letting a class out of the shadow."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from adapter.context import Context
from adapter.experiments.shadow import Shadowed, scores
from adapter.statements.pace import pace_of
from adapter.statements.today import figures_of
from adapter.store.settings import effective_settings
from adapter.store.tables import (
    ClassType,
    Connection,
    Decision,
    KeptPage,
    PushMode,
    Reservation,
    Role,
    Run,
    RunKind,
    SourceMapping,
)
from adapter.store.tables import Session as ClassSession
from connectors.records import BookingTime, Outcome
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, sign_in, words

one = st.builds(
    Shadowed,
    session_id=st.integers(1, 99),
    kind=st.sampled_from(["Flow", "Spin"]),
    listed=st.integers(0, 20),
    rate=st.floats(1, 20),
    empty=st.integers(0, 20),
    expected_direct=st.floats(0, 20),
    came_direct=st.integers(0, 20),
)


@given(st.lists(one, min_size=1, max_size=12))
def test_n_06_every_spot_is_either_safe_or_hurts_and_no_more_is_claimed(classes: list[Shadowed]) -> None:
    assert all(held.safe + held.hurt == held.listed and held.safe <= held.empty for held in classes)
    found = scores(classes)
    assert sum(len(score.classes) for score in found) == len(classes)
    assert all(score.at_most <= 1e-9 + sum(each.listed * each.rate for each in score.classes) for score in found)


def held_yesterday(ctx: Context, seeded: Seeded) -> ClassSession:
    """The first class was held yesterday, decided two days ahead in shadow; one direct client booked after that."""
    with ctx.store.write() as db:
        session = db.get_one(ClassSession, seeded.sessions[0])
        session.starts_at = NOON - timedelta(days=1)
        decided = {"at": NOON - timedelta(days=3), "shadow": True, "spots": 15, "premium_spots": 0}
        db.execute(update(Decision).where(Decision.session_id == session.id).values(**decided))
        mine = Reservation.session_id == session.external_id
        db.execute(update(Reservation).where(mine).values(booked_at=NOON - timedelta(days=4)))
        last = db.scalars(select(Reservation).where(mine, Reservation.outcome == Outcome.BOOKED)).first()
        assert last is not None
        last.booked_at, last.booked_at_source = NOON - timedelta(days=2), BookingTime.PLATFORM
        return session


def test_the_shadow_is_scored_by_what_then_happened(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    session = held_yesterday(ctx, seeded)
    with ctx.store.read() as db:
        told = figures_of(db, seeded.studio_id, NOON)
    scored = next(row for row in told["shadowed"] if row["session_id"] == session.id)
    taken = sum(week["direct"] + week["marketplace"] + week["other"] for week in told["weeks"])
    assert (scored["listed"], scored["came_direct"]) == (15, 1)
    assert scored["empty"] == (session.capacity or 0) - taken
    assert "Would have listed" in words(owner.get(f"/studios/{seeded.studio_id}/today").text)


def test_a_class_is_let_out_of_the_shadow_and_the_rest_stays(
    app: Flask, owner: FlaskClient, ctx: Context, seeded: Seeded, client: FlaskClient
) -> None:
    """N-06."""
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.SHADOW
        kinds = db.scalars(select(ClassType).where(ClassType.connection_id == seeded.connection_id)).all()
    chosen, other = kinds[0], kinds[1]
    assert "Go live" in words(owner.get(f"/studios/{seeded.studio_id}/today").text)
    assert owner.post(f"/class-types/{chosen.id}/promote").status_code == 302
    with ctx.store.read() as db:
        assert db.get_one(Connection, seeded.connection_id).push_mode is PushMode.LIVE
        settings = effective_settings(db, seeded.studio_id)
        assert not settings.of(class_type_id=chosen.id).shadow
        assert settings.of(class_type_id=other.id).shadow
        assert RunKind.DECIDE in set(db.scalars(select(Run.kind).where(Run.actor.startswith("user:"))))
    sign_in(client, ctx, seeded.users[Role.SUPPORT])
    assert client.post(f"/class-types/{other.id}/promote").status_code == 403


def test_a_studio_without_a_floor_is_told_once_why_nothing_is_listed(
    owner: FlaskClient, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        db.execute(update(Decision).values(binding="floor_missing", spots=0))
    path = f"/studios/{seeded.studio_id}/today"
    assert "Nothing is listed yet: the floor" in words(owner.get(path).text)
    assert "Set by hand" not in words(owner.get(path).text)
    sign_in(client, ctx, seeded.users[Role.OPERATIONS])
    assert "the floor" not in words(client.get(path).text)


def test_spots_in_shadow_are_on_offer_to_nobody_and_said_to_be_so(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    today, calendar = f"/studios/{seeded.studio_id}/today", f"/studios/{seeded.studio_id}"
    told = "Everything is in shadow: nothing is pushed."
    assert "in shadow" not in words(owner.get(today).text).lower()
    with ctx.store.write() as db:
        db.execute(update(Decision).where(Decision.session_id == seeded.sessions[5]).values(shadow=True))
    assert re.search(r"spots on offer.*\. \d+ of these spots are in shadow", words(owner.get(today).text))
    assert words(owner.get(calendar).text).count("Shadow: nothing is pushed") == 1, "the one class"
    assert "Shadow: nothing is pushed" in owner.get(f"/sessions/{seeded.sessions[5]}").text
    with ctx.store.write() as db:
        db.execute(update(Decision).values(shadow=True))
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.SHADOW
    page = words(owner.get(today).text)
    assert "spots that would be on offer" in page
    assert told in page
    assert re.search(r"Shadow 4 minutes ago – \d+ \d+ \d+ –", page), "nothing is in force"
    assert told in words(owner.get(calendar).text)


def test_a_studio_that_is_paused_is_not_told_so_class_by_class(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        db.execute(update(Decision).values(binding="paused", spots=0))
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.PAUSED
    assert "Held back by a rule" not in owner.get(f"/studios/{seeded.studio_id}/today").text


def test_a_week_whose_payouts_are_not_known_says_so_like_the_four(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        db.get_one(ClassSession, seeded.sessions[2]).starts_at = NOON - timedelta(days=2)
    page = words(owner.get(f"/studios/{seeded.studio_id}/today").text)
    assert re.search(r"Mon, Feb 23 (\d+ )+Not known", page)


def test_the_owner_is_asked_what_booking_sources_mean_until_it_is_said(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    path, asked = f"/studios/{seeded.studio_id}/today", "of which nobody has said yet what it means"
    assert asked not in words(owner.get(path).text)
    with ctx.store.write() as db:
        db.execute(delete(SourceMapping))
        db.add(KeptPage(studio_id=seeded.studio_id, name="payouts 2026-03-01", made_at=NOON, seconds=2.0, content={}))
    assert f"7 of the places of these four weeks were booked under a source {asked}" in words(owner.get(path).text)
    owner.post(f"/connections/{seeded.connection_id}/sources", data={"source:web": "direct"})
    assert asked not in words(owner.get(path).text)
    with ctx.store.read() as db:
        assert db.scalars(select(KeptPage.name).where(KeptPage.name.startswith("payouts"))).all() == []


def test_what_is_shown_before_all_was_read_is_said_to_be_too_little(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).last_pulled_at = None
    for page in (f"/studios/{seeded.studio_id}/today", f"/studios/{seeded.studio_id}"):
        assert "has not been read whole yet" in owner.get(page).text


def test_the_weeks_are_those_of_the_studio_and_whole(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    with ctx.store.read() as db:
        weeks = figures_of(db, seeded.studio_id, NOON)["weeks"]
    assert len(weeks) == 12
    assert weeks[-1]["monday"] == "2026-03-02"
    assert {week["monday"][-2:] for week in weeks} >= {"23", "16"}


def test_the_chart_library_is_ours_to_serve_and_packed(owner: FlaskClient, client: FlaskClient) -> None:
    packed = owner.get("/charts/chart.js", headers={"Accept-Encoding": "gzip"})
    plain = owner.get("/charts/chart.js", headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 3 < len(plain.data)
    assert "max-age" in packed.headers["Cache-Control"]


def test_the_pace_of_a_class_is_held_against_its_slot(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        rows = db.scalars(select(ClassSession).where(ClassSession.connection_id == seeded.connection_id)).all()
        slot = [row for row in rows if row.class_type_id == rows[0].class_type_id][:5]
        for week, row in enumerate(slot):
            row.template_id, row.starts_at = "slot", NOON + timedelta(hours=10) - timedelta(weeks=week)
            mine = Reservation.session_id == row.external_id
            db.execute(update(Reservation).where(mine).values(booked_at=row.starts_at - timedelta(hours=50)))
    with ctx.store.read() as db:
        found = pace_of(db, db.get_one(ClassSession, slot[0].id), NOON)
        assert found is not None
        assert found.weeks == 4
        assert found.so_far[-1] is None
        assert found.low[0] == 0 < found.high[-1]
        assert found.now is not None
        assert pace_of(db, db.get_one(ClassSession, slot[3].id), NOON) is None


def test_where_nobody_knows_when_they_booked_no_pace_is_shown(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        rows = db.scalars(select(ClassSession).where(ClassSession.connection_id == seeded.connection_id)).all()
        slot = [row for row in rows if row.class_type_id == rows[0].class_type_id][:5]
        for week, row in enumerate(slot):
            row.template_id, row.starts_at = "slot", NOON + timedelta(hours=10) - timedelta(weeks=week)
        db.execute(update(Reservation).values(booked_at_source=BookingTime.UNKNOWN))
    with ctx.store.read() as db:
        assert pace_of(db, db.get_one(ClassSession, slot[0].id), NOON) is None


@pytest.mark.parametrize(
    "asked", ["soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59"]
)
def test_what_is_no_instant_leads_back_to_now(owner: FlaskClient, seeded: Seeded, asked: str) -> None:
    """The ends of the calendar are none: a clock west or east of UTC is beyond them."""
    answer = owner.get(f"/studios/{seeded.studio_id}/today", query_string={"as_of": asked}, follow_redirects=True)
    assert answer.status_code == 200
    assert "That is no date and time." in words(answer.text)
