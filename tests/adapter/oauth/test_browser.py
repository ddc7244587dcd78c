"""An owner connects a studio in a real browser: pages, policies, cookies and the form that sends itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from adapter.config import Config
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection
from tests.adapter.oauth.conftest import context_at, settle
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import link_of

pytestmark = pytest.mark.browser


@pytest.fixture
def ctx(config: Config, store: Store, keys: Keyring, sandbox: LiveSandbox) -> Context:
    """Set up for the sandbox."""
    return context_at(sandbox, config, store, keys)


def connections(ctx: Context) -> list[Connection]:
    with ctx.store.read() as db:
        return list(db.scalars(select(Connection)))


def away_to_the_platform(tab: Page, ctx: Context, served: str, sandbox: LiveSandbox) -> None:
    ctx.config = replace(ctx.config, public_url=served)
    people = settle(ctx.store)
    tab.goto(link_of(ctx, people.owner))
    tab.get_by_role("main").get_by_role("button").click()
    tab.goto(f"/studios/{people.studio}/connect")
    tab.get_by_role("link", name="Connect Sandbox").click()
    tab.get_by_label("site ID").fill(sandbox.sites[0]["id"])
    tab.get_by_role("button", name="Continue at Sandbox").click()
    tab.get_by_label("Login").fill(sandbox.sites[0]["owner_login"])
    tab.get_by_label("Password").fill(sandbox.sites[0]["owner_password"])


def test_an_owner_connects(tab: Page, ctx: Context, served: str, sandbox: LiveSandbox) -> None:
    away_to_the_platform(tab, ctx, served, sandbox)
    tab.get_by_role("button", name="Allow").click()

    tab.wait_for_url("**/connections/*")
    expect(tab.get_by_role("heading", level=1)).to_have_text(sandbox.sites[0]["name"])
    tab.wait_for_load_state("networkidle")
    (connection,) = connections(ctx)
    assert connection.site == sandbox.sites[0]["id"]


def test_an_owner_who_denies_is_told_and_nothing_is_left(
    tab: Page, ctx: Context, served: str, sandbox: LiveSandbox
) -> None:
    away_to_the_platform(tab, ctx, served, sandbox)
    tab.get_by_role("button", name="Deny").click()

    expect(tab.get_by_role("alert")).to_have_text("Access was not granted, so nothing was connected.")
    tab.wait_for_load_state("networkidle")
    assert connections(ctx) == []
