"""The pages without a browser: what they say, in which words, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from adapter.context import Context
from adapter.people.accounts import create_studio
from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.tables import (
    AlertKind,
    Audit,
    BacktestResult,
    Breaker,
    ClassType,
    Connection,
    ConnectionState,
    Decision,
    EventsState,
    Listing,
    Membership,
    Model,
    Push,
    PushMode,
    PushState,
    Reservation,
    Role,
    Run,
    RunKind,
    RunState,
    Scope,
    Setting,
)
from adapter.store.tables import Session as ClassSession
from connectors.records import SessionStatus
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, link_of, sign_in, words


def standing(connection_id: int, session_id: int, **values: Any) -> Listing:
    """An offer of ours that stands at the platform and was looked at."""
    drifted = {"drift_since": NOON} if values.get("own") else {}
    looked = {"noted_at": NOON, "sequence": 2, "checked_at": NOON - timedelta(minutes=3)}
    return Listing(connection_id=connection_id, session_id=session_id, **looked, **drifted, **values)


def test_a_stranger_is_told_what_this_is(client: FlaskClient, seeded: Seeded) -> None:
    page = client.get("/").text
    assert "Sell the spots that would otherwise stay empty" in page
    assert "adapter demo --port 5001" in page
    assert "Harbor" not in page


def test_the_owner_of_one_studio_goes_straight_to_it(owner: FlaskClient, seeded: Seeded) -> None:
    assert owner.get("/").location == f"/studios/{seeded.studio_id}/today"


def test_signing_in_leads_back_to_where_one_wanted_to_go(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client.get(f"/connections/{seeded.connection_id}?x=1")
    with client.session_transaction() as session:
        before = dict(session)
    sign_in(client, ctx, seeded.users[Role.OWNER])
    with client.session_transaction() as session:
        assert "next" not in session
    assert before["next"] == f"/connections/{seeded.connection_id}?x=1"


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_signing_in_never_leads_elsewhere(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with client.session_transaction() as session:
        session["next"] = path
    assert client.post(link_of(ctx, seeded.users[Role.OWNER])).location == "/"


def test_the_calendar_shows_fourteen_days_in_the_venues_time(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/studios/{seeded.studio_id}").text
    assert page.count('<li class="row') == len(seeded.sessions)
    assert "06:30" in page
    assert "EST" in page
    assert "EDT" in page, "the clocks change on 8 March"
    text = words(page)
    assert "10 listed $13.50" in text
    assert "10 direct, 0 marketplace, 0 listed, 0 kept of 10 places" in page


def test_what_it_would_have_brought_is_shown_before_it_is_switched_on(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    path = f"/connections/{seeded.connection_id}"
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.SHADOW
    assert "Not worked out yet" in words(owner.get(path).text)
    with ctx.store.write() as db:
        hurt = {"session_id": str(seeded.sessions[0]), "starts_at": "2026-02-03T12:00:00+00:00", "sold": 4.0}
        outcome = {"value": 1140.2, "low": 610.0, "high": 1690.4, "sold": 80.2, "payouts": 1300.0, "turned_away": 6.4}
        outcome |= {"hurt_classes": 1, "hurt": [hurt | {"turned_away": 3.0, "value": -40.0}], "assumed": True}
        result = {"weeks": 26, "classes": 400, "outcome": outcome}
        db.add(BacktestResult(connection_id=seeded.connection_id, made_at=NOON, result=result))
        held = {"error": 2.1, "error_before": 2.35, "inside": 0.813, "calibration": [[4.1, 4.4], [9.0, 8.7]]}
        card = {"from": "2025-03-02T12:00:00+00:00", "to": "2026-03-01T12:00:00+00:00", "sessions": 1200}
        card |= {"reservations": 9000, "held_out": held, "inputs": {"sessions": ["starts_at", "capacity"]}}
        db.add(Model(studio_id=seeded.studio_id, trained_at=NOON, digest="d" * 64, folder="d", card=card))
    text = words(owner.get(path).text)
    assert "off by 2.1 reservations a class on these, the model before by 2.35" in text
    assert "81% of the classes came out within the interval" in text
    assert "sessions : starts_at, capacity" in text
    assert "The last 26 weeks: +$1,140.20 (in four of five cases between $610.00 and $1,690.40)" in text
    assert "It would have hurt at 1 class:" in text
    assert "Tue, Feb 3, 07:00 EST : −$40.00, 3 turned away" in text
    assert "assumed, as nothing was ever sold there" in text
    owner.post(f"{path}/look-back")
    with ctx.store.read() as db:
        assert [run.kind for run in db.scalars(select(Run).order_by(Run.id.desc()).limit(1))] == [RunKind.BACKTEST]


def test_a_bar_and_its_words_say_the_same(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/studios/{seeded.studio_id}?day=2026-03-03").text
    for bar in re.findall(r'<svg class="bar".*?</svg>', page, re.DOTALL):
        label = re.search(r'aria-label="\s*(.*?)\s*"', bar, re.DOTALL)
        assert label is not None
        said = {kind: int(count) for count, kind in re.findall(r"(\d+) (direct|marketplace|listed|kept)", label[1])}
        drawn = {
            kind: int(width) // 10 for kind, width in re.findall(r'class="(\w+)" x="\d+" y="0" width="(\d+)"', bar)
        }
        assert drawn.get("direct", 0) == said["direct"]
        assert drawn.get("market", 0) == said["marketplace"]
        assert drawn.get("listed", 0) == said["listed"]


def test_a_day_and_a_venue_can_be_picked(owner: FlaskClient, seeded: Seeded) -> None:
    day = owner.get(f"/studios/{seeded.studio_id}?day=2026-03-04").text
    assert day.count('<li class="row') == 5
    venue = re.search(r'<option value="(\d+)" >Mill Loft', day)
    assert venue is not None
    one = owner.get(f"/studios/{seeded.studio_id}?day=2026-03-04&venue={venue[1]}").text
    assert one.count('<li class="row') == 2
    for wrong in ("soon", "0001-01-01"):  # the hours of a day that begins the calendar are none
        assert owner.get(f"/studios/{seeded.studio_id}?day={wrong}").status_code == 400


def test_a_cancelled_class_lists_nothing(owner: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    with ctx.store.read() as db:
        row = db.scalars(select(ClassSession).where(ClassSession.status == SessionStatus.CANCELLED)).one()
    page = owner.get(f"/sessions/{row.id}").text
    assert "Cancelled" in page
    assert "Not decided yet" in page


def test_of_a_class_that_is_over_it_is_said_what_was(owner: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    with ctx.store.write() as db:
        decided, never = db.get_one(ClassSession, seeded.sessions[5]), db.get_one(ClassSession, seeded.sessions[6])
        for row in (decided, never):
            row.starts_at, row.status = NOON - timedelta(days=1), SessionStatus.SCHEDULED
        db.execute(delete(Push).where(Push.session_id == never.id))
        db.execute(delete(Decision).where(Decision.session_id == never.id))
    was = owner.get(f"/sessions/{seeded.sessions[5]}").text
    assert "still listed" in was
    assert "when it began" in was
    page = owner.get(f"/sessions/{seeded.sessions[6]}").text
    assert "It began before anything was decided" in page
    assert "Not decided yet" not in page


def test_a_class_without_a_capacity_is_said_so(owner: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    with ctx.store.write() as db:
        row = db.get_one(ClassSession, seeded.sessions[5])
        row.capacity = None
    page = owner.get(f"/sessions/{seeded.sessions[5]}")
    assert page.status_code == 200
    assert "an unknown number of" in page.text


def test_the_card_shows_parts_that_sum_and_the_platforms_words(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/sessions/{seeded.sessions[4]}").text
    table = re.search(r'<table class="sum">(.*?)</table>', page, re.DOTALL)
    assert table is not None
    *parts, total = [int(number.replace("−", "-")) for number in re.findall(r'class="num">(.*?)<', table[1])]
    assert sum(parts) == total
    assert "“The class is closed for edits”" in page
    assert "kept, the next place is worth $14.42, more than" in page
    sold = re.compile(r"Expected to sell of these (\d+)</dt><dd>([\d.]+)<")
    told = [found for each in seeded.sessions[:8] for found in sold.findall(owner.get(f"/sessions/{each}").text)]
    assert told
    assert all(float(of) * 0.6 == pytest.approx(float(spots)) for of, spots in told)
    assert "content hash" in page


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.SUPPORT, Role.FRANCHISOR, Role.READONLY])
def test_no_page_tells_the_floor_to_others(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, role: Role
) -> None:
    """SR-11."""
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[role])
    paths = [f"/studios/{seeded.studio_id}", f"/studios/{seeded.studio_id}/settings"]
    paths += [f"/sessions/{session}" for session in seeded.sessions[:8]]
    for path in paths:
        text = words(client.get(path).text).lower()
        assert "floor" not in text, path
        assert not re.search(r"(?<![\d,])7\.50?(?!\d)", text), path


def test_an_address_is_on_no_page(owner: FlaskClient, seeded: Seeded) -> None:
    for path in ("", "/connect", "/settings"):
        assert "@example.com" not in owner.get(f"/studios/{seeded.studio_id}{path}").text


class TestSettings:
    @pytest.fixture
    def path(self, seeded: Seeded) -> str:
        return f"/studios/{seeded.studio_id}/settings"

    def test_shows_what_stands(self, owner: FlaskClient, path: str) -> None:
        page = owner.get(path).text
        assert re.search(r'name="rate_floor"[^>]*value="7.50"', page)
        assert re.search(r'name="release_all_hours"[^>]*value="6"', page)

    @pytest.mark.parametrize("hours", ["1", "73", "soon"])
    def test_a_wrong_value_is_said_at_its_field(self, owner: FlaskClient, path: str, hours: str, ctx: Context) -> None:
        answer = owner.post(path, data={"release_all_hours": hours, "min_spots": "4"})
        assert answer.status_code == 422
        assert 'id="release_all_hours-error"' in answer.text
        assert f'value="{hours}"' in answer.text, "what was typed stays"
        assert "from 2 to 72" in answer.text
        with ctx.store.read() as db:
            assert db.scalars(select(Setting)).one().min_spots == 2, "nothing is saved by halves"

    @pytest.mark.parametrize("button", [{}, {"look": "yes"}])
    def test_all_wrong_values_are_said_at_once_each_at_its_field(
        self, owner: FlaskClient, path: str, button: dict[str, str]
    ) -> None:
        typed = {"min_spots": "many", "release_all_hours": "73", "retail_rate": "-5", "rate_ceiling": "5"}
        ages = {"no_increase_after_minutes": "90", "nothing_after_minutes": "60"}
        answer = owner.post(path, data={**typed, **ages, "rate_floor": "7.50", **button})
        assert answer.status_code == 422
        wrong = {*typed, "nothing_after_minutes"}
        assert set(re.findall(r'class="error" id="(\w+)-error"', answer.text)) == wrong
        assert {name for name in typed if f'value="{typed[name]}"' in answer.text} == set(typed), "what was typed stays"
        assert "Decimal" not in answer.text
        assert "Must be a whole number from 0 to 1000" in answer.text

    @pytest.mark.parametrize(("role", "word"), [(Role.OWNER, "rate floor"), (Role.OPERATIONS, "limit")])
    def test_who_sees_the_floor_is_told_of_it_by_name(
        self, app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, path: str, role: Role, word: str
    ) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        sign_in(client, ctx, seeded.users[role])
        answer = client.post(path, data={"rate_floor": "7.50", "rate_ceiling": "5"})
        assert f"below the {word}" in answer.text

    def test_saving_holds_and_is_audited(self, owner: FlaskClient, path: str, ctx: Context) -> None:
        answer = owner.post(path, data={"release_all_hours": "12", "min_spots": "", "rate_ceiling": "18,75"})
        assert answer.status_code == 302
        page = owner.get(path).text
        assert "Saved" in page
        assert re.search(r'name="rate_ceiling"[^>]*value="18.75"', page)
        assert re.search(r'name="min_spots"[^>]*value=""', page)
        with ctx.store.read() as db:
            audit = db.scalars(select(Audit).where(Audit.act == "settings.changed")).one()
            assert (audit.before or {})["release_all_hours"] == 6
            assert (audit.after or {})["release_all_hours"] == 12
        assert "$18.75" in owner.get(path.replace("settings", "audit")).text

    def test_a_venue_or_a_class_may_differ(self, owner: FlaskClient, path: str, ctx: Context) -> None:
        with ctx.store.read() as db:
            number = db.scalars(select(ClassType.id).where(ClassType.name == "HIIT 45")).first()
        of = f"{path}?of=class_type-{number}"
        page = owner.get(of).text
        assert re.search(r'name="release_all_hours"[^>]*value="" placeholder="6"', page)
        assert owner.post(of, data={"release_all_hours": "24", "excluded": "yes"}).location.endswith(of)
        with ctx.store.read() as db:
            own = db.scalars(select(Setting).where(Setting.scope == Scope.CLASS_TYPE)).one()
            assert (own.scope_id, own.release_all_hours, own.min_spots, own.excluded) == (number, 24, None, True)
            whole = db.scalars(select(Setting).where(Setting.scope == Scope.STUDIO)).one()
            assert whole.release_all_hours == 6
        assert "checked" in owner.get(of).text

    @pytest.mark.parametrize("of", ["venue-999", "session-1", "venue", "venue-x", "studio-1", "-1"])
    def test_only_what_is_the_studios_can_be_set(self, owner: FlaskClient, path: str, of: str, ctx: Context) -> None:
        assert owner.get(f"{path}?of={of}").status_code == 404
        assert owner.post(f"{path}?of={of}", data={"min_spots": "1"}).status_code == 404
        with ctx.store.read() as db:
            assert db.scalar(select(func.count()).select_from(Setting)) == 1

    def test_operations_save_without_touching_the_floor(
        self, app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, path: str
    ) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        sign_in(client, ctx, seeded.users[Role.OPERATIONS])
        assert client.post(path, data={"min_spots": "5", "rate_floor": "0.01"}).status_code == 302
        with ctx.store.read() as db:
            row = db.scalars(select(Setting)).one()
            assert (row.min_spots, str(row.rate_floor)) == (5, "7.5000")


class TestConnection:
    @pytest.fixture
    def path(self, seeded: Seeded) -> str:
        return f"/connections/{seeded.connection_id}"

    def test_bookings_of_a_source_are_counted_as_far_as_it_helps(
        self, owner: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "more than" not in words(owner.get(path).text)
        monkeypatch.setattr("adapter.web.connections.MOST_COUNTED", 2)
        assert "more than 2 bookings" in words(owner.get(path).text)

    def test_tells_its_health(self, owner: FlaskClient, path: str) -> None:
        text = words(owner.get(path).text)
        for said in ("4 minutes ago", "312", "2 refused or failed", "EndDateTime: “25:00” is no time", "Partner pass"):
            assert said in text

    def test_a_resync_is_asked_for_once(self, owner: FlaskClient, path: str, ctx: Context) -> None:
        form = {"from": "2026-03-02", "to": "2026-03-03", "stream": "sessions", "dry_run": "yes"}
        first = owner.post(f"{path}/resync", data=form)
        again = owner.post(f"{path}/resync", data=form)
        assert first.location == again.location
        number = first.location.rpartition("/")[2]
        assert f"joined run {number}" in words(owner.get(again.location).text)
        assert '<noscript><meta http-equiv="refresh"' in owner.get(first.location).text
        with ctx.store.read() as db:
            run = db.get_one(Run, int(first.location.rpartition("/")[2]))
            assert run.actor.startswith("user:")
            assert run.params == {"stream": "sessions", "from": "2026-03-02", "to": "2026-03-03", "dry_run": True}

    def test_tells_whether_events_come_and_asks_for_them_again(
        self, owner: FlaskClient, path: str, ctx: Context, seeded: Seeded
    ) -> None:
        with ctx.store.write() as db:
            row = db.get_one(Connection, seeded.connection_id)
            row.webhook_state, row.webhook_why = EventsState.OFF, "The platform's word: it is off."
            ends = {"from": "2026-03-02T09:00:00+00:00", "to": "2026-03-02T10:30:00+00:00"}
            row.webhook_gap = {**ends, "run": seeded.runs[0]}
        text = words(owner.get(path).text)
        assert "The platform has switched them off" in text
        assert "The platform's word: it is off." in text
        assert f"Mon, Mar 2, 04:00 EST to Mon, Mar 2, 05:30 EST, read again in run #{seeded.runs[0]}" in text
        asked = owner.post(f"{path}/events")
        assert "asked to subscribe again" in words(owner.get(asked.location).text)

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"from": "2026-03-03", "to": "2026-03-02"}, "lies before the first"),
            ({"from": "03/02/2026"}, "is not a day"),
            ({"stream": "moods"}, "no kind of record"),
        ],
    )
    def test_a_wrong_resync_is_said(self, owner: FlaskClient, path: str, form: dict[str, str], said: str) -> None:
        owner.post(f"{path}/resync", data=form)
        assert said in owner.get(path).text

    def test_nothing_is_switched_without_the_box(self, owner: FlaskClient, path: str, ctx: Context) -> None:
        owner.post(f"{path}/push-mode", data={"mode": "paused"})
        assert "tick the box" in owner.get(path).text
        owner.post(f"{path}/push-mode", data={"mode": "paused", "sure": "yes"})
        assert "Paused: nothing more sells" in owner.get(path).text
        with ctx.store.read() as db:
            assert db.scalars(select(Run).where(Run.kind == RunKind.PUSH)).one().state is RunState.QUEUED

    def test_what_is_pushed_is_told_with_its_faults(
        self, owner: FlaskClient, path: str, ctx: Context, seeded: Seeded
    ) -> None:
        with ctx.store.write() as db:
            for number, session in enumerate(seeded.sessions[5:9]):
                db.add(standing(seeded.connection_id, session, own={"limit": 2} if number == 0 else None))
            broken: dict[str, Any] = {"failures": 5, "trips": 1, "opened_at": NOON, "failed_at": NOON}
            broken["words"] = "PUT /channel/offers/{id}: Out of order (503)."
            until = NOON + timedelta(minutes=1)
            db.add(Breaker(connection_id=seeded.connection_id, open_until=until, **broken))
        text = words(owner.get(path).text)
        assert "As wanted at the platform 98% of 52 classes" in text
        assert "compared 3 minutes ago" in text
        assert "has not taken what we send since Mon, Mar 2, 07:00 EST" in text
        assert "Noted: PUT /channel/offers/{id}: “Out of order” (503)." in text
        assert "The class is closed for edits" in text
        assert "Use our numbers again for 1 class" in text
        owner.post(f"{path}/own-caps")
        text = words(owner.get(path).text)
        assert "ours are written again: 1." in text
        assert "Left as you set it 0 classes" in text

    def test_a_paused_connection_is_left_when_it_has_stopped_selling(
        self, owner: FlaskClient, path: str, ctx: Context, seeded: Seeded
    ) -> None:
        owner.post(f"{path}/push-mode", data={"mode": "paused", "sure": "yes"})
        with ctx.store.write() as db:
            push = db.scalars(
                select(Push).where(Push.session_id == seeded.sessions[8]).order_by(Push.id.desc())
            ).first()
            assert push is not None
            push.state, push.urgent = PushState.PENDING, True
        owner.post(f"{path}/disconnect")
        text = words(owner.get(path).text)
        assert "1 class is still to be confirmed" in text
        assert "Disconnect Harbor Movement" in text

    def test_sources_are_confirmed(self, owner: FlaskClient, path: str) -> None:
        owner.post(f"{path}/sources", data={"source:service:Partner pass": "third_party"})
        page = owner.get(path).text
        assert re.search(r'name="source:service:Partner pass".*?"third_party" selected', page, re.DOTALL)
        assert owner.post(f"{path}/sources", data={"source:web": "martian"}).status_code == 400

    def test_a_lost_grant_is_said_plainly(self, owner: FlaskClient, path: str, ctx: Context, seeded: Seeded) -> None:
        with ctx.store.write() as db:
            row = db.get_one(Connection, seeded.connection_id)
            row.state, row.state_reason = ConnectionState.NEEDS_RECONNECT, "The studio withdrew our access."
        text = words(owner.get(path).text)
        assert "no longer lets us in" in text
        assert "The studio withdrew our access. Nothing is lost" in text
        assert "Read again" not in text

    def test_nothing_is_left_listed_by_disconnecting(self, owner: FlaskClient, path: str) -> None:
        owner.post(f"{path}/disconnect")
        page = owner.get(path).text
        assert "Switch it to paused first" in page
        assert "Live: decisions are pushed" in page

    def test_disconnecting_keeps_what_was_read(self, owner: FlaskClient, path: str, seeded: Seeded) -> None:
        owner.post(f"{path}/push-mode", data={"mode": "paused", "sure": "yes"})
        owner.post(f"{path}/disconnect")
        assert "still being stopped, see below" in owner.get(path).text
        answer = owner.post(f"{path}/disconnect", data={"sure": "yes"})
        assert "stays" in owner.get(answer.location).text
        assert "Disconnected" in owner.get(path).text
        assert "Vinyasa Flow" in owner.get(f"/studios/{seeded.studio_id}").text


def test_a_run_shows_the_difference_and_each_failed_item_can_be_tried_again(
    owner: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    capacity = {"stream": "sessions", "id": "s1", "what": "changed", "fields": {"capacity": [12, 14]}}
    gone = {"stream": "reservations", "id": "r9", "what": "gone", "fields": {}}
    with ctx.store.write() as db:
        row = db.get_one(Run, seeded.runs[1])
        row.kind, row.params, row.changes = RunKind.RESYNC, {"from": "2026-03-02", "dry_run": True}, [capacity, gone]
        row.errors = [{"what": "roster of session s3", "message": "No.", "stream": "reservations", "id": "s3"}]
    page = owner.get(f"/runs/{seeded.runs[1]}")
    text = words(page.text)
    for said in (
        "What would change",
        "Capacity: 12 → 14",
        "Reservations r9 gone",
        "Try this again",
        "keep the changes",
    ):
        assert said in text
    again = owner.post(f"/runs/{seeded.runs[1]}/retry", data={"item": "0"})
    assert f"what failed in run {seeded.runs[1]}" in words(owner.get(again.location).text)
    owner.post(f"/runs/{seeded.runs[1]}/retry", data={"item": "7"})
    assert "has no failed item 7" in owner.get(f"/runs/{seeded.runs[1]}").text


def test_a_run_shows_counts_and_errors(owner: FlaskClient, seeded: Seeded) -> None:
    assert "a person (Owner)" in words(owner.get(f"/runs/{seeded.runs[0]}").text)
    text = words(owner.get(f"/runs/{seeded.runs[1]}").text)
    assert "Sessions 312 0 4 308 0 0" in text
    assert "EndDateTime: “25:00” is no time" in text


def test_progress_is_a_piece_of_page(owner: FlaskClient, seeded: Seeded) -> None:
    running = owner.get(f"/runs/{seeded.runs[2]}/progress").text
    assert "120 of 312" in running
    assert "data-finished" not in running
    assert "data-finished" in owner.get(f"/runs/{seeded.runs[0]}/progress").text


def test_what_can_be_connected_is_told_from_the_declarations(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/studios/{seeded.studio_id}/connect").text
    assert "Nothing is pushed until you say so" in page
    assert "Mindbody" in page
    assert "Not set up here yet" in page


def test_errors_are_pages_with_advice(owner: FlaskClient) -> None:
    page = owner.get("/nothing/here")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    refused = owner.get("/desk")
    assert refused.status_code == 403
    assert "whoever runs your Spotkeeper" in refused.text, "an owner is not sent to the owner"


def test_a_crash_tells_a_number_and_no_secret(app: Flask, owner: FlaskClient, seeded: Seeded) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def crash(**_: object) -> str:
        raise RuntimeError("secret detail")

    app.view_functions["runs.one"] = crash
    page = owner.get(f"/runs/{seeded.runs[0]}")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    assert page.headers["X-Request-Id"] in page.text


@pytest.mark.parametrize("door", ["read", "write"])
def test_a_database_that_cannot_be_had_passes_and_is_no_bug(
    owner: FlaskClient, ctx: Context, seeded: Seeded, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def full() -> None:
        raise OperationalError("INSERT INTO audit", {}, Exception("database or disk is full"))

    token = bearer(ctx, Role.OWNER, seeded.studio_id)
    monkeypatch.setattr(ctx.store, door, full)
    page = owner.post("/sign-out", data={"everywhere": "1"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "Try again in a minute" in page.text
    assert "disk" not in page.text
    switch = f"/api/v1/connections/{seeded.connection_id}/push-mode"
    told = owner.put(switch, json={"push_mode": "paused"}, headers=token)
    assert told.status_code == 503
    assert "send the same again" in told.json["detail"]


def test_a_database_that_is_not_migrated_is_told_as_such(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    token = bearer(ctx, Role.OWNER, seeded.studio_id)
    with ctx.store.write() as db:
        db.execute(text("alter table audit rename to was_audit"))
    page = owner.get(f"/studios/{seeded.studio_id}/audit")
    assert (page.status_code, page.headers.get("Retry-After")) == (503, None)
    assert "Our database is not up to date" in page.text
    told = owner.put(
        f"/api/v1/connections/{seeded.connection_id}/push-mode", json={"push_mode": "paused"}, headers=token
    )
    assert (told.status_code, "starts it anew" in told.json["detail"]) == (503, True)


def test_every_answer_carries_the_guards(client: FlaskClient) -> None:
    for path in ("/", "/healthz", "/api/v1/openapi.json", "/nothing"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_guessing_links_is_slowed_down(app: Flask, client: FlaskClient, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answers = [client.post(f"/sign-in/guess-{number}").status_code for number in range(22)]
    assert answers[:20] == [410] * 20
    assert answers[20:] == [429] * 2


def test_the_session_cookie_is_guarded(app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    cookie = client.post(link_of(ctx, seeded.users[Role.OWNER])).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_everywhere_kills_other_browsers(
    app: Flask, owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere, ctx, seeded.users[Role.OWNER])
    owner.post("/sign-out", data={"everywhere": "yes"})
    assert elsewhere.get(f"/studios/{seeded.studio_id}").location == "/sign-in"


def test_a_page_takes_few_questions(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    asked: list[str] = []
    event.listen(ctx.store.reader, "before_cursor_execute", lambda *given: asked.append(given[2]))
    owner.get(f"/studios/{seeded.studio_id}")
    selects = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(selects) <= 12, selects


def test_what_was_inferred_of_a_platform_is_said_until_an_offer_was_read_back(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        row = db.get_one(Connection, seeded.connection_id)
        row.platform, row.state_reason = "marianatek", "Connected, but not everything was allowed."
        db.execute(update(Push).values(state=PushState.SENT, settled_at=None))
    before = words(owner.get(f"/connections/{seeded.connection_id}").text)
    assert "Inferred, not confirmed yet. That “max_reservations” caps the spots" in before
    assert "Does not give what clients paid" in before
    assert "Connected, but not everything was allowed." in before
    with ctx.store.write() as db:
        one = db.scalars(select(Push.id).where(Push.connection_id == seeded.connection_id)).first()
        db.execute(update(Push).where(Push.id == one).values(state=PushState.CONFIRMED, settled_at=NOON))
    after = words(owner.get(f"/connections/{seeded.connection_id}").text)
    assert "Inferred" not in after
    assert "Confirmed here: an offer was first read back equal" in after


def test_the_platforms_are_compared_by_what_they_declare(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/studios/{seeded.studio_id}/connect").text
    assert "Inferred." in page
    rows = [words(row).split() for row in re.findall(r"<tr>.*?</tr>", page)]
    titles, spots = rows[0], rows[1]
    assert titles[-4:] == ["Mariana", "Tek", "Mindbody", "Sandbox"]
    assert spots[-3:] == ["Yes", "–", "Yes"]


def test_what_is_wrong_is_told_on_the_calendar_and_on_the_connection(
    owner: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).last_pulled_at = NOON - timedelta(minutes=20)
        for connection in (seeded.connection_id, seeded.other_connection_id):
            open_alert(db, connection, AlertKind.SUBSCRIPTION, f"Told of {connection}.", now=NOON)
    for path in (f"/studios/{seeded.studio_id}", f"/connections/{seeded.connection_id}"):
        text = words(owner.get(path).text)
        assert "reach us. Since Mon, Mar 2," in text
        assert f"Told of {seeded.connection_id}." in text
        assert f"Told of {seeded.other_connection_id}." not in text
        assert "No class gets more spots until it is read again; once it is 60 minutes old" in text
    with ctx.store.write() as db:
        assert resolve_alert(db, seeded.connection_id, AlertKind.SUBSCRIPTION, now=NOON)
    assert "reach us" not in words(owner.get(f"/studios/{seeded.studio_id}").text)


def test_what_hangs_on_a_class_is_no_amount_where_nobody_knows_what_its_guests_pay(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    path = f"/sessions/{seeded.sessions[3]}"
    assert "2 marketplace guests hold places; what is paid for it is not known. If you" in words(owner.get(path).text)
    with ctx.store.write() as db:
        booked = db.scalars(select(Reservation).where(Reservation.external_id.like("r10-channel-%"))).all()
        booked[0].rate = Decimal("12.5")
    assert "hold places, worth $12.50 in payouts (of 1 the payout is not known). If you" in words(owner.get(path).text)


def test_a_day_of_another_year_says_which(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    session, path = seeded.sessions[5], f"/sessions/{seeded.sessions[5]}"
    assert "2026" not in re.findall(r'<p class="lead">(.*?)</p>', owner.get(path).text)[0]
    with ctx.store.write() as db:
        db.get_one(ClassSession, session).starts_at = NOON - timedelta(days=300)
    assert "May 6, 2025" in owner.get(path).text


def test_a_studio_that_nobody_connected_is_shown_no_empty_chart(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        empty = create_studio(db, "New", timezone="Europe/Paris", currency="EUR", now=NOON)
        db.add(Membership(user_id=seeded.users[Role.OWNER], studio_id=empty.id, role=Role.OWNER))
    page = owner.get(f"/studios/{empty.id}/today").text
    assert "No classes were held" in page
    assert "data-chart" not in page


@pytest.mark.parametrize(("role", "led"), [(Role.FINANCE, True), (Role.OPERATIONS, False)])
def test_nobody_is_led_to_a_page_that_is_not_theirs(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, role: Role, led: bool
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[role])
    page = client.get(f"/studios/{seeded.studio_id}/today").text
    assert ("/guarantee" in page.split("<main", 1)[1]) is led


def test_whoever_was_signed_out_meanwhile_is_led_back_in(client: FlaskClient, seeded: Seeded) -> None:
    path = f"/studios/{seeded.studio_id}/settings"
    answer = client.post(path, data={"min_spots": "3"}, headers={"Referer": f"http://localhost{path}"})
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert "You have been signed out" in client.get("/sign-in").text
    with client.session_transaction() as kept:
        assert kept["next"] == path
    assert client.post("/sign-in", data={}).status_code == 400, "a form that a stranger may see is only too old"
