"""The support desk: what it finds, whom it masks, what it never shows; and every connection, the worst first."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from adapter.context import Context
from adapter.people.accounts import create_user
from adapter.store.addresses import email_id
from adapter.store.alerts import open_alert
from adapter.store.fleet import ORDERS, Level, fleet_of
from adapter.store.searching import mask
from adapter.store.tables import AlertKind, Audit, Client, Connection, ConnectionState, Reservation, Role, Run, RunState
from adapter.web.languages import ENGLISH
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, connection_of, mirrored, sign_in, words

ADDRESS = "Grace.Hopper@navy.example"


@pytest.fixture
def staff(app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded) -> FlaskClient:
    """Our own support, at every studio; a client of the first studio has an address."""
    app.config["WTF_CSRF_ENABLED"] = False
    with ctx.store.write() as db:
        known = email_id(db, ctx.keys, ADDRESS, NOON)
        db.add(Client(**mirrored(seeded.connection_id, "c77"), email_id=known, active=True))
        made = db.scalar(select(Reservation).where(Reservation.external_id == "r1-web-0"))
        assert made is not None
        made.client_id = "c77"
        user = create_user(db, ctx.keys, "Sam", "sam@us.example", role=Role.SUPPORT, studio_id=None, now=NOON).id
    sign_in(client, ctx, user)
    return client


def found(client: FlaskClient, text: str) -> str:
    answer = client.post("/desk", data={"q": text})
    assert answer.status_code == 200
    return words(answer.text.partition("Connections <small>")[0])


def test_finds_by_name_and_by_number_whatever_it_is(staff: FlaskClient, seeded: Seeded) -> None:
    assert "Studio Harbor Movement" in found(staff, "harbor")
    assert "Studio Another Studio" in found(staff, "another")
    assert "Venue Mill Loft" in found(staff, "mill")
    assert "Session Reformer Pilates" in found(staff, "pilates")
    assert "Connection Harbor Movement" in found(staff, "1001")
    assert f"Run {seeded.runs[1]} " in found(staff, f"#{seeded.runs[1]}")
    assert "Reservation r1-web-0" in found(staff, "r1-web-0")
    assert "Nothing is called that" in found(staff, "100%")
    assert "Nothing is called that" in found(staff, "9" * 40)
    assert "Find" in found(staff, "   ")


def test_a_client_is_found_by_an_address_that_nobody_is_shown(staff: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    page = staff.post("/desk", data={"q": f" {ADDRESS.upper()} "}).text
    assert "G•••@n•••.example".lower() in page.lower()
    assert "client c77" in page
    assert "Vinyasa Flow" in page or "Reformer" in page
    assert "grace.hopper" not in page.lower()
    assert "Nothing is called that" in found(staff, "nobody@nowhere.example")
    with ctx.store.read() as db:
        (line,) = db.scalars(select(Audit).where(Audit.act == "client.looked_up"))
    assert line.about == f"client:{seeded.connection_id}:c77"
    assert "@" not in f"{line.about} {line.before} {line.after}"
    assert mask("a@b.co.uk") == "a•••@b•••.uk"


def test_support_of_one_studio_finds_nothing_of_another(
    app: Flask, staff: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    own = app.test_client()
    sign_in(own, ctx, seeded.users[Role.SUPPORT])
    assert "Another" not in own.get("/desk").text
    for text in ("another", "1002", str(seeded.other_session_id), f"#{seeded.other_run_id}"):
        assert "Another Studio" not in own.post("/desk", data={"q": text}).text, text
    with ctx.store.write() as db:
        row = db.scalars(select(Client)).one()
        row.connection_id = seeded.other_connection_id
    assert "Nothing is called that" in found(own, ADDRESS)


@pytest.mark.parametrize("role", [Role.OWNER, Role.FINANCE, Role.FRANCHISOR, Role.READONLY])
def test_the_desk_is_supports_alone(app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[role])
    assert client.get("/desk").status_code == 403
    assert client.post("/desk", data={"q": "harbor"}).status_code == 403
    assert b"Support desk" not in client.get("/").data


def test_the_worst_connection_stands_first_and_any_column_sorts(
    staff: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        stale = connection_of(db, seeded.studio_id, "1003", "Stale")
        stale.last_pulled_at = NOON - timedelta(hours=3)
        shut = connection_of(db, seeded.studio_id, "1004", "Shut")
        shut.state, shut.last_pulled_at = ConnectionState.NEEDS_RECONNECT, NOON - timedelta(hours=9)
        gone = connection_of(db, seeded.studio_id, "1005", "Gone")
        gone.state = ConnectionState.DISCONNECTED
        open_alert(db, seeded.other_connection_id, AlertKind.DRIFT, "words", now=NOON)
    with ctx.store.read() as db:
        fleet = fleet_of(db, None, NOON)
        assert [(one.connection.site_name, one.level) for one in fleet] == [
            ("Shut", Level.ACT),
            ("Stale", Level.ACT),
            ("Another Studio", Level.LOOK),
            ("Harbor Movement", Level.WELL),
            ("Gone", Level.ENDED),
        ]
        for order in ORDERS:
            assert len(fleet_of(db, None, NOON, order)) == 5
    page = staff.get("/desk?sort=alerts").text
    assert page.index("Another Studio") < page.index("Shut")
    assert 'aria-sort="descending"' in page
    assert staff.get("/desk?sort=nonsense").status_code == 200


def test_a_connections_page_tells_of_a_clock_that_is_off(staff: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    path = f"/connections/{seeded.connection_id}"
    assert "clock is" not in staff.get(path).text
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).clock_ahead = 630
    assert "Sandbox's clock is 10 minutes ahead of ours" in html.unescape(staff.get(path).text)


def test_neither_desk_nor_diagnosis_shows_a_floor_and_the_api_says_the_same(
    staff: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        row = db.get_one(Connection, seeded.connection_id)
        row.last_pulled_at = NOON - timedelta(hours=3)
    page = staff.get(f"/connections/{seeded.connection_id}/diagnosis").text
    assert "This is the cause." in page
    assert "7.5" not in page
    assert "floor" not in page.lower()
    assert "Read again" in page
    token = bearer(ctx, Role.SUPPORT, seeded.studio_id)
    told = staff.get(f"/api/v1/connections/{seeded.connection_id}/diagnosis", headers=token).json
    assert told["cause"] == "stale"
    assert "since 2 Mar 2026, 04:00" in told["words"]
    assert ENGLISH.dated(told["words"]) in page
    assert "since Mar 2, 2026, 04:00" in page
    assert told["summary"].startswith("Your connection to Sandbox")
    assert len(told["findings"]) == 9


def test_a_first_import_that_is_under_way_is_no_alarm(staff: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    path, first = f"/connections/{seeded.connection_id}/diagnosis", seeded.runs[2]
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).last_pulled_at = None
    page = staff.get(path).text
    assert "It is being read for the first time" in page
    assert f"run {first} is at it" in words(page)
    assert 'role="alert"' not in page
    with ctx.store.write() as db:
        db.get_one(Run, first).state = RunState.FAILED
    page = staff.get(path).text
    assert "Why it does not sync" in page
    assert 'role="alert"' in page


def test_a_connection_without_access_is_not_called_live(staff: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).state = ConnectionState.NEEDS_RECONNECT
    page = staff.get(f"/connections/{seeded.connection_id}/diagnosis").text
    assert ">Reconnect needed<" in page
    assert ">Live<" not in page


def test_a_refused_reading_leads_back_to_its_page_with_its_days(staff: FlaskClient, seeded: Seeded) -> None:
    form = {"from": "2026-03-03", "to": "2026-03-02", "page": "diagnosis"}
    refused = staff.post(f"/connections/{seeded.connection_id}/resync", data=form, follow_redirects=True)
    assert "Every link of the chain" in refused.text
    assert "The last day lies before the first." in refused.text
    assert 'name="from" value="2026-03-03"' in refused.text
    assert 'name="to" value="2026-03-02"' in refused.text


def test_what_is_asked_for_twice_is_already_running(staff: FlaskClient, seeded: Seeded) -> None:
    path, form = f"/connections/{seeded.connection_id}/resync", {"from": "2026-03-02", "to": "2026-03-03"}
    first = staff.post(path, data=form)
    again = staff.post(path, data=form)
    assert first.location == again.location
    assert "already running" in staff.get(again.location).text


def test_nothing_is_searched_row_by_row_that_grows_with_the_years(
    staff: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_: object, __: object, statement: str, given: tuple[object, ...], *___: object) -> None:
        asked.append((statement, given))

    event.listen(ctx.store.reader, "before_cursor_execute", note)
    for text in ("pilates", "12", "r1-web-0", ADDRESS):
        found(staff, text)
    event.remove(ctx.store.reader, "before_cursor_execute", note)
    with closing(sqlite3.connect(str(ctx.store.url.database))) as db:
        plans = [row[3] for statement, given in asked for row in db.execute(f"explain query plan {statement}", given)]
    assert len(asked) > 10
    assert [step for step in plans if re.search(r"SCAN (reservation|class_session|sale_line|client)\b", step)] == []
