"""The studio owner's and support's ways through the pages, in a real browser, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from adapter.context import Context
from adapter.store.tables import Connection, PushMode, Role, Run, RunState
from tests.fixtures.studio import Seeded, link_of

pytestmark = pytest.mark.browser


def sign_in(tab: Page, ctx: Context, seeded: Seeded, role: Role = Role.OWNER) -> None:
    """To the calendar without the pages on the way: those are the first test's."""
    link = link_of(ctx, seeded.users[role])
    (token,) = re.findall('name="csrf_token" value="([^"]+)"', tab.request.get(link).text())
    assert tab.request.post(link, form={"csrf_token": token}, max_redirects=0).status == 302
    tab.goto(f"/studios/{seeded.studio_id}")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Harbor Movement")


def test_from_the_link_to_the_reason_of_a_number(tab: Page, ctx: Context, seeded: Seeded) -> None:
    tab.goto(link_of(ctx, seeded.users[Role.OWNER]))
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Today")
    tab.get_by_role("link", name="Calendar").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Harbor Movement")
    tab.get_by_role("navigation", name="Days").get_by_text("Tue 3").click()
    row = tab.get_by_role("listitem").filter(has_text="Lunch Stretch")
    expect(row).to_contain_text("10 listed")
    expect(row).to_contain_text("$13.50")
    expect(row).to_contain_text("EST")
    tab.get_by_role("link", name="Lunch Stretch").click()
    why = tab.get_by_role("region", name="Why 10")
    expect(why).to_contain_text("What would make it one more")
    expect(why.get_by_role("row", name="= spots listed")).to_contain_text("10")


def test_settings_say_what_is_wrong_where_it_is_wrong(tab: Page, ctx: Context, seeded: Seeded) -> None:
    sign_in(tab, ctx, seeded)
    tab.get_by_role("link", name="Settings").click()
    hours = tab.get_by_label("Release all, hours before the start")
    hours.fill("1")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(hours).to_have_attribute("aria-invalid", "true")
    expect(hours).to_have_value("1")
    expect(hours).to_be_focused()
    hours.fill("12")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("status")).to_contain_text("Saved")
    expect(tab.get_by_role("status")).to_be_focused()  # where one is, and what is read aloud first
    expect(hours).to_have_value("12")


def test_support_reads_again_and_watches_it_end(tab: Page, ctx: Context, seeded: Seeded) -> None:
    sign_in(tab, ctx, seeded, Role.SUPPORT)
    tab.clock.install()
    tab.get_by_role("link", name="Connections").click()
    tab.get_by_role("link", name="Harbor Movement").first.click()
    tab.get_by_label("From day").fill("2026-03-02")
    tab.get_by_label("To day").fill("2026-03-03")
    tab.get_by_label("Only show what would change").check()
    tab.get_by_role("button", name="Read again").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Resync")
    progress = tab.locator(".progress")
    expect(progress).to_contain_text("waits for its turn")
    with ctx.store.write() as db:
        run = db.get_one(Run, int(tab.url.rpartition("/")[2]))
        run.state, run.step, run.done, run.total = RunState.RUNNING, "reading rosters", 3, 8
    tab.clock.run_for(1000)
    expect(progress).to_contain_text("reading rosters")
    expect(progress).to_contain_text("3 of 8")
    said = progress.get_by_text("reading rosters").element_handle()
    with ctx.store.write() as db:
        db.get_one(Run, run.id).done = 5
    tab.clock.run_for(1000)
    expect(progress).to_contain_text("5 of 8")
    assert said.evaluate("said => said.isConnected"), "what has not changed is not read aloud again"
    with ctx.store.write() as db:
        run = db.get_one(Run, run.id)
        run.state, run.finished_at = RunState.DONE, ctx.now()
    tab.clock.run_for(1000)
    expect(tab.locator(".head .state")).to_have_text("Done")  # the whole page says so, with what came of it


def test_support_has_no_settings_and_no_switch(tab: Page, ctx: Context, seeded: Seeded) -> None:
    sign_in(tab, ctx, seeded, Role.SUPPORT)
    expect(tab.get_by_role("link", name="Settings")).to_have_count(0)
    tab.goto(f"/connections/{seeded.connection_id}")
    expect(tab.get_by_role("heading", name="Pushing")).to_have_count(0)


def test_pausing_takes_a_deliberate_step(tab: Page, ctx: Context, seeded: Seeded) -> None:
    sign_in(tab, ctx, seeded)
    tab.goto(f"/connections/{seeded.connection_id}")
    tab.get_by_label("Paused").check()
    tab.get_by_role("button", name="Change").click()
    expect(tab.get_by_role("status")).to_contain_text("tick the box")
    tab.get_by_label("Paused").check()
    tab.get_by_label("Yes, change it for all of Harbor Movement").check()
    tab.get_by_role("button", name="Change").click()
    expect(tab.get_by_text("Paused: nothing more sells")).to_be_visible()
    with ctx.store.read() as db:
        assert db.get_one(Connection, seeded.connection_id).push_mode is PushMode.PAUSED


def test_by_keyboard_alone(tab: Page, ctx: Context, seeded: Seeded) -> None:
    tab.goto(link_of(ctx, seeded.users[Role.OWNER]))
    expect(tab.get_by_role("button", name="Sign in")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Today")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()
    tab.goto(f"/studios/{seeded.studio_id}")
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "Vinyasa Flow":
            break
    outline = tab.evaluate("getComputedStyle(document.activeElement.closest('.row')).outlineStyle")
    assert outline == "solid", "the row in focus is marked"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Vinyasa Flow")
    tab.goto(f"/studios/{seeded.studio_id}/payouts")
    tab.get_by_label("From", exact=True).focus()
    for part in ("month", "day", "year", "calendar"):
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", part
        tab.keyboard.press("Tab")


def test_on_a_phone(tab: Page, ctx: Context, seeded: Seeded) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    sign_in(tab, ctx, seeded)
    row = tab.get_by_role("listitem").filter(has_text="Lunch Stretch").first
    box = row.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    row.get_by_role("link").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Lunch Stretch")


def test_signing_out_ends_it(tab: Page, ctx: Context, seeded: Seeded) -> None:
    sign_in(tab, ctx, seeded)
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("link", name="Sign in")).to_be_visible()
    tab.goto(f"/studios/{seeded.studio_id}")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Sign in")
