"""The customer acquisition page and its files: what stands, why, and two people for what is judgement."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.guarantee.signing import verify
from adapter.statements import page
from adapter.statements.entering import enter_participation
from adapter.statements.incremental import classes_of, meter_of
from adapter.statements.making import keep_statement, make_statement, state_daily
from adapter.store.holdouts import draw_of
from adapter.store.tables import Participation, Reservation, Role, Run, RunKind, Session
from connectors.records import Channel, Outcome
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in, words


def started(ctx: Context, studio_id: int) -> None:
    """The studio takes part since the week before its first class."""
    with ctx.store.write() as db:
        first = db.scalars(select(Session.starts_at).order_by(Session.starts_at)).first()
        assert first is not None
        row = enter_participation(
            db, studio_id, policy_hours=12, sign_up="assisted", earlier=False, acknowledged_at=NOON, actor="a", now=NOON
        )
        row.displayed_start_date = first.date()
        for made in db.scalars(select(Reservation)):
            made.rate = 9


def test_the_page_says_where_the_guarantee_stands(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    """PD-06."""
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    before = client.get(f"/studios/{seeded.studio_id}/guarantee").get_data(as_text=True)
    assert "Participation is not acknowledged yet" in before
    assert before.count("Not due yet") == before.count('class="state pending">Not due yet') == 6  # nothing held so far

    started(ctx, seeded.studio_id)
    page = client.get(f"/studios/{seeded.studio_id}/guarantee").get_data(as_text=True)
    assert "Not due yet" not in page
    for part in ("of 90", "ClassPass Revenue", "Requirements", "cannot pay", "How the terms are read", "as displayed"):
        assert part in page
    with ctx.store.read() as db:
        made = db.scalars(select(Reservation).where(Reservation.connection_id == seeded.connection_id)).first()
        other = db.scalars(select(Reservation).where(Reservation.connection_id == seeded.other_connection_id)).first()
    assert made is not None
    path = f"/studios/{seeded.studio_id}/guarantee?record="
    behind = client.get(f"{path}{made.connection_id}:{made.external_id}").get_data(as_text=True)
    assert made.content_hash in behind
    for nothing in (
        "nonsense",
        "1:nonsense",
        f"{2**63}:1",
        f"{'9' * 5000}:1",
        f"{other.connection_id}:{other.external_id}" if other else "2:",
    ):
        assert "The record behind" not in client.get(f"{path}{nothing}").get_data(as_text=True)
    assert "@" not in page.partition("<main")[2].partition("</main>")[0]


def test_gp_05_a_start_binds_once_it_was_displayed_and_not_before(
    client: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    started(ctx, seeded.studio_id)
    with ctx.store.write() as db:
        for held in db.scalars(select(Session)):
            held.starts_at, held.ends_at = held.starts_at - timedelta(days=30), held.ends_at - timedelta(days=30)
        part = db.scalars(select(Participation)).one()
        part.displayed_start_date = None
    sign_in(client, ctx, seeded.users[Role.OWNER])
    page = client.get(f"/studios/{seeded.studio_id}/guarantee").text
    assert "by what is known now; from today's statement on it binds" in page.replace("&#39;", "'")
    assert "which binds" not in page
    with ctx.store.write() as db:
        state_daily(db, ctx, seeded.studio_id)
    assert "as displayed here, which binds" in client.get(f"/studios/{seeded.studio_id}/guarantee").text


def test_the_page_gives_the_key_and_names_reservations_as_their_system_does(
    client: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    started(ctx, seeded.studio_id)
    with ctx.store.write() as db:
        made_of = make_statement(db, ctx.keys, seeded.studio_id, NOON)
        kept = keep_statement(db, ctx, seeded.studio_id, made_of, final=False)
        key, told = kept.public_key, [each["message"] for each in kept.body["warnings"]]
    assert any(f"({seeded.connection_id}:r" in message for message in told), told
    sign_in(client, ctx, seeded.users[Role.OWNER])
    page = client.get(f"/studios/{seeded.studio_id}/guarantee").text
    assert key in page
    assert "the channel is unknown" in page
    assert f"({seeded.connection_id}:r" not in page


def test_nobody_waits_for_a_page_that_takes_minutes(
    client: FlaskClient, seeded: Seeded, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    monkeypatch.setattr(page, "MOST_WAITED_FOR", 3)
    sign_in(client, ctx, seeded.users[Role.OWNER])
    path = f"/studios/{seeded.studio_id}/guarantee"
    for _ in range(2):
        assert "It is being done now" in client.get(path).get_data(as_text=True)
    with ctx.store.read() as db:
        (run,) = db.scalars(select(Run).where(Run.kind == RunKind.STATE))
    assert run.params == page.PAGE_ALONE
    page.keep_page(ctx, seeded.studio_id)  # as the run does
    assert "Requirements" in client.get(path).get_data(as_text=True)
    again = client.post(f"{path}/page", follow_redirects=True).get_data(as_text=True)
    assert "It is being worked out" in again
    assert "Requirements" in again


def test_the_files_say_the_same_and_the_json_is_signed(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    started(ctx, seeded.studio_id)
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.FINANCE])
    path = f"/studios/{seeded.studio_id}/guarantee/statement"
    signed = json.loads(client.get(f"{path}.json").data)
    assert verify(signed, signed["public_key"])
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}.csv").get_data(as_text=True))))
    assert [row["reservation_id"] for row in rows] == [row["reservation_id"] for row in signed["statement"]["lines"]]
    paper = client.get(f"{path}.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(f"{path}.json?version=7").status_code == 404
    running = client.get(
        f"/api/v1/studios/{seeded.studio_id}/guarantee", headers=bearer(ctx, Role.FINANCE, seeded.studio_id)
    )
    assert running.json == signed["statement"]


def test_a_visit_whose_payout_is_not_known_did_not_pay_nothing(
    owner: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    with ctx.store.write() as db:
        held = db.get_one(Session, seeded.sessions[2])
        held.starts_at, held.ends_at = NOON - timedelta(days=4), NOON - timedelta(days=4, hours=-1)
        made = Reservation.session_id == held.external_id, Reservation.source == "channel"
        visits = db.scalars(select(Reservation).where(*made)).all()
        for one in visits:
            one.booked_at, one.outcome = NOON - timedelta(days=6), Outcome.ATTENDED
    started(ctx, seeded.studio_id)
    with ctx.store.write() as db:
        db.get_one(Reservation, visits[0].id).rate = None
    page = words(owner.get(f"/studios/{seeded.studio_id}/guarantee").text)
    lines = page.partition("Direct price Record")[2]
    assert len(visits) == 2
    assert "attended not known $0.00" in lines
    assert "attended $9.00 $0.00" in lines
    assert "Visits that paid nothing 0" in page


def test_payouts_that_nobody_told_us_are_counted_not_taken_for_nothing(seeded: Seeded, ctx: Context) -> None:
    meters = []
    for rate in (None, 9):
        with ctx.store.write() as db:
            for made in db.scalars(select(Reservation).where(Reservation.connection_id == seeded.connection_id)):
                made.channel, made.outcome, made.rate = Channel.MARKETPLACE, Outcome.ATTENDED, rate
        with ctx.store.read() as db:
            span = NOON - timedelta(days=400), NOON + timedelta(days=400)
            meters.append(meter_of(classes_of(db, seeded.studio_id, *span)))
    untold, told = meters
    assert untold.unpriced > 0 == untold.payouts
    assert (told.unpriced, told.payouts) == (0, 9 * untold.unpriced)


def test_n_03_the_owner_registers_a_holdout_once_and_knowingly(
    client: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    path = f"/studios/{seeded.studio_id}/guarantee"

    def ask(**form: str) -> str:
        return words(client.post(f"{path}/holdout", data=form, follow_redirects=True).text)

    sign_in(client, ctx, seeded.users[Role.FINANCE])
    assert "Measure it" not in client.get(path).text
    assert client.post(f"{path}/holdout", data={"sure": "yes"}).status_code == 403
    sign_in(client, ctx, seeded.users[Role.OWNER])
    assert "tick the box" in ask(share="20", weeks="8")
    assert "2% to 50% of the slots" in ask(share="51", weeks="8", sure="yes")
    assert "for 4 to 52 weeks" in ask(share="20", weeks="soon", sure="yes")
    with ctx.store.read() as db:
        assert draw_of(db, seeded.studio_id) is None
    page = ask(share="20", weeks="8", sure="yes")
    assert "From Mar 9, 2026 to May 3, 2026, 20% of the slots list nothing" in page
    assert "Measure it" not in page
    assert "until May 3, 2026: one at a time" in ask(share="20", weeks="8", sure="yes")
