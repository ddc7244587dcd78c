"""The payouts page and its part of the API: what they say, to whom, and what an uploaded statement brings."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from adapter.context import Context
from adapter.marketplace.payouts.command import payouts as command
from adapter.marketplace.payouts.shares import set_share
from adapter.store.tables import Audit, PayoutDifference, PayoutStatement, Reservation, Role, Session, Venue
from connectors.records import Outcome
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in, words

WEEK = "from=2026-03-02&to=2026-03-08"
COLUMNS = "reservation;status;Payout\r\n"


@pytest.fixture
def paid(ctx: Context, seeded: Seeded) -> Seeded:
    """The seeded studio, every marketplace reservation booked at 12.00, 15 % of it the franchisor's."""
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.source == "channel").values(rate=Decimal("12.00")))
        set_share(db, seeded.studio_id, None, Decimal("0.15"), date(2026, 1, 1), actor="finance", now=NOON)
    return seeded


@pytest.fixture
def finance(app: Flask, client: FlaskClient, ctx: Context, paid: Seeded) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, paid.users[Role.FINANCE])
    return client


def booked(ctx: Context, seeded: Seeded) -> list[str]:
    """The week's marketplace reservations as the platform numbers them."""
    with ctx.store.read() as db:
        query = select(Reservation.external_id).join(
            Session,
            (Session.external_id == Reservation.session_id) & (Session.connection_id == Reservation.connection_id),
        )
        ours = Reservation.connection_id == seeded.connection_id, Reservation.source == "channel"
        mine = *ours, Session.starts_at < NOON + timedelta(days=6, hours=12)
        return list(db.scalars(query.where(*mine).order_by(Reservation.external_id)))


def upload(browser: FlaskClient, studio: int, content: str, name: str = "march.csv") -> Any:
    data = {"file": (io.BytesIO(content.encode()), name), "from": "2026-03-02", "to": "2026-03-08"}
    return browser.post(f"/studios/{studio}/payouts/statements", data=data, follow_redirects=True)


def test_pd_01_finance_sees_totals_that_add_up_and_the_share_apart(
    finance: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    numbers = booked(ctx, paid)
    with ctx.store.write() as db:
        late = update(Reservation).where(Reservation.external_id == "r2-channel-0")  # of this afternoon
        db.execute(late.values(outcome=Outcome.LATE_CANCELLED, cancelled_at=NOON - timedelta(hours=1)))
    text = words(finance.get(f"/studios/{paid.studio_id}/payouts?{WEEK}").text)
    whole = 12 * len(numbers)
    assert f"Payouts ${whole}.00 $0.00 final, ${whole}.00 provisional" in text
    assert f"franchisor's part ${whole * Decimal('0.15'):.2f}" in text
    assert f"Reservations {len(numbers)} 1 cancelled late (0 booked again)" in text
    assert "Cancelled too late: paid" in text
    assert "Booked: paid if it stands" in text
    assert "floor" not in text.lower()


def test_each_class_stands_with_its_day_and_hour(finance: FlaskClient, ctx: Context, paid: Seeded) -> None:
    with ctx.store.read() as db:
        query = select(Session.starts_at, Session.timezone).join(
            Reservation, Reservation.session_id == Session.external_id
        )
        starts = {tuple(row) for row in db.execute(query.where(Reservation.external_id.in_(booked(ctx, paid))))}
    text = words(finance.get(f"/studios/{paid.studio_id}/payouts?{WEEK}").text)
    assert starts
    for instant, zone in starts:
        assert instant.astimezone(ZoneInfo(zone)).strftime("%a, %b %-d, %H:%M %Z") in text


def test_a_name_from_right_to_left_moves_no_number(finance: FlaskClient, ctx: Context, paid: Seeded) -> None:
    with ctx.store.write() as db:
        db.execute(update(Venue).values(name="قاعة الميناء"))
    assert "<bdi>قاعة الميناء</bdi>: 1 reservation" in finance.get(f"/studios/{paid.studio_id}/payouts?{WEEK}").text


def test_a_change_says_what_it_leaves_out_since_its_rate_is_not_known(
    finance: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    numbers = booked(ctx, paid)
    path = f"/studios/{paid.studio_id}/payouts"
    assert "Compared are" not in words(finance.get(f"{path}?{WEEK}").text)
    with ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.external_id.in_(numbers)).values(rate=None))
    after = words(finance.get(f"{path}?from=2026-03-09&to=2026-03-15").text)
    assert f"Left out are {len(numbers)} of the period before and 0 of this one." in after
    sign_in(finance, ctx, paid.users[Role.FRANCHISOR])
    assert f"{len(numbers)} more reservations count" in words(finance.get(f"{path}?{WEEK}").text)


