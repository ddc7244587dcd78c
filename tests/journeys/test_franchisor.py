"""J8: the franchisor sees venues, SmartTools coverage and its share; nobody's clients."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from adapter.context import Context
from adapter.store.tables import Role
from tests.fixtures.studio import Seeded, link_of


@pytest.mark.browser
def test_j8_the_franchisor_sees_venues_and_coverage_and_nobodys_clients(
    tab: Page, ctx: Context, seeded: Seeded
) -> None:
    tab.goto(link_of(ctx, seeded.users[Role.FRANCHISOR]))
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("link", name="Franchise").click()
    expect(tab.locator(".lead")).to_contain_text("SmartTools decide 53 of 53 classes")
    expect(tab.get_by_role("region", name="Venues").get_by_role("row")).to_have_count(3)
    tab.get_by_role("link", name="Your part of the payouts").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("The franchisor's share")
    tab.goto(f"/studios/{seeded.studio_id}")
    tab.get_by_role("link", name="Reformer Pilates").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Reformer Pilates")
    expect(tab.locator("main")).not_to_contain_text("@")
    expect(tab.locator("main")).not_to_contain_text("7.5")
    expect(tab.locator(".n")).to_have_count(0)
