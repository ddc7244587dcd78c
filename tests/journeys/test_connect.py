"""J1: the owner connects, in a real browser, against the sandbox platform; says no once before.

Both are real: the platform's consent page on its own port, the form_post back, our pages in between.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from adapter.context import Context
from adapter.store.tables import Connection, PushMode, Role, Run, RunKind
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import Seeded, link_of

pytestmark = pytest.mark.browser


@pytest.fixture
def connectable(app: Flask, served: str, ctx: Context, seeded: Seeded, sandbox: LiveSandbox) -> Context:
    """The served application knows the sandbox, and where it is reached itself. No studio is connected yet."""
    settings = {
        "API_URL": sandbox.api_url,
        "ISSUER": sandbox.issuer,
        "CLIENT_ID": sandbox.client_id,
        "CLIENT_SECRET": sandbox.client_secret,
        "API_KEY": sandbox.api_key,
    }
    ctx.config = replace(ctx.config, public_url=served, platforms={"sandbox": settings})
    with ctx.store.write() as db:
        for connection in db.scalars(select(Connection)):
            connection.site += "-elsewhere"
    return ctx


def consent(tab: Page, sandbox: LiveSandbox, decision: str) -> None:
    """At the platform: sign in there, and allow or deny."""
    site = sandbox.sites[0]
    tab.get_by_label("Login").fill(site["owner_login"])
    tab.get_by_label("Password").fill(site["owner_password"])
    tab.get_by_role("button", name=decision).click()


def ask_to_connect(tab: Page, sandbox: LiveSandbox) -> None:
    """From the connections page to the platform's door."""
    tab.get_by_role("link", name="Connections").first.click()
    tab.get_by_role("link", name="Connect Sandbox").click()
    tab.get_by_label("site ID").fill(sandbox.sites[0]["id"])
    tab.get_by_role("button", name="Continue at Sandbox").click()


def test_no_once_then_yes(tab: Page, connectable: Context, seeded: Seeded, sandbox: LiveSandbox) -> None:
    tab.goto(link_of(connectable, seeded.users[Role.OWNER]))
    tab.get_by_role("button", name="Sign in").click()
    ask_to_connect(tab, sandbox)
    consent(tab, sandbox, "Deny")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Not connected")
    with connectable.store.read() as db:
        assert db.scalar(select(func.count()).select_from(Connection)) == 2, "nothing is left of a refused consent"
    tab.goto(f"/studios/{seeded.studio_id}")
    ask_to_connect(tab, sandbox)
    consent(tab, sandbox, "Allow")
    expect(tab.get_by_text("Shadow: nothing is pushed")).to_be_visible()
    expect(tab.locator("[data-poll]")).to_contain_text("First import")
    with connectable.store.read() as db:
        connection = db.scalars(select(Connection).order_by(Connection.id.desc())).first()
        assert connection is not None
        assert (connection.studio_id, connection.push_mode) == (seeded.studio_id, PushMode.SHADOW)
        assert connection.site == sandbox.sites[0]["id"]
        runs = db.scalars(select(Run).where(Run.connection_id == connection.id)).all()
        assert [run.kind for run in runs] == [RunKind.BACKFILL]
