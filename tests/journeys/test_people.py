"""An owner invites somebody, who joins and works; who did what is in the log. And how these pages look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from adapter.context import Context
from adapter.people.invitations import invite
from adapter.store.tables import Passkey, Role
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, link_of
from tests.journeys.test_look import check, still

pytestmark = pytest.mark.browser


@pytest.fixture
def named(ctx: Context, served: str) -> Context:
    """The application at a host name, where passkeys can be."""
    ctx.config = replace(ctx.config, public_url=served.replace("127.0.0.1", "localhost"))
    return ctx


def let_in(page: Page, ctx: Context, user_id: int) -> None:
    page.goto(link_of(ctx, user_id))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()


def test_somebody_is_invited_joins_works_and_is_let_go(
    browser: Browser, tab: Page, named: Context, seeded: Seeded
) -> None:
    let_in(tab, named, seeded.users[Role.OWNER])
    tab.goto(f"/studios/{seeded.studio_id}/people")
    tab.get_by_label("Name", exact=True).fill("Bea Lund")
    tab.get_by_label("E-mail address").fill("bea@example.com")
    tab.get_by_label("Role", exact=True).select_option("operations")
    tab.get_by_role("button", name="Make the link").click()
    link = tab.get_by_label("Link", exact=True).input_value()

    other = browser.new_context().new_page()
    other.goto(link)
    other.get_by_role("button", name="Accept, and make an account").click()
    other.get_by_role("heading", name="How you sign in").wait_for()
    base = link.partition("/join/")[0]
    other.goto(f"{base}/studios/{seeded.studio_id}/settings")
    other.get_by_label("Minimum of spots").fill("3")
    other.get_by_role("button", name="Save").click()
    other.get_by_text("Saved.").wait_for()

    tab.goto(f"/studios/{seeded.studio_id}/audit?act=settings.changed")
    line = tab.get_by_role("listitem").filter(has_text="Changed settings").first
    assert line.get_by_text("Bea Lund").is_visible()
    assert line.get_by_role("row", name="Minimum of spots 2 3").is_visible()

    tab.goto(f"/studios/{seeded.studio_id}/people")
    hers = tab.get_by_role("listitem").filter(has_text="Bea Lund")
    hers.locator("summary").click()
    hers.get_by_role("checkbox").check()
    hers.get_by_role("button", name="Withdraw").click()
    tab.get_by_text("Withdrawn. It holds at once.").wait_for()
    other.goto(f"{base}/studios/{seeded.studio_id}/settings")
    other.get_by_role("heading", name="There is nothing here").wait_for()
    other.context.close()


def test_its_pages_look_right(tab: Page, named: Context, seeded: Seeded) -> None:
    ctx, owner = named, seeded.users[Role.OWNER]
    with ctx.store.write() as db:
        to = {"studio_id": seeded.studio_id, "actor": f"user:{owner}", "now": NOON}
        token = invite(db, ctx.keys, "Bea Lund", "bea@example.com", role=Role.OPERATIONS, **to)
        known = {"credential": b"\1", "public_key": b"\1", "sign_count": 0, "created_at": NOON}
        db.add(Passkey(user_id=owner, name="My phone", **known))
    page = still(tab)
    for name, path in {"sign-in-ways": "/sign-in", "join": f"/join/{token}"}.items():
        page.goto(path)
        for fold in page.locator("summary").all():
            fold.click()
        check(page, name)
    let_in(page, ctx, owner)
    page.goto(f"/studios/{seeded.studio_id}/settings")
    page.get_by_label("Floor").fill("8")
    page.get_by_role("button", name="Save").click()
    pages = {
        "people": f"/studios/{seeded.studio_id}/people",
        "audit": f"/studios/{seeded.studio_id}/audit",
        "account": "/account",
        "password": "/account/password",
    }
    for name, path in pages.items():
        page.goto(path)
        check(page, name)
