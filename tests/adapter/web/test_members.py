"""A class's page for members: no rate, no floor, only while it is open; and what the franchisor gets to see."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from adapter.context import Context
from adapter.store.member_pages import page_of_members, session_shown
from adapter.store.tables import Audit, Connection, Decision, PushMode, Role
from adapter.store.tables import Session as ClassSession
from tests.fixtures.studio import Seeded, sign_in


def opened(owner: FlaskClient, ctx: Context, session_id: int) -> str:
    assert owner.post(f"/sessions/{session_id}/members", data={"shown": "yes"}).status_code == 302
    with ctx.store.read() as db:
        row = page_of_members(db, session_id)
    assert row is not None
    return f"/why/{row.token}"


def test_whoever_has_the_link_reads_why_until_it_is_closed(
    app: Flask, owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    session = seeded.sessions[5]
    link = opened(owner, ctx, session)
    assert link in owner.get(f"/sessions/{session}").text
    stranger = app.test_client()
    page = stranger.get(link)
    assert page.status_code == 200
    assert "Why places of this class are on a marketplace" in page.text
    assert "noindex" in page.text
    owner.post(f"/sessions/{session}/members")
    assert stranger.get(link).status_code == 404
    assert opened(owner, ctx, session) == link, "opened again, it has the same link"
    assert stranger.get("/why/guess").status_code == 404
    with ctx.store.read() as db:
        assert session_shown(db, link.rpartition("/")[2]) == session
        acts = db.scalars(select(Audit.act).where(Audit.about == f"session:{session}")).all()
    assert acts == ["member_page.opened", "member_page.closed", "member_page.opened"]


def test_no_rate_and_no_floor_stands_in_the_html_whatever_decided(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    """N-22."""
    codes = ["forecast", "floor", "ceiling", "floor_missing", "full", "excluded", "no_price", "risk_limit", "odd"]
    link = opened(owner, ctx, seeded.sessions[5])
    for code in codes:
        with ctx.store.write() as db:
            mine = update(Decision).where(Decision.session_id == seeded.sessions[5])
            db.execute(mine.values(binding=code, spots=0 if code != "forecast" else 3))
        html = owner.get(link).text
        text = re.sub(r"<[^>]+>", " ", html.partition("<main")[2])
        assert not re.search(r"floor|ceiling|rate\b|\$|\d+\.\d\d", text, re.IGNORECASE), (code, text)
    with ctx.store.write() as db:
        db.execute(update(Connection).values(push_mode=PushMode.PAUSED))
    assert "has chosen not to offer" in owner.get(link).text
    with ctx.store.write() as db:
        db.execute(update(ClassSession).values(status="cancelled"))
    assert "does not take place" in owner.get(link).text


def test_a_class_in_shadow_is_on_no_marketplace_though_others_are_pushed(
    owner: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    link = opened(owner, ctx, seeded.sessions[5])
    with ctx.store.write() as db:
        db.execute(update(Decision).where(Decision.session_id == seeded.sessions[5]).values(shadow=True))
    assert "has chosen not to offer" in owner.get(link).text


def test_only_who_may_opens_it(app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for role in (Role.SUPPORT, Role.FRANCHISOR, Role.READONLY, Role.FINANCE):
        sign_in(client, ctx, seeded.users[role])
        answer = client.post(f"/sessions/{seeded.sessions[5]}/members", data={"shown": "yes"})
        assert answer.status_code == 403, role


def test_the_franchisor_sees_venues_and_coverage_and_no_client(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.FRANCHISOR])
    page = client.get("/franchise").text
    assert "Harbor Street" in page
    assert "Another Studio" not in page
    with ctx.store.read() as db:
        classes = db.scalar(select(func.count()).select_from(ClassSession)) or 0
    share = re.search(r"decide (\d+) of (\d+) classes", page)
    assert share
    assert 0 < int(share[1]) <= int(share[2]) <= classes
    for path in (f"/connections/{seeded.connection_id}", f"/studios/{seeded.studio_id}/number", "/desk"):
        assert client.get(path).status_code == 403, path
    with ctx.store.write() as db:
        db.execute(update(Connection).values(push_mode=PushMode.SHADOW))
    assert "decide 0 of" in client.get("/franchise").text, "what is not pushed is not covered"
    sign_in(client, ctx, seeded.users[Role.OWNER])
    assert client.get("/franchise").status_code == 403
