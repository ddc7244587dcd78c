"""Finance's way through the payouts (J4, N-11) and the franchisor's (J8), in a real browser."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from adapter.context import Context
from adapter.marketplace.payouts.shares import set_share
from adapter.people.accounts import create_user
from adapter.store.tables import Role
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.browser import leave
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.fixtures.studio import Seeded
from tests.journeys.test_finance import enter, tile
from tests.journeys.test_look import look
from tests.sync.test_payouts import settle

pytestmark = pytest.mark.browser
PERIOD = "from=2025-03-10&to=2025-06-07"


def test_j4_aurora_from_the_payouts_to_the_cause_of_a_difference(tab: Page, ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        studio = mirror_case(db, ctx, "Aurora", aurora().case)
        set_share(db, studio, None, Decimal("0.13"), date(2025, 1, 1), actor="ines", now=NOON)
        finance, franchisor = (
            create_user(db, ctx.keys, role.title(), f"{role}@aurora.org", role=role, studio_id=studio, now=NOON).id
            for role in (Role.FINANCE, Role.FRANCHISOR)
        )
    settle(ctx, studio)
    enter(ctx, tab, finance)
    tab.goto(f"/studios/{studio}/payouts?{PERIOD}")
    assert [tile(tab, name).inner_text() for name in ("Payouts", "Your part")] == ["$169.00", "$147.03"]
    expect(tab.get_by_role("listitem").filter(has_text="Final")).to_have_count(20)
    with tab.expect_download() as awaited:
        tab.get_by_role("link", name="All as CSV").click()
    header, *rows = awaited.value.path().read_text().splitlines()
    theirs = [row for row in rows if "no_show" not in row and "rebooked" not in row]  # what they took for cancelled
    statement = "\n".join([header, *theirs, theirs[0]]).encode()
    tab.set_input_files("#file", {"name": "spring.csv", "mimeType": "text/csv", "buffer": statement})
    tab.get_by_role("button", name="Compare").click()
    causes = tab.get_by_role("region", name="Causes")
    expect(causes.get_by_role("row").filter(has_text="Nobody came")).to_contain_text("−$9.00")
    expect(causes.get_by_role("row").filter(has_text="lists it twice")).to_contain_text("$9.00")
    expect(tab.get_by_text("Here $169.00, there $169.00")).to_be_visible()
    tab.get_by_role("region", name="Differences").get_by_role("link").first.click()
    expect(tab.locator("#record")).to_contain_text("The record behind reservation")
    tab.get_by_role("group").filter(has_text="Final").first.click()
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        look(tab, f"payouts-360-{scheme}")
    leave(tab)
    enter(ctx, tab, franchisor)
    tab.goto(f"/studios/{studio}/payouts?{PERIOD}")
    expect(tab.get_by_role("row").filter(has_text="Main Street")).to_contain_text("$21.97")
    expect(tab.get_by_text("169")).to_have_count(0)
    tab.evaluate(AXE_SCRIPT)
    look(tab, "franchise-360")