def test_n_11_a_line_leads_to_its_record(finance: FlaskClient, ctx: Context, paid: Seeded) -> None:
    page = finance.get(f"/studios/{paid.studio_id}/payouts?{WEEK}").text
    link = re.search(r'href="([^"]+record=1:[^"]+)#record"', page)
    assert link is not None
    assert "The record behind reservation" in finance.get(link[1].replace("&amp;", "&")).text


@pytest.mark.parametrize("days", ["from=soon", "from=2026-03-08&to=2026-03-02", "from=2024-01-01&to=2026-01-01"])
def test_a_period_that_is_none_is_refused(finance: FlaskClient, paid: Seeded, days: str) -> None:
    answer = finance.get(f"/studios/{paid.studio_id}/payouts?{days}")
    assert answer.status_code == 400
    assert ("is no period" if "to=" in days else "“soon” is no day") in answer.text


def test_j8_a_franchisor_sees_venues_and_its_part_alone(
    app: Flask, client: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, paid.users[Role.FRANCHISOR])
    page = client.get(f"/studios/{paid.studio_id}/payouts?{WEEK}").text
    assert "Mill Loft" in page
    assert re.search(r"\$\d+\.\d\d", page)
    assert not re.search(r"r\d+-channel|Statement|12\.00", page)
    told = client.get(
        f"/api/v1/studios/{paid.studio_id}/payouts/franchise?{WEEK}", headers=bearer(ctx, Role.FRANCHISOR, 1)
    )
    assert {tuple(venue) for venue in told.json["venues"]} == {("currency", "franchisor", "places", "venue")}
    for path in ("payouts", "payouts/places", "payouts/statements"):
        answer = client.get(f"/api/v1/studios/{paid.studio_id}/{path}", headers=bearer(ctx, Role.FRANCHISOR, 1))
        assert answer.status_code == 403, path


