"""Finance's way through the guarantee (J4), in a real browser: the numbers, why, two people, and a proof."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from adapter.context import Context
from adapter.people.accounts import create_user
from adapter.statements.command import guarantee
from adapter.statements.entering import change_terms
from adapter.statements.making import state_daily
from adapter.store.tables import EligibilityFact, Role
from tests.adapter.guarantee.cases import Studio, aurora, bleak
from tests.fixtures.browser import leave
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.fixtures.studio import Seeded, link_of
from tests.journeys.test_look import look

pytestmark = pytest.mark.browser


def opened(ctx: Context, tab: Page, name: str, studio: Studio, owes: str | None = None) -> tuple[int, int]:
    """The studio, mirrored and stated; finance looks at its guarantee. Its number, and that of a second person."""
    with ctx.store.write() as db:
        number = mirror_case(db, ctx, name, studio.case)
        first, second = (
            create_user(db, ctx.keys, who, f"{who}@{number}.org", role=Role.FINANCE, studio_id=number, now=NOON).id
            for who in ("ines", "omar")
        )
        if owes is not None:
            change_terms(db, number, owes=Decimal(owes), actor="finance", now=NOON)
        state_daily(db, ctx, number)
    enter(ctx, tab, first)
    tab.goto(f"/studios/{number}/guarantee")
    return number, second


def enter(ctx: Context, tab: Page, user: int) -> None:
    tab.goto(link_of(ctx, user))
    tab.get_by_role("button", name="Sign in").click()


def tile(tab: Page, name: str) -> Any:
    return tab.locator(".tile").filter(has=tab.get_by_text(name, exact=True)).locator("b")


def test_j4_aurora_from_the_number_to_the_proof(
    tab: Page, browser: Browser, served: str, ctx: Context, seeded: Seeded, tmp_path: Path
) -> None:
    studio, second = opened(ctx, tab, "Aurora", aurora())
    expect(tab.locator(".lead")).to_contain_text("Started Mar 10, 2025, as displayed here")
    assert [tile(tab, name).inner_text() for name in ("ClassPass Revenue", "Lost Revenue")] == ["$344.00", "$82.00"]
    assert tile(tab, "Incremental").inner_text() == "$262.00"
    assert tile(tab, "Guarantee payment so far").inner_text() == "$0.00"
    expect(tab.get_by_text("Without an address: 3 visits. They could add $33.00")).to_be_visible()
    free = tab.get_by_role("region", name="Readings").get_by_role("row").filter(has_text="free_only")
    expect(free).to_contain_text("+$22.00")
    expect(free).to_contain_text("$104.00")
    expect(free).to_contain_text("discretion")
    line = tab.get_by_role("region", name="Lines").get_by_role("row").filter(has_text="came directly before").first
    expect(line).to_contain_text("$20.00")
    kept = line.locator("code").inner_text()
    line.get_by_role("link").click()
    expect(tab.locator("#record")).to_contain_text(kept)
    looks_right(browser, served, ctx, studio, judgements="/judgements?kind=equivalent")
    tab.get_by_role("link", name="Ask, agree, and what was agreed").click()
    tab.locator("summary").filter(has_text="A statement is final").focus()
    tab.keyboard.press("Enter")
    form = tab.get_by_role("group").filter(has=tab.locator("#final-version"))
    form.get_by_label("Version of the statement").select_option("1")
    form.get_by_label("Evidence").fill("file 12")
    form.get_by_role("button").click()
    form.get_by_label("Reason").fill("all is settled")  # what was typed stayed, and the form open
    form.get_by_role("button").click()
    expect(tab.get_by_role("term").filter(has_text="Version of the statement")).to_be_visible()
    expect(tab.get_by_role("button", name="Agree")).to_have_count(0)  # who asked can't agree
    leave(tab)
    enter(ctx, tab, second)
    tab.goto(f"/studios/{studio}/guarantee/judgements")
    tab.get_by_role("button", name="Agree").click()
    tab.get_by_role("link", name="Revenue Guarantee").click()
    versions = tab.get_by_role("region", name="Statements")
    expect(versions.get_by_role("row").filter(has_text="Final: payment $0.00")).to_be_visible()
    proves(tab, tmp_path)


def looks_right(browser: Browser, served: str, ctx: Context, studio: int, name: str = "guarantee", **more: str) -> None:
    """On a phone, by day and by night: nothing scrolls sideways, no serious accessibility fault."""
    with ctx.store.write() as db:
        user = create_user(db, ctx.keys, "eve", "eve@x.org", role=Role.FINANCE, studio_id=studio, now=NOON).id
    context = browser.new_context(base_url=served, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    phone = context.new_page()
    enter(ctx, phone, user)
    for page, path in {name: "", **more}.items():
        phone.goto(f"/studios/{studio}/guarantee{path}")
        phone.evaluate(AXE_SCRIPT)
        for scheme in ("light", "dark"):
            phone.emulate_media(color_scheme=scheme)
            look(phone, f"{page}-360-{scheme}")
    context.close()


def proves(tab: Page, tmp_path: Path) -> None:
    """A stranger checks the file with the command, offline; a cent changed, and it does not hold."""
    with tab.expect_download() as awaited:
        tab.get_by_role("link", name="Latest as JSON").click()
    file = tmp_path / "signed.json"
    awaited.value.save_as(file)
    signed = json.loads(file.read_text())
    check = ["verify", str(file), "--key", signed["public_key"]]
    assert CliRunner().invoke(guarantee, check).exit_code == 0
    signed["statement"]["lost_revenue"] = "82.01"
    file.write_text(json.dumps(signed))
    assert CliRunner().invoke(guarantee, check).exit_code == 1


def test_j4_bleak_is_owed_twice_the_difference_less_what_it_owes(tab: Page, ctx: Context, seeded: Seeded) -> None:
    opened(ctx, tab, "Bleak", bleak(), owes="150.00")
    names = ("ClassPass Revenue", "Lost Revenue", "Guarantee payment so far")
    assert [tile(tab, name).inner_text() for name in names] == ["$1,060.00", "$1,260.00", "$400.00"]
    expect(tab.get_by_text("$250.00 after set-off")).to_be_visible()
    expect(tab.locator(".lead")).to_contain_text("due by Aug 6, 2025")


def test_j4_a_light_says_what_to_do_and_until_when(
    tab: Page, app: Flask, browser: Browser, served: str, ctx: Context, seeded: Seeded
) -> None:
    day_53 = datetime(2025, 5, 1, 16, tzinfo=UTC)
    studio, _ = opened(ctx, tab, "Bleak", bleak())
    with ctx.store.write() as db:
        off = update(EligibilityFact).where(EligibilityFact.requirement == "smarttools")
        db.execute(off.values(until=day_53 - timedelta(hours=2)))
        db.execute(update(EligibilityFact).values(recorded_at=day_53 - timedelta(days=60)))
    app.extensions["context"] = replace(ctx, now=lambda: day_53)
    tab.reload()
    light = tab.get_by_role("listitem").filter(has_text="off at Main Street")
    expect(light).to_contain_text("Act")
    expect(light).to_contain_text("turn them on by May 2 10:00")
    expect(tab.locator(".lead")).to_contain_text("Day 53 of 90")
    looks_right(browser, served, ctx, studio, "guarantee-running")
