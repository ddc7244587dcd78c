"""Every page in a real browser, by day and by night, wide and narrow: no serious accessibility fault, nothing that
scrolls sideways, and, where asked for (``PICTURES=1``), a picture of each for people to look at.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from adapter.context import Context
from adapter.marketplace.campaigns import Wanted, register_campaign
from adapter.store.tables import (
    ClassType,
    Connection,
    EventsState,
    OpportunityState,
    Role,
    Run,
    RunKind,
    Session,
    Studio,
    User,
    Venue,
)
from tests.adapter.web.test_opportunities import card_of
from tests.fixtures.browser import leave
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, link_of

PICTURES = Path(__file__).parents[1] / "screenshots"
GRAVE = {"serious", "critical"}
EVERY_RULE: Mapping[str, Any] = {}
DISORDER = """() => {
  const all = (what) => [...document.querySelectorAll(what)].filter((one) => one.checkVisibility());
  const twice = (list) => list.filter((one, at) => list.indexOf(one) !== at);
  const named = (one) => (one.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
    .map((id) => document.getElementById(id)?.textContent.trim()).join(" ") || one.getAttribute("aria-label");
  const levels = all("h1, h2, h3, h4").map((one) => +one.tagName[1]);
  const told = all("[aria-describedby]").flatMap((one) => one.getAttribute("aria-describedby").split(" "));
  return {
    firsts: levels.filter((level) => level === 1).length - 1,
    skipped: levels.filter((level, at) => level > (levels[at - 1] || 0) + 1),
    heads: all("th:not([scope])").map((one) => one.textContent),
    headless: all("table").filter((one) => !one.querySelector("th[scope]")).length,
    ids: twice([...document.querySelectorAll("[id]")].map((one) => one.id)),
    untold: told.filter((id) => id && !document.getElementById(id)),
    places: twice(all("nav, [role=region], section[aria-labelledby]").map(named)),
  };
}"""
IN_ORDER = {"firsts": 0, "skipped": [], "heads": [], "headless": 0, "ids": [], "untold": [], "places": []}
FRAME = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"  # charts follow their page
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = pytest.mark.browser


def still(page: Page) -> Page:
    """A page without movement: a colour half-way from day to night is nobody's."""
    page.emulate_media(reduced_motion="reduce")
    return page


def check(page: Page, name: str) -> None:
    """Wide and then narrow, by day and by night: the two checks.

    No script asks how wide the page is, so it is fetched once and made narrower, as by a window's edge. By night it is
    the same page in other colours, so those are looked at.
    """
    assert page.evaluate(DISORDER) == IN_ORDER, name
    page.evaluate(AXE_SCRIPT)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(FRAME)
        for scheme, rules in (("light", EVERY_RULE), ("dark", {"runOnly": ["color-contrast"]})):
            page.emulate_media(color_scheme=scheme)
            look(page, f"{name}-{width}-{scheme}", rules)
    look_at_large_letters(page, name)
    page.set_viewport_size({"width": 1280, "height": 900})


def look_at_large_letters(page: Page, name: str) -> None:
    """On a telephone, with letters of twice the size (WCAG 1.4.4, 1.4.10)."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.evaluate(FRAME)
    if os.environ.get("PICTURES"):
        page.screenshot(path=PICTURES / f"{name.strip('/').replace('/', '-')}-390-large.png", full_page=True)
    wide = page.evaluate(SIDEWAYS)
    assert wide <= 0, f"{name} with large letters scrolls sideways by {wide} px"
    page.evaluate("document.documentElement.style.fontSize = ''")


def look(page: Page, name: str, rules: Mapping[str, Any] = EVERY_RULE) -> None:
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    wide = page.evaluate(SIDEWAYS)
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    answer = page.evaluate("rules => axe.run({resultTypes: ['violations'], ...rules})", dict(rules))
    assert answer["passes"]
    grave = [
        (fault["id"], fault["nodes"][0]["html"][:200]) for fault in answer["violations"] if fault["impact"] in GRAVE
    ]
    assert grave == [], name


def something_happened(ctx: Context, seeded: Seeded) -> None:
    """Events have stopped; a preview of a resync shows a difference, and a roster that could not be read."""
    fields = {"starts_at": ["2026-03-03T22:30:00+00:00", "2026-03-03T23:00:00+00:00"], "capacity": [12, 14]}
    moved = {"stream": "sessions", "id": "s12", "what": "changed", "fields": fields}
    gone = {"stream": "reservations", "id": "r12-web-3", "what": "gone", "fields": {}}
    failed = {"what": "roster of session s13", "message": "GET /class/classvisits: No such class (400)."}
    with ctx.store.write() as db:
        run = db.get_one(Run, seeded.runs[1])
        run.kind, run.params, run.changes = RunKind.RESYNC, {"from": "2026-03-03", "dry_run": True}, [moved, gone]
        run.errors = [failed | {"stream": "reservations", "id": "s13"}]
        row = db.get_one(Connection, seeded.connection_id)
        row.webhook_state, row.webhook_checked_at = EventsState.OFF, NOON
        row.webhook_why = "The platform's word: too many of its messages could not be delivered."
        row.webhook_since = NOON - timedelta(minutes=20)
        db.add_all(
            card_of(seeded.connection_id, session, cause, number)
            for number, (session, cause) in enumerate(
                zip(seeded.sessions[8:11], ("excluded", "premium", "shadow"), strict=True)
            )
        )
        accepted = card_of(seeded.connection_id, seeded.sessions[12], "own_cap")
        accepted.state, accepted.granted, accepted.reason = OpportunityState.ACCEPTED, 5, "Quiet week"
        accepted.answered_at, accepted.answered_by = NOON - timedelta(hours=2), "user:1"
        over = card_of(seeded.connection_id, seeded.sessions[0], "excluded", 1)
        over.state, over.granted, over.reason = OpportunityState.ACCEPTED, 4, "Rain"
        over.answered_at, over.answered_by = NOON - timedelta(days=2), "user:1"
        db.add_all([accepted, over])
        db.get_one(Session, seeded.sessions[0]).ends_at = NOON - timedelta(hours=1)
        wanted = Wanted("Spring push", date(2026, 2, 16), date(2026, 3, 15), Decimal(100), marketplace="Alpha")
        register_campaign(db, seeded.studio_id, wanted, actor="user:1", now=NOON)
        row.webhook_gap = {"from": (NOON - timedelta(hours=3)).isoformat(), "to": None, "run": None}


@pytest.mark.long
def test_every_page_looks_right(tab: Page, ctx: Context, seeded: Seeded) -> None:
    something_happened(ctx, seeded)
    page = still(tab)
    pages = {
        "calendar": f"/studios/{seeded.studio_id}?day=2026-03-03",
        "session": f"/sessions/{seeded.sessions[5]}",
        "timeline": f"/sessions/{seeded.sessions[5]}/timeline",
        "refused": f"/sessions/{seeded.sessions[4]}",
        "connect": f"/studios/{seeded.studio_id}/connect",
        "connection": f"/connections/{seeded.connection_id}",
        "run": f"/runs/{seeded.runs[1]}",
        "settings": f"/studios/{seeded.studio_id}/settings",
        "class-settings": f"/studios/{seeded.studio_id}/settings?of=class_type-1",
        "today": f"/studios/{seeded.studio_id}/today",
        "by-hand": f"/studios/{seeded.studio_id}/by-hand?session={seeded.sessions[5]}&kind=spots",
        "opportunities": f"/studios/{seeded.studio_id}/opportunities",
        "spotlight": f"/studios/{seeded.studio_id}/spotlight",
        "open-data": f"/studios/{seeded.studio_id}/open-data",
        "payouts": f"/studios/{seeded.studio_id}/payouts",
        "missing": "/studios/999",
        "diagnosis": f"/connections/{seeded.connection_id}/diagnosis",
        "connection-then": f"/connections/{seeded.connection_id}?as_of=2026-03-02T06:00",
        "number": f"/sessions/{seeded.sessions[5]}/number?of=session.direct",
        "record": f"/studios/{seeded.studio_id}/record?kind=session&id={seeded.sessions[5]}",
    }
    page.goto("/")
    check(page, "welcome")
    page.goto(link_of(ctx, seeded.users[Role.OWNER]))
    check(page, "sign-in")
    page.get_by_role("button", name="Sign in").click()
    for name, path in pages.items():
        page.goto(path)
        check(page, name)
    for path in (f"/studios/{seeded.studio_id}/guarantee", f"/studios/{seeded.studio_id}/audit", "/account"):
        page.goto(path)
        look_at_large_letters(page, path)
    page.set_viewport_size({"width": 1280, "height": 900})
    leave(page)
    page.goto(link_of(ctx, seeded.users[Role.SUPPORT]))
    page.get_by_role("button", name="Sign in").click()
    page.goto("/desk")
    check(page, "desk")


def test_the_longest_names_scroll_nothing_sideways(tab: Page, ctx: Context, seeded: Seeded) -> None:
    """One word that fills a column, as a platform may give it: it is broken, on a telephone too."""
    long = "Körperspannungsübung" * 12
    with ctx.store.write() as db:
        for table in (Studio, Venue, ClassType, User):
            db.execute(update(table).values(name=long))
        db.execute(update(Connection).values(site_name=long))
    tab.goto(link_of(ctx, seeded.users[Role.OWNER]))
    tab.get_by_role("button", name="Sign in").click()
    studio = f"/studios/{seeded.studio_id}"
    tab.set_viewport_size({"width": 360, "height": 900})
    for path in (
        *(
            f"{studio}{page}"
            for page in ("/today", "?day=2026-03-03", "/settings", "/by-hand", "/open-data", "/people")
        ),
        *(f"{studio}/connect", f"/connections/{seeded.connection_id}", f"/sessions/{seeded.sessions[5]}"),
    ):
        tab.goto(path)
        wide = tab.evaluate(SIDEWAYS)
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"


def test_without_scripts_nothing_is_left_empty(served: str, browser: Browser, ctx: Context, seeded: Seeded) -> None:
    context = browser.new_context(base_url=served, java_script_enabled=False)
    page = context.new_page()
    page.goto(link_of(ctx, seeded.users[Role.OWNER]))
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"/studios/{seeded.studio_id}/today")
    assert page.locator(".chart").count() == 1
    assert not page.locator(".chart").is_visible()
    assert page.get_by_text("The same as a table").is_visible()
    context.close()