def test_an_uploaded_statement_is_compared_to_the_cent_and_once(
    finance: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    numbers = booked(ctx, paid)
    theirs = ["10,20" if place == 1 else "12,00" for place in range(len(numbers))]
    rows = [f"{number};attended;{amount}\r\n" for number, amount in zip(numbers, theirs, strict=True)]
    content = COLUMNS + "".join(rows[:-1]) + rows[0] + "r-strange;attended;12,00\r\n"
    text = words(upload(finance, paid.studio_id, content).text)
    ours, there = 12 * len(numbers), Decimal(12 * (len(numbers) - 1)) - Decimal("1.80") + 24
    assert f"Here ${ours}.00, there ${there:.2f}: a difference of ${there - ours:.2f}" in text
    assert "They list your part alone" in text
    assert "Their statement lists it twice" in text
    assert "Your booking system has no such reservation" in text
    assert "compared before" in words(upload(finance, paid.studio_id, content, "again.csv").text)
    with ctx.store.read() as db:
        statement = db.scalars(select(PayoutStatement)).one()
        found = db.scalars(select(PayoutDifference).order_by(PayoutDifference.position)).all()
        audited = db.scalar(select(func.count()).where(Audit.act == "payouts.compared"))
    assert (statement.name, statement.rows, audited) == ("march.csv", len(numbers) + 1, 1)
    assert [row.cause for row in found] == ["franchisor_share", "duplicate", "unknown_here", "not_final"]
    assert sum(row.theirs - row.ours for row in found) == (there - ours) * 100


def test_a_file_that_can_not_be_read_says_where_and_keeps_nothing(
    finance: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    text = words(upload(finance, paid.studio_id, "reservation,amount,bonus\nr1,9,1\n").text)
    assert "march.csv can't be compared. Row 1, column “bonus”: is not a column we know" in text
    assert (
        "Choose the statement"
        in finance.post(f"/studios/{paid.studio_id}/payouts/statements", follow_redirects=True).text
    )
    with ctx.store.read() as db:
        assert db.scalars(select(PayoutStatement)).all() == []


def test_the_file_we_give_is_a_statement_that_agrees_and_runs_nothing(
    finance: FlaskClient, ctx: Context, paid: Seeded
) -> None:
    with ctx.store.write() as db:
        evil = booked(ctx, paid)[0]
        db.execute(update(Reservation).where(Reservation.external_id == evil).values(external_id="=cmd|calc"))
    file = finance.get(f"/studios/{paid.studio_id}/payouts.csv?{WEEK}").text
    assert not re.search(r"(^|,)[=+@]", file, re.MULTILINE)
    told = words(upload(finance, paid.studio_id, file).text)
    assert "a difference of $0.00" in told
    assert "Every difference" not in told


def test_the_api_tells_the_same_in_pages(client: FlaskClient, ctx: Context, paid: Seeded) -> None:
    headers = bearer(ctx, Role.FINANCE, paid.studio_id)
    base, numbers = f"/api/v1/studios/{paid.studio_id}/payouts", booked(ctx, paid)
    told = client.get(f"{base}?{WEEK}", headers=headers).json
    assert told["totals"][0]["whole"]["amount"] == f"{12 * len(numbers)}.00"
    (change,) = told["change"]
    assert sum(Decimal(change[part]) for part in ("volume", "mix", "rate", "trials")) == Decimal(change["change"])
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = client.get(
            f"{base}/places?{WEEK}&limit=7" + (f"&cursor={cursor}" if cursor else ""), headers=headers
        ).json
        seen += [place["reservation"] for place in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(f"1:{number}" for number in numbers)
    body = {
        "name": "march.csv",
        "csv": COLUMNS + f"{numbers[0]};missed;12,00\n",
        "from": "2026-03-02",
        "to": "2026-03-08",
    }
    asked = headers | {"Idempotency-Key": "march"}
    first = client.post(f"{base}/statements", headers=asked, json=body)
    assert (first.status_code, first.json["rows"]) == (201, 1)
    assert client.post(f"{base}/statements", headers=asked, json=body).json == first.json
    again = client.post(f"{base}/statements", headers=headers | {"Idempotency-Key": "other"}, json=body)
    assert (again.status_code, again.json) == (200, first.json)
    found = client.get(f"{base}/differences?statement={first.json['id']}&limit=2", headers=headers).json
    assert [row["cause"] for row in found["items"]] == ["status", "not_final"]
    assert found["next_cursor"]
    assert client.get(f"{base}/differences?statement=99", headers=headers).status_code == 404
    assert client.get(f"{base}/statements", headers=headers).json["items"] == [first.json]
    wrong = client.post(
        f"{base}/statements", headers=headers | {"Idempotency-Key": "x"}, json=body | {"csv": "a,b\n1,2\n"}
    )
    assert wrong.status_code == 400
    assert "Row 1, column “a”" in wrong.json["detail"]


def test_the_command_shows_compares_and_gives_out(ctx: Context, paid: Seeded, tmp_path: Any) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(command, arguments, obj=ctx, catch_exceptions=False)

    days = ("--from", "2026-03-02", "--to", "2026-03-08")
    numbers = booked(ctx, paid)
    shown = json.loads(run("show", "1", *days, "--json").stdout)
    assert shown["totals"][0]["whole"]["places"] == len(numbers)
    assert "provisional" in run("show", "1", *days).stdout
    file = tmp_path / "payouts.csv"
    file.write_text(run("export", "1", *days).stdout)
    assert len(json.loads(run("export", "1", *days, "--json").stdout)) == len(numbers)
    told = json.loads(run("reconcile", "1", str(file), "--by", "ines", "--json").stdout)
    assert (told["new"], told["differences"], told["totals"][0]["difference"]) == (True, [], "0.00")
    assert "compared before" in run("reconcile", "1", str(file), "--by", "ines").stdout
    file.write_text("reservation,amount\nr1,many\n")
    refused = run("reconcile", "1", str(file), "--by", "ines")
    assert (refused.exit_code, "Row 2, column “amount”" in refused.stderr) == (2, True)
    assert run("show", "7").exit_code == 1
    assert run("show", "1", "--from", "2026-03-08", "--to", "2026-03-02").exit_code == 2
    assert run("share", "1", "1.3", "--from", "2026-03-01", "--by", "ines").exit_code == 2
    assert run("share", "1", "0.2", "--from", "2026-03-01", "--venue", "99", "--by", "ines").exit_code == 2
    assert run("share", "1", "0.2", "--from", "2026-03-01", "--by", "ines").exit_code == 0
    after = json.loads(run("show", "1", *days, "--json").stdout)["totals"][0]["whole"]
    assert Decimal(after["franchisor"]) == Decimal(after["amount"]) / 5
